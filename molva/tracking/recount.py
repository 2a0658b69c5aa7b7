"""A day counted anew from the raw clicks, as far as they are loaded: it must come out as it is stored.

The day is counted beside the running product, without any lock; only clicks that were loaded meanwhile are added inside
the transaction, which then changes nothing but the rows that differ.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models, transaction

from molva.kit.bulk import Row, insert_plain
from molva.programmes.models import Partner
from molva.tracking import clickfile
from molva.tracking.clickfile import ClickFileMissingError, StoredClick
from molva.tracking.columns.reading import is_whole, read_all_between
from molva.tracking.ingest import click_folder, day_totals, hour_totals, lock_counts
from molva.tracking.models import ClickDay, ClickHour, ClickHourTotal, ClickTotal, IngestMark
from molva.tracking.tally import Owners, Tally, hour_text, tally

_DAY_COLUMNS = ("partner_id", "day", "link_key", "workspace_id", "programme_id", "clicks", "visitors", "bots")
_HOUR_COLUMNS = ("partner_id", "hour", "workspace_id", "programme_id", "clicks")
_DAY_TOTAL = ("programme_id", "day", "workspace_id", "clicks", "visitors", "bots")
_HOUR_TOTAL = ("programme_id", "hour", "workspace_id", "clicks")


def rebuild_day(day: date) -> int:
    """Bring the day counts of each programme's own day, and the hour counts of the UTC day, to what the raw clicks say.

    Returns how many rows were wrong. Raises ClickFileMissingError when a loaded file is no longer there.
    """
    zones = {ZoneInfo(name) for name in _zone_names()} or {ZoneInfo("UTC")}
    start = min(datetime.combine(day, time(), zone) for zone in {*zones, ZoneInfo("UTC")})
    end = max(datetime.combine(day + timedelta(days=1), time(), zone) for zone in {*zones, ZoneInfo("UTC")})
    count = _Recount(day, start, end)
    count.take(_marks(start, end))
    with transaction.atomic():
        lock_counts()
        count.take(_marks(start, end))  # what was loaded meanwhile
        return count.correct()


def _zone_names() -> set[str]:
    return set(Partner.unscoped.values_list("programme__timezone", flat=True).distinct())


def _marks(start: datetime, end: datetime) -> dict[str, int]:
    """How far the files of a stretch of time are loaded; all of them must be here."""
    first, last = start.astimezone(UTC), end.astimezone(UTC) - timedelta(microseconds=1)
    marks = dict(IngestMark.objects.filter(last_click_id__gt=0).values_list("file", "last_click_id"))
    found = {
        name: mark for name, mark in marks.items() if f"{first:%Y%m%d}" <= name[7:15] <= f"{last:%Y%m%d}"
    }
    for name in sorted(found):
        if not is_whole(click_folder() / name):
            raise ClickFileMissingError(name)
    return found


class _Recount:
    """Counts of one day, up to a mark of each file."""

    def __init__(self, day: date, start: datetime, end: datetime) -> None:
        self._day, self._start, self._end = day, start, end
        self._marks: dict[str, int] = {}
        self._owners = Owners()
        self._made = Tally()
        midnight = datetime.combine(day, time(), UTC)
        self._hours = range(int(midnight.timestamp()) // 3600, int(midnight.timestamp()) // 3600 + 24)

    def take(self, marks: Mapping[str, int]) -> None:
        """Count the clicks between the marks of the last time and these."""
        if marks == self._marks:
            return
        for clicks in read_all_between(click_folder(), self._start, self._end):
            new = [click for click in clicks if self._is_new(click, marks)]
            if new:
                self._add(tally([(*click[:6], *click.extras) for click in new], self._owners))
        self._marks = dict(marks)

    def _is_new(self, click: StoredClick, marks: Mapping[str, int]) -> bool:
        name = clickfile.file_of(click.id)
        return self._marks.get(name, 0) < click.id <= marks.get(name, 0)

    def _add(self, more: Tally) -> None:
        text, made = self._day.isoformat(), self._made
        for key, (clicks, bots) in more.days.items():
            if key[1] == text:
                counts = made.days.setdefault(key, [0, 0])
                counts[0] += clicks
                counts[1] += bots
        made.visits.update((visit, None) for visit in more.visits if visit[1] == text)
        for place, clicks in more.hours.items():
            if place[1] in self._hours:
                made.hours[place] = made.hours.get(place, 0) + clicks

    def correct(self) -> int:
        """Change the stored rows that say something else; how many they were."""
        visitors, owners = self._made.visitors(), self._owners
        days = [
            (
                *key,
                owners.of(key[0]).workspace,
                owners.of(key[0]).programme,
                clicks,
                visitors.get(key, 0),
                bots,
            )
            for key, (clicks, bots) in self._made.days.items()
        ]
        hours = [
            (partner, hour_text(hour), owners.of(partner).workspace, owners.of(partner).programme, clicks)
            for (partner, hour), clicks in self._made.hours.items()
        ]
        start = datetime.combine(self._day, time(), UTC)
        of_day, of_hours = {"day": self._day}, {"hour__gte": start, "hour__lt": start + timedelta(days=1)}
        wrong = _correct(ClickDay, of_day, _DAY_COLUMNS, 3, days)
        wrong += _correct(ClickHour, of_hours, _HOUR_COLUMNS, 1, hours)
        _correct(ClickTotal, of_day, _DAY_TOTAL, 3, day_totals(days))
        _correct(ClickHourTotal, of_hours, _HOUR_TOTAL, 1, hour_totals(hours))
        return wrong


def _correct(
    table: type[models.Model],
    where: dict[str, Any],
    columns: Sequence[str],
    figures: int,
    rows: Sequence[Row],
) -> int:
    """Make the rows of a day what they should be; the last `figures` columns are those that may be wrong."""
    missing = {row[:-figures]: row[-figures:] for row in rows}
    changed, wrong = set(missing), []
    stored = table._default_manager.model.unscoped.filter(**where)  # type: ignore[attr-defined]
    for pk, *values in stored.values_list("pk", *columns):
        key = tuple(_text(value) for value in values[:-figures])
        if missing.get(key) == tuple(values[-figures:]):
            del missing[key]
            changed.discard(key)
        else:
            wrong.append(pk)
            changed.add(key)
    for at in range(0, len(wrong), 500):
        stored.filter(pk__in=wrong[at : at + 500]).delete()
    insert_plain(table._meta.db_table, columns, [(*key, *found) for key, found in missing.items()])
    return len(changed)


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, date) else value
