"""The queue row by row: what is put in, who gets it, how it ends."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction

from molva.jobs import enqueue, queue
from molva.jobs.errors import LeaseLostError, NotAJobError
from molva.jobs.models import Job, JobState
from molva.jobs.queries import list_dead_jobs, oldest_ready_seconds, queue_state
from molva.jobs.queue import (
    KEEP_ENDED_DAYS,
    LEASE_SECONDS,
    discard,
    extend_leases,
    fail,
    finish,
    pause_seconds,
    prune,
    release,
    retry,
    take_back_expired,
)
from molva.jobs.registry import find_job
from tests.jobs import sample

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def claim(worker: str, queues: Sequence[str] = ()) -> Job | None:
    """The one job that a worker takes."""
    return next(iter(queue.claim(worker, queues)), None)


def state_of(job: Job) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


def kill(job: Job) -> Job:
    """Make a waiting job dead."""
    claimed = claim("w")
    assert claimed is not None
    assert claimed.pk == job.pk
    assert fail(claimed, "broken", is_final=True) is True
    return claimed


def test_enqueue_is_rolled_back_with_the_transaction() -> None:
    with transaction.atomic():
        enqueue(sample.note, what=1)
        transaction.set_rollback(True)
    assert Job.objects.count() == 0


def test_enqueue_refuses_an_unmarked_function() -> None:
    with pytest.raises(NotAJobError):
        enqueue(sample.not_marked)


@pytest.mark.parametrize("path", ["tests.jobs.sample:not_marked", "os:system", "no.such:thing", "os", ""])
def test_find_job_finds_only_jobs(path: str) -> None:
    with pytest.raises(NotAJobError):
        find_job(path)


def test_claim_takes_by_priority_then_time() -> None:
    late = enqueue(sample.note, what="late")
    early = enqueue(sample.note, what="early", run_after=late.run_after - timedelta(minutes=1))
    urgent = enqueue(sample.note, what="urgent")
    Job.objects.filter(pk=urgent.pk).update(priority=5)
    enqueue(sample.note, what="tomorrow", run_after=late.run_after + timedelta(days=1))
    taken = [claim("w"), claim("w"), claim("w"), claim("w")]
    assert [job and job.pk for job in taken] == [urgent.pk, early.pk, late.pk, None]


def test_claim_looks_only_at_its_queues() -> None:
    enqueue(sample.note, what=1)
    assert claim("w", ["mail"]) is None
    assert claim("w", ["mail", "default"]) is not None


def test_dedupe_keeps_one_waiting_job() -> None:
    first = enqueue(sample.note, dedupe="k", what=1)
    second = enqueue(sample.note, dedupe="k", what=1)
    other = enqueue(sample.note, dedupe="other", what=1)
    assert first.pk == second.pk
    assert Job.objects.count() == 2
    assert other.pk != first.pk


def test_dedupe_brings_a_waiting_job_forward() -> None:
    first = enqueue(sample.note, dedupe="k", run_after=NOON + timedelta(hours=1), what=1)
    enqueue(sample.note, dedupe="k", run_after=NOON, what=1)
    first.refresh_from_db()
    assert first.run_after == NOON


def test_a_running_job_that_is_asked_for_runs_once_more_with_the_new_arguments() -> None:
    enqueue(sample.note, dedupe="k", what=1)
    running = claim("w")
    assert running is not None
    again = enqueue(sample.note, dedupe="k", what=2)
    assert again.pk == running.pk
    finish(running)
    second = claim("w")
    assert second is not None
    assert (second.pk, second.kwargs, second.attempts, second.again) == (running.pk, {"what": 2}, 1, False)
    finish(second)
    assert state_of(second) == JobState.DONE


def test_a_job_asked_for_while_running_its_last_try_does_not_die() -> None:
    enqueue(sample.break_down, dedupe="k")
    running = claim("w")
    assert running is not None
    enqueue(sample.break_down, dedupe="k")
    assert fail(running, "broken", is_final=True) is False
    assert state_of(running) == JobState.READY


def test_a_job_that_was_taken_over_cannot_be_finished_by_the_first_worker() -> None:
    enqueue(sample.note, what=1)
    with time_machine.travel(NOON + timedelta(days=365), tick=False) as clock:
        first = claim("slow")
        assert first is not None
        clock.shift(LEASE_SECONDS + 1)
        assert take_back_expired() == 1
        second = claim("quick")
    assert second is not None
    with pytest.raises(LeaseLostError):
        finish(first)
    assert fail(first, "late news", is_final=True) is False
    assert state_of(second) == JobState.RUNNING
    finish(second)
    assert state_of(second) == JobState.DONE


def test_a_heartbeat_keeps_the_lease() -> None:
    enqueue(sample.note, what=1)
    with time_machine.travel(NOON + timedelta(days=365), tick=False) as clock:
        job = claim("w")
        assert job is not None
        clock.shift(LEASE_SECONDS - 1)
        extend_leases([job])
        clock.shift(LEASE_SECONDS - 1)
        assert take_back_expired() == 0


def test_a_job_that_kills_its_worker_dies_after_its_last_try() -> None:
    job = enqueue(sample.break_down)
    with time_machine.travel(NOON + timedelta(days=365), tick=False) as clock:
        for _ in range(3):
            assert claim("w") is not None
            clock.shift(LEASE_SECONDS + 1)
            assert take_back_expired() == 1
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DEAD, "The worker stopped while the job was running.")


def test_failures_wait_longer_and_end() -> None:
    job = enqueue(sample.break_down)
    pauses = []
    with time_machine.travel(NOON + timedelta(days=365), tick=False) as clock:
        for _ in range(2):
            claimed = claim("w")
            assert claimed is not None
            assert fail(claimed, "no luck") is False
            job.refresh_from_db()
            pause = (job.run_after - datetime.now(UTC)).total_seconds()
            pauses.append(pause)
            clock.shift(pause + 1)
        last = claim("w")
        assert last is not None
        assert fail(last, "no luck at all") is True
    job.refresh_from_db()
    assert (job.state, job.error, job.attempts) == (JobState.DEAD, "no luck at all", 3)
    assert 3.7 < pauses[0] < 6.3
    assert 11.2 < pauses[1] < 18.8


def test_pause_has_an_end() -> None:
    assert pause_seconds(60) <= 6 * 3600 * 1.25


def test_release_gives_back_untried() -> None:
    job = enqueue(sample.note, what=1)
    claimed = claim("leaving")
    assert claimed is not None
    assert release("leaving") == 1
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.READY, 0)
    with pytest.raises(LeaseLostError):
        finish(claimed)


def test_retry_starts_a_dead_job_afresh() -> None:
    job = enqueue(sample.break_down)
    dead = kill(job)
    retried = retry(dead)
    assert (retried.pk, retried.state, retried.attempts, retried.finished_at) == (job.pk, "ready", 0, None)
    assert [row.dead for row in queue_state()] == [0]


def test_retry_with_a_newer_twin_returns_the_twin() -> None:
    dead = kill(enqueue(sample.break_down, dedupe="k"))
    twin = enqueue(sample.break_down, dedupe="k")
    assert retry(dead).pk == twin.pk
    assert state_of(dead) == JobState.DISCARDED


def test_discard_lets_only_dead_jobs_go() -> None:
    waiting = enqueue(sample.note, what=1)
    discard(waiting)
    assert state_of(waiting) == JobState.READY
    dead = kill(waiting)
    discard(dead)
    assert state_of(dead) == JobState.DISCARDED
    assert list(list_dead_jobs()) == []


def test_queue_state_counts_and_ages() -> None:
    with time_machine.travel(NOON, tick=False):
        dead = kill(enqueue(sample.break_down, workspace_id=7))
        enqueue(sample.note, what=1)
        claim("w")
        enqueue(sample.note, what=2, run_after=NOON - timedelta(seconds=30))
        enqueue(sample.note, what=3, run_after=NOON + timedelta(seconds=30))
        (row,) = queue_state()
        assert oldest_ready_seconds() == 30
    assert (row.queue, row.ready, row.running, row.dead, row.oldest_seconds) == ("default", 2, 1, 1, 30)
    assert [job.pk for job in list_dead_jobs(7)] == [dead.pk]
    assert list(list_dead_jobs(8)) == []


def test_prune_removes_what_ended_long_ago_but_never_the_dead() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        dead = kill(enqueue(sample.break_down))
        enqueue(sample.note, what=1)
        done = claim("w")
        assert done is not None
        finish(done)
        clock.shift(timedelta(days=KEEP_ENDED_DAYS) - timedelta(seconds=1))
        assert prune() == 0
        clock.shift(2)
        assert prune() == 1
    assert list(Job.objects.values_list("pk", flat=True)) == [dead.pk]
