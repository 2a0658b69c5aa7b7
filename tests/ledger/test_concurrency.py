"""Many who post at once: no gap, no fork of the chain, no effect twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from molva.ledger import services
from molva.ledger.chain import verify_chain
from molva.ledger.models import Account, Transaction
from molva.ledger.queries import balances, balances_for
from molva.programmes.models import Partner
from molva.workspaces.models import Workspace
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace

AT = datetime(2026, 11, 1, tzinfo=UTC)
THREADS = 8

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workspace() -> Workspace:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite in memory has one writer: nothing runs at once")
    return make_workspace()


def at_once(work: Callable[[int], None], workspace: Workspace) -> None:
    def run(worker: int) -> None:
        try:
            with scope(workspace):
                work(worker)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(run, range(THREADS)))


def accrue(partner: Partner, key: str, amount: int) -> Transaction:
    return services.accrue(
        partner=partner, amount_minor=amount, key=key, at=AT, order_id=1, commission_id=1, level=1
    )


def test_eight_threads_leave_no_gap(workspace: Workspace) -> None:
    with scope(workspace):
        partners = [make_partner(make_programme()) for _ in range(2)]

    def work(worker: int) -> None:
        for step in range(20):
            accrue(partners[step % 2], f"shared-{step}", 100)  # everyone wants it, once is enough
            accrue(partners[worker % 2], f"own-{worker}-{step}", 1)
            if step % 5 == 0:
                _change_of_mind(partners[0], f"never-{worker}-{step}")

    at_once(work, workspace)

    with scope(workspace):
        total = 20 + THREADS * 20
        assert list(Transaction.objects.order_by("number").values_list("number", flat=True)) == list(
            range(1, total + 1)
        )
        assert verify_chain(workspace) == []
        assert [balances(partner).held for partner in partners] == [10 * 100 + 80, 10 * 100 + 80]
        assert Account.objects.count() == 4


def _change_of_mind(partner: Partner, key: str) -> None:
    """A posting whose transaction is rolled back gives its number to the next one."""
    with transaction.atomic():
        accrue(partner, key, 5)
        transaction.set_rollback(True)


def test_workspaces_do_not_wait_for_each_other(workspace: Workspace) -> None:
    other = make_workspace()
    with scope(other):
        stranger = make_partner(make_programme())
    with scope(workspace):
        partner = make_partner(make_programme())

    def post_elsewhere() -> None:
        try:
            with scope(other):
                accrue(stranger, "k", 1)
        finally:
            connection.close()

    with scope(workspace), transaction.atomic(), ThreadPoolExecutor(1) as pool:
        accrue(partner, "k", 1)
        pool.submit(post_elsewhere).result(timeout=10)
    with scope(other):
        assert balances_for(stranger.programme)[stranger.pk].held == 1
