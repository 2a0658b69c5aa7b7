"""The report of sales: what customers of partners bought in a period, by partner, by day or by product.

Sales are orders that belong to a partner, by the moment they were made, as the buyer pays them (goods and delivery);
of products, the lines' own sums. «Returned» are those that stand in a lost status or were deleted: they are counted
among the sales, too, so that the part can be seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from molva.commissions.models import Commission
from molva.kit import clock
from molva.orders.models import DELETED_STATUS, Order, OrderLine
from molva.programmes.models import Partner, Programme
from molva.programmes.queries import terms_version_at
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
    rows: list[SalesRow]
    total: SalesRow


def sales_orders(programme: Programme, period: Period, *, partner: str = "") -> "QuerySet[Order]":
    """The orders that a report of sales is made of."""
    rows = Order.objects.filter(
        programme=programme, partner__isnull=False, created_at__gte=period.start, created_at__lt=period.end
    )
    return rows.filter(partner__code=partner) if partner else rows


def lost_statuses(programme: Programme) -> list[str]:
    """Statuses that mean a lost sale by the terms in force, and «deleted»."""
    return [*(terms_version_at(programme, clock.now()).settings["accrual"].get("lost") or []), DELETED_STATUS]


def sales_report(
    programme: Programme, period: Period, *, by: str = "partner", partner: str = ""
) -> SalesReport:
    """The report of a period; `partner` (a code) keeps one partner's sales only."""
    orders = sales_orders(programme, period, partner=partner)
    lost = lost_statuses(programme)
    commissions = Commission.objects.filter(order__in=orders.order_by().values("pk"))
    total = SalesRow(
        key=None,
        **_figures(orders, lost),
        commission=commissions.aggregate(total=Sum("owed_minor"))["total"] or 0,
    )
    if by == "partner":
        rows = _partner_rows(orders, commissions, lost)
    elif by == "day":
        rows = _day_rows(orders, commissions, lost, period)
    else:
        rows = _product_rows(orders, lost)
    return SalesReport(by, rows, total)


def _sums(lost: list[str]) -> dict[str, Any]:
    is_lost = Q(status__in=lost)
    return {
        "orders": Count("pk"),
        "sales": Sum("total_minor"),
        "returned": Count("pk", filter=is_lost),
        "returned_sales": Sum("total_minor", filter=is_lost),
    }


def _figures(orders: "QuerySet[Order]", lost: list[str]) -> dict[str, Any]:
    return _whole(orders.order_by().aggregate(**{f"n_{name}": one for name, one in _sums(lost).items()}))


def _whole(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[f"n_{name}"] or 0 for name in ("orders", "sales", "returned", "returned_sales")}


def _grouped(orders: "QuerySet[Order]", key: str, lost: list[str]) -> dict[Any, dict[str, Any]]:
    sums = {f"n_{name}": one for name, one in _sums(lost).items()}
    return {row["key"]: _whole(row) for row in orders.order_by().values(key=F(key)).annotate(**sums)}


def _partner_rows(
    orders: "QuerySet[Order]", commissions: "QuerySet[Commission]", lost: list[str]
) -> list[SalesRow]:
    found = _grouped(orders, "partner_id", lost)
    owed = dict(commissions.order_by().values_list("order__partner").annotate(total=Sum("owed_minor")))
    partners = Partner.objects.in_bulk(found)
    rows = [
        SalesRow(key=pk, commission=owed.get(pk, 0), label_obj=partners[pk], **figures)
        for pk, figures in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.sales, str(row.label_obj)))


def _day_rows(
    orders: "QuerySet[Order]", commissions: "QuerySet[Commission]", lost: list[str], period: Period
) -> list[SalesRow]:
    found = _grouped(orders.annotate(day=TruncDate("created_at", tzinfo=period.zone)), "day", lost)
    days = commissions.annotate(day=TruncDate("order__created_at", tzinfo=period.zone)).order_by()
    owed = dict(days.values_list("day").annotate(total=Sum("owed_minor")))
    return [
        SalesRow(key=day, commission=owed.get(day, 0), label_obj=day, **found.get(day, {}))
        for day in period.days
    ]


def _product_rows(orders: "QuerySet[Order]", lost: list[str]) -> list[SalesRow]:
    """By product as the shop knows it (its id and SKU)."""
    lines = OrderLine.objects.filter(order__in=orders.order_by().values("pk"))
    is_lost = Q(order__status__in=lost)
    rows = (
        lines.order_by()
        .values("product", "sku")
        .annotate(
            n_orders=Count("order", distinct=True),
            n_sales=Sum("total_minor"),
            n_returned=Count("order", distinct=True, filter=is_lost),
            n_returned_sales=Sum("total_minor", filter=is_lost),
            title=Max("title"),
        )
    )
    made = [
        SalesRow(
            key=(row["product"], row["sku"]),
            label_obj=row["title"] or row["sku"] or row["product"] or "—",
            pieces=row["sku"],
            **_whole(row),
        )
        for row in rows
    ]
    return sorted(made, key=lambda row: (-row.sales, str(row.label_obj)))
