"""What a record's signs come to in a programme: the visitor and the address for the rules, and the list for people."""

from functools import cache, partial
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery

from molva.domain.click_id import read_token
from molva.domain.inbound import InboundMarks
from molva.kit.codes import fold
from molva.orders.marks import Sign, Weighed, Words, outside_hosts, weigh
from molva.orders.models import DELETED_STATUS, Order, OrderCode
from molva.programmes.models import Partner, Programme
from molva.tracking.keys import token_key
from molva.tracking.models import Link, PromoCode


def weigh_marks(programme: Programme, marks: InboundMarks, policy: str) -> Weighed:
    """Weigh the signs of a record by what this programme knows."""
    return weigh(
        marks,
        policy=policy,
        words=Words(programme.mark_words, our_hosts()),
        is_genuine=lambda token: read_token(token, token_key()) is not None,
        partner_of=partial(_partner_of, programme),
    )


def visitor_of(weighed: Weighed) -> str | None:
    """The visitor behind the token that counts."""
    found = read_token(weighed.token, token_key()) if weighed.token else None
    return found.visitor if found else None


def _partner_of(programme: Programme, sign: Sign) -> str | None:
    """Whom a sign names today: a partner's public code, a promo code, a short link; asked only when signs differ."""
    folded = fold(sign.value)
    if sign.what == "short_link":
        link = Link.objects.filter(programme=programme, code_folded=folded).select_related("partner").first()
        return link.partner.code if link else None
    own = (
        Partner.objects.filter(programme=programme, code_folded=folded).values_list("code", flat=True).first()
    )
    codes = PromoCode.objects.filter(programme=programme, code_folded=folded)
    return own or codes.values_list("partner__code", flat=True).first()


@cache
def our_hosts() -> frozenset[str]:
    """Hosts of our own pages and short links."""
    urls = (settings.MOLVA_URL, settings.MOLVA_TRACKER_URL)
    return frozenset(urlsplit(url).netloc.lower() for url in urls)


def code_rows(order: Order, marks: InboundMarks) -> list[OrderCode]:
    """Which codes an order was made with, and from which outside page, so that uses and leaks can be counted."""
    written = {fold(code)[:200]: code.strip()[:200] for code in marks.codes if fold(code)}
    if not written:
        return []
    hosts = outside_hosts(marks, {*order.programme.shop_hosts, *our_hosts()})
    host = hosts[0][:255] if hosts else ""
    used_at = None if order.status == DELETED_STATUS else order.created_at
    return [
        OrderCode(
            programme=order.programme,
            order=order,
            code=code,
            code_folded=folded,
            referrer_host=host,
            used_at=used_at,
            sold_minor=order.total_minor,
        )
        for folded, code in written.items()
    ]


def tell_codes(rows: "QuerySet[OrderCode]") -> None:
    """Bring along what these rows say of their orders, in one statement."""
    made = Order.objects.filter(pk=OuterRef("order_id"))
    alive = made.exclude(status=DELETED_STATUS)
    rows.update(used_at=Subquery(alive.values("created_at")), sold_minor=Subquery(made.values("total_minor")))
