"""A page of figures, put together for office and cabinet: address to question, report to tiles, chart and table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from molva.reports.figures.questions import (
    FILTERS,
    TEAM,
    FigureReport,
    FigureRow,
)
from molva.reports.figures.reading import param_of
from molva.reports.figures.values import MONEY, Figures
from molva.web.ui import formats
from molva.web.ui.charts import Bars, HeatMap, LineChart, Series, Step, funnel, week_hours
from molva.web.ui.figure_reading import PAGE
from molva.web.ui.figure_words import (
    FIGURE_WORDS,
    ROW_WORDS,
    SHORT_WORDS,
    VIEW_WORDS,
    change_text,
    figure_text,
    row_label,
    span,
)
from molva.web.ui.filters import Choice, Filter, address
from molva.web.ui.shell import Tab

CHARTED = ("revenue", "orders", "clicks", "commission")
COLUMNS = (
    "clicks",
    "visitors",
    "orders",
    "conversion",
    "revenue",
    "average",
    "returned",
    "commission",
    "epc",
)
TILES = ("revenue", "orders", "clicks", "commission", "average", "conversion", "epc", "returned")
_OF_CLICKS = {"clicks", "visitors", "conversion", "epc", "bots"}
_OF_MONEY = {"commission", "epc", "level1", "level2"}
# Where a row leads when it is opened.
_NEXT = {"partner": "link", "link": "sub1", "utm_source": "utm_campaign", "referrer": "link"}


@dataclass(frozen=True, slots=True)
class Targets:
    """Addresses of the rows behind figures: each takes the parameters that narrow them."""

    here: str
    orders: Callable[[Mapping[str, str]], str]
    money: Callable[[Mapping[str, str]], str]
    time_view: str  # how a day is split when it is opened


@dataclass(frozen=True, slots=True)
class Look:
    """What a face shows, and in which order."""

    columns: Sequence[str] = COLUMNS
    tiles: Sequence[str] = TILES
    charted: Sequence[str] = CHARTED


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a row: `note` under it, `change` against the period before."""

    name: str
    label: str
    text: str
    url: str = ""
    note: str = ""
    change: str = ""
    is_something: bool = True  # nothing takes no line on a phone

    @property
    def html(self) -> SafeString:
        """The cell of the table; made here, as a page has hundreds of them."""
        text = format_html('<a href="{}">{}</a>', self.url, self.text) if self.url else escape(self.text)
        under: str = ""
        if self.change:
            # fewer returns are nothing bad
            is_worse = self.change.startswith(formats.MINUS) != (self.name == "returned")
            tone = "down" if is_worse else "up"
            under = format_html('<br><span class="least {}">{}</span>', tone, self.change)
        elif self.note:
            under = format_html('<br><span class="least ink-2">{}</span>', self.note)
        css = "num ph-sum strong" if self.name == "revenue" else "num" if self.is_something else "num ph-no"
        return format_html('<td class="{}" data-label="{}">{}{}</td>', css, self.label, text, under)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table."""

    label: str
    note: str
    url: str
    cells: list[Cell]
    trend: Sequence[int] = ()


def has_meaning(report: FigureReport, name: str) -> bool:
    """Whether a figure says anything in this view: products know no clicks, hours no commission."""
    view = report.question.view
    if name in _OF_CLICKS and (not view.has_clicks or report.total.clicks is None):
        return False
    if name == "visitors" and report.question.by == "hour":
        return False
    return view.has_commission or name not in _OF_MONEY


class FigurePage:
    """What the template of figures shows."""

    def __init__(
        self,
        request: HttpRequest,
        report: FigureReport,
        targets: Targets,
        *,
        look: Look | None = None,
        trends: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        self._look = look or Look()
        self.request, self.report, self.targets = request, report, targets
        self.question = report.question
        self.currency = report.question.programme.currency
        self._trends = trends or {}
        period = self.question.period
        self._base = {
            **{name: word for name in FILTERS if (word := request.GET.get(name, "").strip())},
            "from": str(period.first),
            "to": str(period.last),
        }

    @cached_property
    def names(self) -> list[str]:
        """The figures that have a column in this view."""
        names = [name for name in self._look.columns if has_meaning(self.report, name)]
        if "level1" in names and not self.report.total.level2:
            names.remove("level2")
        if self.report.total.leads:
            names.insert(names.index("orders"), "leads")
        return names

    @cached_property
    def heads(self) -> list[tuple[str, str]]:
        """(name, label) of every column."""
        return [(name, str(SHORT_WORDS.get(name) or FIGURE_WORDS[name])) for name in self.names]

    @cached_property
    def row_word(self) -> str:
        """What a row is."""
        return str(ROW_WORDS[self.question.by])

    @cached_property
    def tile_rows(self) -> list[list[Cell]]:
        """The totals, four in a row; each opens its rows."""
        tiles = self._tiles()
        return [tiles[start : start + 4] for start in range(0, len(tiles), 4)]

    def _tiles(self) -> list[Cell]:
        names = [
            name
            for name in self._look.tiles
            if getattr(self.report.total, name) is not None or name not in ("clicks", "conversion", "epc")
        ]
        return [self._cell(name, self.report.total, self.report.before, {}) for name in names]

    @cached_property
    def steps(self) -> list[Step]:
        """From a click to money, joined by dots."""
        total = self.report.total
        if total.clicks is None:
            return []
        found = [
            Step(total.clicks, formats.counted_word(total.clicks, "click"), self._url("clicks", {})),
            Step(
                total.visitors or 0,
                formats.counted_word(total.visitors or 0, "visitor"),
                self._url("clicks", {}),
            ),
            Step(
                total.orders or 0, formats.counted_word(total.orders or 0, "order"), self._url("orders", {})
            ),
        ]
        if total.commission is not None:
            text = formats.money_whole(total.commission, self.currency)
            word = str(FIGURE_WORDS["commission"])
            found.append(
                Step(total.commission, word[:1].lower() + word[1:], self._url("commission", {}), text=text)
            )
        return funnel(found)

    @cached_property
    def lines(self) -> list[Line]:
        """The page's rows."""
        rows = self.report.rows
        if not self.question.size:
            page = self.page
            rows = rows[page.start_index() - 1 : page.end_index()] if rows else []
        return [self._line(row) for row in rows]

    def _line(self, row: FigureRow) -> Line:
        more = self._params(row)
        cells = [self._cell(name, row.figures, row.before, more) for name in self.names]
        # whose a link is goes without saying where only one partner's are shown
        is_said = self.question.partner is not None and self.question.by in ("link", "content", "code")
        return Line(
            row_label(self.question, row),
            "" if is_said else row.note,
            self._opened(more),
            cells,
            self._trends.get(str(row.key), ()),
        )

    @cached_property
    def foot(self) -> list[Cell]:
        """The total under the columns."""
        return [self._cell(name, self.report.total, None, {}) for name in self.names]

    @cached_property
    def rest(self) -> list[Cell]:
        """What stands beyond the rows that are listed, if anything does."""
        if self.report.rest is None:
            return []
        return [self._cell(name, self.report.rest, None, None) for name in self.names]

    def _params(self, row: FigureRow) -> dict[str, str] | None:
        """The address parameters that keep this row only; None: there are none."""
        if isinstance(row.key, date):
            first, last = span(self.question, row.key)
            return {"from": str(first), "to": str(last)}
        if row.key == TEAM:
            return {"others": "1"}
        if self.question.by == "hour":
            return {"hour": str(row.key)}
        return param_of(self.question, row)

    def _cell(self, name: str, now: Figures, before: Figures | None, more: Mapping[str, str] | None) -> Cell:
        value = getattr(now, name)
        text = figure_text(name, value, self.currency)
        url = self._url(name, more) if value and more is not None else ""
        change = change_text(value, getattr(before, name)) if before else ""
        note = self._note(name, now)
        return Cell(
            name, str(FIGURE_WORDS[name]), text, url, note, change, is_something=bool(value or change)
        )

    def _note(self, name: str, now: Figures) -> str:
        if name == "clicks" and now.bots:
            return _("and %(count)s of machines") % {"count": formats.number(now.bots)}
        if name == "returned" and now.returned:
            return figure_text("returned_sum", now.returned_sum, self.currency)
        if name == "commission" and now.level2:
            return _("of it second level: %(sum)s") % {
                "sum": figure_text("level2", now.level2, self.currency)
            }
        return ""

    def _url(self, name: str, more: Mapping[str, str] | None) -> str:
        if more is None:
            return ""
        params = {**self._base, **more}
        if name in ("commission", "level1", "level2"):
            return self.targets.money(params)
        if name in ("clicks", "visitors", "bots", "epc", "conversion"):
            return self._opened(more) if "others" not in more and "hour" not in more else ""
        if name in ("returned", "returned_sum", "return_rate"):
            params["returned"] = "1"
        return self.targets.orders(params)

    def _opened(self, more: Mapping[str, str] | None) -> str:
        """The same page narrowed to a row, split further; of the whole its days."""
        if more is None or "others" in more or "hour" in more:
            return ""
        by = "day"
        if "from" in more:
            by = self.targets.time_view
        elif more:
            by = _NEXT.get(self.question.by, "day")
        return f"{self.targets.here}?{urlencode({'by': by, **self._base, **more})}"

    # --- drawings

    @cached_property
    def charted(self) -> str:
        """The figure that is drawn."""
        asked = self.request.GET.get("chart", "")
        names = [
            name
            for name in self._look.charted
            if getattr(self.report.total, name) is not None and self._is_drawn(name)
        ]
        return asked if asked in names else names[0]

    def _is_drawn(self, name: str) -> bool:
        return name in self.names or (name == "commission" and "level1" in self.names)

    @cached_property
    def chart_tabs(self) -> list[Tab]:
        """Which figure is drawn."""
        return [
            Tab(str(FIGURE_WORDS[name]), address(self.request, chart=name), is_current=name == self.charted)
            for name in self._look.charted
            if self._is_drawn(name)
        ]

    @cached_property
    def line_chart(self) -> LineChart | None:
        """Days, weeks or months, with the period before."""
        if not self.question.view.is_time:
            return None
        rows = sorted(self.report.rows, key=lambda row: str(row.key))
        name = self.charted
        series = [Series(_("This period"), [getattr(row.figures, name) or 0 for row in rows])]
        if self.report.before is not None:
            past = [getattr(row.before, name) or 0 if row.before else 0 for row in rows]
            series.append(Series(_("The period before"), past, is_past=True))
        labels = [
            formats.day_short(row.key)
            if self.question.by == "day" and isinstance(row.key, date)
            else row_label(self.question, row)
            for row in rows
        ]
        urls = [self._url(name, self._params(row)) for row in rows]
        return LineChart(
            str(FIGURE_WORDS[name]),
            labels,
            series,
            self.currency if name in MONEY else "",
            self.row_word,
            urls,
        )

    @cached_property
    def bars(self) -> Bars | None:
        """The first rows of the table by the figure that is drawn."""
        if self.question.view.is_time or self.question.by == "hour":
            return None
        name = self.charted
        rows = [row for row in self.report.rows if (getattr(row.figures, name) or 0) > 0]
        return Bars(
            str(FIGURE_WORDS[name]),
            [row_label(self.question, row) for row in rows],
            [getattr(row.figures, name) for row in rows],
            urls=[self._url(name, self._params(row)) for row in rows],
            currency=self.currency if name in MONEY else "",
            column=self.row_word,
        )

    @cached_property
    def heat(self) -> HeatMap | None:
        """Hours of the week."""
        if self.question.by != "hour":
            return None
        name = self.charted
        values = [[0] * 24 for _day in range(7)]
        for row in self.report.rows:
            day, _cut, hour = str(row.key).partition("-")
            values[int(day)][int(hour)] = getattr(row.figures, name) or 0
        return week_hours(str(FIGURE_WORDS[name]), values, currency=self.currency if name in MONEY else "")

    # --- filters, pages, files

    def view_filter(self, views: Sequence[str]) -> Filter:
        """The chip that chooses the view."""
        choices = [
            Choice(
                name,
                str(VIEW_WORDS[name]),
                address(self.request, by=name, sort=None),
                name == self.question.by,
            )
            for name in views
        ]
        return Filter(_("View"), choices, "")

    @cached_property
    def page(self) -> "Page[Any]":
        """For the row of page numbers."""
        return Paginator(range(self.report.count), PAGE).get_page(self.request.GET.get("page"))
