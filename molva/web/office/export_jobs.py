"""Long lists are written to files in the background, one at a time; old files go."""

import errno
import logging
import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone, translation

from molva.jobs import enqueue, job
from molva.kit.sheets import Row
from molva.reports.exports import (
    ExportStopped,
    cancel_export,
    claim_export,
    fail_export,
    has_waiting,
    path_of,
    remove_old,
    save_file,
    tell_progress,
)
from molva.reports.models import Export
from molva.web.office.exporting import Table, table_of, write_table
from molva.workspaces.models import Member
from molva.workspaces.scoping import scope

logger = logging.getLogger(__name__)

TELL_SECONDS = 1.0
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def wake() -> None:
    """Have the waiting files made; inside the transaction that asks for one."""
    enqueue(make_exports, dedupe="exports")


@job(priority=-10)
def make_exports() -> None:
    """Make every file that is waited for, the oldest wish first: other work goes before, and beside it."""
    while (export := claim_export()) is not None:
        with scope(export.workspace_id):
            _make(export)


@job(max_attempts=1)
def keep_exports() -> None:
    """Timetable entry: remove files whose days are over; have those made whose job was lost."""
    remove_old()
    if has_waiting():
        wake()


def _make(export: Export) -> None:
    if not Member.objects.filter(user=export.person).exists():
        cancel_export(export)  # whoever has left may not have the list either
        return
    zone = ZoneInfo(export.programme.timezone)
    try:
        with translation.override(export.language), timezone.override(zone):
            _write(export)
    except ExportStopped:
        logger.info("export stopped id=%d", export.pk)
    except Exception as error:
        logger.exception("export failed id=%d name=%s", export.pk, export.name)
        is_full = isinstance(error, OSError) and error.errno in _NO_ROOM
        fail_export(export, "disk" if is_full else "error")


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
    """Passes the rows on, counts them and tells the page once a second how far they are."""

    def __init__(self, export: Export, table: Table) -> None:
        self.done = 0
        self._export, self._table = export, table

    def rows(self) -> Iterator[Row]:
        """The rows of the table. Raises ExportStopped in their midst when nobody wants them any more."""
        told = time.monotonic()
        for row in self._table.rows:
            yield row
            self.done += 1
            if self.done % 100 == 0 and time.monotonic() - told >= TELL_SECONDS:
                tell_progress(self._export, self.done)
                told = time.monotonic()
