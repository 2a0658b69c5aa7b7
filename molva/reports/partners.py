"""Questions about partners: the list with its figures, and what one partner has brought. Sums in minor units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Count, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from molva.commissions.models import Commission, PartnerSum
from molva.ledger.models import AccountBalance, AccountKind
from molva.ledger.queries import balances_for
from molva.programmes.models import Partner, Programme
from molva.reports.matching import contains, person_like
from molva.tracking.models import Customer


@dataclass(frozen=True, slots=True)
class PartnerFigures:
    """What one partner (or all of a list) has brought and got."""

    customers: int = 0
    orders: int = 0
    sales_minor: int = 0
    earned_minor: int = 0  # accrued less taken back, both levels
    available_minor: int = 0


def list_partners(
    programme: Programme,
    *,
    search: str = "",
    status: str = "",
    group: str = "",
    inviter: str = "",
    sort: str = "",
) -> "QuerySet[Partner]":
    """Partners of a programme; `inviter` is a code, `sort` one of SORTS with «-» for the largest first."""
    rows = Partner.objects.filter(programme=programme).select_related("invited_by")
    if search:
        rows = rows.filter(
            person_like(search, with_code=True) | contains(search, "promo_codes__code")
        ).distinct()
    if status:
        rows = rows.filter(status=status)
    if group:
        # a list in JSON text: quotes keep «Опт» apart from «Опт 2»; the exact answer is taken from those few
        rows = rows.filter(pk__in=[pk for pk, groups in rows.values_list("pk", "groups") if group in groups])
    if inviter:
        rows = rows.filter(invited_by__code=inviter)
    return _sorted(rows, sort)


def _sorted(rows: "QuerySet[Partner]", sort: str) -> "QuerySet[Partner]":
    key, down = sort.lstrip("-"), sort.startswith("-")
    if key in _FIGURES:
        rows, key = rows.annotate(sort_figure=_FIGURES[key]()), "sort_figure"
    elif key not in ("name", "joined_at"):
        key, down = "joined_at", True
    return rows.order_by(f"-{key}" if down else key, "-pk")


def _sum_of(rows: "QuerySet[Any]", owner: str, figure: Combinable) -> Coalesce:
    totals = (
        rows.filter(**{owner: OuterRef("pk")})
        .order_by()
        .values(owner)
        .annotate(figure=figure)
        .values("figure")
    )
    return Coalesce(Subquery(totals, output_field=BigIntegerField()), Value(0))


def _available() -> Combinable:
    balance = AccountBalance.objects.filter(partner=OuterRef("pk"), kind=AccountKind.AVAILABLE)
    return Coalesce(Subquery(balance.values("balance_minor"), output_field=BigIntegerField()), Value(0))


def _kept(column: str) -> Combinable:
    sums = PartnerSum.objects.filter(partner=OuterRef("pk"))
    return Coalesce(Subquery(sums.values(column), output_field=BigIntegerField()), Value(0))


_FIGURES: dict[str, Any] = {
    "customers": lambda: _sum_of(Customer.objects.all(), "partner", Count("pk")),
    "orders": lambda: _kept("orders"),
    "sales": lambda: _kept("sales_minor"),
    "earned": lambda: _kept("earned_minor"),
    "available": _available,
}
SORTS = ("name", "joined_at", *_FIGURES)


def partner_figures(programme: Programme, partners: Sequence[Partner]) -> dict[int, PartnerFigures]:
    """Figures by partner id, in as many queries for one as for fifty."""
    ids = [partner.pk for partner in partners]
    customers = _counts(Customer.objects.filter(partner__in=ids))
    kept = PartnerSum.objects.in_bulk(ids)
    known = balances_for(programme, partners)
    return {pk: _figures(customers.get(pk, 0), kept.get(pk), known[pk].available) for pk in ids}


def _figures(customers: int, kept: PartnerSum | None, available_minor: int) -> PartnerFigures:
    if kept is None:
        return PartnerFigures(customers, available_minor=available_minor)
    return PartnerFigures(customers, kept.orders, kept.sales_minor, kept.earned_minor, available_minor)


def _counts(rows: "QuerySet[Any]") -> dict[int, int]:
    return dict(rows.order_by().values_list("partner").annotate(n=Count("pk")))


TOTALS_OF = 300  # partners of whom figures are added up: beyond that the sums are those of reports


def partner_totals(partners: "QuerySet[Partner]") -> PartnerFigures:
    """The same figures of a whole list together."""
    ids = partners.order_by().values("pk")
    kept = PartnerSum.objects.filter(partner__in=ids).aggregate(
        n=Sum("orders"), sales=Sum("sales_minor"), earned=Sum("earned_minor")
    )
    available = AccountBalance.objects.filter(kind=AccountKind.AVAILABLE, partner__in=ids)
    return PartnerFigures(
        customers=Customer.objects.filter(partner__in=ids).count(),
        orders=kept["n"] or 0,
        sales_minor=kept["sales"] or 0,
        earned_minor=kept["earned"] or 0,
        available_minor=_total(available, "balance_minor"),
    )


def _total(rows: "QuerySet[Any]", field: str) -> int:
    return int(rows.aggregate(total=Sum(F(field)))["total"] or 0)


def status_counts(programme: Programme) -> dict[str, int]:
    """How many partners have each status."""
    return dict(
        Partner.objects.filter(programme=programme).order_by().values_list("status").annotate(n=Count("pk"))
    )


def partner_groups(programme: Programme) -> list[str]:
    """Every group that some partner is in, by name."""
    lists = Partner.objects.filter(programme=programme).exclude(groups=[]).values_list("groups", flat=True)
    return sorted({group for groups in lists for group in groups})


def partner_inviters(programme: Programme) -> list[tuple[str, str]]:
    """(code, name) of everybody who has invited somebody."""
    rows = Partner.objects.filter(programme=programme, invited__isnull=False).distinct().order_by("name")
    return list(rows.values_list("code", "name")[:200])


def second_level(partner: Partner) -> list[tuple[Partner, int]]:
    """Whom the partner has invited, and what he got from the sales of each: level 2 by the level-1 partner."""
    invited = list(partner.invited.order_by("name"))
    rows = (
        Commission.objects.filter(partner=partner, level=2, order__partner__in=invited)
        .order_by()
        .values_list("order__partner")
        .annotate(total=Sum("posted_minor"))
    )
    sums = dict(rows)
    return [(one, sums.get(one.pk, 0)) for one in invited]
