"""Files of long lists, from the wish to the removal. One is made at a time, the oldest wish first.

A file appears whole or not at all: it is written beside its name and moved there at the end. The queue: `longwork`.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from molva.kit import clock
from molva.programmes.models import Programme
from molva.reports.longwork import LIVE, Stopped, held
from molva.reports.models import Export, ExportState
from molva.workspaces import journal
from molva.workspaces.models import User

KEEP_DAYS = 7
MOST_LIVE = 5  # files that one person may wait for
MOST_ATTEMPTS = 5  # a list is not to blame for the first deaths of its workers


class TooManyExports(Exception):
    """The person waits for as many files as one may."""


def ask_export(
    *, programme: Programme, person: User, name: str, query: str, form: str, language: str, rows: int
) -> Export:
    """Put a wish into the queue; the same one that is still to come is returned instead. Raises TooManyExports."""
    with transaction.atomic():
        live = Export.objects.filter(programme=programme, person=person, state__in=LIVE)
        same = live.filter(name=name, query=query, form=form, language=language).first()
        if same is not None:
            return same
        if live.count() >= MOST_LIVE:
            raise TooManyExports
        export = Export.objects.create(
            programme=programme,
            person=person,
            name=name,
            query=query,
            form=form,
            language=language,
            rows=rows,
        )
        journal.record("export.asked", export, actor=person, data={"rows": rows})
    return export


def list_exports(programme: Programme, person: User) -> "QuerySet[Export]":
    """A person's own files of a programme, the newest first."""
    return Export.objects.filter(programme=programme, person=person).order_by("-created_at", "-pk")


def before(export: Export) -> int:
    """How many files stand before it in the queue of this company."""
    return Export.objects.filter(state__in=LIVE, pk__lt=export.pk).count()


def restart_export(export: Export) -> None:
    """Ask once more for one that failed, was cancelled or whose file is gone."""
    Export.objects.filter(pk=export.pk).exclude(state__in=[*LIVE, ExportState.READY]).update(
        state=ExportState.WAITING, attempts=0, done=0, problem="", created_at=clock.now(), started_at=None,
        finished_at=None, size_bytes=0,
    )  # fmt: skip


def save_file(export: Export, write: Callable[[IO[bytes]], None], *, done: Callable[[], int]) -> None:
    """Let `write` fill the file, then show it. Raises Stopped, and whatever `write` raises."""
    target = path_of(export)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in target.parent.glob(f"{target.name}.*.part"):  # of a run that was killed
        left.unlink(missing_ok=True)
    draft = target.with_name(f"{target.name}.{export.attempts}.part")
    try:
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb+") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        size = draft.stat().st_size
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    ended = held(export).update(
        state=ExportState.READY, size_bytes=size, done=done(), finished_at=clock.now()
    )
    if not ended:
        if not _is_wanted(export):
            target.unlink(missing_ok=True)
        raise Stopped


def set_gone(export: Export) -> None:
    """The file is not where it was put."""
    Export.objects.filter(pk=export.pk, state=ExportState.READY).update(state=ExportState.EXPIRED)


def _is_wanted(export: Export) -> bool:
    return Export.objects.filter(pk=export.pk, state__in=[ExportState.RUNNING, ExportState.READY]).exists()


def path_of(export: Export) -> Path:
    """Where the file lies, or will."""
    return Path(settings.MOLVA_EXPORTS) / str(export.workspace_id) / f"{export.pk}.{export.form}"


def ends_at(export: Export) -> datetime | None:
    """When the file will be removed."""
    return export.finished_at + timedelta(days=KEEP_DAYS) if export.finished_at else None


def remove_old() -> int:
    """Remove files whose days are over, and what dead runs left behind. Returns how many files went."""
    limit = clock.now() - timedelta(days=KEEP_DAYS)
    count = 0
    for export in Export.unscoped.filter(state=ExportState.READY, finished_at__lt=limit).order_by("pk"):
        path_of(export).unlink(missing_ok=True)
        Export.unscoped.filter(pk=export.pk, state=ExportState.READY).update(state=ExportState.EXPIRED)
        count += 1
    root = Path(settings.MOLVA_EXPORTS)
    for path in root.glob("*/*") if root.is_dir() else []:
        if path.stat().st_mtime < limit.timestamp():
            path.unlink(missing_ok=True)
            count += 1
    return count
