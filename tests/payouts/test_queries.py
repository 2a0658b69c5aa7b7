"""Lists of payouts."""

from datetime import timedelta
from typing import Any

import pytest

from molva.payouts import services
from molva.payouts.models import PayoutStatus
from molva.payouts.queries import (
    Payable,
    StatusTotal,
    list_payable,
    list_payouts,
    payout_lines,
    payout_totals,
)
from molva.programmes.models import Programme
from molva.workspaces.models import User
from molva.workspaces.scoping import scope
from tests.factories import make_workspace


@pytest.mark.parametrize("count", [1, 3])
def test_list_is_one_query(
    programme: Programme, owner: User, earn: Any, join: Any, count: int, django_assert_num_queries: Any
) -> None:
    made = []
    for _ in range(count):
        partner = join()
        earn(partner, 10_00)
        made.append(services.draft_payout(partner=partner, actor=owner))

    with django_assert_num_queries(1):
        rows = [(payout, str(payout.partner), str(payout.programme)) for payout in list_payouts()]

    assert [row[0] for row in rows] == made[::-1]


def test_filters(programme: Programme, owner: User, earn: Any, join: Any) -> None:
    one, two = join(), join()
    for partner in (one, two):
        earn(partner, 10_00)
    first = services.draft_payout(partner=one, actor=owner)
    second = services.draft_payout(partner=two, actor=owner)
    services.approve_payout(payout=second, actor=owner)

    assert list(list_payouts(partner=one)) == [first]
    assert list(list_payouts(programme=programme, status=PayoutStatus.APPROVED)) == [second]
    assert list(list_payouts(since=second.created_at)) == [second]
    assert list(list_payouts(until=second.created_at)) == [first]
    assert list(list_payouts(since=second.created_at + timedelta(seconds=1))) == []
    with scope(make_workspace()):
        assert list(list_payouts()) == []


def test_totals_by_status(programme: Programme, owner: User, earn: Any, join: Any) -> None:
    for amount in (10_00, 20_00, 40_00):
        partner = join()
        earn(partner, amount)
        payout = services.draft_payout(partner=partner, actor=owner)
    services.approve_payout(payout=payout, actor=owner)

    totals = payout_totals(programme)

    assert totals["draft"] == StatusTotal(2, 30_00)
    assert totals["approved"] == StatusTotal(1, 40_00)
    assert totals["paid"] == StatusTotal(0, 0)
    assert set(totals) == {"draft", "approved", "paid", "cancelled", "failed"}


def test_payable_are_those_who_would_be_drafted(
    programme: Programme, owner: User, earn: Any, join: Any
) -> None:
    partners = [join() for _ in range(3)]
    for partner, amount in zip(partners, (1000_00, 3000_00, 10_00), strict=True):
        earn(partner, amount)

    assert list_payable(programme, limit=9) == Payable(
        2, 4000_00, [(partners[1], 3000_00), (partners[0], 1000_00)]
    )
    assert list_payable(programme, limit=1) == Payable(2, 4000_00, [(partners[1], 3000_00)])
    services.draft_payout(partner=partners[1], actor=owner)
    assert list_payable(programme, limit=9) == Payable(1, 1000_00, [(partners[0], 1000_00)])


@pytest.mark.parametrize("count", [1, 3])
def test_lines_are_one_query(
    programme: Programme, owner: User, earn: Any, join: Any, count: int, django_assert_num_queries: Any
) -> None:
    partner = join()
    rows = [earn(partner, 10_00) for _ in range(count)]
    payout = services.draft_payout(partner=partner, actor=owner)

    with django_assert_num_queries(1):
        shown = [line.commission.order.number for line in payout_lines(payout)]

    assert shown == [row.order.number for row in rows]
