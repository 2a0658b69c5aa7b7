"""Loading of click files: each stored click becomes, exactly once, a touch and a part of the click counts.

How far a file is loaded is kept in the main database and moves in the transaction that writes the effects,
so a crash at any moment leaves both or neither. Reading and counting are done before that transaction is
opened, and its length is bounded: orders and pages write beside it. Loaders of several machines share one
database: each loads its own files, and they take turns batch by batch, so that a visitor who came by two
machines counts once a day.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from molva.domain.click_id import click_micros, make_click_id
from molva.kit.bulk import add_plain, any_of, insert_plain
from molva.tracking import clickfile
from molva.tracking.clickfile import PlainClick
from molva.tracking.models import IngestMark
from molva.tracking.tally import TOUCH_COLUMNS, Owners, Tally, Visit, day_of, hour_text, tally

logger = logging.getLogger(__name__)
# One loader at a time writes: two of them could count a visitor of the same day twice.
_LOCK_ROW = "*"
_TWO_DAYS = 2 * 86_400_000_000  # no programme's day began earlier
_SEEN = "SELECT id, partner_id, link_id, visitor FROM tracking_touch WHERE id >= %s AND visitor "
_FRESH_SECONDS = 2.0

Reaction = Callable[[list[str]], None]


def click_folder() -> Path:
    """Where the tracker of this installation leaves its files."""
    return clickfile.folder_of(settings.DATA_DIR)


def ingest_clicks(
    *,
    limit: int = 10_000_000,
    seconds: float = float("inf"),
    react: Reaction | None = None,
    folder: Path | None = None,
    is_alone: bool = False,
) -> int:
    """Load at most `limit` clicks for about so many seconds, the oldest files first; how many were loaded.

    `react` is called with the visitors of each batch's touches inside the transaction that writes them, so nobody is
    forgotten. `is_alone`: nobody waits for the database, so batches may be long.
    """
    until = time.monotonic() + seconds
    marks = dict(IngestMark.objects.values_list("file", "last_click_id"))
    owners, pace, loaded = Owners(), Pace(is_alone=is_alone), 0
    for path in clickfile.list_files(folder or click_folder()):
        last, state = marks.get(path.name, 0), _state_of(path)
        if _finished.get(path) == (last, state):
            continue
        while loaded < limit and time.monotonic() < until:
            clicks = clickfile.read_plain(path, last, min(pace.size, limit - loaded))
            if not clicks:
                _remember(path, last, state)
                break
            made = tally(clicks, owners)
            if _store(path.name, last, clicks, made, owners, react, pace):
                last, loaded = clicks[-1][0], loaded + len(clicks)
            else:  # another loader was quicker
                last = IngestMark.objects.get(file=path.name).last_click_id
    return loaded


class Pace:
    """How many clicks make a batch: as many as are written while others hardly notice."""

    def __init__(self, *, is_alone: bool) -> None:
        self._is_sqlite = not connection.features.has_select_for_update
        # SQLite has one writer, and hooks wait for it; PostgreSQL's rows are nobody else's.
        self._seconds = 0.03 if self._is_sqlite and not is_alone else 0.4
        self._breath = 0.015 if self._is_sqlite and not is_alone else 0.0
        self.size = 500

    def after(self, seconds: float) -> None:
        """A batch has held the database so long; let others have it for a moment."""
        wanted = int(self.size * self._seconds / max(seconds, 0.001))
        self.size = min(max(wanted, self.size // 2, 100), self.size * 2, 20_000)
        if self._breath and not connection.in_atomic_block:
            time.sleep(self._breath)


def _store(
    name: str,
    last: int,
    clicks: Sequence[PlainClick],
    made: Tally,
    owners: Owners,
    react: Reaction | None,
    pace: Pace,
) -> bool:
    """Write a batch that follows the click `last`; False, and nothing is written, when the mark is elsewhere now."""
    began = time.monotonic()
    with transaction.atomic():
        began = time.monotonic()  # SQLite has waited for its lock before
        lock_counts()
        if not _move_mark(name, last, clicks[-1][0]):
            return False
        if made.strangers:
            logger.error("%d clicks of partners that do not exist were left out", made.strangers)
        fresh = made.visitors(_seen(clicks[0][0], made, owners))
        insert_plain("tracking_touch", TOUCH_COLUMNS, made.touches)
        add_days(made, fresh, owners)
        add_hours(made, owners)
        if react and made.touches:
            react(list(dict.fromkeys(touch[5] for touch in made.touches)))
    pace.after(time.monotonic() - began)
    return True


def lock_counts() -> None:
    """Nobody else changes click counts until the transaction ends."""
    IngestMark.objects.get_or_create(file=_LOCK_ROW)
    IngestMark.objects.select_for_update().get(file=_LOCK_ROW)


def _move_mark(name: str, last: int, to: int) -> bool:
    if not last:
        IngestMark.objects.get_or_create(file=name)
    return IngestMark.objects.filter(file=name, last_click_id=last).update(last_click_id=to) == 1


def _seen(first_id: int, made: Tally, owners: Owners) -> set[Visit]:
    """Which visits of these visitors were loaded before, as far back as a day can reach."""
    if not made.visits:
        return set()
    earliest = make_click_id(click_micros(first_id) - _TWO_DAYS)
    condition, asked = any_of(list({visit[3] for visit in made.visits}))
    with connection.cursor() as cursor:
        cursor.execute(_SEEN + condition, [earliest, asked])
        rows = cursor.fetchall()
    known = owners.known
    found: set[Visit] = set()
    for number, partner, link, visitor in rows:
        if owner := known.get(partner):
            found.add((partner, day_of(number, owner.zone), link or 0, visitor))
    return found


def add_days(made: Tally, visitors: dict[Any, int], owners: Owners) -> None:
    """Add to the day counts what a tally has, with these visitors."""
    rows = []
    for key, (clicks, bots) in made.days.items():
        owner = owners.of(key[0])
        rows.append((*key, owner.workspace, owner.programme, clicks, visitors.get(key, 0), bots))
    add_plain(
        "tracking_clickday",
        {"partner_id": "bigint", "day": "date", "link_key": "bigint"},
        {"workspace_id": "bigint", "programme_id": "bigint"},
        ("clicks", "visitors", "bots"),
        rows,
    )
    add_plain(
        "tracking_clicktotal",
        {"programme_id": "bigint", "partner_key": "bigint", "day": "date"},
        {"workspace_id": "bigint"},
        ("clicks", "visitors", "bots"),
        day_totals(rows),
    )


def day_totals(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Sums of partners and of whole programmes (partner 0) by day, of rows by link and day."""
    sums: dict[tuple[int, int, str, int], list[int]] = {}
    for partner, day, _link, workspace, programme, *figures in rows:
        for whose in (0, partner):
            known = sums.setdefault((programme, whose, day, workspace), [0, 0, 0])
            for place, figure in enumerate(figures):
                known[place] += figure
    return [(*key, *figures) for key, figures in sorted(sums.items())]


def hour_totals(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Sums of whole programmes by hour, of rows by partner and hour."""
    sums: Counter[tuple[int, str, int]] = Counter()
    for _partner, hour, workspace, programme, clicks in rows:
        sums[programme, hour, workspace] += clicks
    return [(*key, clicks) for key, clicks in sorted(sums.items())]


def add_hours(made: Tally, owners: Owners) -> None:
    """Add to the hour counts what a tally has."""
    rows = []
    for (partner, hour), clicks in made.hours.items():
        owner = owners.of(partner)
        rows.append((partner, hour_text(hour), owner.workspace, owner.programme, clicks))
    add_plain(
        "tracking_clickhour",
        {"partner_id": "bigint", "hour": "timestamptz"},
        {"workspace_id": "bigint", "programme_id": "bigint"},
        ("clicks",),
        rows,
    )
    add_plain(
        "tracking_clickhourtotal",
        {"programme_id": "bigint", "hour": "timestamptz"},
        {"workspace_id": "bigint"},
        ("clicks",),
        hour_totals(rows),
    )


# Files in which nothing was left to load, with their mark and state then: old days are not opened every two seconds.
_finished: dict[Path, tuple[int, tuple[int, ...]]] = {}


def _state_of(path: Path) -> tuple[int, ...]:
    """Changes whenever the file does: sizes and times of it and of its WAL."""
    found: list[int] = []
    for one in (path, path.with_name(f"{path.name}-wal")):
        try:
            stat = one.stat()
            found += [stat.st_size, stat.st_mtime_ns]
        except FileNotFoundError:
            found += [-1, -1]
    return tuple(found)


def _remember(path: Path, last: int, state: tuple[int, ...]) -> None:
    """Only what was at rest: a write in the same tick of the clock would show no other time; only what is committed."""
    newest = max(state[1], state[3]) / 1e9
    if time.time() - newest > _FRESH_SECONDS and not connection.in_atomic_block:
        _finished[path] = (last, state)
