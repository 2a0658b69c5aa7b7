"""Every write to the queue: put in, claim, end, fail, take back, let go, prune.

All of them are one conditional UPDATE or one INSERT, short on both databases. Where two workers compete,
PostgreSQL skips locked rows and SQLite compares and sets; the loser simply finds nothing.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from molva.jobs.errors import LeaseLostError
from molva.jobs.models import LIVE, Job, JobState
from molva.jobs.registry import find_batch, spec_of
from molva.kit import clock

LEASE_SECONDS = 20
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 6 * 3600.0
KEEP_ENDED_DAYS = 7
PRUNE_BATCH = 500
ERROR_CHARS = 4000
LOST_WORKERS_ALLOWED = 3  # a job is not to blame for the first deaths of its workers


def enqueue(
    func: Callable[..., Any],
    *,
    dedupe: str | None = None,
    run_after: datetime | None = None,
    workspace_id: int | None = None,
    **kwargs: Any,
) -> Job:
    """Put a job into the queue, in the caller's transaction: rolled back with it, durable with it.

    With `dedupe` there is at most one live job of that name. If one waits, it is returned; if one is running,
    it will run once more after its end, because it may have read the data before this change.
    """
    spec = spec_of(func)
    fresh = Job(
        path=spec.path,
        kwargs=kwargs,
        queue=spec.queue,
        priority=spec.priority,
        max_attempts=spec.max_attempts,
        dedupe=dedupe,
        workspace_id=workspace_id,
        run_after=run_after or clock.now(),
    )
    if dedupe is None:
        fresh.save(force_insert=True)
        return fresh
    return _enqueue_once(fresh)


def _enqueue_once(fresh: Job) -> Job:
    while True:
        # The lock is kept till the caller commits: a worker must not start the waiting job before it can see
        # the change for which it was asked.
        with transaction.atomic():
            live = Job.objects.select_for_update().filter(dedupe=fresh.dedupe, state__in=LIVE).first()
            if live is not None:
                _ask_again(live, fresh)
                return live
        try:
            with transaction.atomic():
                fresh.save(force_insert=True)
        except IntegrityError:
            fresh.pk = None  # somebody was quicker; look at what he put in
        else:
            return fresh


def _ask_again(live: Job, fresh: Job) -> None:
    if live.state == JobState.RUNNING:
        live.again, live.kwargs = True, fresh.kwargs
        live.save(update_fields=["again", "kwargs"])
    elif live.attempts == 0 and fresh.run_after < live.run_after:
        live.run_after = fresh.run_after
        live.save(update_fields=["run_after"])


def claim(worker: str, queues: Sequence[str] = ()) -> list[Job]:
    """Take the next job that may start, for one lease, with those that are run in one call with it, in their order.

    They are of one function and one workspace. Empty when there is nothing to do; `queues` empty means all.
    """
    now = clock.now()
    waiting = Job.objects.filter(state=JobState.READY, run_after__lte=now).order_by(
        "-priority", "run_after", "id"
    )
    if queues:
        waiting = waiting.filter(queue__in=queues)
    if not connection.features.has_select_for_update_skip_locked and not waiting.exists():
        return []  # an idle worker does not ask SQLite for its only lock
    with transaction.atomic():
        waiting = waiting.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
        first = waiting.first()
        if first is None:
            return []
        batch = find_batch(first.path)
        if batch is None:
            return _take([first], worker, now)
        like = waiting.filter(path=first.path, workspace_id=first.workspace_id).exclude(pk=first.pk)
        return _take([first, *like[: batch.size - 1]], worker, now)


def _take(jobs: list[Job], worker: str, now: datetime) -> list[Job]:
    """Mark locked jobs as running here."""
    shared = {
        "state": JobState.RUNNING,
        "worker": worker,
        "started_at": now,
        "lease_until": now + timedelta(seconds=LEASE_SECONDS),
    }
    Job.objects.filter(pk__in=[job.pk for job in jobs]).update(
        attempts=F("attempts") + 1, token=F("token") + 1, **shared
    )
    for job in jobs:
        job.attempts, job.token = job.attempts + 1, job.token + 1
        for name, value in shared.items():
            setattr(job, name, value)
    return jobs


def _held(*jobs: Job) -> Any:
    """Those of the jobs that this worker still has: the token has not grown since they were claimed."""
    tokens: dict[int, list[int]] = {}
    for job in jobs:
        tokens.setdefault(job.token, []).append(job.pk)
    mine = Q()
    for token, ids in tokens.items():
        mine |= Q(token=token, pk__in=ids)
    return Job.objects.filter(mine, state=JobState.RUNNING)


def extend_leases(jobs: Iterable[Job]) -> None:
    """The heartbeat of running jobs: each gets a whole lease from now."""
    if jobs := list(jobs):
        _held(*jobs).update(lease_until=clock.now() + timedelta(seconds=LEASE_SECONDS))


def finish(job: Job) -> None:
    """The job has done its work; one that was asked for meanwhile starts afresh. Raises LeaseLostError."""
    now = clock.now()
    free: dict[str, Any] = {"lease_until": None, "error": ""}
    once = _held(job).filter(again=False)
    if job.is_scheduled:
        # Tens of thousands a day, all alike: nobody will look for them.
        is_over = once.delete()[0] > 0
    else:
        is_over = once.update(state=JobState.DONE, finished_at=now, **free) > 0
    if is_over or _held(job).update(state=JobState.READY, again=False, attempts=0, run_after=now, **free):
        return
    raise LeaseLostError(str(job))


def finish_all(jobs: Sequence[Job]) -> None:
    """`finish` for jobs that were run together, in one statement; one whose lease is lost is passed over."""
    if not jobs:
        return
    now = clock.now()
    free: dict[str, Any] = {"lease_until": None, "error": ""}
    done = _held(*jobs).filter(again=False).update(state=JobState.DONE, finished_at=now, **free)
    if done < len(jobs):
        _held(*jobs).update(state=JobState.READY, again=False, attempts=0, run_after=now, **free)


def pause_seconds(attempts: int) -> float:
    """Wait after the n-th failure: 5 s, then three times longer each time, ±25 %, at most six hours."""
    pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 3 ** (attempts - 1))
    return pause * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, guards nothing


def fail(job: Job, error: str, *, after_seconds: float | None = None, is_final: bool = False) -> bool:
    """Record a failed try: another one later, or death after the last. True when the job is dead now."""
    now = clock.now()
    shared: dict[str, Any] = {"error": error[-ERROR_CHARS:], "lease_until": None}
    is_last = is_final or job.attempts >= job.max_attempts
    if is_last and _held(job).filter(again=False).update(state=JobState.DEAD, finished_at=now, **shared):
        return True
    # One that was asked for meanwhile does not die: the new request has all its tries before it.
    pause = pause_seconds(job.attempts) if after_seconds is None else after_seconds
    attempts = 0 if is_last else job.attempts
    _held(job).update(
        state=JobState.READY,
        run_after=now + timedelta(seconds=pause),
        attempts=attempts,
        again=False,
        **shared,
    )
    return False


def put_off(job: Job, reason: str, seconds: float) -> None:
    """Nobody's fault: the job waits for what it needs, a little longer than asked, and keeps all its tries."""
    pause = seconds + random.uniform(0.0, min(10.0, seconds / 10))  # noqa: S311 - spreads load, guards nothing
    _held(job).update(
        state=JobState.READY,
        run_after=clock.now() + timedelta(seconds=pause),
        attempts=F("attempts") - 1,
        again=False,
        error=reason[-ERROR_CHARS:],
        lease_until=None,
    )


def release(worker: str) -> int:
    """Give back, untried, whatever this worker still holds (it was told to stop). Returns how many."""
    return Job.objects.filter(worker=worker, state=JobState.RUNNING).update(
        state=JobState.READY, attempts=F("attempts") - 1, token=F("token") + 1, lease_until=None
    )


def take_back_expired() -> int:
    """Jobs whose worker died: ready again, or dead when that was the last try. Returns how many."""
    now = clock.now()
    expired = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=now)
    if not expired.exists():
        return 0
    shared: dict[str, Any] = {"lease_until": None, "error": "The worker stopped while the job was running."}
    limit = Greatest(F("max_attempts"), LOST_WORKERS_ALLOWED)
    last = expired.filter(attempts__gte=limit, again=False)
    dead = last.update(state=JobState.DEAD, finished_at=now, **shared)
    return dead + expired.update(state=JobState.READY, run_after=now, again=False, **shared)


def retry(job: Job) -> Job:
    """Start a dead job afresh; if a newer one of the same name is live, that one is returned instead."""
    try:
        with transaction.atomic():
            Job.objects.filter(pk=job.pk, state=JobState.DEAD).update(
                state=JobState.READY, attempts=0, again=False, run_after=clock.now(), finished_at=None
            )
    except IntegrityError:
        discard(job)
        return Job.objects.filter(dedupe=job.dedupe, state__in=LIVE).first() or job
    job.refresh_from_db()
    return job


def discard(job: Job) -> None:
    """Let a dead job go; it is no longer counted and is pruned later."""
    Job.objects.filter(pk=job.pk, state=JobState.DEAD).update(state=JobState.DISCARDED)
    job.refresh_from_db()


def prune(*, batches: int = 10) -> int:
    """Remove jobs that ended long ago, in short transactions; dead ones stay until a person decides."""
    limit = clock.now() - timedelta(days=KEEP_ENDED_DAYS)
    ended = Job.objects.filter(state__in=[JobState.DONE, JobState.DISCARDED], finished_at__lt=limit)
    count = 0
    for _ in range(batches):
        removed = Job.objects.filter(pk__in=list(ended.values_list("pk", flat=True)[:PRUNE_BATCH])).delete()[
            0
        ]
        count += removed
        if removed < PRUNE_BATCH:
            break
    return count
