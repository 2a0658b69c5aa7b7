"""Two people at one payout: one step is done, money moves once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from molva.audit import run_checks
from molva.ledger import services as ledger
from molva.ledger.queries import PartnerBalance, balances
from molva.payouts import services
from molva.payouts.errors import PayoutError, PayoutStateError
from molva.payouts.models import Payout
from molva.workspaces.models import User, Workspace
from molva.workspaces.scoping import scope
from tests.commissions.conftest import Shop

AT = datetime(2026, 11, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _postgresql_only() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite in memory has one writer: nothing runs at once")


def at_once(workspace: Workspace, *work: Callable[[], Any]) -> list[Any]:
    """Run several things at the same time; an expected refusal is a result too."""

    def run(one: Callable[[], Any]) -> Any:
        try:
            with scope(workspace):
                return one()
        except PayoutError as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


@pytest.fixture
def payout(shop: Shop, owner: User) -> Payout:
    ledger.welcome(partner=shop.boris, amount_minor=100_00, at=AT, is_payable=True)
    return services.draft_payout(partner=shop.boris, actor=owner)


def test_one_of_many_approvals_wins(shop: Shop, owner: User, payout: Payout, workspace: Workspace) -> None:
    results = at_once(workspace, *[lambda: services.approve_payout(payout=payout, actor=owner)] * 4)

    assert results.count(PayoutStateError) == 3
    assert balances(shop.boris) == PartnerBalance(in_payout=100_00)


def test_one_of_paid_and_cancelled_wins(
    shop: Shop, owner: User, payout: Payout, workspace: Workspace
) -> None:
    services.approve_payout(payout=payout, actor=owner)
    steps = [services.mark_paid, services.cancel_payout] * 2

    results = at_once(workspace, *[lambda step=step: step(payout=payout, actor=owner) for step in steps])

    assert results.count(PayoutStateError) == 3
    assert balances(shop.boris) in (PartnerBalance(paid=100_00), PartnerBalance(available=100_00))
    assert run_checks() == []


def test_drafts_at_once_are_one_draft(shop: Shop, owner: User, workspace: Workspace) -> None:
    ledger.welcome(partner=shop.boris, amount_minor=5000_00, at=AT, is_payable=True)

    at_once(
        workspace,
        *[lambda: services.draft_payout(partner=shop.boris, actor=owner)] * 3,
        *[lambda: services.draft_payouts(programme=shop.programme, actor=owner)] * 3,
    )

    assert Payout.objects.get().amount_minor == 5000_00
    assert run_checks() == []


def test_an_adjustment_and_an_approval_do_not_overdraw(
    shop: Shop, owner: User, payout: Payout, workspace: Workspace
) -> None:
    def take() -> None:
        ledger.adjust(partner=shop.boris, amount_minor=-60_00, reason="ошибка", actor=owner, key="t")

    at_once(workspace, take, lambda: services.approve_payout(payout=payout, actor=owner))

    after = balances(shop.boris)
    assert after in (PartnerBalance(available=40_00), PartnerBalance(available=-60_00, in_payout=100_00))
    assert run_checks() == []
