"""The report of sales: what customers of partners bought in a period, by partner, by day or by product.

Sales are orders that belong to a partner, by the moment they were made, as the buyer pays them (goods and delivery);
of products, the lines' own sums. «Returned» are those that stand in a lost status or were deleted: they are counted
among the sales, too, so that the part can be seen. All of it is read from the figures (`reports.figures`); here are the
rows of this report, and what the orders of the period have earned by now, whenever it was posted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from molva.programmes.models import Partner, Programme
from molva.reports.figures.labels import with_labels
from molva.reports.figures.orders import keys_with_orders, sums_by_day, sums_by_key, sums_whole
from molva.reports.figures.questions import FigureQuestion, FigureRow
from molva.reports.figures.reading import read_where
from molva.reports.figures.values import Figures, Sums
from molva.reports.keyed import KeyedRows
from molva.reports.period import Period


@dataclass(frozen=True, slots=True)
class SalesRow:
    """Sales of a partner, a day, a product or the whole. `commission` is what is owed on both levels."""

    key: object
    orders: int = 0
    sales: int = 0
    returned: int = 0
    returned_sales: int = 0
    commission: int = 0
    pieces: str = ""
    label_obj: Partner | date | str | None = None

    @property
    def average(self) -> int:
        """An order's average sum, rounded down."""
        return self.sales // self.orders if self.orders else 0


@dataclass(frozen=True, slots=True)
class SalesReport:
    """Rows and their total; `by` is partner, day or product. Of products, `commission` is not counted."""

    by: str
    rows: Sequence[SalesRow]
    total: SalesRow


def sales_report(
    programme: Programme, period: Period, *, by: str = "partner", partner: str = ""
) -> SalesReport:
    """The report of a period; `partner` (a code) keeps one partner's sales only."""
    where = read_where(programme, {"partner": partner})
    question = FigureQuestion(programme, period, by, where=where)
    total = sums_whole(FigureQuestion(programme, period, where=where), period)
    rows = _day_rows(question) if by == "day" else KeyedRows(keys_with_orders(question), _reader(question))
    return SalesReport(by, rows, _row(None, total))


def _row(key: object, sums: Sums, **more: Any) -> SalesRow:
    return SalesRow(
        key=key,
        orders=sums.orders,
        sales=sums.revenue_minor,
        returned=sums.returned,
        returned_sales=sums.returned_minor,
        commission=sums.earned_minor,
        **more,
    )


def _day_rows(question: FigureQuestion) -> list[SalesRow]:
    sums = sums_by_day(question, question.period)
    return [_row(day, sums.get(day, Sums()), label_obj=day) for day in question.period.days]


def _reader(question: FigureQuestion) -> Callable[[Sequence[str]], list[SalesRow]]:
    def read(keys: Sequence[str]) -> list[SalesRow]:
        sums = sums_by_key(question, question.period, limit=len(keys), keys=keys)
        if question.by == "partner":
            partners = Partner.objects.in_bulk([int(key) for key in keys])
            return [_row(int(key), sums[key], label_obj=partners[int(key)]) for key in keys]
        named = with_labels(question.programme, "product", [FigureRow(key, Figures()) for key in keys])
        return [
            _row(tuple(key.split("\x1f")), sums[key], label_obj=row.label, pieces=row.note)
            for key, row in zip(keys, named, strict=True)
        ]

    return read
