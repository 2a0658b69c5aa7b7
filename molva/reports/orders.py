"""Questions about orders: the list with its totals. Sums in minor units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from molva.commissions.models import Commission
from molva.domain.verdicts import NO_RULE, RULE_NONE, SALES_LIMIT, STATUS, ZERO_AMOUNT, ZERO_BASE
from molva.orders.models import Order
from molva.programmes.models import Programme
from molva.reports.finding import found_customers, found_orders, of_partner
from molva.reports.period import Period
from molva.reports.skipping import different_values, values_with_latest

NOBODY, ANYBODY = "nobody", "any"
# Reasons of paying nothing; all others are reasons of the verdict (`domain.verdicts`).
UNPAID = {ZERO_BASE, NO_RULE, RULE_NONE, ZERO_AMOUNT, STATUS, SALES_LIMIT}


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """A list of orders together."""

    orders: int
    sales_minor: int
    owed_minor: int


def list_orders(
    programme: Programme,
    *,
    search: str = "",
    status: str = "",
    reason: str = "",
    partner: str = "",
    source: str = "",
    period: Period | None = None,
    among: "QuerySet[Any] | None" = None,
    sort: str = "",
) -> "QuerySet[Order]":
    """Orders, newest first; `partner` is a code, NOBODY or ANYBODY.

    `reason`: of the verdict, or of paying nothing; `among`: ids of the orders to choose from, all if None.
    """
    rows = Order.objects.select_related("customer", "partner")
    if not search and (partner in ("", NOBODY, ANYBODY)):
        # else the orders are those of people of this programme, found by an index that is better than the programme's
        rows = rows.filter(programme=programme)
    if search:
        people, numbers = found_customers(programme, search), found_orders(programme, search)
        rows = rows.filter(Q(customer__in=people) | Q(pk__in=numbers))
    wanted = {"status": status, "source": source}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    if reason:
        # asked of one column alone: «or» would keep the database from the index by time
        rows = rows.filter(**{"unpaid" if reason in UNPAID else "reason": reason})
    if partner == NOBODY:
        rows = rows.filter(partner__isnull=True)
    elif partner == ANYBODY:
        rows = rows.filter(partner__isnull=False)
    elif partner:
        rows = rows.filter(partner=of_partner(programme, partner))
    if period:
        rows = rows.filter(created_at__gte=period.start, created_at__lt=period.end)
    if among is not None:
        rows = rows.filter(pk__in=among)
    key, down = sort.lstrip("-"), sort.startswith("-")
    if key not in ("number", "total_minor", "created_at"):
        key, down = "created_at", True
    return rows.order_by(f"-{key}" if down else key, "-pk")


def order_commissions(orders: Sequence[Order]) -> dict[int, int]:
    """What each order owes all its partners now (or would, if it is open), by order id, in one query."""
    rows = (
        Commission.objects.filter(order__in=[one.pk for one in orders])
        .order_by()
        .values_list("order")
        .annotate(owed=Sum("owed_minor"), hoped=Sum("expected_minor"))
    )
    return {pk: owed or hoped for pk, owed, hoped in rows}


def order_totals(orders: "QuerySet[Order]") -> OrderTotals:
    """How many orders a list has, what was bought, what is owed for it."""
    whole = orders.order_by().aggregate(n=Count("pk"), total=Sum("total_minor"))
    owed = Commission.objects.filter(order__in=orders.order_by().values("pk")).aggregate(
        total=Sum("owed_minor")
    )
    return OrderTotals(whole["n"], whole["total"] or 0, owed["total"] or 0)


def order_statuses(programme: Programme) -> list[tuple[str, str]]:
    """(status, title) of every status that some order has now; the title is that of the latest such order."""
    found = values_with_latest(Order, programme.pk, "status", "status_title")
    return sorted(((status, title or status) for status, title in found), key=lambda pair: pair[1])


def order_reasons(programme: Programme) -> list[str]:
    """Every reason that the verdict of some order has."""
    return sorted(
        {*different_values(Order, programme.pk, "reason"), *different_values(Order, programme.pk, "unpaid")}
    )


def order_sources(programme: Programme) -> list[str]:
    """Every source that has told an order."""
    return different_values(Order, programme.pk, "source")
