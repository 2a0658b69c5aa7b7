"""The books of one (order, level): accruals that wait, corrections, releases.

An accrual is held until its time; a correction takes from what is held of the same order and level, oldest first,
then from what is available, which may go below zero. Values in, values out: nothing here is changed in place.
"""

from typing import NamedTuple

from molva.domain.terms import DAY

ACCRUAL, CORRECTION, RELEASE = "accrual", "correction", "release"
WELCOME, PAYOUT = "welcome", "payout"


class Lot(NamedTuple):
    """What is left of one accrual that waits until `due_at`."""

    due_at: int
    left_minor: int


class Holding(NamedTuple):
    """What was posted for an order and level so far, and the lots of it that still wait, oldest first."""

    posted_minor: int = 0
    lots: tuple[Lot, ...] = ()


class Movement(NamedTuple):
    """A posting: `amount_minor` as shown, and how it changes what is held and what is available."""

    kind: str
    at: int
    amount_minor: int
    held_minor: int
    available_minor: int


NOTHING = Holding()


def settle(holding: Holding, owed_minor: int, at: int, hold_days: int) -> tuple[Holding, Movement | None]:
    """Post the difference between what is owed and what was posted: twice is once."""
    delta = owed_minor - holding.posted_minor
    if delta > 0:
        return accrue(holding, delta, at, hold_days)
    if delta < 0:
        return correct(holding, delta, at)
    return holding, None


def accrue(holding: Holding, delta_minor: int, at: int, hold_days: int) -> tuple[Holding, Movement]:
    """Owe more by `delta_minor` > 0: held for `hold_days`, or available at once when there are none."""
    posted = holding.posted_minor + delta_minor
    if not hold_days:
        return Holding(posted, holding.lots), Movement(ACCRUAL, at, delta_minor, 0, delta_minor)
    lots = (*holding.lots, Lot(at + hold_days * DAY, delta_minor))
    return Holding(posted, lots), Movement(ACCRUAL, at, delta_minor, delta_minor, 0)


def correct(holding: Holding, delta_minor: int, at: int) -> tuple[Holding, Movement]:
    """Owe less: `delta_minor` < 0."""
    wanted = -delta_minor
    lots = []
    for lot in holding.lots:
        taken = min(wanted, lot.left_minor)
        wanted -= taken
        if lot.left_minor > taken:
            lots.append(Lot(lot.due_at, lot.left_minor - taken))
    held = -delta_minor - wanted
    return (
        Holding(holding.posted_minor + delta_minor, tuple(lots)),
        Movement(CORRECTION, at, delta_minor, -held, -wanted),
    )


def release(holding: Holding, until: int) -> tuple[Holding, list[Movement]]:
    """Let go of the lots due by `until`, each at its own time."""
    due = [
        Movement(RELEASE, lot.due_at, lot.left_minor, -lot.left_minor, lot.left_minor)
        for lot in holding.lots
        if lot.due_at <= until
    ]
    if not due:
        return holding, []
    waiting = tuple([lot for lot in holding.lots if lot.due_at > until])
    return Holding(holding.posted_minor, waiting), due
