"""Charts as data: the same object gives the drawing, the table beside it and the summary for screen readers.

Lines are drawn by a script; bars, hours of the week, figures joined by dots and parts are drawn on the server with
colours of the stylesheet, so that they follow the theme by themselves.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from babel import Locale
from django.utils.translation import get_language, gettext

from molva.kit.money import CURRENCY_DIGITS
from molva.web.ui import formats
from molva.web.ui.pieces import HEAT_SIZES, Part

LEVELS = 5
HOURS = 24


@dataclass(frozen=True)
class Series:
    """One line; `values` are counts or minor units. The past period is drawn grey and dashed."""

    name: str
    values: Sequence[int]
    is_past: bool = False


def written(value: int, currency: str = "") -> str:
    """A count, or a sum of minor units when there is a currency."""
    return formats.money(value, currency) if currency else formats.number(value)


def _sentence(title: str, words: str) -> str:
    return f"{title}. {words}"


@dataclass(frozen=True)
class LineChart:
    """Lines over the same days. `currency` empty means counts. Five series at most.

    `column` heads the labels in the table («Week»; «Day» when empty), `urls` lead from a label to its rows.
    """

    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    currency: str = ""
    column: str = ""
    urls: Sequence[str] = ()

    def text(self, value: int) -> str:
        """One value as the table and the tooltip write it."""
        return written(value, self.currency)

    @property
    def data(self) -> str:
        """JSON for the drawing script."""
        return json.dumps(
            {
                "labels": list(self.labels),
                "series": [
                    {
                        "name": one.name,
                        "values": list(one.values),
                        "texts": [self.text(value) for value in one.values],
                        "past": one.is_past,
                    }
                    for one in self.series
                ],
                "money": bool(self.currency),
                "unit": 10 ** CURRENCY_DIGITS.get(self.currency, 2),
                "symbol": formats.symbol_of(self.currency) if self.currency else "",
                "language": get_language() or "en",
            },
            ensure_ascii=False,
        )

    @property
    def rows(self) -> list[tuple[str, list[str], str]]:
        """Label, the written values of every series and the address: the table beside the drawing."""
        columns = [[self.text(value) for value in one.values] for one in self.series]
        return [
            (label, [column[place] for column in columns], self.urls[place] if self.urls else "")
            for place, label in enumerate(self.labels)
        ]

    @property
    def summary(self) -> str:
        """In words, for those who do not see the lines."""
        lines = [
            gettext("%(name)s: from %(first)s to %(last)s, most %(most)s")
            % {
                "name": one.name,
                "first": self.text(one.values[0]),
                "last": self.text(one.values[-1]),
                "most": self.text(max(one.values)),
            }
            for one in self.series
            if one.values
        ]
        return f"{self.title}. {'. '.join(lines)}"


@dataclass(frozen=True)
class Bar:
    """One row of bars. `width` is in per cents of the longest, as text; `share` is of the whole, empty if unknown."""

    label: str
    text: str
    width: str
    share: str
    url: str


@dataclass(frozen=True)
class Bars:
    """Horizontal bars, the longest first; after `top` of them the rest stand together.

    `texts` replace the written values where they are no sums («3.6%»): then neither shares nor the rest are added up,
    and what is beyond the top stands in the table only. `column` heads the labels in the table.
    """

    title: str
    labels: Sequence[str]
    values: Sequence[int]
    texts: Sequence[str] = ()
    urls: Sequence[str] = ()
    currency: str = ""
    column: str = ""
    top: int = 10

    @property
    def rows(self) -> list[Bar]:
        """Every row, the longest first: the table beside the drawing."""
        order = sorted(range(len(self.values)), key=lambda place: (-self.values[place], place))
        return [self._bar(place) for place in order]

    @property
    def shown(self) -> list[Bar]:
        """The rows that are drawn."""
        return self.rows[: self.top]

    @property
    def rest(self) -> Bar | None:
        """All rows after the top as one, when they can be added up."""
        left = sorted(self.values, reverse=True)[self.top :]
        if not left or self.texts:
            return None
        label = gettext("The rest, %(count)s") % {"count": formats.number(len(left))}
        return self._drawn(label, sum(left), written(sum(left), self.currency), "")

    @property
    def summary(self) -> str:
        """In words, for those who do not see the bars."""
        first = self.rows[:3]
        words = "; ".join(f"{bar.label}: {bar.text}" for bar in first)
        if not first:
            return _sentence(self.title, gettext("Nothing in this period"))
        return _sentence(self.title, gettext("Most: %(words)s") % {"words": words})

    @property
    def whole(self) -> str:
        """The sum of all rows as the table's last row writes it; empty where values are no sums."""
        return "" if self.texts else written(sum(self.values), self.currency)

    def _bar(self, place: int) -> Bar:
        value = self.values[place]
        text = self.texts[place] if self.texts else written(value, self.currency)
        return self._drawn(self.labels[place], value, text, self.urls[place] if self.urls else "")

    def _drawn(self, label: str, value: int, text: str, url: str) -> Bar:
        left = sum(sorted(self.values, reverse=True)[self.top :]) if not self.texts else 0
        longest = max([*self.values, left, 1])
        share = "" if self.texts else formats.share(value, sum(self.values))
        return Bar(label, text, f"{max(value, 0) * 100 / longest:.2f}", share, url)


@dataclass(frozen=True)
class Cell:
    """A value of the heat map; `level` 0 (nothing) to 5 gives both its colour and its size."""

    level: int
    text: str
    title: str
    url: str
    box: tuple[str, str, str, str]  # x, y, width, height: per cents across, px down


@dataclass(frozen=True)
class HeatMap:
    """Values of rows × columns as squares that grow and darken. `values[row][column]`, `urls` alike or empty."""

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[int]]
    urls: Sequence[Sequence[str]] = ()
    currency: str = ""
    ticks: int = 3  # every third column is named under the drawing

    step = 24  # height of a row, px

    @property
    def most(self) -> int:
        """The largest value, 0 when there is none."""
        return max((value for row in self.values for value in row), default=0)

    def level(self, value: int) -> int:
        """0 for nothing, else 1 to 5 by the share of the largest."""
        return -(-value * LEVELS // self.most) if value > 0 else 0

    @property
    def cells(self) -> list[Cell]:
        """All squares, row by row."""
        return [
            self._cell(row, column) for row in range(len(self.rows)) for column in range(len(self.columns))
        ]

    @property
    def table(self) -> list[tuple[str, list[Cell]]]:
        """By columns (hours down, days across): a table that fits a phone."""
        return [
            (name, [self._cell(row, column) for row in range(len(self.rows))])
            for column, name in enumerate(self.columns)
        ]

    @property
    def names(self) -> list[str]:
        """What stands under the drawing: every `ticks`-th column."""
        return list(self.columns[:: self.ticks])

    @property
    def keys(self) -> list[tuple[int, str]]:
        """What each level means: «1–4»; levels that no whole value falls into are left out."""
        found, before = [], 0
        for level in range(1, LEVELS + 1):
            last = self.most * level // LEVELS
            if last > before:
                ends = [written(before + 1, self.currency), written(last, self.currency)]
                found.append((level, ends[1] if ends[0] == ends[1] else " – ".join(ends)))
            before = last
        return found

    @property
    def height(self) -> int:
        """Of the drawing, px."""
        return self.step * len(self.rows)

    @property
    def summary(self) -> str:
        """In words, for those who do not see the squares."""
        if not self.most:
            return _sentence(self.title, gettext("Nothing in this period"))
        busiest = sorted(
            (-value, row, column)
            for row, line in enumerate(self.values)
            for column, value in enumerate(line)
            if value > 0
        )[:3]
        words = "; ".join(self._cell(row, column).title for _value, row, column in busiest)
        return _sentence(self.title, gettext("Most: %(words)s") % {"words": words})

    def _cell(self, row: int, column: int) -> Cell:
        value = self.values[row][column]
        text, level = written(value, self.currency), self.level(value)
        return Cell(
            level=level,
            text=text,
            title=f"{self.rows[row]}, {self.columns[column]}: {text}",
            url=self.urls[row][column] if self.urls else "",
            box=self._box(row, column, level),
        )

    def _box(self, row: int, column: int, level: int) -> tuple[str, str, str, str]:
        size = HEAT_SIZES[level] / 100
        width, gap = 100 / len(self.columns), (1 - size) / 2
        sides = ((column + gap) * width, (row + gap) * self.step, size * width, size * self.step)
        x, y, wide, high = (f"{side:.2f}" for side in sides)
        return x, y, wide, high


def week_hours(title: str, values: Sequence[Sequence[int]], *, currency: str = "") -> HeatMap:
    """Seven days from Monday × 24 hours, named in the active language: `values[day][hour]`."""
    names = Locale.parse("ru" if formats.is_russian() else "en").days["stand-alone"]["abbreviated"]
    days = [names[day][:1].upper() + names[day][1:] for day in range(7)]
    hours = [f"{hour}:00" for hour in range(HOURS)]
    return HeatMap(title, days, hours, values, currency=currency)


def joined_parts(parts: Sequence[Part], most: int = 5) -> list[Part]:
    """The largest parts first; when there are more than `most`, the smaller ones become «The rest» in grey."""
    ranked = sorted(parts, key=lambda part: -part.value)
    if len(ranked) <= most:
        return ranked
    left = ranked[most:]
    label = gettext("The rest, %(count)s") % {"count": formats.number(len(left))}
    return [*ranked[:most], Part(label, sum(part.value for part in left), tone="rest")]


@dataclass(frozen=True)
class Step:
    """A figure of the way from a link to money: «864 clicks». `text` writes it otherwise, say as a sum."""

    value: int
    label: str
    url: str = ""
    rate: str = ""
    text: str = ""


def funnel(steps: Sequence[Step]) -> list[Step]:
    """The same steps, each but the first with its share of the one before; a sum is no share of a count."""
    joined = list(steps[:1])
    for before, step in pairwise(steps):
        is_share = not (before.text or step.text)
        joined.append(replace(step, rate=formats.share(step.value, before.value) if is_share else ""))
    return joined
