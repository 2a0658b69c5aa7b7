"""One question for everything: partners, customers, orders, links and promo codes that fit what was typed."""

from dataclasses import dataclass

from django.db.models import Q

from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.reports.finding import found_customers, found_orders
from molva.reports.matching import contains, person_like
from molva.tracking.models import Customer, Link, PromoCode

LIMIT = 10


@dataclass(frozen=True, slots=True)
class Found:
    """The first ten of each kind."""

    partners: list[Partner]
    customers: list[Customer]
    orders: list[Order]
    links: list[Link]
    promo_codes: list[PromoCode]

    def __bool__(self) -> bool:
        return bool(self.partners or self.customers or self.orders or self.links or self.promo_codes)


def search_all(programme: Programme, typed: str) -> Found:
    """What fits, best first; a link may be pasted whole. Ten queries."""
    word = typed.strip()
    code = word.split("?")[0].rstrip("/").rsplit("/", 1)[-1] if "/" in word else word.lstrip("#№")
    known = found_customers(programme, word)
    people = Customer.objects.filter(pk__in=known).select_related("partner")
    orders = Order.objects.filter(Q(pk__in=found_orders(programme, code)) | Q(customer__in=known))
    links = Link.objects.filter(
        contains(code, "code", "name") | contains(word, "target_url"), programme=programme
    )
    promo_codes = PromoCode.objects.filter(contains(code, "code"), programme=programme)
    return Found(
        partners=list(
            Partner.objects.filter(person_like(word, with_code=True), programme=programme).order_by("name")[
                :LIMIT
            ]
        ),
        customers=list(people.order_by("-created_at")[:LIMIT]),
        orders=list(orders.select_related("customer", "partner").order_by("-created_at")[:LIMIT]),
        links=list(links.select_related("partner").order_by("-pk")[:LIMIT]),
        promo_codes=list(promo_codes.select_related("partner").order_by("-pk")[:LIMIT]),
    )
