"""What some clicks come to: touches of people, and counts by day and link and by hour and partner. Pure, but for the
rows of partners and links, which are asked for once and remembered."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from molva.domain.click_id import NODE_BITS, visitor_text
from molva.kit.clock import from_micros
from molva.programmes.models import Partner
from molva.tracking.clickfile import FLAG_QR, NOT_A_TOUCH, SUBS, PlainClick
from molva.tracking.columns.words import host_of
from molva.tracking.models import Link, LinkKind

# Every zone of today changes its day, and its offset, at a whole quarter of an hour.
_QUARTER = 900_000_000
_HOUR = 3_600_000_000
_LINK, _QR = LinkKind.LINK.value, LinkKind.QR.value
_NAMES = ("referrer_host", *SUBS, "utm", "landing")

DayKey = tuple[
    int, str, int
]  # partner, day (YYYY-MM-DD of the programme's zone), link (0: bare partner parameter)
Visit = tuple[int, str, int, str]  # the same and the visitor
HourKey = tuple[int, int]  # partner, hours since 1970 UTC


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a click is; its day is the day of the programme's time zone."""

    workspace: int
    programme: int
    zone: str


class Owners:
    """Partners and links as the clicks name them, each asked for once."""

    def __init__(self) -> None:
        self.known: dict[int, Owner | None] = {}
        self.kinds: dict[int, str] = {}

    def learn(self, partners: Iterable[int], links: Iterable[int] = ()) -> None:
        """Ask for those that are not known yet; a partner who does not exist is known as None."""
        if new := set(partners) - self.known.keys():
            self.known |= dict.fromkeys(new)
            rows = Partner.unscoped.filter(pk__in=new)
            found = rows.values_list("pk", "workspace_id", "programme_id", "programme__timezone")
            self.known |= {pk: Owner(company, programme, zone) for pk, company, programme, zone in found}
        if new := set(links) - self.kinds.keys() - {0}:
            self.kinds |= dict(Link.unscoped.filter(pk__in=new).values_list("pk", "kind"))

    def of(self, partner: int) -> Owner:
        """The owner of clicks that were counted, so it is known."""
        owner = self.known[partner]
        if owner is None:
            raise LookupError(f"no partner {partner}")
        return owner


@dataclass(slots=True)
class Tally:
    """Clicks on their way into the tables. `touches` are rows in the order of TOUCH_COLUMNS."""

    touches: list[tuple[Any, ...]] = field(default_factory=list)
    # who was where on which day, each once, in the order of their clicks
    visits: dict[Visit, None] = field(default_factory=dict)
    days: dict[DayKey, list[int]] = field(default_factory=dict)  # clicks, bots
    hours: dict[HourKey, int] = field(default_factory=dict)
    strangers: int = 0  # clicks of partners that do not exist

    def visitors(self, seen: Collection[Visit] = ()) -> dict[DayKey, int]:
        """How many people a day and link has for the first time, when these visits were counted before."""
        fresh: dict[DayKey, int] = {}
        for visit in self.visits:
            if visit not in seen:
                key = visit[:3]
                fresh[key] = fresh.get(key, 0) + 1
        return fresh


TOUCH_COLUMNS = ("id", "workspace_id", "programme_id", "partner_id", "link_id", "visitor", "kind", "source")


def tally(clicks: Sequence[PlainClick], owners: Owners) -> Tally:
    """Count clicks and make their touches; bots, prefetches and frames are counted apart and are no touches."""
    owners.learn({click[2] for click in clicks}, {click[1] for click in clicks})
    known, kinds = owners.known, owners.kinds
    made = Tally()
    days, hours, visits, touches = made.days, made.hours, made.visits, made.touches
    for number, link, partner, visitor, flags, *rest in clicks:
        owner = known[partner]
        if owner is None:
            made.strangers += 1
            continue
        micros = number >> NODE_BITS
        key = (partner, _day(micros // _QUARTER, owner.zone), link)
        counts = days.get(key)
        if counts is None:
            counts = days[key] = [0, 0]
        if flags & NOT_A_TOUCH:
            counts[1] += 1
            continue
        counts[0] += 1
        hour = (partner, micros // _HOUR)
        hours[hour] = hours.get(hour, 0) + 1
        who = visitor_text(visitor)
        visits[*key, who] = None
        kind = kinds.get(link)
        touches.append((
            number, owner.workspace, owner.programme, partner, link if kind else None, who,
            _QR if flags & FLAG_QR else kind or _LINK, _source(*rest),
        ))  # fmt: skip
    return made


def day_of(click_id: int, zone: str) -> str:
    """The day of a click in a time zone, YYYY-MM-DD."""
    return _day((click_id >> NODE_BITS) // _QUARTER, zone)


@lru_cache(maxsize=50_000)
def _day(quarter: int, zone: str) -> str:
    return from_micros(quarter * _QUARTER).astimezone(ZoneInfo(zone)).date().isoformat()


@lru_cache(maxsize=1000)
def hour_text(hour: int) -> str:
    """Hours since 1970 UTC as a moment that every database reads."""
    return from_micros(hour * _HOUR).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=50_000)
def _source(referrer: str | None, *rest: str | None) -> str:
    """Where a click came from, as stored: most clicks share theirs with others."""
    values = (host_of(referrer), *rest)
    source = {name: value for name, value in zip(_NAMES, values, strict=True) if value}
    return json.dumps(source, ensure_ascii=False, separators=(",", ":")) if source else "{}"
