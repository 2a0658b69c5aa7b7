"""Links of a partner for people: the address to share, its clicks. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet, Sum

from molva.programmes.models import Partner
from molva.tracking.links import QR_PARAM
from molva.tracking.models import ClickDay, Link, PromoCode


def public_address(link: Link) -> str:
    """The whole address that a partner gives to friends: the tracker counts the click and leads on."""
    return f"{settings.MOLVA_TRACKER_URL}/r/{link.code}"


def picture_address(link: Link, **marks: str) -> str:
    """The address that a QR picture of ours carries: the tracker tells by it that the click came from a picture."""
    return f"{public_address(link)}?{urlencode({**marks, QR_PARAM: 1})}"


def shown_parts(link: Link) -> tuple[str, str]:
    """The same address without its scheme, cut before the partner's own code."""
    return f"{settings.MOLVA_TRACKER_URL.split('://', 1)[-1]}/r/", link.code


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link with its clicks by people (robots are not counted)."""

    link: Link
    address: str
    clicks: int
    visitors: int


def list_links(partner: Partner) -> list[LinkRow]:
    """The partner's links, the main one first, then the newest; two queries."""
    links = (
        Link.objects.filter(partner=partner)
        .select_related("programme")
        .order_by("-is_main", "-created_at", "-pk")
    )
    days = ClickDay.objects.filter(partner=partner).values_list("link_key").order_by()
    sums = {
        key: (clicks, visitors)
        for key, clicks, visitors in days.annotate(clicks_sum=Sum("clicks"), visitors_sum=Sum("visitors"))
    }
    return list(_rows(links, sums))


def _rows(links: Iterable[Link], sums: dict[int, tuple[int, int]]) -> Iterable[LinkRow]:
    for link in links:
        clicks, visitors = sums.get(link.pk, (0, 0))
        yield LinkRow(link, public_address(link), clicks, visitors)


def bare_clicks(partner: Partner) -> int:
    """Clicks by people on pages of the shop opened with the partner parameter and no link."""
    return _clicks(ClickDay.objects.filter(partner=partner, link_key=0))


def clicks_since(partner: Partner, day: date) -> int:
    """Clicks by people on and after a day, on all links together."""
    return _clicks(ClickDay.objects.filter(partner=partner, day__gte=day))


def _clicks(days: "QuerySet[ClickDay]") -> int:
    return days.aggregate(total=Sum("clicks"))["total"] or 0


def list_promo_codes(partner: Partner) -> list[PromoCode]:
    """Active promo codes, the first given first."""
    return list(PromoCode.objects.filter(partner=partner, is_active=True).order_by("pk"))
