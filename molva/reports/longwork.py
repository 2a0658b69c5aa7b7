"""Long work that one person has asked for (files of long lists, what-ifs): one at a time, the oldest wish first.

A run counts its tries; one that was taken for dead finds that its try is not the last any more, and leaves. Whoever has
left the company gets nothing.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, QuerySet

from molva.kit import clock
from molva.workspaces.models import Member, User
from molva.workspaces.scoping import WorkspaceModel, scope

logger = logging.getLogger(__name__)

WAITING, RUNNING, READY, FAILED, CANCELLED = "waiting", "running", "ready", "failed", "cancelled"
LIVE = (WAITING, RUNNING)
TELL_SECONDS = 1.0
_FIRST_GUESS = timedelta(seconds=3)  # earlier the rest of the time is not foreseen


class Stopped(Exception):
    """Cancelled, or begun anew by another run: nobody wants what this one makes."""


class LongWork(WorkspaceModel):
    """What every kind has; each adds `programme`, a `state` (those above and its own) and what is asked."""

    state: Any  # the kind's own field
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")  # nobody else finds it
    done = models.PositiveIntegerField(default=0)  # of as many as the kind counts
    attempts = models.PositiveSmallIntegerField(default=0)  # the fence: a run taken for dead writes no more
    problem = models.CharField(max_length=20, blank=True)  # «killed», «error», or the kind's own
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        abstract = True

    @property
    def is_live(self) -> bool:
        """Whether it is still to come."""
        return self.state in LIVE


Work = TypeVar("Work", bound=LongWork)


def work_through(
    kind: type[Work],
    make: Callable[[Work], None],
    *,
    most_attempts: int,
    problem_of: Callable[[Exception], str] = lambda error: "error",
) -> None:
    """Make all that wait, of whichever company, each in its scope."""
    while (wish := claim(kind, most_attempts)) is not None:
        with scope(wish.workspace_id):
            if not Member.objects.filter(user=wish.person).exists():
                cancel(wish)
                continue
            try:
                make(wish)
            except Stopped:
                logger.info("%s stopped id=%d", kind.__name__, wish.pk)
            except Exception as error:
                logger.exception("%s failed id=%d", kind.__name__, wish.pk)
                fail(wish, problem_of(error))


def claim(kind: type[Work], most_attempts: int) -> Work | None:
    """Begin the oldest wish; one that killed its workers too often fails instead.

    Only one run of a kind exists at a time, so one that is «running» was left by a worker that died.
    """
    rows: Any = kind.unscoped
    while True:
        wish = rows.filter(state__in=LIVE).order_by("created_at", "pk").first()
        if wish is None:
            return None
        mine = rows.filter(pk=wish.pk, state__in=LIVE, attempts=wish.attempts)
        if wish.attempts >= most_attempts:
            mine.update(state=FAILED, problem="killed", finished_at=clock.now())
            continue
        if mine.update(state=RUNNING, attempts=F("attempts") + 1, done=0, started_at=clock.now()):
            begun: Work = rows.select_related("programme", "person").get(pk=wish.pk)
            return begun


def held(wish: Work) -> "QuerySet[Work]":
    """The row, as long as it is this run's."""
    rows: Any = type(wish).objects
    found: QuerySet[Work] = rows.filter(pk=wish.pk, state=RUNNING, attempts=wish.attempts)
    return found


def fail(wish: LongWork, problem: str) -> None:
    """It could not be made; `problem` says why."""
    row: Any = held(wish)
    row.update(state=FAILED, problem=problem, finished_at=clock.now())


def cancel(wish: LongWork) -> None:
    """Let it be; nothing is kept of what was made."""
    rows: Any = type(wish).objects
    rows.filter(pk=wish.pk, state__in=LIVE).update(state=CANCELLED, finished_at=clock.now())


def has_waiting(kind: type[LongWork]) -> bool:
    """Whether anybody of any company waits."""
    rows: Any = kind.unscoped
    return bool(rows.filter(state__in=LIVE).exists())


def tell(wish: LongWork, done: int) -> None:
    """So many are done. Raises Stopped when nobody wants the rest any more."""
    if not held(wish).update(done=done):
        raise Stopped


class Teller:
    """Tells the page about once a second how far a run is, and asks whether it is still wanted."""

    def __init__(self, wish: LongWork) -> None:
        self._wish, self._told = wish, time.monotonic()

    def __call__(self, done: int) -> None:
        """So many are done. Raises Stopped."""
        if time.monotonic() - self._told >= TELL_SECONDS:
            tell(self._wish, done)
            self._told = time.monotonic()


def seconds_left(wish: LongWork, whole: int) -> int | None:
    """The rest of the time at the pace until now; `whole`: how many there are. None: not known yet."""
    if wish.state != RUNNING or not wish.started_at or not wish.done:
        return None
    spent = clock.now() - wish.started_at
    if spent < _FIRST_GUESS:
        return None
    return max(1, round(spent.total_seconds() * max(whole - wish.done, 0) / wish.done))
