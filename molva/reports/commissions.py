"""Questions about commissions: the list by status, and the proof of one in the books. Sums in minor units."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from molva.commissions.models import AccrualLot, Commission, CommissionStatus
from molva.ledger.models import Transaction
from molva.programmes.models import Partner, Programme
from molva.reports.finding import FOUND, found_orders, of_partner
from molva.reports.matching import contains
from molva.reports.period import Period


@dataclass(frozen=True, slots=True)
class StatusSum:
    """Commissions of one status; `is_cut`: there are more than were counted, and the sum is not known."""

    count: int = 0
    amount_minor: int = 0
    is_cut: bool = False


def list_commissions(
    programme: Programme,
    *,
    search: str = "",
    status: str = "",
    partner: str = "",
    level: str = "",
    period: Period | None = None,
) -> "QuerySet[Commission]":
    """Commissions by their orders, newest first; the period is that of the orders. `due_at`: end of the hold.

    Those of a status stand in an index by the moments of their orders; for all statuses the orders themselves are gone
    through from the newest on, so the same moment is asked of the order.
    """
    rows = Commission.objects.select_related("order", "partner")
    is_by_orders = not (status or partner or search)
    if is_by_orders:
        rows = rows.filter(order__programme=programme)
    elif not (partner or search):
        # else they are of this programme, and their own index is better than the programme's
        rows = rows.filter(programme=programme)
    if search:
        people = Partner.objects.filter(contains(search, "name", "code"), programme=programme)
        rows = rows.filter(
            Q(order__in=found_orders(programme, search))
            | Q(partner__in=list(people.values_list("pk", flat=True)[:FOUND]))
        )
    if status:
        rows = rows.filter(status=status)
    if partner:
        rows = rows.filter(partner=of_partner(programme, partner))
    if level in ("1", "2"):
        rows = rows.filter(level=int(level))
    moment = "order__created_at" if is_by_orders else "ordered_at"
    if period:
        rows = rows.filter(**{f"{moment}__gte": period.start, f"{moment}__lt": period.end})
    waiting = AccrualLot.objects.filter(commission=OuterRef("pk"), held_minor__gt=0).order_by("due_at")
    rows = rows.annotate(due_at=Subquery(waiting.values("due_at")[:1]))
    return rows.order_by(f"-{moment}", "-order_id", "level")


def commission_tabs(programme: Programme, *, most: int, **filters: Any) -> dict[str, StatusSum]:
    """Count and sum of each status of a list (see `list_commissions`) in one query: expected ones by what they would
    give, the rest by the books. Of a status only `most` rows are looked at.
    """
    sums = {str(status): StatusSum() for status in CommissionStatus}
    try:
        parts = [
            _first_of(list_commissions(programme, status=status, **filters), str(status), most)
            for status in CommissionStatus
        ]
    except EmptyResultSet:  # Django sees without asking that nothing fits
        return sums
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(sql for sql, _ in parts), [one for _, values in parts for one in values]
        )
        for status, count, posted, hoped in cursor.fetchall():
            amount = hoped if status == CommissionStatus.EXPECTED else posted
            is_cut = count > most
            sums[status] = StatusSum(min(count, most), 0 if is_cut else int(amount or 0), is_cut)
    return sums


def _first_of(rows: "QuerySet[Commission]", status: str, most: int) -> tuple[str, list[Any]]:
    """SQL and values that count and sum the first rows of a list, however many there are."""
    sql, values = rows.order_by().values("posted_minor", "expected_minor")[: most + 1].query.sql_with_params()
    return (
        f"SELECT %s, COUNT(*), SUM(posted_minor), SUM(expected_minor) FROM ({sql}) AS first_rows",  # noqa: S608
        [status, *values],
    )


def commission_entries(commission: Commission) -> list[Transaction]:
    """The books' transactions of a commission, in their order, each with `amount_minor`."""
    rows = Transaction.objects.filter(commission_id=commission.pk)
    return list(rows.annotate(amount_minor=Sum("postings__amount_minor")).order_by("number"))
