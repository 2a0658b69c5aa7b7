"""Loading of click files: each stored click becomes, exactly once, a touch and a part of the click counts.

How far a file is loaded is kept in the main database and moves in the transaction that writes the effects,
so a crash at any moment leaves both or neither. Bots, prefetches and frames are counted apart and are no
touches.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from molva.domain.click_id import visitor_text
from molva.kit import clock
from molva.programmes.models import Partner
from molva.tracking import clickfile
from molva.tracking.clickfile import SUBS, ClickFileMissingError, StoredClick
from molva.tracking.columns.reading import is_whole, read_all_between
from molva.tracking.columns.words import host_of
from molva.tracking.models import (
    ClickDay,
    ClickHour,
    ClickHourTotal,
    ClickTotal,
    IngestMark,
    Link,
    LinkKind,
    Touch,
)

logger = logging.getLogger(__name__)
CHUNK = 1000
HOURS_KEPT = timedelta(days=31)
# One loader at a time: two of them could count a visitor of the same day twice.
_LOCK_ROW = "*"
_ADD_DAY = """
INSERT INTO tracking_clickday (workspace_id, programme_id, partner_id, link_key, day, clicks, visitors, bots)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (partner_id, link_key, day) DO UPDATE SET clicks = tracking_clickday.clicks + excluded.clicks,
  visitors = tracking_clickday.visitors + excluded.visitors, bots = tracking_clickday.bots + excluded.bots
"""
_ADD_TOTAL = """
INSERT INTO tracking_clicktotal (workspace_id, programme_id, day, clicks, visitors, bots)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (programme_id, day) DO UPDATE SET clicks = tracking_clicktotal.clicks + excluded.clicks,
  visitors = tracking_clicktotal.visitors + excluded.visitors, bots = tracking_clicktotal.bots + excluded.bots
"""
_ADD_HOUR_TOTAL = """
INSERT INTO tracking_clickhourtotal (workspace_id, programme_id, hour, clicks) VALUES (%s, %s, %s, %s)
ON CONFLICT (programme_id, hour) DO UPDATE SET clicks = tracking_clickhourtotal.clicks + excluded.clicks
"""
_ADD_HOUR = """
INSERT INTO tracking_clickhour (workspace_id, programme_id, partner_id, hour, clicks)
VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (partner_id, hour) DO UPDATE SET clicks = tracking_clickhour.clicks + excluded.clicks
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose click it is; the day of a click is the day of the programme's time zone."""

    workspace: int
    programme: int
    partner: int
    zone: ZoneInfo

    def day_of(self, moment: datetime) -> date:
        """The programme's day of a moment."""
        return moment.astimezone(self.zone).date()


DayKey = tuple[Owner, int, date]  # owner, link (0: bare partner parameter), day


@dataclass(slots=True)
class Counts:
    """Click counts on their way into the tables."""

    clicks: Counter[DayKey] = field(default_factory=Counter)
    bots: Counter[DayKey] = field(default_factory=Counter)
    visitors: Counter[DayKey] = field(default_factory=Counter)
    hours: Counter[tuple[Owner, datetime]] = field(default_factory=Counter)
    seen: set[tuple[int, int, date, str]] = field(default_factory=set)  # partner, link, day, visitor

    def add(self, click: StoredClick, owner: Owner) -> None:
        """Count one click; a visitor counts once a link and day."""
        moment = clickfile.moment_of(click.id)
        key = (owner, click.link, owner.day_of(moment))
        if not click.is_touch:
            self.bots[key] += 1
            return
        self.clicks[key] += 1
        self.hours[owner, moment.replace(minute=0, second=0, microsecond=0)] += 1
        who = (owner.partner, click.link, key[2], visitor_text(click.visitor))
        if who not in self.seen:
            self.seen.add(who)
            self.visitors[key] += 1

    def save_days(self) -> None:
        """Add the day counts to what is stored, of links and of whole programmes."""
        rows = []
        totals: dict[tuple[int, int, date], list[int]] = {}
        for owner, link, day in {**self.clicks, **self.bots}:
            counts = [counter[owner, link, day] for counter in (self.clicks, self.visitors, self.bots)]
            rows.append((owner.workspace, owner.programme, owner.partner, link, day.isoformat(), *counts))
            known = totals.get((owner.workspace, owner.programme, day), (0, 0, 0))
            totals[owner.workspace, owner.programme, day] = [
                a + b for a, b in zip(known, counts, strict=True)
            ]
        _run_many(_ADD_DAY, rows)
        _run_many(
            _ADD_TOTAL,
            [
                (workspace, programme, day.isoformat(), *sums)
                for (workspace, programme, day), sums in sorted(totals.items())
            ],
        )

    def save_hours(self) -> None:
        """Add the hour counts to what is stored, of partners and of whole programmes."""
        adapt = connection.ops.adapt_datetimefield_value
        rows = [
            (owner.workspace, owner.programme, owner.partner, adapt(hour), count)
            for (owner, hour), count in self.hours.items()
        ]
        _run_many(_ADD_HOUR, rows)
        totals: Counter[tuple[int, int, Any]] = Counter()
        for workspace, programme, _partner, hour, count in rows:
            totals[workspace, programme, hour] += count
        _run_many(_ADD_HOUR_TOTAL, [(*place, count) for place, count in sorted(totals.items())])


def click_folder() -> Path:
    """Where the tracker of this installation leaves its files."""
    return clickfile.folder_of(settings.DATA_DIR)


@transaction.atomic
def ingest_clicks(*, limit: int = 20_000) -> set[str]:
    """Load at most `limit` clicks, the oldest files first; returns the visitors who got a touch.

    Call it inside a transaction together with whatever reacts to the visitors, and nobody is forgotten.
    """
    _lock()
    touched: set[str] = set()
    for path in clickfile.list_files(click_folder()):
        mark, _ = IngestMark.objects.get_or_create(file=path.name)
        while limit > 0 and (clicks := clickfile.read_after(path, mark.last_click_id, min(limit, CHUNK))):
            touched |= _load(clicks)
            mark.last_click_id = clicks[-1].id
            mark.save()
            limit -= len(clicks)
    return touched


@transaction.atomic
def rebuild_day(day: date) -> None:
    """Count a day anew from the raw clicks, as far as they are loaded: day counts of each programme's own day
    and hour counts of the UTC day. Raises ClickFileMissingError when a loaded file is no longer there.
    """
    _lock()
    for name in Partner.unscoped.values_list("programme__timezone", flat=True).distinct():
        counts = _count_between(day, ZoneInfo(name))
        ClickDay.unscoped.filter(day=day, programme__timezone=name).delete()
        ClickTotal.unscoped.filter(day=day, programme__timezone=name).delete()
        counts.save_days()
    start = datetime.combine(day, time(), UTC)
    for table in (ClickHour, ClickHourTotal):
        table.unscoped.filter(hour__gte=start, hour__lt=start + timedelta(days=1)).delete()
    _count_between(day, None).save_hours()


def forget_old_hours() -> int:
    """Drop hour counts older than 31 days; the day counts stay for ever."""
    old = clock.now() - HOURS_KEPT
    ClickHourTotal.unscoped.filter(hour__lt=old).delete()
    return ClickHour.unscoped.filter(hour__lt=old).delete()[0]


def _lock() -> None:
    IngestMark.objects.get_or_create(file=_LOCK_ROW)
    IngestMark.objects.select_for_update().get(file=_LOCK_ROW)


def _load(clicks: Sequence[StoredClick]) -> set[str]:
    """Write touches and counts of some clicks; returns the visitors of the touches."""
    owners = _owners({click.partner for click in clicks})
    known = [click for click in clicks if click.partner in owners]
    if len(known) < len(clicks):
        logger.error("%d clicks of partners that do not exist were left out", len(clicks) - len(known))
    human = [click for click in known if click.is_touch]
    counts = Counts(seen=_seen(human, owners))
    for click in known:
        counts.add(click, owners[click.partner])
    counts.save_days()
    counts.save_hours()
    kinds = dict(Link.unscoped.filter(pk__in={click.link for click in human}).values_list("pk", "kind"))
    touches = [_touch(click, owners[click.partner], kinds) for click in human]
    Touch.unscoped.bulk_create(touches, batch_size=500)
    return {touch.visitor for touch in touches}


def _owners(partners: Iterable[int]) -> dict[int, Owner]:
    rows = Partner.unscoped.filter(pk__in=partners).values_list(
        "pk", "workspace_id", "programme_id", "programme__timezone"
    )
    return {pk: Owner(workspace, programme, pk, ZoneInfo(zone)) for pk, workspace, programme, zone in rows}


def _seen(clicks: Sequence[StoredClick], owners: dict[int, Owner]) -> set[tuple[int, int, date, str]]:
    """Which of these visitors already have a touch on the same link and day."""
    if not clicks:
        return set()
    earliest = clickfile.moment_of(clicks[0].id) - timedelta(days=2)
    rows = Touch.unscoped.filter(
        programme_id__in={owners[click.partner].programme for click in clicks},
        visitor__in={visitor_text(click.visitor) for click in clicks},
        at__gte=earliest,
        click_id__isnull=False,
    ).values_list("partner_id", "link_id", "at", "visitor")
    return {
        (partner, link or 0, owners[partner].day_of(at), visitor)
        for partner, link, at, visitor in rows
        if partner in owners
    }


def _touch(click: StoredClick, owner: Owner, kinds: dict[int, str]) -> Touch:
    extras = click.extras
    source = {
        "referrer_host": host_of(click.referrer),
        **{name: getattr(extras, name) for name in SUBS},
        "utm": extras.utm,
        "landing": extras.page,
    }
    return Touch(
        workspace_id=owner.workspace,
        programme_id=owner.programme,
        partner_id=owner.partner,
        link_id=click.link if click.link in kinds else None,
        visitor=visitor_text(click.visitor),
        kind=LinkKind.QR if click.is_qr else kinds.get(click.link, LinkKind.LINK),
        at=clickfile.moment_of(click.id),
        click_id=click.id,
        source={name: value for name, value in source.items() if value},
    )


def _count_between(day: date, zone: ZoneInfo | None) -> Counts:
    """Counts of a day's loaded clicks: of the programmes of a time zone, or of all in UTC."""
    start = datetime.combine(day, time(), zone or UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone or UTC)
    marks = dict(IngestMark.objects.values_list("file", "last_click_id"))
    _require_files(start, end, marks)
    counts = Counts()
    owners: dict[int, Owner] = {}
    for clicks in read_all_between(click_folder(), start, end):
        owners |= _owners({click.partner for click in clicks} - owners.keys())
        for click in clicks:
            owner = owners.get(click.partner)
            is_loaded = click.id <= marks.get(clickfile.file_of(click.id), 0)
            if owner and is_loaded and zone in (None, owner.zone):
                counts.add(click, owner)
    return counts


def _require_files(start: datetime, end: datetime, marks: dict[str, int]) -> None:
    """Files of other machines count too: without them the day cannot be counted here."""
    first, last = start.astimezone(UTC), end.astimezone(UTC) - timedelta(microseconds=1)
    for name in sorted(marks):
        day, _ = clickfile.named(name) or ("", 0)
        is_of_day = f"{first:%Y%m%d}" <= day <= f"{last:%Y%m%d}"
        if is_of_day and marks[name] and not is_whole(click_folder() / name):
            raise ClickFileMissingError(name)


def _run_many(sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql, rows)
