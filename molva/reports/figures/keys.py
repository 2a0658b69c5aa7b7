"""Views that split by a key: partners, links, tags, products …

What splits into more than MOST keys is cut: the side that the sort is about chooses the first ones, and what is beyond
them is told as one sum. Kept sums are asked for the order of the keys by one figure first, then for the page's keys
whole: a month of ten thousand partners is a hundred thousand sums of a day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from molva.reports.figures.clicks import ClickAnswers
from molva.reports.figures.orders import (
    is_by_orders,
    is_kept,
    is_plain,
    named_sums,
    ranked_keys,
    sums_by_key,
)
from molva.reports.figures.questions import MOST, PLAIN, FigureQuestion, FigureRow
from molva.reports.figures.rows import cut_rows, figures_of, sort_rows
from molva.reports.figures.values import Clicks, Figures, Sums

_COMPLETE = ("partner", "link", "hour", "product", "customer")  # every order has its key


@dataclass(slots=True)
class Keys:
    """The rows of one question; `count` and `rest` are known after `page`."""

    question: FigureQuestion
    answers: ClickAnswers
    total: Figures
    leads: Mapping[str, int] | None
    count: int = 0
    rest: Figures | None = None
    _sort: str = field(init=False)

    def __post_init__(self) -> None:
        self._sort = self.question.sort or "-revenue"

    def page(self) -> list[FigureRow]:
        """The rows of the page, with the period before."""
        rows = self._quick_page()
        if rows is None:
            every = sort_rows(self._all_rows(), self._sort)
            self.count = len(every)
            rows = cut_rows(every, self.question)
        return self._with_before(rows) if self.question.compare else rows

    def _quick_page(self) -> list[FigureRow] | None:
        """The page of a long list sorted by a sum of orders; None where everything has to be known to sort."""
        question = self.question
        has_clicks = self.answers.has_meaning
        if not (question.size and is_kept(question, question.by) and is_plain(self._sort)):
            return None
        if has_clicks and question.by not in PLAIN:
            return None
        ranked = ranked_keys(question, question.period, sort=self._sort, limit=MOST + 1)
        if len(ranked) <= MOST or question.by not in _COMPLETE:
            return None
        listed = [key for key, _value in ranked[:MOST]]
        self.count = MOST
        keys = listed[question.first : question.first + question.size]
        if question.first + question.size >= MOST:
            sums = sums_by_key(question, question.period, limit=MOST, keys=listed)
            clicks = self._clicks(listed) if has_clicks else None
            self._tell_rest(sums, clicks)
        else:
            sums = sums_by_key(question, question.period, limit=MOST, keys=keys)
            clicks = self._clicks(keys) if has_clicks else None
        return [self._row(key, sums, clicks) for key in keys]

    def _clicks(self, keys: Sequence[str]) -> dict[str, Clicks]:
        return self.answers.by_key(self.question.period, limit=MOST, keys=keys)

    def _row(self, key: str, sums: Mapping[str, Sums], clicks: Mapping[str, Clicks] | None) -> FigureRow:
        return FigureRow(
            key,
            figures_of(
                self.question,
                clicks.get(key, Clicks()) if clicks is not None else None,
                sums.get(key, Sums()),
                leads=self.leads.get(key, 0) if self.leads is not None else None,
            ),
        )

    def _all_rows(self) -> list[FigureRow]:
        """Every row that is listed at all."""
        question, period = self.question, self.question.period
        has_clicks = self.answers.has_meaning
        sums: dict[str, Sums] = {}
        clicks: dict[str, Clicks] = {}
        if is_by_orders(self._sort) or not has_clicks:
            sums = sums_by_key(question, period, limit=MOST + 1, sort=self._sort)
            is_full = len(sums) > MOST
            kept = list(sums)[:MOST]
            if has_clicks:
                only = kept if is_full and question.by in PLAIN else None
                clicks = self.answers.by_key(period, limit=MOST, keys=only)
        else:
            clicks = self.answers.by_key(period, limit=MOST + 1, sort=self._sort)
            is_full = len(clicks) > MOST
            kept = list(clicks)[:MOST]
            sums = sums_by_key(question, period, limit=MOST, sort=self._sort, keys=kept if is_full else None)
        if is_full:
            sums = {key: sums[key] for key in kept if key in sums}
            clicks = {key: clicks[key] for key in kept if key in clicks}
        if is_kept(question, question.by):
            self._tell_rest(sums, clicks if has_clicks else None, is_full=is_full)
        keys = dict.fromkeys([*sums, *clicks])
        return [self._row(key, sums, clicks if has_clicks else None) for key in keys]

    def _tell_rest(
        self, sums: dict[str, Sums], clicks: Mapping[str, Clicks] | None, *, is_full: bool = True
    ) -> None:
        """Adds «not given» to the sums, which kept ones do not have, and tells what stands beyond them."""
        question, total = self.question, self.total
        listed = sum(sums.values(), start=Sums())
        named = listed
        if question.by in ("hour", "product"):
            named = named_sums(question, question.period) if is_full else listed
        elif question.by in _COMPLETE:
            named = _sums_of(total)
        else:
            named = named_sums(question, question.period) if is_full else listed
            if nowhere := _sums_of(total) - replace(named, earned_minor=0):
                sums[""] = nowhere
        beyond = None
        if clicks is not None and question.by in PLAIN and total.clicks is not None:
            counted = Clicks(total.clicks, total.visitors or 0, total.bots or 0)
            beyond = counted - sum(clicks.values(), start=Clicks())
        if is_full or (beyond and beyond.clicks):
            self.rest = figures_of(question, beyond, named - listed)

    def _with_before(self, rows: Sequence[FigureRow]) -> list[FigureRow]:
        """The same rows with what they were in the period before."""
        question, period = self.question, self.question.period.before()
        keys = [str(row.key) for row in rows]
        sums = sums_by_key(question, period, limit=MOST, keys=keys)
        has_clicks = self.answers.has_meaning
        clicks = self.answers.by_key(period, limit=MOST, keys=keys) if has_clicks else None
        is_told = question.by in _COMPLETE or not is_kept(question, question.by)
        return [
            replace(
                row,
                before=figures_of(
                    question,
                    clicks.get(str(row.key), Clicks()) if clicks is not None else None,
                    sums.get(str(row.key), Sums()) if row.key or is_told else None,
                ),
            )
            for row in rows
        ]


def _sums_of(total: Figures) -> Sums:
    """The half of orders of figures that have it."""
    return Sums(
        total.orders or 0, total.revenue or 0, total.returned or 0, total.returned_sum or 0, total.level1 or 0,
        total.level2 or 0,
    )  # fmt: skip
