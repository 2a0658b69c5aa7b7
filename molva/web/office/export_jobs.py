"""Long lists are written to files in the background, one at a time; old files go."""

import errno
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone, translation

from molva.jobs import enqueue, job
from molva.kit.sheets import Row
from molva.reports.exports import MOST_ATTEMPTS, path_of, remove_old, save_file
from molva.reports.longwork import Teller, has_waiting, work_through
from molva.reports.models import Export
from molva.web.office.exporting import Table, table_of, write_table

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def wake() -> None:
    """Have the waiting files made; inside the transaction that asks for one."""
    enqueue(make_exports, dedupe="exports")


@job(priority=-10)
def make_exports() -> None:
    """Make every file that is waited for, the oldest wish first: other work goes before, and beside it."""
    work_through(Export, _make, most_attempts=MOST_ATTEMPTS, problem_of=_problem_of)


@job(max_attempts=1)
def keep_exports() -> None:
    """Timetable entry: remove files whose days are over; have those made whose job was lost."""
    remove_old()
    if has_waiting(Export):
        wake()


def _make(export: Export) -> None:
    zone = ZoneInfo(export.programme.timezone)
    with translation.override(export.language), timezone.override(zone):
        _write(export)


def _problem_of(error: Exception) -> str:
    return "disk" if isinstance(error, OSError) and error.errno in _NO_ROOM else "error"


def _write(export: Export) -> None:
    table = table_of(export.name, export.programme, QueryDict(export.query))
    counter = _Counter(export, table)
    counted = Table(table.name, table.header, counter.rows(), table.count)
    folder = str(path_of(export).parent)  # what a killed run leaves there goes with the old files
    save_file(
        export,
        lambda file: write_table(counted, export.form, file, folder=folder),
        done=lambda: counter.done,
    )


class _Counter:
    """Passes the rows on, counts them and tells the page how far they are."""

    def __init__(self, export: Export, table: Table) -> None:
        self.done = 0
        self._tell, self._table = Teller(export), table

    def rows(self) -> Iterator[Row]:
        """The rows of the table. Raises Stopped in their midst when nobody wants them any more."""
        for row in self._table.rows:
            yield row
            self.done += 1
            if self.done % 100 == 0:
                self._tell(self.done)
