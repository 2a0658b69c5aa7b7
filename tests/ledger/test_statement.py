"""The statement: what each transaction changed and what stood after it, page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from molva.ledger import services
from molva.ledger.models import AccountKind, Transaction
from molva.ledger.queries import PartnerBalance, balance_at, balances, statement
from molva.ledger.services import Move
from molva.programmes.models import Partner
from tests.factories import make_partner

AT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def history(partner: Partner) -> list[Transaction]:
    """Seven days: welcome, accrual, release, clawback of both, payout approved, paid, and came back."""
    order = {"order_id": 1, "commission_id": 1, "level": 1}
    day = [AT + timedelta(days=step) for step in range(7)]
    other = make_partner(partner.programme)
    services.welcome(partner=other, amount_minor=9, at=AT, is_payable=True)
    programme = partner.programme

    def payout(kind: str, at: datetime, *moves: Move) -> None:
        services.post(
            programme=programme, kind=kind, key=kind, moves=moves, at=at, partner=partner, payout_id=1
        )

    available, sent, cash = AccountKind.AVAILABLE, AccountKind.IN_PAYOUT, AccountKind.CASH
    services.welcome(partner=partner, amount_minor=50, at=day[0], is_payable=False)
    services.accrue(partner=partner, amount_minor=500, key="a", at=day[1], **order)
    services.release(partner=partner, amount_minor=400, key="r", at=day[2], **order)
    services.claw_back(partner=partner, from_held=100, from_available=40, key="c", at=day[3], **order)
    payout("payout_approved", day[4], Move(available, partner, sent, partner, 360))
    payout("payout_paid", day[5], Move(sent, partner, cash, None, 360))
    payout(
        "payout_returned",
        day[6],
        Move(cash, None, sent, partner, 360),
        Move(sent, partner, available, partner, 360),
    )
    return list(Transaction.objects.filter(partner=partner).order_by("-number"))


AFTER = [
    PartnerBalance(bonus=50, available=360),
    PartnerBalance(bonus=50, paid=360),
    PartnerBalance(bonus=50, in_payout=360),
    PartnerBalance(bonus=50, available=360),
    PartnerBalance(bonus=50, available=400, held=100),
    PartnerBalance(bonus=50, held=500),
    PartnerBalance(bonus=50),
]


def test_every_row_has_the_balance_after_it(history: list[Transaction], partner: Partner) -> None:
    rows = statement(partner)

    assert [row.entry for row in rows] == history
    assert [row.after for row in rows] == AFTER
    assert (rows[3].held, rows[3].available, rows[3].paid) == (-100, -40, 0)
    assert (rows[0].available, rows[0].in_payout, rows[0].paid) == (360, 0, -360)
    assert rows[0].after == balances(partner)


def test_pages_continue_each_other(history: list[Transaction], partner: Partner) -> None:
    first = statement(partner, limit=3)
    second = statement(partner, before=first[-1].entry.number, limit=3)

    assert [row.entry for row in [*first, *second]] == history[:6]
    assert [row.after for row in second] == AFTER[3:6]


@pytest.mark.parametrize("limit", [1, 3])
def test_statement_is_three_queries(
    history: list[Transaction], partner: Partner, limit: int, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):
        assert len(statement(partner, limit=limit)) == limit


def test_balance_of_any_past_moment(history: list[Transaction], partner: Partner) -> None:
    assert balance_at(partner, AT - timedelta(seconds=1)) == PartnerBalance()
    assert [balance_at(partner, row.at) for row in history] == AFTER


def test_newcomer_has_an_empty_statement(partner: Partner) -> None:
    assert (statement(partner), balances(partner)) == ([], PartnerBalance())
