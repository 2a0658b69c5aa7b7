"""Long lists: pages of fifty, filters by period, and what the same rows need to become a file (`exporting`)."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from molva.kit.money import CURRENCY_DIGITS
from molva.programmes.models import Programme
from molva.reports.period import Period, named_period
from molva.web.ui import formats
from molva.web.ui.filters import Choice, Filter, address, read_filter

PAGE = 50
PERIODS = ("7", "30", "90", "month", "last_month", "year", "all")


def paged(request: HttpRequest, rows: "QuerySet[Any] | list[Any]", *, size: int = PAGE) -> "Page[Any]":
    """The page that `?page=` asks for; a page beyond the end is the last one."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


@dataclass(frozen=True, slots=True)
class ChosenPeriod:
    """The period of a list: its chip, its days (None: all time), its parameters for links."""

    filter: Filter
    period: Period | None
    query: str

    @property
    def text(self) -> str:
        """The days in words."""
        if self.period is None:
            return _("all time")
        if self.period.first == self.period.last:
            return formats.day(self.period.first)
        return f"{formats.day(self.period.first)} – {formats.day(self.period.last)}"


def read_period(request: HttpRequest, programme: Programme, *, default: str = "all") -> ChosenPeriod:
    """`?from=2026-03-01&to=2026-03-31`, or `?period=30`; unreadable dates count as none."""
    period = asked_period(request.GET, programme, default=default)
    names = [
        ("7", _("7 days")),
        ("30", _("30 days")),
        ("90", _("90 days")),
        ("month", _("This month")),
        ("last_month", _("Last month")),
        ("year", _("This year")),
        ("all", _("All time")),
    ]
    if period and (_day(request.GET.get("from")) or _day(request.GET.get("to"))):
        clear = address(request, **{"from": None, "to": None})
        own = Choice(
            "own", f"{formats.day(period.first)} – {formats.day(period.last)}", clear, is_chosen=True
        )
        return ChosenPeriod(
            Filter(_("Period"), [own], clear), period, f"from={period.first}&to={period.last}"
        )
    chip = read_filter(request, "period", _("Period"), [pair for pair in names if pair[0] != default])
    name = chip.chosen.value if chip.chosen else default
    return ChosenPeriod(chip, period, f"period={name}")


def asked_period(query: QueryDict, programme: Programme, *, default: str = "all") -> Period | None:
    """The days that the parameters of an address ask for; None is all time."""
    first, last = _day(query.get("from")), _day(query.get("to"))
    if first or last:
        first, last = first or date(2000, 1, 1), last or date(2100, 1, 1)
        return Period(min(first, last), max(first, last), ZoneInfo(programme.timezone))
    name = query.get("period", "")
    return named_period(programme, name if name in PERIODS else default)


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def asked_word(query: QueryDict) -> str:
    """What was typed into the search chip, without blanks around."""
    return query.get("q", "").strip()


def pieces(rows: "QuerySet[Any]", size: int = 500) -> Iterator[list[Any]]:
    """A long list piece by piece, for files: what belongs to the rows is read once a piece.

    Which rows and in which order is decided at once, by their numbers alone (8 bytes a row). No question to the
    database stays open meanwhile: on SQLite it would keep the whole write-ahead log, and forbid us to write.
    """
    plain = rows.prefetch_related(None)
    keys = array("q", plain.values_list("pk", flat=True).iterator(chunk_size=5000))
    for start in range(0, len(keys), size):
        wanted = keys[start : start + size].tolist()
        found = {row.pk: row for row in rows.order_by().filter(pk__in=wanted)}
        yield [found[pk] for pk in wanted if pk in found]


def flat(rows: "QuerySet[Any]") -> Iterator[Any]:
    """The same rows one by one."""
    for piece in pieces(rows):
        yield from piece


def local_day(moment: datetime) -> date:
    """The day that the active clocks show at a moment."""
    return timezone.localtime(moment).date()


def local_moment(moment: datetime) -> datetime:
    """What the active clocks show at a moment, to the minute and without a zone: spreadsheets know none."""
    return timezone.localtime(moment).replace(tzinfo=None, second=0, microsecond=0)


def exact(minor: int, currency: str) -> Decimal:
    """Minor units as a figure for a cell."""
    return Decimal(minor).scaleb(-CURRENCY_DIGITS[currency])
