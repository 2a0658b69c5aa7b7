"""Questions about content: lists for cabinet and office, and what each item's link has brought. Sums in minor units."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Count, QuerySet, Sum

from molva.commissions.models import Cut, DayFigure, OrderFigure
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.reports.cabinet_links import public_address
from molva.reports.matching import contains, person_like
from molva.tracking.content import ERID
from molva.tracking.links import with_mark
from molva.tracking.models import AddressState, ClickDay, ContentItem, ContentKind

# Kept sums by link, and what they are called here.
_KEPT = {"orders": "orders", "revenue_minor": "revenue_minor", "level1_minor": "commission_minor"}


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
    """Results by link id, in two queries for one item and for fifty."""
    links = {item.link_id: item.partner_id for item in items}
    found = dict.fromkeys(links, LinkResults())
    if not found:
        return found
    partners = set(links.values())
    days = ClickDay.objects.filter(partner__in=partners, link_key__in=links).order_by()
    sums = days.values_list("link_key").annotate(n=Sum("clicks"), people=Sum("visitors"))
    for link, clicks, visitors in sums:
        found[link] = replace(found[link], clicks=clicks, visitors=visitors)
    programmes = {item.programme_id for item in items}
    kept = DayFigure.objects.filter(programme__in=programmes, cut=Cut.LINK, key__in=links, word="").order_by()
    for link, *won in kept.values_list("key").annotate(*map(Sum, _KEPT)):
        found[link] = replace(found[link], **dict(zip(_KEPT.values(), won, strict=True)))
    return found


def content_address(item: ContentItem) -> str:
    """The address to publish: the item's link, with the mark of the advertisement when it has one."""
    address = public_address(item.link)
    return with_mark(address, param=ERID, mark=item.erid) if item.erid else address


def content_orders(item: ContentItem, limit: int = 50) -> list[tuple[Order, LinkResults]]:
    """The orders behind the figures of one item, newest first."""
    rows = OrderFigure.objects.filter(partner=item.partner_id, link_key=item.link_id, is_own=True).order_by()
    sums = rows.values_list("order").annotate(*map(Sum, _KEPT)).order_by("-order")[:limit]
    won = {order: LinkResults(0, 0, *figures) for order, *figures in sums}
    orders = Order.objects.filter(pk__in=won).select_related("customer")
    return [(order, won[order.pk]) for order in orders.order_by("-created_at", "-pk")]


def state_counts(programme: Programme) -> dict[str, int]:
    """How many items that are not put away have each state of the address."""
    rows = ContentItem.objects.filter(programme=programme, is_archived=False).order_by()
    found = dict(rows.values_list("address_state").annotate(n=Count("pk")))
    return {state: found.get(state, 0) for state in AddressState.values}
