"""The report of accruals: what the books hold of a period, by partner, by day or by order.

Everything is read from postings, so the figures are the ledger's own: for each row and for the whole,
`begin + accrued − taken back + other − paid = end`, to the minor unit. Releases move money between two accounts of a
partner and change no balance; they are shown beside.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, Case, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, TruncDate

from molva.ledger.models import PARTNER_KINDS, AccountBalance, AccountKind, Posting, TransactionKind
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.reports.period import Period

_KINDS = sorted(PARTNER_KINDS)
_OTHER = (TransactionKind.WELCOME, TransactionKind.ADJUSTMENT, TransactionKind.WRITE_OFF)


@dataclass(frozen=True, slots=True)
class AccrualRow:
    """Figures of a partner, a day, an order or the whole. `label_obj` is the Partner, the Order, the date or None."""

    key: object
    accrued: int = 0
    taken_back: int = 0
    released: int = 0
    other: int = 0  # welcome money, adjustments, written-off debts
    paid: int = 0  # what left, less what came back
    begin: int = 0
    end: int = 0
    label_obj: Partner | Order | date | None = None

    @property
    def change(self) -> int:
        """What the period adds to the partners' balances."""
        return self.accrued - self.taken_back + self.other - self.paid


@dataclass(frozen=True, slots=True)
class AccrualReport:
    """Rows and their total; `by` is partner, day or order."""

    by: str
    rows: list[AccrualRow]
    total: AccrualRow


def accrual_report(
    programme: Programme,
    period: Period,
    *,
    by: str = "partner",
    partner: str = "",
    among: "QuerySet[Any] | None" = None,
) -> AccrualReport:
    """The report of a period; `partner` (a code) keeps one partner's money only. At most four queries.

    `among`: ids of orders; then only their money is told (what stands behind a figure).
    """
    postings = _postings(programme, partner)
    if among is not None:
        postings = postings.filter(transaction__order_id__in=among)
    inside = postings.filter(transaction__at__gte=period.start, transaction__at__lt=period.end)
    found = list(_figures(inside, _KEYS[by], period))
    if among is None:
        begin = _balances(programme, partner, postings, period.start)
        end = _balances(programme, partner, postings, period.end)
    else:  # of some orders only: their few postings from the beginning
        begin = _changes(postings.filter(transaction__at__lt=period.start))
        end = _changes(postings.filter(transaction__at__lt=period.end))
    if by == "partner":
        rows = _partner_rows(found, begin, end)
    elif by == "day":
        rows = _day_rows(found, sum(begin.values()), period)
    else:
        rows = _order_rows(found)
    total = AccrualRow(key=None, begin=sum(begin.values()), end=sum(end.values()), **_summed(found))
    return AccrualReport(by, rows, total)


_KEYS = {"partner": "transaction__partner_id", "day": "day", "order": "transaction__order_id"}


def _postings(programme: Programme, partner: str) -> "QuerySet[Posting]":
    rows = Posting.objects.filter(transaction__programme=programme)
    return rows.filter(transaction__partner__code=partner) if partner else rows


def _sum(condition: Q, *, minus: Q | None = None) -> Coalesce:
    cases = [When(condition, then=F("amount_minor"))]
    if minus is not None:
        cases.append(When(minus, then=-F("amount_minor")))
    return Coalesce(Sum(Case(*cases, default=Value(0), output_field=BigIntegerField())), Value(0))


def _figures(postings: "QuerySet[Posting]", key: str, period: Period) -> Iterable[Any]:
    kind = "transaction__kind"
    other = Q(**{f"{kind}__in": _OTHER})
    rows = postings.annotate(day=TruncDate("transaction__at", tzinfo=period.zone)).values(key_value=F(key))
    return rows.annotate(
        accrued=_sum(Q(**{kind: TransactionKind.ACCRUAL})),
        taken_back=_sum(Q(**{kind: TransactionKind.CLAWBACK})),
        released=_sum(Q(**{kind: TransactionKind.RELEASE})),
        other=_sum(other & Q(to_account__kind__in=_KINDS), minus=other & Q(from_account__kind__in=_KINDS)),
        paid=_sum(Q(to_account__kind=AccountKind.CASH), minus=Q(from_account__kind=AccountKind.CASH)),
    ).order_by()


_NAMES = ("accrued", "taken_back", "released", "other", "paid")


def _summed(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: sum(row[name] for row in found) for name in _NAMES}


def _row(found: dict[str, Any], **more: Any) -> AccrualRow:
    return AccrualRow(key=found["key_value"], **{name: found[name] for name in _NAMES}, **more)


def _balances(
    programme: Programme, partner: str, postings: "QuerySet[Posting]", moment: datetime
) -> dict[int, int]:
    """What the partners had together on all their accounts right before a moment, by partner id.

    What they have now less what has changed since: going back reads a month, going forward all the years.
    """
    rows = AccountBalance.objects.filter(programme=programme, kind__in=_KINDS)
    rows = rows.filter(partner__code=partner) if partner else rows
    found = dict(rows.order_by().values_list("partner_id").annotate(balance=Sum("balance_minor")))
    for pk, changed in _changes(postings.filter(transaction__at__gte=moment)).items():
        found[pk] = found.get(pk, 0) - changed
    return found


def _changes(postings: "QuerySet[Posting]") -> dict[int, int]:
    """What postings add to the balances of partners, by partner id."""
    change = _sum(
        Q(to_account__kind__in=_KINDS) & ~Q(from_account__kind__in=_KINDS),
        minus=Q(from_account__kind__in=_KINDS) & ~Q(to_account__kind__in=_KINDS),
    )
    rows = postings.filter(transaction__partner__isnull=False).order_by()
    return dict(rows.values_list("transaction__partner_id").annotate(balance=change))


def _partner_rows(
    found: list[dict[str, Any]], begin: dict[int, int], end: dict[int, int]
) -> list[AccrualRow]:
    by_id = {row["key_value"]: row for row in found}
    ids = by_id.keys() | {pk for pk, balance in (begin | end).items() if balance}
    partners = Partner.objects.in_bulk(ids)
    empty = dict.fromkeys(_NAMES, 0)
    rows = [
        _row(
            by_id.get(pk, {"key_value": pk, **empty}),
            begin=begin.get(pk, 0),
            end=end.get(pk, 0),
            label_obj=partners[pk],
        )
        for pk in ids
    ]
    return sorted(rows, key=lambda row: (-row.accrued, -row.end, str(row.label_obj)))


def _day_rows(found: list[dict[str, Any]], begin: int, period: Period) -> list[AccrualRow]:
    by_day = {row["key_value"]: _row(row, label_obj=row["key_value"]) for row in found}
    rows, balance = [], begin
    for day in period.days:
        row = by_day.get(day, AccrualRow(key=day, label_obj=day))
        rows.append(replace(row, begin=balance, end=balance + row.change))
        balance += row.change
    return rows


def _order_rows(found: list[dict[str, Any]]) -> list[AccrualRow]:
    """By order, newest first; what belongs to no order (payouts, adjustments) is one row at the end."""
    orders = Order.objects.select_related("customer", "partner").in_bulk(
        [row["key_value"] for row in found if row["key_value"]]
    )
    rows = [_row(row, label_obj=orders.get(row["key_value"])) for row in found]
    return sorted(rows, key=_made_at, reverse=True)


def _made_at(row: AccrualRow) -> float:
    return row.label_obj.created_at.timestamp() if isinstance(row.label_obj, Order) else 0.0
