"""A partner's orders and accruals for lists of the cabinet. Read-only."""

from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Sum

from molva.commissions.models import Commission, CommissionStatus
from molva.orders.models import Order
from molva.programmes.models import Partner
from molva.reports.period import Period


def list_orders(
    partner: Partner,
    *,
    state: str = "",
    level: str = "",
    number: str = "",
    period: Period | None = None,
    among: "QuerySet[Any] | None" = None,
) -> "QuerySet[Order]":
    """Orders that are the partner's, or bring him something; newest first; see `mine_of` for his commissions.

    `state`: a status of a commission, or «nothing» for orders that bring nothing; `level`: «1», or «2» for those of
    invited partners; `among`: ids of the orders to choose from (what stands behind a figure).
    """
    mine = Commission.objects.filter(order=OuterRef("pk"), partner=partner)
    # by two indexes: asked of each order of the programme in turn, it would take seconds
    earned = Commission.objects.filter(partner=partner).values("order")
    orders = Order.objects.filter(Q(partner=partner) | Q(pk__in=earned))
    if state == "nothing":
        orders = orders.exclude(Exists(mine))
    elif state:
        orders = orders.filter(Exists(mine.filter(status=state)))
    if level == "1":
        orders = orders.filter(partner=partner)
    elif level:
        orders = orders.filter(Exists(mine.filter(level__gt=1)))
    if number:
        orders = orders.filter(number__icontains=number)
    if period:
        orders = orders.filter(created_at__gte=period.start, created_at__lt=period.end)
    if among is not None:
        orders = orders.filter(pk__in=among)
    own = Commission.objects.filter(partner=partner).prefetch_related("lots").order_by("level")
    return (
        orders.select_related("customer")
        .prefetch_related(Prefetch("commissions", queryset=own, to_attr="mine"))
        .order_by("-created_at", "-pk")
    )


def list_commissions(partner: Partner, *, status: str = "") -> "QuerySet[Commission]":
    """The partner's commissions, newest first, with their orders and what still waits."""
    found = Commission.objects.filter(partner=partner).select_related("order").prefetch_related("lots")
    if status:
        found = found.filter(status=status)
    return found.order_by("-created_at", "-pk")


@dataclass(frozen=True, slots=True)
class InvitedRow:
    """A partner whom this partner invited: no facts about his clients."""

    partner: Partner
    orders: int
    posted_minor: int
    expected_minor: int


def list_invited(partner: Partner) -> "QuerySet[Partner]":
    """Partners invited directly, the latest first."""
    return Partner.objects.filter(programme=partner.programme, invited_by=partner).order_by(
        "-joined_at", "-pk"
    )


def invited_rows(partner: Partner, invited: list[Partner]) -> list[InvitedRow]:
    """What each of them has brought to the inviter; two questions for any number."""
    rows = Commission.objects.filter(partner=partner, level__gt=1, order__partner__in=invited)
    earned: dict[int | None, tuple[int, int]] = {
        one: (posted, hoped)
        for one, posted, hoped in rows.values_list("order__partner")
        .order_by()
        .annotate(posted=Sum("posted_minor"), hoped=Sum("expected_minor"))
    }
    counts = dict(
        Order.objects.filter(partner__in=invited)
        .values_list("partner")
        .order_by()
        .annotate(count=Count("pk"))
    )
    return [InvitedRow(one, counts.get(one.pk, 0), *earned.get(one.pk, (0, 0))) for one in invited]


def mine_of(order: Order) -> list[Commission]:
    """The reader's commissions of an order that `list_orders` found, level 1 first."""
    return cast(list[Commission], vars(order)["mine"])


def team_total(partner: Partner) -> int:
    """What all second levels have brought so far."""
    found = Commission.objects.filter(partner=partner, level__gt=1).aggregate(total=Sum("posted_minor"))
    return found["total"] or 0


def status_counts(partner: Partner) -> dict[str, int]:
    """How many of the partner's commissions have each status."""
    counts = dict.fromkeys(map(str, CommissionStatus), 0)
    rows = (
        Commission.objects.filter(partner=partner)
        .values_list("status")
        .order_by()
        .annotate(count=Count("pk"))
    )
    counts.update(dict(rows))
    return counts
