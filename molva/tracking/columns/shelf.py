"""Which days of clicks there are: as raw files, as sealed ones, or gone. A day of each tracker node is one of its own.

Every file that was ever loaded has its mark in the main database, so what is missing is known too. A sealed file holds
all clicks of its raw one up to the id in its footer; whatever the raw one has above it came late. Files whose clicks
were dropped on purpose stand in a list of the folder: the figures stay, the clicks do not.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from molva.domain.click_id import make_click_id
from molva.kit import clock
from molva.tracking import clickfile, sealedfile
from molva.tracking.columns.questions import ClickQuestion
from molva.tracking.models import IngestMark


@dataclass(frozen=True, slots=True)
class StoredDay:
    """One UTC day of a tracker node that has, or had, clicks."""

    name: str  # «20261124», or «20261124-5» of node 5
    loaded: int  # id of the last click that is in the figures
    raw: Path | None
    sealed: Path | None
    is_gone: bool = False

    @property
    def start(self) -> datetime:
        """Its midnight, UTC."""
        return datetime.strptime(self.name[:8], "%Y%m%d").replace(tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The next midnight, UTC."""
        return self.start + timedelta(days=1)

    @property
    def sealed_last(self) -> int:
        """The highest id in the sealed file, 0 without one."""
        return _footer(self.sealed, self.sealed.stat().st_mtime_ns) if self.sealed else 0

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether a moment of `start ≤ moment < end` lies in the day."""
        return self.start < end and start < self.end


class HotPart(NamedTuple):
    """Clicks of a raw file with `after < id < before`."""

    path: Path
    after: int
    before: int


Covered = Callable[[StoredDay], int]  # the highest id of a day in a store's own copy, 0 when it has none


def list_days(folder: Path) -> list[StoredDay]:
    """All days, the oldest first."""
    marks = IngestMark.objects.values_list("file", "last_click_id")
    loaded = {stem: last for name, last in marks if (stem := sealedfile.stem_of(name))}
    raw = {stem: path for path in clickfile.list_files(folder) if (stem := sealedfile.stem_of(path.name))}
    sealed = {
        stem: path for path in sealedfile.list_sealed(folder) if (stem := sealedfile.stem_of(path.name))
    }
    gone = sealedfile.dropped_files(folder)
    return [
        StoredDay(name, loaded.get(name, 0), raw.get(name), sealed.get(name), name in gone)
        for name in sorted({*raw, *sealed, *gone, *loaded})
    ]


def hot_parts(days: Iterable[StoredDay], question: ClickQuestion, covered: Covered) -> list[HotPart]:
    """What of the raw files a question needs beside a store's own copy: loaded clicks only."""
    low = make_click_id(clock.to_micros(question.start)) - 1
    high = make_click_id(clock.to_micros(question.end))
    parts = []
    for day in days:
        if day.raw and day.overlaps(question.start, question.end):
            part = HotPart(day.raw, max(low, covered(day)), min(high, day.loaded + 1))
            if part.after + 1 < part.before:
                parts.append(part)
    return parts


def known_from(days: Iterable[StoredDay], covered: Covered) -> datetime | None:
    """The end of the last day of which a store has not all clicks; None when it has them all."""
    missing = [day for day in days if _is_missing(day, covered(day))]
    return missing[-1].end if missing else None


def _is_missing(day: StoredDay, covered: int) -> bool:
    if day.is_gone:
        return True
    if covered or not day.loaded:
        return False
    # beside a sealed file that this store cannot read, the raw one may hold late clicks only
    return day.raw is None or (day.sealed is not None and clickfile.first_id(day.raw) > day.sealed_last)


@lru_cache(maxsize=2000)
def _footer(path: Path, changed_at: int) -> int:
    """Read once for each state of the file."""
    return sealedfile.sealed_last_id(path)
