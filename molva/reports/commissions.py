"""Questions about commissions: the list by status, and the proof of one in the books. Sums in minor units."""

from dataclasses import dataclass

from django.db.models import Count, Min, Q, QuerySet, Sum

from molva.commissions.models import Commission, CommissionStatus
from molva.ledger.models import Transaction
from molva.programmes.models import Programme
from molva.reports.matching import contains
from molva.reports.period import Period


@dataclass(frozen=True, slots=True)
class StatusSum:
    """Commissions of one status."""

    count: int = 0
    amount_minor: int = 0


def list_commissions(
    programme: Programme,
    *,
    search: str = "",
    status: str = "",
    partner: str = "",
    level: str = "",
    period: Period | None = None,
) -> "QuerySet[Commission]":
    """Commissions by their orders, newest first; the period is that of the orders. `due_at`: end of the hold."""
    rows = Commission.objects.filter(programme=programme).select_related("order", "partner")
    if search:
        rows = rows.filter(contains(search, "order__number", "partner__name", "partner__code"))
    if status:
        rows = rows.filter(status=status)
    if partner:
        rows = rows.filter(partner__code=partner)
    if level in ("1", "2"):
        rows = rows.filter(level=int(level))
    if period:
        rows = rows.filter(order__created_at__gte=period.start, order__created_at__lt=period.end)
    rows = rows.annotate(due_at=Min("lots__due_at", filter=Q(lots__held_minor__gt=0)))
    return rows.order_by("-order__created_at", "-order_id", "level")


def commission_tabs(commissions: "QuerySet[Commission]") -> dict[str, StatusSum]:
    """Count and sum of each status of a list: expected ones by what they would give, the rest by the books."""
    found = (
        commissions.order_by()
        .values_list("status")
        .annotate(n=Count("pk", distinct=True), posted=Sum("posted_minor"), hoped=Sum("expected_minor"))
    )
    sums = {str(status): StatusSum() for status in CommissionStatus}
    for status, count, posted, hoped in found:
        sums[status] = StatusSum(count, (hoped if status == CommissionStatus.EXPECTED else posted) or 0)
    return sums


def plain_commissions(programme: Programme, **filters: object) -> "QuerySet[Commission]":
    """The same list without the hold's end: sums over it are not multiplied by the lots."""
    listed = list_commissions(programme, **filters)  # type: ignore[arg-type]
    return Commission.objects.filter(pk__in=listed.order_by().values("pk"))


def commission_entries(commission: Commission) -> list[Transaction]:
    """The books' transactions of a commission, in their order, each with `amount_minor`."""
    rows = Transaction.objects.filter(commission_id=commission.pk)
    return list(rows.annotate(amount_minor=Sum("postings__amount_minor")).order_by("number"))
