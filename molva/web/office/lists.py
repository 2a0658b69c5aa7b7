"""Long lists: pages of fifty, filters by period, and the same rows as a CSV file."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from molva.kit.money import CURRENCY_DIGITS
from molva.programmes.models import Programme
from molva.reports.period import Period, named_period
from molva.web.ui import formats
from molva.web.ui.filters import Choice, Filter, address, read_filter
from molva.web.ui.longlist import LongList
from molva.workspaces.scoping import current_workspace_id, scope

PAGE = 50
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BEFORE_FORMULA = " \t\r\n\u00a0\u200b\ufeff"  # signs that a spreadsheet looks past


def paged(request: HttpRequest, rows: "QuerySet[Any] | list[Any]", *, size: int = PAGE) -> "Page[Any]":
    """The page that `?page=` asks for; a page beyond the end is the last one."""
    return LongList(rows, size).get_page(request.GET.get("page"))


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
    first, last = _day(request.GET.get("from")), _day(request.GET.get("to"))
    names = [
        ("7", _("7 days")),
        ("30", _("30 days")),
        ("90", _("90 days")),
        ("month", _("This month")),
        ("last_month", _("Last month")),
        ("year", _("This year")),
        ("all", _("All time")),
    ]
    if first or last:
        first, last = first or date(2000, 1, 1), last or date(2100, 1, 1)
        period = Period(min(first, last), max(first, last), ZoneInfo(programme.timezone))
        clear = address(request, **{"from": None, "to": None})
        own = Choice(
            "own", f"{formats.day(period.first)} – {formats.day(period.last)}", clear, is_chosen=True
        )
        return ChosenPeriod(
            Filter(_("Period"), [own], clear), period, f"from={period.first}&to={period.last}"
        )
    chip = read_filter(request, "period", _("Period"), [pair for pair in names if pair[0] != default])
    name = chip.chosen.value if chip.chosen else default
    return ChosenPeriod(chip, named_period(programme, name), f"period={name}")


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def csv_answer(name: str, header: list[str], rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """A table as a file that spreadsheets open in either language; sent row by row."""
    lines = _lines(
        header, rows, current_workspace_id(), get_language() or "en", timezone.get_current_timezone()
    )
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def csv_cell(value: object) -> str:
    """A cell as text: a word that a spreadsheet would take for a formula gets an apostrophe, figures stay figures."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return plain.replace(".", ",") if formats.is_russian() else plain
    text = str(value)
    is_risky = text.startswith(_FORMULA) or text.lstrip(_BEFORE_FORMULA).startswith(_FORMULA)
    return f"'{text}" if isinstance(value, str) and is_risky else text


def batches(rows: "QuerySet[Any]", size: int = 1000) -> Iterator[list[Any]]:
    """A long list piece by piece, for files: what belongs to the rows is read once a piece."""
    found = rows.iterator(chunk_size=size)
    while piece := list(islice(found, size)):
        yield piece


def local_day(moment: datetime) -> date:
    """The day that the active clocks show at a moment."""
    return timezone.localtime(moment).date()


def exact(minor: int, currency: str) -> Decimal:
    """Minor units as a figure for a cell."""
    return Decimal(minor).scaleb(-CURRENCY_DIGITS[currency])


class _Echo:
    """What `csv` writes into: gives the line back."""

    def write(self, line: str) -> str:
        return line


def _lines(
    header: list[str], rows: Iterable[Iterable[object]], workspace_id: int, language: str, zone: tzinfo
) -> Iterator[str]:
    """Sent after the view has ended: the workspace, the reader's language and the programme's zone are kept for it."""
    writer = csv.writer(_Echo(), delimiter=";")
    with scope(workspace_id), translation.override(language), timezone.override(zone):
        yield "\ufeff"  # spreadsheets know UTF-8 by it
        yield writer.writerow(header)
        for row in rows:
            yield writer.writerow([csv_cell(cell) for cell in row])
