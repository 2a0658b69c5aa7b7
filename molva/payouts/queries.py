"""Reads of stage 6. All need an open workspace scope."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet, Sum

from molva.ledger.queries import available_from
from molva.payouts.models import Payout, PayoutLine, PayoutStatus
from molva.programmes.models import Partner, Programme


@dataclass(frozen=True, slots=True)
class StatusTotal:
    """How many payouts have a status, and how much they are together (minor units)."""

    count: int
    amount_minor: int


def list_payouts(
    *,
    programme: Programme | None = None,
    partner: Partner | None = None,
    status: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> "QuerySet[Payout]":
    """Payouts, newest first, with partner and programme; `since` ≤ created < `until`."""
    rows = Payout.objects.select_related("partner", "programme").order_by("-created_at", "-pk")
    wanted = {
        "programme": programme,
        "partner": partner,
        "status": status,
        "created_at__gte": since,
        "created_at__lt": until,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def payout_lines(payout: Payout) -> "QuerySet[PayoutLine]":
    """What the payout consists of, with the orders and transactions behind it."""
    return payout.lines.select_related("commission__order", "transaction").order_by("pk")


def payout_totals(programme: Programme) -> dict[str, StatusTotal]:
    """Count and sum of payouts by status; a status without payouts has zeros."""
    totals = {str(status): StatusTotal(0, 0) for status in PayoutStatus}
    rows = Payout.objects.filter(programme=programme).values_list("status").order_by()
    for status, count, amount in rows.annotate(count=Count("pk"), amount=Sum("amount_minor")):
        totals[status] = StatusTotal(count, amount)
    return totals


@dataclass(frozen=True, slots=True)
class Payable:
    """Whom `draft_payouts` would serve now: how many, how much together, and the first of them with their amounts."""

    count: int
    amount_minor: int
    first: list[tuple[Partner, int]]


def list_payable(programme: Programme, *, limit: int = 0) -> Payable:
    """Partners with enough available and without a draft; of those with the most, `limit` are named."""
    available = available_from(programme, max(programme.min_payout_minor, 1))
    drafts = Payout.objects.filter(programme=programme, status=PayoutStatus.DRAFT)
    for pk in drafts.values_list("partner_id", flat=True):
        available.pop(pk, None)
    ranked = sorted(available.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
    partners = Partner.objects.in_bulk([pk for pk, _ in ranked])
    return Payable(len(available), sum(available.values()), [(partners[pk], amount) for pk, amount in ranked])
