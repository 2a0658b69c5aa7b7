"""Posting: what is written, what is refused, what a repeated key means."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from molva.ledger import services
from molva.ledger.errors import ForbiddenMoveError, KeyReusedError, LedgerError
from molva.ledger.models import Account, AccountKind, LedgerHead, Posting, Transaction, TransactionKind
from molva.ledger.queries import PartnerBalance, balances, balances_for, programme_totals
from molva.ledger.services import Move
from molva.programmes.models import Partner, Programme
from molva.workspaces.models import Event, Workspace
from molva.workspaces.scoping import ScopeError, scope
from tests.factories import make_partner, make_programme, make_user, make_workspace

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
ORDER = {"order_id": 1, "commission_id": 2, "level": 1}


def accrue(partner: Partner, amount: int, key: str = "a", **more: Any) -> Transaction:
    return services.accrue(partner=partner, amount_minor=amount, key=key, at=AT, **{**ORDER, **more})


def test_accrual_waits_and_the_programme_pays_for_it(partner: Partner, programme: Programme) -> None:
    entry = accrue(partner, 500_00, facts={"event": "o1#1"})

    assert balances(partner) == PartnerBalance(held=500_00)
    assert programme_totals(programme)["expense"] == -500_00
    assert (entry.number, entry.kind, entry.at, entry.partner) == (1, TransactionKind.ACCRUAL, AT, partner)
    assert (entry.order_id, entry.commission_id, entry.level) == (1, 2, 1)
    assert entry.facts == {"event": "o1#1"}


def test_accrual_without_waiting_is_available_at_once(partner: Partner) -> None:
    accrue(partner, 500_00, is_held=False)

    assert balances(partner) == PartnerBalance(available=500_00)


def test_release_moves_what_waited(partner: Partner) -> None:
    accrue(partner, 500_00)

    services.release(partner=partner, amount_minor=300_00, key="r", at=AT, **ORDER)

    assert balances(partner) == PartnerBalance(held=200_00, available=300_00)


def test_clawback_takes_from_both_and_below_zero(partner: Partner) -> None:
    accrue(partner, 500_00)

    entry = services.claw_back(
        partner=partner, from_held=500_00, from_available=50_00, key="c", at=AT, **ORDER
    )

    assert balances(partner) == PartnerBalance(held=0, available=-50_00)
    assert entry.postings.count() == 2


@pytest.mark.parametrize(
    ("payable", "expected"),
    [(True, PartnerBalance(available=100_00)), (False, PartnerBalance(bonus=100_00))],
)
def test_welcome_money_comes_once(partner: Partner, payable: bool, expected: PartnerBalance) -> None:
    first = services.welcome(partner=partner, amount_minor=100_00, at=AT, is_payable=payable)
    again = services.welcome(partner=partner, amount_minor=100_00, at=AT, is_payable=payable)

    assert balances(partner) == expected
    assert first == again


@pytest.mark.parametrize("amount", [70_00, -70_00])
def test_adjustment_keeps_its_reason_in_books_and_journal(partner: Partner, amount: int) -> None:
    owner = make_user()
    for _ in range(2):
        services.adjust(
            partner=partner, amount_minor=amount, reason=" За помощь ", actor=owner, key="by-hand"
        )

    entry = Transaction.objects.get()
    event = Event.objects.get()
    assert balances(partner).available == amount
    assert entry.facts == {"reason": "За помощь", "actor_id": owner.pk}
    assert (event.kind, event.actor_id, event.partner_id) == ("ledger.adjustment", owner.pk, partner.pk)
    assert event.data == {"amount_minor": amount, "reason": "За помощь", "transaction": 1}


def test_adjustment_without_reason_is_refused(partner: Partner) -> None:
    with pytest.raises(LedgerError, match="reason"):
        services.adjust(partner=partner, amount_minor=1, reason=" ", actor=make_user(), key="k")

    assert Transaction.objects.count() == 0


def test_write_off_brings_a_debt_to_zero_once(partner: Partner) -> None:
    owner = make_user()
    services.claw_back(partner=partner, from_held=0, from_available=80_00, key="c", at=AT, **ORDER)

    first = services.write_off(partner=partner, reason="ушёл", actor=owner, key="w")
    again = services.write_off(partner=partner, reason="ушёл", actor=owner, key="w")

    assert first == again
    assert balances(partner).available == 0
    assert programme_totals(partner.programme)["written_off"] == -80_00
    with pytest.raises(LedgerError, match="owes nothing"):
        services.write_off(partner=partner, reason="ушёл", actor=owner, key="w2")


def test_numbers_and_hashes_make_a_chain(partner: Partner, workspace: Workspace) -> None:
    entries = [accrue(partner, 100 + step, key=f"k{step}") for step in range(3)]

    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.prev_hash for entry in entries] == ["", entries[0].hash, entries[1].hash]
    head = LedgerHead.objects.get()
    assert (head.last_number, head.last_hash) == (3, entries[2].hash)


def test_same_key_and_inputs_is_the_same_transaction(partner: Partner) -> None:
    first = accrue(partner, 500_00)
    again = services.accrue(
        partner=partner, amount_minor=500_00, key="a", at=AT + timedelta(hours=1), **ORDER
    )

    assert again == first
    assert again.at == AT
    assert (Transaction.objects.count(), Posting.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [{"amount_minor": 500_01}, {"level": 2}, {"order_id": 9}, {"is_held": False}, {"facts": {"x": 1}}],
)
def test_same_key_with_other_inputs_is_an_error(partner: Partner, change: dict[str, Any]) -> None:
    accrue(partner, 500_00)

    with pytest.raises(KeyReusedError, match="transaction 1"):
        services.accrue(
            **{"partner": partner, "amount_minor": 500_00, "key": "a", "at": AT, **ORDER, **change}
        )

    assert balances(partner) == PartnerBalance(held=500_00)


def test_key_is_free_in_another_workspace(partner: Partner) -> None:
    accrue(partner, 1)
    with scope(make_workspace()):
        entry = accrue(make_partner(make_programme()), 2)

        assert (entry.number, Transaction.objects.count()) == (1, 1)


def test_nothing_to_post_is_refused(partner: Partner) -> None:
    with pytest.raises(LedgerError, match="nothing"):
        accrue(partner, 0)

    assert LedgerHead.objects.count() == 0


@pytest.mark.parametrize("amount", [-1, 1.5, True, "1"])
def test_amount_must_be_whole_and_positive(partner: Partner, amount: Any) -> None:
    with pytest.raises(LedgerError, match="whole number"):
        accrue(partner, amount)

    assert Transaction.objects.count() == 0


def test_kind_allows_only_its_moves(partner: Partner, programme: Programme) -> None:
    move = Move(AccountKind.EXPENSE, None, AccountKind.CASH, None, 1)

    with pytest.raises(ForbiddenMoveError, match="accrual may not move money from expense to cash"):
        services.post(programme=programme, kind="accrual", key="k", moves=[move], at=AT, partner=partner)


def test_partner_account_needs_its_partner(partner: Partner, programme: Programme) -> None:
    stranger = make_partner(make_programme())
    for owner, text in ((None, "needs a partner"), (stranger, "own programme")):
        move = Move(AccountKind.EXPENSE, None, AccountKind.HELD, owner, 1)
        with pytest.raises(LedgerError, match=text):
            services.post(programme=programme, kind="accrual", key="k", moves=[move], at=AT, partner=owner)

    assert Account.objects.count() == 0


def test_foreign_workspace_is_refused(partner: Partner) -> None:
    with scope(make_workspace()), pytest.raises(LedgerError, match="another workspace"):
        accrue(partner, 1)


def test_posting_outside_a_scope_is_refused(partner: Partner) -> None:
    with scope(0), pytest.raises(LedgerError):
        accrue(partner, 1)
    with pytest.raises(ScopeError):
        _outside_any_scope(partner)


def _outside_any_scope(partner: Partner) -> None:
    import contextvars  # noqa: PLC0415 (only here: a context of its own has no scope)

    contextvars.Context().run(accrue, partner, 1)


def test_balances_for_is_one_query(
    programme: Programme, partner: Partner, django_assert_num_queries: Any
) -> None:
    others = [make_partner(programme) for _ in range(3)]
    for place, one in enumerate([partner, *others[:2]]):
        accrue(one, 100 * (place + 1), key=f"k{place}")

    with django_assert_num_queries(1):
        found = balances_for(programme)

    assert [found[one.pk].held for one in [partner, *others]] == [100, 200, 300, 0]
    with django_assert_num_queries(1):
        assert set(balances_for(programme, [others[0]])) == {others[0].pk}


def test_post_asks_the_database_little(partner: Partner, django_assert_max_num_queries: Any) -> None:
    accrue(partner, 1)

    with django_assert_max_num_queries(9):  # savepoint included
        accrue(partner, 2, key="b")
