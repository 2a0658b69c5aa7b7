"""Questions about customers: the list with its figures, and one person's way. Sums in minor units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet, Sum

from molva.orders.models import Order
from molva.programmes.models import Programme
from molva.reports.finding import found_customers, found_orders, of_partner
from molva.tracking.models import Customer, CustomerVisitor, Touch

NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """What a customer has bought."""

    orders: int = 0
    sales_minor: int = 0
    last_at: datetime | None = None


def list_customers(programme: Programme, *, search: str = "", partner: str = "") -> "QuerySet[Customer]":
    """Customers, newest first; `partner` is a code, or NOBODY for those who are nobody's."""
    rows = Customer.objects.select_related("partner")
    if partner in ("", NOBODY):
        # else the partner is of this programme, and his index is better than the programme's
        rows = rows.filter(programme=programme)
    if search:
        buyers = Order.objects.filter(pk__in=found_orders(programme, search)).values("customer")
        rows = rows.filter(Q(pk__in=found_customers(programme, search)) | Q(pk__in=buyers))
    if partner == NOBODY:
        rows = rows.filter(partner__isnull=True)
    elif partner:
        rows = rows.filter(partner=of_partner(programme, partner))
    return rows.order_by("-created_at", "-pk")


def customer_figures(customers: Sequence[Customer]) -> dict[int, CustomerFigures]:
    """Figures by customer id, in one query."""
    rows = (
        Order.objects.filter(customer__in=[one.pk for one in customers])
        .order_by()
        .values_list("customer")
        .annotate(n=Count("pk"), total=Sum("total_minor"), last=Max("created_at"))
    )
    found = {pk: CustomerFigures(n, total, last) for pk, n, total, last in rows}
    return {one.pk: found.get(one.pk, CustomerFigures()) for one in customers}


def customer_touches(customer: Customer, limit: int = 100) -> list[Touch]:
    """Clicks, scans and forms of every visitor with whom the person was seen, the first ones first."""
    visitors = CustomerVisitor.objects.filter(customer=customer).values("visitor")
    rows = Touch.objects.filter(programme_id=customer.programme_id, visitor__in=visitors)
    return list(rows.select_related("partner", "link").order_by("pk")[:limit])
