"""Promo codes for people: how often each was used, what it sold, how it stands in the shop; codes of nobody."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import BigIntegerField, Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from molva.orders.models import Order, OrderCode
from molva.programmes.models import Partner, Programme
from molva.reports.matching import contains, person_like
from molva.tracking.models import CodeDiscount, CodeRequest, PromoCode, RequestState

SHOWN_STATES = ("there", "waiting", "differs", "refused", "mark", "voided")
_NEVER_LIVED = Q(voided_at=F("valid_from"))
_DIFFERS = ("drifted", "gone")
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def list_codes(
    programme: Programme,
    *,
    search: str = "",
    state: str = "",
    partner: str = "",
    kind: str = "",
    sort: str = "",
) -> "QuerySet[PromoCode]":
    """Codes of a programme with `uses` and `sold_minor`; `state` is one of SHOWN_STATES, `partner` a code."""
    rows = PromoCode.objects.filter(programme=programme).select_related("partner", "programme")
    rows = rows.prefetch_related("shop_codes__connection")
    if search:
        rows = rows.filter(contains(search, "code") | person_like(search, prefix="partner__", with_code=True))
    if state in SHOWN_STATES:
        rows = rows.filter(_of_state(state)).distinct()
    if partner:
        rows = rows.filter(partner__code=partner)
    if kind:
        rows = rows.filter(discount_kind=kind)
    rows = rows.annotate(uses=_figure(Count("*")), sold_minor=_figure(Sum("sold_minor")))
    key, down = sort.lstrip("-"), sort.startswith("-")
    if key not in ("code", "uses", "sold_minor", "partner"):
        return rows.order_by("-pk")
    name = "partner__name" if key == "partner" else key
    return rows.order_by(f"-{name}" if down else name, "-pk")


def _of_state(state: str) -> Q:
    alive, told = Q(voided_at__isnull=True), Q(awaits_shop=False)
    return {
        "there": alive & told & Q(shop_codes__state="there"),
        "waiting": Q(awaits_shop=True),
        "differs": told & Q(shop_codes__state__in=_DIFFERS),
        "refused": Q(shop_codes__state="refused"),
        "mark": alive & Q(discount_kind=CodeDiscount.NONE),
        "voided": Q(voided_at__isnull=False) & ~_NEVER_LIVED,
    }[state]


def state_of(promo: PromoCode) -> str:
    """One of SHOWN_STATES: what people should know of a code first. Reads `shop_codes` as they were fetched."""
    states = {row.state for row in promo.shop_codes.all()}
    if promo.awaits_shop:
        return "waiting"
    if "refused" in states:
        return "refused"
    if states & set(_DIFFERS):
        return "differs"
    if promo.voided_at:
        return "voided"
    return "there" if "there" in states else "mark"


def _figure(what: Any) -> Coalesce:
    """A figure over the orders that used a code while it was its owner's."""
    used = _orders_of(OuterRef("programme_id"), OuterRef("code_folded"))
    used = used.filter(
        used_at__gte=OuterRef("valid_from"), used_at__lt=Coalesce(OuterRef("voided_at"), Value(_NEVER))
    )
    totals = used.order_by().values("code_folded").annotate(figure=what).values("figure")
    return Coalesce(Subquery(totals, output_field=BigIntegerField()), Value(0))


def _orders_of(programme: Any, folded: Any) -> "QuerySet[OrderCode]":
    return OrderCode.objects.filter(programme_id=programme, code_folded=folded, used_at__isnull=False)


@dataclass(frozen=True, slots=True)
class NobodysCode:
    """A code that orders were made with and that belongs to no partner."""

    code: str
    uses: int
    sold_minor: int
    first_at: datetime
    last_at: datetime


def nobodys_codes(programme: Programme) -> list[NobodysCode]:
    """Codes used in the shop that nobody owns, the most used first."""
    owned = PromoCode.objects.filter(programme=programme).exclude(_NEVER_LIVED).values("code_folded")
    names = Partner.objects.filter(programme=programme).values("code_folded")
    rows = (
        OrderCode.objects.filter(programme=programme, used_at__isnull=False)
        .exclude(code_folded__in=owned)
        .exclude(code_folded__in=names)
        .order_by()
        .values("code_folded")
        .annotate(
            written=Max("code"),
            uses=Count("pk"),
            sold=Sum("sold_minor"),
            first=Min("used_at"),
            last=Max("used_at"),
        )
        .order_by("-uses", "code_folded")[:500]
    )
    return [NobodysCode(row["written"], row["uses"], row["sold"], row["first"], row["last"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Referrer:
    """An outside page's host from which orders with a code came."""

    host: str
    orders: int
    first_at: datetime


def referrers(promo: PromoCode) -> list[Referrer]:
    """Where orders with this code came from, outside the shop and Molva, the most first (a private code's leaks)."""
    rows = (
        _orders_of(promo.programme_id, promo.code_folded)
        .exclude(referrer_host="")
        .order_by()
        .values("referrer_host")
        .annotate(orders=Count("pk"), first=Min("used_at"))
        .order_by("-orders", "referrer_host")[:100]
    )
    return [Referrer(row["referrer_host"], row["orders"], row["first"]) for row in rows]


def orders_with(promo: PromoCode) -> "QuerySet[Order]":
    """Orders made with a code, newest first, whoever got them."""
    used = OrderCode.objects.filter(programme_id=promo.programme_id, code_folded=promo.code_folded)
    rows = Order.objects.filter(pk__in=used.values("order_id")).select_related("customer", "partner")
    return rows.order_by("-created_at", "-pk")


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far codes made together are brought to the shop."""

    total: int
    waiting: int
    refused: list[PromoCode]

    @property
    def done(self) -> int:
        """How many have an answer."""
        return self.total - self.waiting


def batch_progress(programme: Programme, batch: str) -> BatchProgress:
    """Progress of a batch; `total` is 0 for an unknown one."""
    rows = PromoCode.objects.filter(programme=programme, batch=batch)
    refused = rows.filter(shop_codes__state="refused").select_related("partner").distinct()
    return BatchProgress(
        rows.count(),
        rows.filter(awaits_shop=True).count(),
        list(refused.prefetch_related("shop_codes").order_by("pk")[:500]),
    )


def code_counts(programme: Programme) -> dict[str, int]:
    """How many codes stand in each state that has a tab, and in all."""
    rows = PromoCode.objects.filter(programme=programme)
    counts = {state: rows.filter(_of_state(state)).distinct().count() for state in SHOWN_STATES}
    return {"": rows.count(), **counts}


def open_requests(programme: Programme) -> "QuerySet[CodeRequest]":
    """Requests of partners that wait for an answer, the oldest first."""
    rows = CodeRequest.objects.filter(programme=programme, state=RequestState.ASKED)
    return rows.select_related("partner").order_by("created_at", "pk")


def list_partner_codes(partner: Partner) -> list[PromoCode]:
    """A partner's codes for himself, newest first; what the shop refused was never his."""
    rows = list_codes(partner.programme, partner=partner.code).exclude(_NEVER_LIVED)
    return list(rows)
