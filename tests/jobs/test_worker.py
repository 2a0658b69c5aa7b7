"""The worker: what it does with each kind of end, and that it stops when told."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from molva.jobs import enqueue
from molva.jobs.models import Job, ScheduleTick
from molva.jobs.schedules import Every, fire_due
from molva.jobs.worker import Worker
from tests.jobs import sample

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _forget() -> None:
    sample.SEEN.clear()


def run_all() -> int:
    return Worker(scope=lambda _: nullcontext()).run_until_empty()


def end_of(job: Job) -> tuple[str, str]:
    """State and last line of the error of a job."""
    job.refresh_from_db()
    return job.state, job.error.strip().rpartition("\n")[2]


@pytest.mark.django_db
def test_each_end() -> None:
    good = enqueue(sample.note, what={"order": 1})
    broken = enqueue(sample.break_down)
    gone = enqueue(sample.give_up)
    missing = enqueue(sample.note, what=2)
    Job.objects.filter(pk=missing.pk).update(path="tests.jobs.sample:removed")
    assert run_all() == 4
    assert sample.SEEN == [{"order": 1}]
    assert end_of(good) == ("done", "")
    assert end_of(broken) == ("ready", "ValueError: no luck")
    assert end_of(gone) == ("dead", "the order is gone")
    assert end_of(missing)[0] == "ready"


@pytest.mark.django_db
def test_retry_later_keeps_the_wish_of_the_other_side() -> None:
    with time_machine.travel(NOON, tick=False):
        job = enqueue(sample.ask_later)
        run_all()
    assert end_of(job) == ("ready", "molva.jobs.errors.RetryLaterError: the shop is busy")
    assert job.run_after == NOON + timedelta(seconds=90)


@pytest.mark.django_db
def test_an_atomic_job_leaves_nothing_behind_when_it_fails() -> None:
    job = enqueue(sample.write_and_break)
    run_all()
    assert end_of(job) == ("ready", "ValueError: after the write")
    assert ScheduleTick.objects.count() == 0


@pytest.mark.django_db
def test_a_job_asked_for_while_it_runs_runs_again() -> None:
    enqueue(sample.ask_again, dedupe="again")
    assert run_all() == 3
    assert sample.SEEN == ["again"] * 3


@pytest.mark.django_db
def test_a_job_runs_in_the_scope_of_its_workspace() -> None:
    opened: list[int] = []

    @contextmanager
    def scope(workspace_id: int) -> Iterator[None]:
        opened.append(workspace_id)
        yield
        opened.append(-workspace_id)

    enqueue(sample.note_workspace, workspace_id=7)
    enqueue(sample.note_workspace)
    Worker(scope=scope).run_until_empty()
    assert opened == [7, -7]
    assert sample.SEEN == [7, None]


@pytest.mark.django_db
def test_a_schedule_fires_once_a_tick_whoever_asks() -> None:
    table = [Every(30, "tests.jobs.sample:give_up")]
    one: dict[str, int] = {}
    other: dict[str, int] = {}
    with time_machine.travel(NOON, tick=False) as clock:
        assert [fire_due(table, one), fire_due(table, one), fire_due(table, other)] == [1, 0, 0]
        clock.shift(29)
        assert [fire_due(table, one), fire_due(table, other)] == [0, 0]
        run_all()
        clock.shift(1)
        assert [fire_due(table, other), fire_due(table, one)] == [1, 0]
        clock.shift(3600 * 24)
        assert fire_due(table, one) == 1
    states = Job.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["discarded", "ready"]


@pytest.mark.django_db
def test_a_schedule_leaves_no_row_when_all_went_well() -> None:
    assert fire_due([Every(30, "tests.jobs.sample:note_workspace")], {}) == 1
    assert run_all() == 1
    assert Job.objects.count() == 0


@pytest.mark.django_db
def test_the_next_tick_tries_a_failed_job_of_a_schedule_again() -> None:
    table = [Every(2, "tests.jobs.sample:break_down")]
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(2):
            assert fire_due(table, {}) == 1
            assert run_all() == 1
            clock.shift(2)
    assert Job.objects.get().attempts == 2


@pytest.mark.django_db
def test_a_schedule_recovers_from_a_clock_that_ran_ahead() -> None:
    table = [Every(30, "tests.jobs.sample:give_up")]
    with time_machine.travel(NOON + timedelta(days=365), tick=False):
        assert fire_due(table, {}) == 1
    with time_machine.travel(NOON, tick=False):
        assert fire_due(table, {}) == 1
