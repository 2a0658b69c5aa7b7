"""Questions about content: lists for cabinet and office, and what each item's link has brought. Sums in minor units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, QuerySet, Sum

from molva.commissions.models import Commission
from molva.domain.verdicts import LINK
from molva.kit.clock import from_micros
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.reports.cabinet_links import public_address
from molva.reports.matching import contains, person_like
from molva.tracking.content import ERID
from molva.tracking.links import with_mark
from molva.tracking.models import AddressState, ClickDay, ContentItem, ContentKind, CustomerVisitor, Touch


@dataclass(frozen=True, slots=True)
class LinkResults:
    """What a link has brought since it was made: clicks by people; orders that its clicks have won, and their money."""

    clicks: int = 0
    visitors: int = 0
    orders: int = 0
    revenue_minor: int = 0
    commission_minor: int = 0  # of the link's own partner, by the books

    def __add__(self, other: "LinkResults") -> "LinkResults":
        return LinkResults(
            self.clicks + other.clicks,
            self.visitors + other.visitors,
            self.orders + other.orders,
            self.revenue_minor + other.revenue_minor,
            self.commission_minor + other.commission_minor,
        )


def list_content(
    programme: Programme,
    *,
    partner: Partner | None = None,
    search: str = "",
    kind: str = "",
    state: str = "",
    code: str = "",
    archived: bool = False,
) -> "QuerySet[ContentItem]":
    """Content, newest first; `state` a state of the address, `code` a partner's code."""
    rows = ContentItem.objects.filter(programme=programme, is_archived=archived)
    rows = rows.select_related("partner", "link", "promo", "programme")
    if partner is not None:
        rows = rows.filter(partner=partner)
    if search:
        own = contains(search, "title", "url", "tags")
        rows = rows.filter(own | person_like(search, prefix="partner__", with_code=True))
    if kind in ContentKind.values:
        rows = rows.filter(kind=kind)
    if state in AddressState.values:
        rows = rows.filter(address_state=state)
    if code:
        rows = rows.filter(partner__code=code)
    return rows.order_by("-created_at", "-pk")


def link_results(items: Sequence[ContentItem]) -> dict[int, LinkResults]:
    """Results by link id, in five queries for one item and for fifty."""
    links = {item.link_id: item.partner_id for item in items}
    found = dict.fromkeys(links, LinkResults())
    if not found:
        return found
    days = ClickDay.objects.filter(partner__in=set(links.values()), link_key__in=links).order_by()
    sums = days.values_list("link_key").annotate(n=Sum("clicks"), people=Sum("visitors"))
    for link, clicks, visitors in sums:
        found[link] = replace(found[link], clicks=clicks, visitors=visitors)
    for link, _order, total in _orders(links):
        found[link] = found[link] + total
    return found


def content_address(item: ContentItem) -> str:
    """The address to publish: the item's link, with the mark of the advertisement when it has one."""
    address = public_address(item.link)
    return with_mark(address, param=ERID, mark=item.erid) if item.erid else address


def content_orders(item: ContentItem, limit: int = 50) -> list[tuple[Order, LinkResults]]:
    """The orders behind the figures of one item, newest first."""
    won = {order: total for _link, order, total in _orders({item.link_id: item.partner_id})}
    rows = Order.objects.filter(pk__in=sorted(won)[-limit:]).select_related("customer")
    return [(order, won[order.pk]) for order in rows.order_by("-created_at", "-pk")]


def _orders(links: dict[int, int]) -> Iterable[tuple[int, int, LinkResults]]:
    """By link and order id: orders whose winning touch was made by one of the links.

    A verdict keeps the moment and the partner of the touch; whose visitors the customer's are is stored beside.
    """
    partners = set(links.values())
    won = Order.objects.filter(partner__in=partners, reason=LINK)
    seen = CustomerVisitor.objects.filter(customer__orders__in=won.values("pk"))
    touches: dict[tuple[str, int, datetime], int] = {
        (visitor, partner, at): link
        for visitor, partner, at, link in Touch.objects.filter(
            link__in=links, visitor__in=seen.values("visitor")
        ).values_list("visitor", "partner_id", "at", "link_id")
    }
    if not touches:
        return
    visitors: dict[int, list[str]] = {}
    for customer, visitor in seen.values_list("customer_id", "visitor").distinct():
        visitors.setdefault(customer, []).append(visitor)
    posted = dict(
        Commission.objects.filter(partner__in=partners, level=1, order__in=won.values("pk"))
        .order_by()
        .values_list("order")
        .annotate(total=Sum("posted_minor"))
    )
    facts = won.values_list("pk", "customer_id", "partner_id", "total_minor", "verdict__touch__at")
    for pk, customer, partner, total, at in facts:
        moment = from_micros(at) if at is not None else None
        places = [(visitor, partner, moment) for visitor in visitors.get(customer, [])]
        link = next((touches[place] for place in places if place in touches), None)
        if link is not None:
            yield link, pk, LinkResults(0, 0, 1, total, posted.get(pk, 0))


def state_counts(programme: Programme) -> dict[str, int]:
    """How many items that are not put away have each state of the address."""
    rows = ContentItem.objects.filter(programme=programme, is_archived=False).order_by()
    found = dict(rows.values_list("address_state").annotate(n=Count("pk")))
    return {state: found.get(state, 0) for state in AddressState.values}
