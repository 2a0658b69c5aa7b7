"""Jobs for the tests of the queue: they note what was done to them."""

from typing import Any

from molva.jobs import GiveUpError, RetryLaterError, enqueue, job
from molva.jobs.models import ScheduleTick

SEEN: list[Any] = []


@job()
def note(*, what: Any) -> None:
    """Remember that it ran."""
    SEEN.append(what)


@job()
def note_workspace(*, workspace_id: int | None) -> None:
    """Remember the workspace it was given."""
    SEEN.append(workspace_id)


@job(max_attempts=3)
def break_down() -> None:
    """Fail every time."""
    raise ValueError("no luck")


@job()
def give_up() -> None:
    """Fail for good."""
    raise GiveUpError("the order is gone")


@job()
def ask_later() -> None:
    """Fail with a wish of the other side."""
    raise RetryLaterError("the shop is busy", 90)


@job(atomic=True)
def write_and_break() -> None:
    """Write a row, then fail: the row must not stay."""
    ScheduleTick.objects.create(name="written by a failed job")
    raise ValueError("after the write")


@job()
def ask_again() -> None:
    """Ask for itself while it runs, the first two times."""
    SEEN.append("again")
    if len(SEEN) < 3:
        enqueue(ask_again, dedupe="again")


def not_marked() -> None:
    """An ordinary function."""
