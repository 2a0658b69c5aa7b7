"""The clicks' day after day: sealing what is finished, copying it to ClickHouse, dropping what is kept no longer.

A raw file is dropped when everything in it is loaded and in a sealed copy that was read back, and only when no process
has it open. Without the extra `columns` nothing is sealed, the raw files are the only clicks there are, and they stay
as long as sealed ones would. Counts in the main database are never touched by any of this.
"""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings

from molva.domain.click_id import click_micros
from molva.jobs import job
from molva.kit import clock
from molva.programmes.models import Partner
from molva.tracking import clickfile, sealedfile
from molva.tracking.columns import duckdb_engine
from molva.tracking.columns.clickhouse import COPY_SECONDS, ClickHouse, ClickHouseError
from molva.tracking.columns.errors import NoAnswerError, SealingError
from molva.tracking.columns.sealing import clear_drafts, seal_file
from molva.tracking.columns.shelf import StoredDay, list_days
from molva.tracking.columns.words import countries

logger = logging.getLogger(__name__)
_LOCK = "upkeep.lock"


@job(max_attempts=1)
def keep_clicks() -> None:
    """Timetable entry: see `tend_clicks`. The next hour tries again what failed in this one."""
    tend_clicks(clickfile.folder_of(settings.DATA_DIR))


def tend_clicks(folder: Path) -> None:
    """Seal, copy and drop whatever is due; run twice, the second time does nothing.

    A day that fails does not hold up the others; raises SealingError when there was one, at the end.
    """
    if not folder.is_dir():
        return
    with _alone(folder) as is_alone:
        if not is_alone:
            return
        clear_drafts(folder)
        problems = [*_seal_all(folder), *_copy_all(folder)]
        for day in list_days(folder):
            _drop_old(folder, day)
    if problems:
        raise SealingError("; ".join(problems))


def _seal_all(folder: Path) -> Iterator[str]:
    if not duckdb_engine.is_installed():
        return
    for day in list_days(folder):
        if day.raw is None or _age(day) < 1 or clickfile.last_id(day.raw) > day.loaded:
            continue
        try:
            count = seal_file(
                day.raw,
                loaded=day.loaded,
                programmes=_programmes(),
                countries=countries(settings.MOLVA_GEO_FILE),
            )
        except (SealingError, NoAnswerError, OSError, ValueError, sqlite3.Error) as problem:
            logger.exception("day %s could not be sealed", day.name)
            yield f"{day.name}: {problem}"
        else:
            if count:
                logger.info("day %s sealed: %d clicks", day.name, count)


def _copy_all(folder: Path) -> Iterator[str]:
    """Bring to ClickHouse every sealed day that it has not or has otherwise."""
    if not settings.MOLVA_CLICKHOUSE_URL:
        return
    try:
        with ClickHouse(settings.MOLVA_CLICKHOUSE_URL, seconds=COPY_SECONDS) as server:
            server.prepare()
            there = server.days()
            for day in list_days(folder):
                if day.sealed and there.get(day.name) != click_micros(day.sealed_last):
                    server.copy_day(day.name, day.sealed)
            for name in there:
                if _is_past(name):
                    server.drop_day(name)
    except ClickHouseError as problem:
        logger.warning("clicks could not be copied to ClickHouse: %s", problem)
        yield f"ClickHouse: {problem}"


def _drop_old(folder: Path, day: StoredDay) -> None:
    if _is_past(day.name):
        _drop_whole(folder, day)
    elif day.raw and day.sealed_last >= day.loaded and _age(day) >= max(1, settings.MOLVA_KEEP_RAW_DAYS):
        _drop_raw(day, day.sealed_last)


def _drop_whole(folder: Path, day: StoredDay) -> None:
    if day.raw is None and day.sealed is None:
        return
    sealedfile.note_dropped(folder, {day.name: max(day.loaded, day.sealed_last)})
    if day.sealed:
        day.sealed.unlink()
        sealedfile.sync_folder(folder)
    if day.raw:
        _drop_raw(day, day.loaded)


def _drop_raw(day: StoredDay, last: int) -> None:
    if day.raw and not sealedfile.drop_file(day.raw, last_id=last):
        logger.info("%s is still open somewhere, or not yet loaded: it stays for now", day.raw.name)


def _is_past(name: str) -> bool:
    """Whether clicks of a day are kept no longer."""
    keep = settings.MOLVA_KEEP_CLICKS_DAYS
    return keep > 0 and _age(StoredDay(name, 0, None, None)) >= keep


def _age(day: StoredDay) -> int:
    """Whole days since the end of a day; negative for one that has not ended."""
    now: datetime = clock.now()
    return (now - day.end).days


def _programmes() -> dict[int, int]:
    return dict(Partner.unscoped.values_list("pk", "programme_id"))


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """One upkeep at a time on this machine, also when a lease ran out and the job was given to another worker."""
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)
