"""The worker: threads that run jobs, and a main loop that beats, fires schedules and takes back what died.

One process, a few threads, because the work is waiting for databases and other people's servers. A thread
that found work wakes a sibling at once; an idle one looks every half second.
"""

import logging
import os
import secrets
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections, transaction
from django.utils import translation

from molva.jobs import queue
from molva.jobs.errors import GiveUpError, LeaseLostError
from molva.jobs.models import Job, WorkerBeat
from molva.jobs.registry import find_batch, find_job, spec_of
from molva.jobs.schedules import Every, fire_due
from molva.kit import clock

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
GATHER_SECONDS = 0.1
LOOP_SECONDS = 0.25
BEAT_SECONDS = 5.0
PRUNE_SECONDS = 60.0
TROUBLE_SECONDS = 1.0

Scope = Callable[[int], AbstractContextManager[None]]


class Worker:
    """Runs jobs until `stop()`. `scope` opens a job's workspace: the queue itself knows no tenants."""

    def __init__(
        self, *, scope: Scope, timetable: Sequence[Every] = (), threads: int = 2, queues: Sequence[str] = ()
    ) -> None:
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(3)}"
        self._scope = scope
        self._timetable = timetable
        self._queues = queues
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._in_hand: dict[int, Job] = {}
        self._fired: dict[str, int] = {}
        self._beat_due = self._prune_due = 0.0
        self._threads = [
            threading.Thread(target=self._work, name=f"job-{number}", daemon=True)
            for number in range(threads)
        ]

    def run(self, *, grace_seconds: float = 8.0) -> bool:
        """Work until told to stop, then finish or give back what is in hand. False when a job was left."""
        logger.info("worker started name=%s threads=%d", self.name, len(self._threads))
        for thread in self._threads:
            thread.start()
        while not self._stopping.is_set():
            self._keep_house()
            self._stopping.wait(LOOP_SECONDS)
        return self._leave(grace_seconds)

    def stop(self) -> None:
        """Ask to stop; safe in a signal handler (takes no lock that the interrupted code may hold)."""
        self._stopping.set()

    def run_until_empty(self) -> int:
        """Run everything that may start now in this very thread, and return how many (tests, commands)."""
        count = 0
        while jobs := queue.claim(self.name, self._queues):
            self._run_all(jobs)
            count += len(jobs)
        return count

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                jobs = queue.claim(self.name, self._queues)
                if not jobs:
                    with self._idle:
                        self._idle.wait(POLL_SECONDS)
                    continue
                with self._idle:
                    self._idle.notify()
                self._run_all(jobs)
                close_old_connections()
                self._gather(jobs)
            except Exception:  # the database is away, perhaps; the thread must outlive it
                logger.exception("worker trouble name=%s", self.name)
                close_old_connections()
                self._stopping.wait(TROUBLE_SECONDS)

    def _gather(self, jobs: list[Job]) -> None:
        """After a batch that was not full: let more gather, as one costs hardly less than many."""
        batch = find_batch(jobs[0].path)
        if batch is not None and len(jobs) < batch.size:
            self._stopping.wait(GATHER_SECONDS)

    def _run_all(self, jobs: list[Job]) -> None:
        """Run what was claimed together: one job as ever, or several in one call."""
        batch = find_batch(jobs[0].path)
        if batch is None:
            for job in jobs:
                self._run(job)
            return
        started = time.monotonic()
        self._in_hand.update({job.pk: job for job in jobs})
        try:
            try:
                with self._place(jobs[0]):
                    outcomes = batch.run([dict(job.kwargs) for job in jobs])
            except Exception as error:
                outcomes = [error] * len(jobs)
            ended = list(zip(jobs, outcomes, strict=True))
            done = [job for job, problem in ended if problem is None]
            queue.finish_all(done)
            for job, problem in ended:
                if problem is not None:
                    _log(job, _fail(job, problem), started)
        finally:
            for job in jobs:
                del self._in_hand[job.pk]
        if done:
            _log(done[0], "done", started, count=len(done))

    def _run(self, job: Job) -> None:
        started = time.monotonic()
        self._in_hand[job.pk] = job
        outcome = "done"
        try:
            self._call(job)
        except Exception as error:
            outcome = _fail(job, error)
        finally:
            del self._in_hand[job.pk]
        _log(job, outcome, started)

    def _call(self, job: Job) -> None:
        function = find_job(job.path)
        spec = spec_of(function)
        kwargs = dict(job.kwargs)
        if spec.takes_workspace:
            kwargs["workspace_id"] = job.workspace_id
        with self._place(job):
            if not spec.atomic:
                function(**kwargs)
                queue.finish(job)
                return
            with transaction.atomic():
                function(**kwargs)
                queue.finish(job)  # raises when the lease is lost, and the effect is rolled back with it

    @contextmanager
    def _place(self, job: Job) -> Iterator[None]:
        """The workspace and the language in which a job is run."""
        scope = nullcontext() if job.workspace_id is None else self._scope(job.workspace_id)
        with scope, translation.override(settings.LANGUAGE_CODE):
            yield

    def _keep_house(self) -> None:
        now = time.monotonic()
        try:
            fire_due(self._timetable, self._fired)
            if now >= self._beat_due:
                self._beat_due = now + BEAT_SECONDS
                self._beat()
            if now >= self._prune_due:
                self._prune_due = now + PRUNE_SECONDS
                queue.prune()
                WorkerBeat.objects.filter(seen_at__lt=clock.now() - timedelta(days=1)).delete()
        except Exception:  # the same: a worker that beats no more would be taken for dead
            logger.exception("worker trouble name=%s", self.name)
            self._stopping.wait(TROUBLE_SECONDS)
        finally:
            close_old_connections()

    def _beat(self) -> None:
        WorkerBeat.objects.update_or_create(worker=self.name, defaults={"seen_at": clock.now()})
        queue.extend_leases(list(self._in_hand.values()))
        if taken := queue.take_back_expired():
            logger.warning("jobs taken back from a dead worker count=%d", taken)

    def _leave(self, grace_seconds: float) -> bool:
        with self._idle:
            self._idle.notify_all()
        limit = time.monotonic() + grace_seconds
        for thread in self._threads:
            thread.join(max(0.0, limit - time.monotonic()))
        left = queue.release(self.name)
        WorkerBeat.objects.filter(worker=self.name).delete()
        logger.info("worker stopped name=%s given_back=%d", self.name, left)
        return not any(thread.is_alive() for thread in self._threads)


def _fail(job: Job, error: Exception) -> str:
    """Record the failure and name it for the log; the whole text is kept in the job."""
    if isinstance(error, LeaseLostError):
        return "lease lost"
    wish = getattr(error, "retry_after", None) or None
    if wish and getattr(error, "is_put_off", False):
        queue.put_off(job, str(error), wish)
        return f"put off seconds={wish:.0f}"
    is_final = isinstance(error, GiveUpError)
    text = str(error) if is_final else "".join(traceback.format_exception(error))
    is_dead = queue.fail(job, text, after_seconds=wish, is_final=is_final)
    last = f" error={text.strip().splitlines()[-1]!r}" if text.strip() else ""
    return f"{'dead' if is_dead else 'failed'}{last}"


def _log(job: Job, outcome: str, started: float, *, count: int = 1) -> None:
    spent = (time.monotonic() - started) * 1000
    level = logging.INFO if outcome == "done" else logging.WARNING
    if outcome == "done" and job.is_scheduled:
        level = logging.DEBUG  # every two seconds the same line would hide the others
    line = "job %s path=%s id=%d workspace=%s try=%d count=%d ms=%d"
    logger.log(level, line, outcome, job.path, job.pk, job.workspace_id or "-", job.attempts, count, spent)
