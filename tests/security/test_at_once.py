"""Workers, people and the timetable at one customer at the same moment: every kopeck moves once, nobody deadlocks."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database

from molva.audit import run_checks
from molva.commissions.models import Commission
from molva.commissions.postings import release_due
from molva.commissions.services import settle_customer
from molva.integrations.telling import tell
from molva.kit import clock
from molva.ledger import services as ledger
from molva.ledger.models import Transaction
from molva.orders.models import Order
from molva.payouts.services import approve_payout, draft_payout, mark_paid
from molva.workspaces.models import Role
from molva.workspaces.scoping import current_workspace_id, scope
from tests.commissions.conftest import SETTINGS, START, Shop, make_shop  # noqa: F401 (a fixture)
from tests.factories import make_member

HELD = {**SETTINGS, "accrual": {**SETTINGS["accrual"], "hold_days": 1}}
NOW = START + timedelta(days=3)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _postgresql_only() -> None:
    if database.vendor == "sqlite":
        pytest.skip("SQLite in memory has one writer: nothing runs at once")


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:  # noqa: F811
    """An order of Boris's that was delivered two days ago and is due; Anna has the second level."""
    made = make_shop(settings=HELD)
    made.order("1", day=0, status="delivered", codes=("boris",))
    return made


def at_once(*work: Callable[[], Any]) -> None:
    """Run several things at the same time, as different workers; any failure is raised here."""
    workspace = current_workspace_id()

    def run(numbered: tuple[int, Callable[[], Any]]) -> None:
        number, one = numbered
        threading.current_thread().name = f"worker-{number}"
        try:
            time.sleep(number * 0.1)
            with scope(workspace):
                one()
        finally:
            database.close()

    with clock.pretend(NOW), ThreadPoolExecutor(len(work)) as pool:
        list(pool.map(run, enumerate(work)))


@pytest.fixture
def slow_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first worker stops for a moment on its way to the books: whoever comes second overtakes it."""
    lock = ledger.lock_books

    def slow() -> Any:
        if threading.current_thread().name == "worker-0":
            time.sleep(0.4)
        return lock()

    monkeypatch.setattr(ledger, "lock_books", slow)


def _cancel(shop: Shop) -> Callable[[], Any]:
    inbound = shop.inbound("1", at=NOW, status="cancelled", total=100_000, created=0, codes=("boris",))
    return lambda: tell(programme=shop.programme, source="test", one=inbound)


def test_a_return_and_a_release_do_not_wait_for_each_other(shop: Shop, slow_first: None):
    at_once(_cancel(shop), lambda: release_due(NOW))
    assert shop.money(shop.boris) == (0, 0)
    assert run_checks() == []


def test_a_return_and_a_payout_do_not_wait_for_each_other(shop: Shop, slow_first: None):
    release_due(NOW)
    owner = make_member(None, Role.OWNER)  # type: ignore[arg-type]
    payout = approve_payout(payout=draft_payout(partner=shop.boris, actor=owner), actor=owner)
    at_once(_cancel(shop), lambda: mark_paid(payout=payout, actor=owner))
    assert shop.money(shop.boris) == (0, -10_000)
    assert run_checks() == []


def test_many_workers_settle_a_customer_once(shop: Shop):
    order = Order.objects.select_related("customer").get()
    inbound = shop.inbound("2", at=NOW, status="delivered", total=50_000, codes=("boris",))
    poll_and_hook = [lambda: tell(programme=shop.programme, source="test", one=inbound)]
    tell(programme=shop.programme, source="test", one=inbound)
    before = Transaction.objects.count()
    at_once(
        *poll_and_hook * 3,
        *[lambda: settle_customer(customer=order.customer)] * 3,
        *[lambda: release_due(NOW)] * 3,
    )
    # two lots of the first order were due; nothing else had anything to post
    assert Transaction.objects.count() == before + 2
    assert sum(Commission.objects.values_list("posted_minor", flat=True)) == 15_000 + 4_500
    assert run_checks() == []


def test_two_hooks_of_a_new_order_at_once_make_one_order(shop: Shop):
    inbound = shop.inbound("9", at=NOW, status="delivered", total=100_000, codes=("boris",))
    at_once(*[lambda: tell(programme=shop.programme, source="test", one=inbound)] * 4)
    assert Order.objects.filter(number="9").count() == 1
    assert Commission.objects.get(order__number="9", level=1).posted_minor == 10_000


def test_two_first_orders_of_one_client_are_of_one_customer(shop: Shop):
    """Both workers see nobody with this phone, both make a row: they end as one person, in time order."""
    first = shop.inbound(
        "7", at=NOW, status="new", total=100_000, codes=("boris",), email="", phone="+79161112233"
    )
    second = shop.inbound(
        "8", at=NOW + timedelta(hours=1), status="new", total=100_000, email="", phone="89161112233"
    )
    for _ in range(3):
        at_once(
            lambda: tell(programme=shop.programme, source="test", one=first),
            lambda: tell(programme=shop.programme, source="test", one=second),
        )
    rows = Order.objects.filter(number__in=("7", "8")).order_by("number")
    assert len({row.customer_id for row in rows}) == 1
    assert [row.reason for row in rows] == ["code", "attributed"]
