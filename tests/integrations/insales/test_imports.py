"""Past orders: chosen period, progress, pause, resume, kill; the books do not depend on how it went."""

from datetime import timedelta
from typing import Any

import pytest

from molva.demo.shop import RunningShop
from molva.demo.shop.admin import orders as admin_orders
from molva.integrations import imports, runs
from molva.integrations.base import PlugError
from molva.integrations.models import ApiWindow, Connection, ImportRun, InboundEvent, RunState
from molva.integrations.sources.insales import reading
from molva.integrations.sources.insales.source import InSalesSource
from molva.jobs.models import Job, JobState
from molva.jobs.worker import Worker
from molva.kit import clock
from molva.orders.models import Order
from molva.workspaces.models import Event
from molva.workspaces.scoping import scope
from tests.factories import make_user


@pytest.fixture(autouse=True)
def _pages_of_two(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    Job.objects.all().delete()
    monkeypatch.setattr(reading, "PAGE_SIZE", 2)


def add(shop: RunningShop, *days: int, **wanted: Any) -> list[dict[str, Any]]:
    """An order so many days ago, for each."""
    now = clock.now()
    return [shop.add_order(at=(now - timedelta(days=ago)).isoformat(), tell=False, **wanted) for ago in days]


def work() -> int:
    return Worker(scope=scope).run_until_empty()


def test_everything_is_brought_in_and_told_of(connection: Connection, fake_shop: RunningShop):
    add(fake_shop, 900, 400, 100, 3, 1, location="/?aff=boris")
    actor = make_user()
    run = imports.start(connection, period="all", actor=actor)
    assert (run.state, run.estimate) == (RunState.RUNNING, None)
    work()
    run.refresh_from_db()
    assert (run.state, run.read, run.recorded, run.refused, run.estimate) == (RunState.DONE, 5, 5, 0, 5)
    assert run.finished_at
    assert Order.objects.count() == 5
    assert [event.kind for event in Event.objects.filter(kind__startswith="past.").order_by("pk")] == [
        "past.chosen",
        "past.finished",
    ]


@pytest.mark.parametrize(("period", "count"), [("all", 4), ("year", 3), ("quarter", 2), ("none", 0)])
def test_as_far_back_as_was_chosen(connection: Connection, fake_shop: RunningShop, period: str, count: int):
    add(fake_shop, 900, 300, 80, 1)
    run = imports.start(connection, period=period)
    work()
    run.refresh_from_db()
    assert (run.state, run.read, Order.objects.count()) == (RunState.DONE, count, count)


def test_an_order_of_before_the_programme_is_nobodys(connection: Connection, fake_shop: RunningShop):
    add(fake_shop, 100, location="/?aff=boris", status="delivered")
    imports.start(connection, period="all")
    work()
    order = Order.objects.get()
    assert order.judged_at is not None
    assert order.commissions.filter(posted_minor__gt=0).count() == 0


def test_starting_twice_is_starting_once(connection: Connection):
    first = imports.start(connection, period="all")
    assert imports.start(connection, period="year").pk == first.pk
    assert Job.objects.filter(dedupe=f"past-{first.pk}").count() == 1


@pytest.fixture
def _one_page_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "STEP_SECONDS", 0.0)


@pytest.mark.usefixtures("_one_page_a_job")
def test_a_pause_keeps_what_was_read_and_resuming_goes_on(connection: Connection, fake_shop: RunningShop):
    add(fake_shop, *range(9, 1, -1))
    run = imports.start(connection, period="all")
    imports.read_past(run_id=run.pk)
    imports.pause(ImportRun.objects.get(pk=run.pk), actor=make_user())
    assert work() == 1  # what was asked for before finds nothing to do
    assert Order.objects.count() == 2
    imports.resume(ImportRun.objects.get(pk=run.pk), actor=None)
    assert work() == 4
    run.refresh_from_db()
    assert (run.state, run.read, run.pages, Order.objects.count()) == (RunState.DONE, 8, 5, 8)
    kinds = Event.objects.filter(kind__startswith="past.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["past.chosen", "past.paused", "past.resumed", "past.finished"]


@pytest.mark.usefixtures("_one_page_a_job")
def test_a_pause_in_the_middle_of_a_page_keeps_nothing_of_the_page_and_loses_nothing(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    add(fake_shop, 4, 3)
    run = imports.start(connection, period="all")
    real = imports.record_page

    def paused_meanwhile(connection: Connection, page: Any) -> Any:
        imports.pause(ImportRun.objects.get(pk=run.pk), actor=None)
        return real(connection, page)

    monkeypatch.setattr(imports, "record_page", paused_meanwhile)
    imports.read_past(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.read, run.pages, run.anchor) == (RunState.PAUSED, 0, 0, {})
    monkeypatch.undo()
    imports.resume(run, actor=None)
    work()
    run.refresh_from_db()
    assert (run.state, run.read, Order.objects.count()) == (RunState.DONE, 2, 2)


@pytest.mark.usefixtures("_one_page_a_job")
def test_a_worker_killed_between_recording_and_keeping_reads_the_page_again(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    add(fake_shop, 4, 3, 2, location="/?aff=boris", status="delivered")
    run = imports.start(connection, period="all")

    def killed(*_args: Any) -> Any:
        raise SystemExit

    monkeypatch.setattr(runs, "_keep", killed)
    with pytest.raises(SystemExit):
        imports.read_past(run_id=run.pk)
    assert Order.objects.count() == 2
    monkeypatch.undo()
    work()
    run.refresh_from_db()
    assert (run.state, run.read, run.recorded, Order.objects.count()) == (RunState.DONE, 3, 1, 3)


@pytest.mark.usefixtures("_one_page_a_job")
def test_two_workers_with_one_run_count_a_page_once(connection: Connection, fake_shop: RunningShop):
    add(fake_shop, 4, 3)
    run = imports.start(connection, period="all")
    stale = ImportRun.objects.get(pk=run.pk)
    imports.read_past(run_id=run.pk)
    page = runs.source_of("insales").poll(connection, runs.begin_anchor(stale))
    assert runs._keep(stale, page, {}, 0) is False
    assert ImportRun.objects.get(pk=run.pk).read == 2


def test_an_import_leaves_room_for_hooks_and_waits_for_the_window(
    connection: Connection, fake_shop: RunningShop
):
    add(fake_shop, *range(1, 40))
    ApiWindow.objects.update(allowed=30)
    fake_shop.faults.update({"limit_calls": 30})
    run = imports.start(connection, period="all")
    work()
    run.refresh_from_db()
    assert (run.state, ApiWindow.objects.get().used) == (RunState.RUNNING, 21)
    assert run.problem.startswith("the shop asks to wait")
    job = Job.objects.get(dedupe=f"past-{run.pk}", state=JobState.READY)
    assert job.attempts == 0
    assert 295 < (job.run_after - clock.now()).total_seconds() < 315


def test_a_key_without_the_right_stops_the_import_until_a_person_resumes_it(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    def forbidden(*_args: Any, **_more: Any) -> Any:
        raise PlugError("the key has no right for /admin/orders.json", permanent=True)

    add(fake_shop, 1)
    run = imports.start(connection, period="all")
    monkeypatch.setattr(InSalesSource, "poll", forbidden)
    work()
    run.refresh_from_db()
    assert (run.state, run.problem) == (RunState.PAUSED, "the key has no right for /admin/orders.json")
    monkeypatch.undo()
    imports.resume(run, actor=None)
    work()
    run.refresh_from_db()
    assert (run.state, run.problem, Order.objects.count()) == (RunState.DONE, "", 1)


def test_what_cannot_be_recorded_is_counted_and_waits(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    orders = add(fake_shop, 2, 1)
    real = admin_orders.order_body
    monkeypatch.setattr(
        admin_orders,
        "order_body",
        lambda store, order: {
            **real(store, order),
            **({"order_lines": "many", "total_price": "x"} if order.id == orders[0]["id"] else {}),
        },
    )
    run = imports.start(connection, period="all")
    work()
    run.refresh_from_db()
    assert (run.state, run.read, run.recorded, run.refused) == (RunState.DONE, 2, 1, 1)
    assert InboundEvent.objects.get(state="dead").object_id == str(orders[0]["id"])


def test_a_shop_that_is_disconnected_stops_its_import(connection: Connection, fake_shop: RunningShop):
    add(fake_shop, 1)
    run = imports.start(connection, period="all")
    Connection.objects.update(state="disconnected", secrets={})
    work()
    run.refresh_from_db()
    assert (run.state, run.problem, Order.objects.count()) == (RunState.PAUSED, "the shop is disconnected", 0)


def test_the_figures_of_the_progress():
    run = ImportRun(read=300, estimate=1000, spent_ms=60_000)
    assert (run.per_minute, run.total, run.minutes_left) == (300, 1000, 3)
    assert ImportRun(read=1200, estimate=1000, spent_ms=1).total == 1200
    assert ImportRun(read=0, estimate=1000).minutes_left is None
    assert ImportRun(read=10, estimate=1000, spent_ms=1, state=RunState.DONE).total == 10
