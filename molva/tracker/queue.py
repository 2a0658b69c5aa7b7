"""From the event loop to the disk and back: clicks wait here until their commit, then their answers leave.

The next commit starts when the last one has ended and no more clicks are just being read, so a slow disk or a
busy processor makes bigger batches, not a longer row of commits. What cannot be made durable is let go: the
visitor is sent on without click id, and it is counted. After a commit that failed or took too long nobody waits
any more: all are let go at once, and an empty write tries twice a second whether the disk is well again.
"""

import asyncio
import logging
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from molva.tracker.writer import Report
from molva.tracking.clickfile import RawClick

logger = logging.getLogger("molva.tracker")
BATCH_LIMIT = 2048
GATHER_LIMIT = 64  # clicks that are worth a commit at once: one statement of the writer
PROBE_EVERY = 0.5  # seconds between tries while the disk is in trouble
COMMIT_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)  # seconds


class Passenger(NamedTuple):
    """A click on its way and what is answered once: after its commit, or when it was let go without one."""

    click: RawClick
    answer: Callable[[bytes], None]
    stored: bytes
    let_go: Callable[[], bytes]  # rarely needed, so made only then


class Writer(Protocol):
    """Where batches go: the real one is `ClickWriter`."""

    def submit(self, clicks: list[RawClick], report: Report) -> None:
        """Store the clicks, then call `report` from any thread: None after the commit, else the problem.

        Without clicks it only tries whether something can be stored.
        """


@dataclass(slots=True)
class QueueCounters:
    """What has happened since the start."""

    stored: int = 0
    batches: int = 0
    lost_full: int = 0  # the queue was full
    lost_stalled: int = 0  # the disk was too slow, or somebody held the file
    lost_failed: int = 0  # the commit failed

    @property
    def lost(self) -> int:
        """Visitors sent on without a durable click."""
        return self.lost_full + self.lost_stalled + self.lost_failed


@dataclass(slots=True)
class CommitTimes:
    """How long commits took: how many within each of COMMIT_BOUNDS (the last place: longer), and all together."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(COMMIT_BOUNDS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one commit."""
        self.counts[bisect_left(COMMIT_BOUNDS, seconds)] += 1
        self.seconds += seconds


class ClickQueue:
    """Holds clicks until the writer takes them, one batch at a time."""

    def __init__(
        self, writer: Writer, loop: asyncio.AbstractEventLoop, *, limit: int, stall_after: float
    ) -> None:
        self.counters = QueueCounters()
        self.times = CommitTimes()
        self.trouble = ""  # «stalled» or «failed» while clicks do not reach the disk
        self._writer = writer
        self._loop = loop
        self._limit = limit
        self._stall_after = stall_after
        self._waiting: list[Passenger] = []
        self._flying: list[Passenger] = []
        self._gathered = 0  # clicks that waited a turn of the loop ago, while more may come
        self._is_busy = False  # a batch is with the writer, or is about to be
        self._flying_since = 0.0
        self._next_probe = 0.0

    def put(self, passenger: Passenger) -> None:
        """Take a click; its answer comes later, or at once when there is no hope of a soon commit."""
        if self.trouble:
            self._count_lost(1)
            passenger.answer(passenger.let_go())
        elif len(self._waiting) >= self._limit:
            self.counters.lost_full += 1
            passenger.answer(passenger.let_go())
        else:
            self._waiting.append(passenger)
            if not self._is_busy:
                # Not now: other connections may be readable in this very turn of the loop.
                self._is_busy = True
                self._loop.call_soon(self._start)

    def check(self) -> None:
        """Let everybody go whose commit takes too long, try a disk in trouble; called a few times a second."""
        now = self._loop.time()
        if self._flying and now - self._flying_since > self._stall_after:
            self._enter_trouble("stalled", f"a commit takes over {self._stall_after} s")
        elif self.trouble and not self._is_busy and now >= self._next_probe:
            self._is_busy = True
            self._flying_since = now
            self._writer.submit([], self._report)

    @property
    def depth(self) -> int:
        """Clicks that are not yet answered."""
        return len(self._waiting) + len(self._flying)

    @property
    def is_healthy(self) -> bool:
        """Whether clicks reach the disk, and in time."""
        return not self.trouble

    async def drain(self, seconds: float) -> None:
        """Wait until everything is answered, at most so long."""
        until = self._loop.time() + seconds
        while self._is_busy and self._loop.time() < until:
            await asyncio.sleep(0.005)

    def _start(self) -> None:
        """Hand a batch over, or look again after a turn of the loop when the last turn has brought clicks.

        A commit costs the processor as much as several clicks, so those that can be read now go along. Each look
        back needs a new click, so the first one waits for fewer than GATHER_LIMIT turns.
        """
        waiting = len(self._waiting)
        if self._gathered < waiting < GATHER_LIMIT:
            self._gathered = waiting
            self._loop.call_soon(self._start)
            return
        self._gathered = 0
        if not waiting:
            self._is_busy = False
            return
        self._flying, self._waiting = self._waiting[:BATCH_LIMIT], self._waiting[BATCH_LIMIT:]
        self._flying_since = self._loop.time()
        self._writer.submit([passenger.click for passenger in self._flying], self._report)

    def _report(self, problem: BaseException | None) -> None:
        """Called in the writer's thread."""
        self._loop.call_soon_threadsafe(self._finish, problem)

    def _finish(self, problem: BaseException | None) -> None:
        now = self._loop.time()
        self.times.add(now - self._flying_since)
        finished, self._flying = self._flying, []
        if problem is not None:
            self._is_busy = False
            self._next_probe = now + PROBE_EVERY
            self._flying = finished
            self._enter_trouble("failed", str(problem))
            return
        self._leave_trouble()
        self.counters.batches += 1
        self.counters.stored += len(finished)
        self._start()  # the next commit runs while these answers are written
        for _, answer, stored, _ in finished:
            answer(stored)

    def _enter_trouble(self, kind: str, words: str) -> None:
        """Everybody who waits is let go; only the first time is worth a line in the log."""
        if not self.trouble:
            logger.error("clicks do not reach the disk, visitors are sent on uncounted: %s", words)
        self.trouble = kind
        released = self._flying + self._waiting
        self._flying, self._waiting = [], []
        self._count_lost(len(released))
        for passenger in released:
            passenger.answer(passenger.let_go())

    def _leave_trouble(self) -> None:
        if self.trouble:
            logger.warning("clicks reach the disk again, lost so far: %d", self.counters.lost)
            self.trouble = ""

    def _count_lost(self, number: int) -> None:
        if self.trouble == "stalled":
            self.counters.lost_stalled += number
        else:
            self.counters.lost_failed += number
