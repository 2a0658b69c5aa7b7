"""A partner's own figures for the first page of the cabinet. Read-only; money comes from the books, in minor units."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Q, Sum
from django.utils import timezone

from molva.commissions.models import AccrualLot, Commission
from molva.kit import clock
from molva.ledger.queries import PartnerBalance, balances
from molva.orders.models import Order
from molva.payouts.models import Payout, PayoutStatus
from molva.programmes.models import Partner
from molva.reports.cabinet_links import clicks_since
from molva.tracking.models import ClickDay
from molva.workspaces.models import Event

FUNNEL_DAYS = 30
# What a partner is told of. Programme-wide kinds have no partner of their own.
NEWS_KINDS = (
    "commission.accrued",
    "commission.clawed_back",
    "commission.released",
    "attribution.started",
    "attribution.ended",
    "attribution.ending",
    "ledger.adjustment",
    "ledger.write_off",
    "payout.drafted",
    "payout.approved",
    "payout.paid",
    "payout.cancelled",
    "payout.failed",
    "promo_code.added",
    "promo_code.changed",
    "promo_code.voided",
    "promo_code.granted",
    "promo_code.declined",
    "link.created",
    "link.stopped",
    "link.resumed",
    "content.dead",
    "content.alive",
    "partner.joined",
)
PROGRAMME_KINDS = ("terms.published", "terms.withdrawn")


@dataclass(frozen=True, slots=True)
class HoldDay:
    """Money that becomes available on a day of the programme's time zone."""

    day: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What the open orders would bring."""

    amount_minor: int
    orders: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """From links to money in the last days: people's clicks, orders, orders that brought an accrual."""

    days: int
    clicks: int
    orders: int
    earning: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the first page says in figures."""

    balance: PartnerBalance
    expected: Expected
    holds: list[HoldDay]
    payouts: int
    last_payout: Payout | None
    open_payout: Payout | None
    funnel: Funnel
    week_clicks: int
    week_orders: int


def overview(partner: Partner) -> Overview:
    """The figures of now; the number of questions does not grow with the history."""
    today = timezone.localdate(clock.now())
    payouts = Payout.objects.filter(partner=partner)
    last = payouts.filter(status=PayoutStatus.PAID).order_by("-paid_at", "-pk").first()
    week = today - timedelta(days=6)
    return Overview(
        balance=balances(partner),
        expected=expected(partner),
        holds=hold_days(partner),
        payouts=payouts.filter(status=PayoutStatus.PAID).count() if last else 0,
        last_payout=last,
        open_payout=payouts.filter(status=PayoutStatus.APPROVED).order_by("-pk").first(),
        funnel=_funnel(partner, today),
        week_clicks=clicks_since(partner, week),
        week_orders=Order.objects.filter(
            partner=partner, created_at__gte=clock.now() - timedelta(days=7)
        ).count(),
    )


def expected(partner: Partner) -> Expected:
    """Σ of what open orders would earn: no money of the books, a hope."""
    open_ones = Commission.objects.filter(partner=partner, expected_minor__gt=0)
    found = open_ones.aggregate(amount=Sum("expected_minor"), orders=Count("order", distinct=True))
    return Expected(found["amount"] or 0, found["orders"])


def hold_days(partner: Partner) -> list[HoldDay]:
    """When the money on hold becomes available, by day, the nearest first; together the balance on hold."""
    lots = AccrualLot.objects.filter(commission__partner=partner, held_minor__gt=0).order_by("due_at")
    sums: dict[date, int] = defaultdict(int)
    for due_at, held in lots.values_list("due_at", "held_minor"):
        sums[timezone.localdate(due_at)] += held
    return [HoldDay(day, amount) for day, amount in sorted(sums.items())]


def _funnel(partner: Partner, today: date) -> Funnel:
    first = today - timedelta(days=FUNNEL_DAYS - 1)
    since = timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    orders = Order.objects.filter(partner=partner, created_at__gte=since - timedelta(days=FUNNEL_DAYS - 1))
    counts = orders.aggregate(
        all=Count("pk", distinct=True),
        earning=Count(
            "pk", filter=Q(commissions__partner=partner, commissions__posted_minor__gt=0), distinct=True
        ),
    )
    return Funnel(FUNNEL_DAYS, clicks_since(partner, first), counts["all"], counts["earning"])


def news(partner: Partner, limit: int = 8) -> list[Event]:
    """The journal of this partner, newest first, with changes of the terms between."""
    own = Q(partner_id=partner.pk, kind__in=NEWS_KINDS)
    common = Q(
        object_kind="programme",
        object_id=partner.programme_id,
        kind__in=PROGRAMME_KINDS,
        at__gte=partner.joined_at,
    )
    # each by its own index, and the newest of both: together they would be looked for in the whole journal
    found = [
        event for part in (own, common) for event in Event.objects.filter(part).order_by("-at", "-pk")[:limit]
    ]
    return sorted(found, key=lambda event: (event.at, event.pk), reverse=True)[:limit]


def payouts_named(numbers: Iterable[int], partner: Partner) -> dict[int, Payout]:
    """The partner's payouts that the news speak of."""
    return Payout.objects.filter(partner=partner).in_bulk(list(numbers))


def has_any_click(partner: Partner) -> bool:
    """Whether anybody has ever come by this partner."""
    return ClickDay.objects.filter(partner=partner, clicks__gt=0).exists()
