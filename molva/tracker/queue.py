"""From the event loop to the disk and back: clicks wait here until their commit, then their answers leave.

The next commit starts when the last one ends, so a slow disk makes bigger batches, not a longer row of
commits. What cannot be made durable is let go: the visitor is sent on without click id, and it is counted.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from molva.tracker.writer import Report
from molva.tracking.clickfile import RawClick

logger = logging.getLogger("molva.tracker")
BATCH_LIMIT = 2048


class Passenger(NamedTuple):
    """A click on its way, and what is called once: after its commit, or when it was let go without one."""

    click: RawClick
    on_stored: Callable[[], None]
    on_let_go: Callable[[], None]


class Writer(Protocol):
    """Where batches go: the real one is `ClickWriter`."""

    def submit(self, clicks: list[RawClick], report: Report) -> None:
        """Store the clicks, then call `report` from any thread: None after the commit, else the problem."""


@dataclass(slots=True)
class QueueCounters:
    """What has happened since the start."""

    stored: int = 0
    batches: int = 0
    lost_full: int = 0  # the queue was full
    lost_stalled: int = 0  # the disk was too slow
    lost_failed: int = 0  # the commit failed

    @property
    def lost(self) -> int:
        """Visitors sent on without a durable click."""
        return self.lost_full + self.lost_stalled + self.lost_failed


class ClickQueue:
    """Holds clicks until the writer takes them, one batch at a time."""

    def __init__(
        self, writer: Writer, loop: asyncio.AbstractEventLoop, *, limit: int, stall_after: float
    ) -> None:
        self.counters = QueueCounters()
        self._writer = writer
        self._loop = loop
        self._limit = limit
        self._stall_after = stall_after
        self._waiting: list[Passenger] = []
        self._flying: list[Passenger] = []
        self._is_busy = False  # a batch is with the writer, or is about to be
        self._flying_since = 0.0
        self._is_stalled = False
        self._has_failed = False

    def put(self, passenger: Passenger) -> None:
        """Take a click; its answer comes later, or at once when there is no hope of a soon commit."""
        if self._is_stalled:
            self.counters.lost_stalled += 1
            passenger.on_let_go()
        elif len(self._waiting) >= self._limit:
            self.counters.lost_full += 1
            passenger.on_let_go()
        else:
            self._waiting.append(passenger)
            if not self._is_busy:
                # Not now: other connections may be readable in this very turn of the loop.
                self._is_busy = True
                self._loop.call_soon(self._start)

    def check(self) -> None:
        """Let everybody go whose commit takes too long; called a few times a second."""
        is_late = self._loop.time() - self._flying_since > self._stall_after
        if self._flying and is_late:
            self._is_stalled = True
            released = self._flying + self._waiting
            self._flying, self._waiting = [], []
            self.counters.lost_stalled += len(released)
            logger.error("a commit takes over %s s, visitors let go: %d", self._stall_after, len(released))
            for passenger in released:
                passenger.on_let_go()

    @property
    def depth(self) -> int:
        """Clicks that are not yet answered."""
        return len(self._waiting) + len(self._flying)

    @property
    def is_healthy(self) -> bool:
        """Whether clicks reach the disk, and in time."""
        return not (self._is_stalled or self._has_failed)

    async def drain(self, seconds: float) -> None:
        """Wait until everything is answered, at most so long."""
        until = self._loop.time() + seconds
        while self._is_busy and self._loop.time() < until:
            await asyncio.sleep(0.005)

    def _start(self) -> None:
        if not self._waiting:
            self._is_busy = False
            return
        self._flying, self._waiting = self._waiting[:BATCH_LIMIT], self._waiting[BATCH_LIMIT:]
        self._flying_since = self._loop.time()
        self._writer.submit([passenger.click for passenger in self._flying], self._report)

    def _report(self, problem: BaseException | None) -> None:
        """Called in the writer's thread."""
        self._loop.call_soon_threadsafe(self._finish, problem)

    def _finish(self, problem: BaseException | None) -> None:
        finished, self._flying = self._flying, []
        self._is_stalled = False
        self._has_failed = problem is not None
        self.counters.batches += 1
        if problem is None:
            self.counters.stored += len(finished)
        else:
            self.counters.lost_failed += len(finished)
            logger.error("clicks were not stored: %s", problem)
        self._start()  # the next commit runs while these answers are written
        for passenger in finished:
            if problem is None:
                passenger.on_stored()
            else:
                passenger.on_let_go()
