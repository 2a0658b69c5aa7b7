"""Charts as data: the same object gives the drawing, the table beside it and the summary for screen readers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import get_language, gettext

from molva.kit.money import CURRENCY_DIGITS
from molva.web.ui import formats


@dataclass(frozen=True)
class Series:
    """One line; `values` are counts or minor units. The past period is drawn grey and dashed."""

    name: str
    values: Sequence[int]
    is_past: bool = False


@dataclass(frozen=True)
class LineChart:
    """Lines over the same days. `currency` empty means counts. Five series at most."""

    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    currency: str = ""

    def text(self, value: int) -> str:
        """One value as the table and the tooltip write it."""
        return formats.money(value, self.currency) if self.currency else formats.number(value)

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
    def rows(self) -> list[tuple[str, list[str]]]:
        """Label and the written values of every series: the table beside the drawing."""
        columns = [[self.text(value) for value in one.values] for one in self.series]
        return [(label, [column[place] for column in columns]) for place, label in enumerate(self.labels)]

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
class Step:
    """A figure of the way from a link to money: «864 clicks»."""

    value: int
    label: str
    url: str = ""
    rate: str = ""


def funnel(steps: Sequence[Step]) -> list[Step]:
    """The same steps, each but the first with its share of the one before."""
    joined = list(steps[:1])
    for before, step in pairwise(steps):
        joined.append(Step(step.value, step.label, step.url, formats.share(step.value, before.value)))
    return joined
