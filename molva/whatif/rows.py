"""Rows of orders as plain tuples: half a million orders are read in seconds, and no order becomes an object."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import Func, TextField

from molva.commissions.models import Commission
from molva.domain.supposing import Share
from molva.orders.models import Order, OrderLine
from molva.programmes.models import Programme

# (order, customer, partner or None, status, discount, chain as stored text)
OrderRow = tuple[int, int, int | None, str, int, str]
# (order, position, total[, product, SKU, categories])
LineRow = tuple[Any, ...]


class ChainText(Func):
    """The chain of a stored verdict as text: equal chains are read once, whatever their orders are."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """JSON as text."""
        return super().as_sql(
            compiler, connection, template="JSON_EXTRACT(%(expressions)s, '$.chain')", **context
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """Binary JSON."""
        return super().as_sql(
            compiler, connection, template="((%(expressions)s) -> 'chain')::text", **context
        )


def count_orders(programme: Programme, start: datetime, end: datetime) -> int:
    """How many orders were made in `[start, end)`."""
    return _made(programme, start, end).count()


def orders_between(programme: Programme, start: datetime, end: datetime) -> list[OrderRow]:
    """Orders made in `[start, end)`."""
    found = _made(programme, start, end).annotate(chain=ChainText("verdict"))
    columns = ("pk", "customer_id", "partner_id", "status", "discount_minor", "chain")
    return list(found.values_list(*columns))


def lines_between(
    programme: Programme, start: datetime, end: datetime, *, with_goods: bool
) -> dict[int, list[LineRow]]:
    """Lines of the partners' orders of `[start, end)`, by order; in no particular order."""
    found: dict[int, list[LineRow]] = defaultdict(list)
    lines = OrderLine.objects.filter(
        order__partner__isnull=False, **_made_by("order__", programme, start, end)
    )
    columns = ["order_id", "position", "total_minor"] + ["product", "sku", "categories"] * with_goods
    for row in lines.order_by().values_list(*columns):
        found[row[0]].append(row)
    return found


def booked_between(programme: Programme, start: datetime, end: datetime) -> dict[int, list[Share]]:
    """By order of `[start, end)` the shares of partners as the books have them, by level and partner."""
    found: dict[int, list[Share]] = defaultdict(list)
    kept = Commission.objects.filter(**_made_by("order__", programme, start, end))
    kept = kept.exclude(posted_minor=0, expected_minor=0).order_by()
    columns = ("order_id", "partner_id", "level", "posted_minor", "expected_minor")
    for order, partner, level, posted, expected in kept.values_list(*columns):
        found[order].append((partner, level, posted, expected))
    for several in found.values():
        if len(several) > 1:
            several.sort(key=_by_level)
    return found


def _by_level(share: Share) -> tuple[int, int]:
    return share[1], share[0]


def _made(programme: Programme, start: datetime, end: datetime) -> Any:
    return Order.objects.filter(**_made_by("", programme, start, end)).order_by()


def _made_by(path: str, programme: Programme, start: datetime, end: datetime) -> dict[str, Any]:
    return {
        f"{path}programme": programme,
        f"{path}created_at__gte": start,
        f"{path}created_at__lt": end,
    }
