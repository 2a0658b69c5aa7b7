"""The report of accruals: what the books hold of a period, by partner, by day or by order.

The figures are the ledger's own: for each row and for the whole,
`begin + accrued − taken back + other − paid = end`, to the minor unit. Releases move money between two accounts of a
partner and change no balance; they are shown beside. Days and partners are read from the sums that are kept with the
postings (`ledger.days`), orders from their own postings.

What stands behind a figure («only the orders of this link») is narrower: accrued and taken back, no balances.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from molva.ledger.days import EVERYBODY
from molva.ledger.models import PARTNER_KINDS, AccountBalance, LedgerDay, Transaction, TransactionKind
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.reports.figures.days import blunt
from molva.reports.keyed import KeyedRows
from molva.reports.period import Period


@dataclass(frozen=True, slots=True)
class AccrualRow:
    """Figures of a partner, a day, an order or the whole, minor units. `label_obj` is the Partner, the Order, the date
    or None.
    """

    key: Any
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

    @property
    def commission(self) -> int:
        """What was accrued and not taken back."""
        return self.accrued - self.taken_back


@dataclass(frozen=True, slots=True)
class AccrualReport:
    """Rows and their total; `by` is partner, day or order. `days` are always those of the period, for a chart."""

    by: str
    rows: Sequence[AccrualRow]
    total: AccrualRow
    days: list[AccrualRow]
    is_narrowed: bool = False


def accrual_report(
    programme: Programme, period: Period, *, by: str = "partner", partner: str = "", most: int | None = None
) -> AccrualReport:
    """The report of a period; `partner` (a code) keeps one partner's money only.

    `most`: so many orders at most, those first whose money moved last; None: all of them.
    """
    chosen = _chosen(programme, partner) if partner else EVERYBODY
    days = _day_rows(programme, period, chosen)
    total = AccrualRow(None, **_summed(days), begin=days[0].begin, end=days[-1].end)
    rows: Sequence[AccrualRow] = days
    if by == "partner":
        rows = _by_partner(programme, period, chosen, total)
    elif by == "order":
        rows = _by_order(programme, period, chosen, total, most)
    return AccrualReport(by, rows, total, days)


def narrowed_report(
    figures: "QuerySet[Any]", period: Period, *, by: str = "partner", most: int | None = None
) -> AccrualReport:
    """What rows of figures (`OrderFigure`) of the period stand for: accrued and taken back, equal to the figure."""
    found = {row.key: row for row in _narrow_rows(figures.order_by().values("day"), "day")}
    days = [replace(found.get(day, AccrualRow(day)), label_obj=day) for day in period.days]
    total = AccrualRow(None, **_summed(days))
    rows: Sequence[AccrualRow] = days
    if by == "partner":
        partners = _narrow_rows(figures.order_by().values("partner_id"), "partner_id")
        rows = _narrowed(sorted(partners, key=lambda row: -row.accrued), _with_partners)
    elif by == "order":
        ordered = figures.order_by("-order_id").values("order_id")
        rows = _narrowed(_narrow_rows(ordered, "order_id", most and most + 1), _with_orders, most)
    return AccrualReport(by, rows, total, days, is_narrowed=True)


_NAMES = ("accrued", "taken_back", "released", "other", "paid")
_SUMS = {name: Sum(f"{name}_minor") for name in _NAMES}


def _summed(rows: Sequence[AccrualRow]) -> dict[str, Any]:
    return {name: sum(getattr(row, name) for row in rows) for name in _NAMES}


def _chosen(programme: Programme, code: str) -> int:
    """Key of the partner; one that nobody has when there is no such code."""
    found = Partner.objects.filter(programme=programme, code=code).values_list("pk", flat=True).first()
    return -1 if found is None else found


def _in(period: Period) -> Q:
    return Q(day__gte=period.first, day__lte=period.last)


def _day_rows(programme: Programme, period: Period, key: int) -> list[AccrualRow]:
    """Every day of the period with its balances; a partner or everybody has one row a day, so all the past is few."""
    own = LedgerDay.objects.filter(programme=programme, key=key)
    past = _row(None, own.filter(day__lt=period.first).aggregate(**_SUMS))
    names = [f"{name}_minor" for name in _NAMES]
    found: dict[date, list[Any]] = {
        day: sums for day, *sums in own.filter(_in(period)).values_list("day", *names)
    }
    rows, balance = [], past.change
    for day in period.days:
        row = AccrualRow(day, *found.get(day, ()))
        rows.append(replace(row, begin=balance, end=balance + row.change, label_obj=day))
        balance += row.change
    return rows


def _row(key: Any, sums: Any) -> AccrualRow:
    values: list[Any] = [sums[name] or 0 for name in _NAMES] if sums else []
    return AccrualRow(key, *values)


# By partner.


def _by_partner(programme: Programme, period: Period, key: int, total: AccrualRow) -> KeyedRows[AccrualRow]:
    """Partners whose money moved, the most accrued first; then those who merely have some."""

    def read(keys: Sequence[int]) -> list[AccrualRow]:
        inside = LedgerDay.objects.filter(_in(period), programme=programme, key__in=keys).order_by()
        sums = {row["key"]: row for row in inside.values("key").annotate(**_SUMS)}
        ends = _balances(programme, period, keys)
        rows = [_row(pk, sums.get(pk)) for pk in keys]
        return _with_partners(
            [replace(row, begin=ends[row.key] - row.change, end=ends[row.key]) for row in rows]
        )

    if key != EVERYBODY:
        has_any = bool(total.begin or total.end or any(getattr(total, name) for name in _NAMES))
        return KeyedRows([key] if has_any else [], read)
    inside = LedgerDay.objects.filter(_in(period), programme=programme).exclude(key=EVERYBODY)
    moved = inside.values("key").annotate(accrued=Sum("accrued_minor")).order_by("-accrued", "key")
    keys = list(moved.values_list("key", flat=True))
    known = set(keys)
    still = {pk: end for pk, end in _balances(programme, period).items() if end and pk not in known}
    return KeyedRows([*keys, *sorted(still, key=lambda pk: (-still[pk], pk))], read)


def _balances(programme: Programme, period: Period, keys: Sequence[int] | None = None) -> Counter[int]:
    """What partners had on all their accounts at the end of the period: what they have now less what came later."""
    rows = AccountBalance.objects.filter(programme=programme, kind__in=sorted(PARTNER_KINDS)).order_by()
    # a range with an end, too: without one SQLite would rather walk through the days of each partner
    after = Q(day__gt=period.last, day__lte=date.max)
    later = LedgerDay.objects.filter(after, programme=programme).exclude(key=EVERYBODY).order_by()
    if keys is not None:
        rows, later = rows.filter(partner__in=keys), later.filter(key__in=keys)
    found = Counter(dict(rows.values_list("partner_id").annotate(balance=Sum("balance_minor"))))
    for row in later.values("key").annotate(**_SUMS):
        found[row["key"]] -= _row(None, row).change
    return found


def _with_partners(rows: Sequence[AccrualRow]) -> list[AccrualRow]:
    partners = Partner.objects.in_bulk([row.key for row in rows])
    return [replace(row, label_obj=partners[row.key]) for row in rows]


# By order.


def _by_order(
    programme: Programme, period: Period, key: int, total: AccrualRow, most: int | None
) -> KeyedRows[AccrualRow]:
    """Orders by the last moment of their money in the period; what belongs to none is one row at the end."""
    moved = Transaction.objects.filter(programme=programme, at__gte=period.start, at__lt=period.end)
    whose: dict[str, Any] = {} if key == EVERYBODY else {"partner": key}
    moved = moved.filter(order_id__isnull=False, **whose)
    latest = moved.order_by("-at", "-number").values_list("order_id", flat=True)
    # an order has a few transactions: to know that there are more than `most`, so many need not all be read
    scanned = list(latest if most is None else latest[: most * _A_FEW])
    keys: list[int | None] = list(dict.fromkeys(scanned))
    is_cut = most is not None and (len(keys) > most or len(scanned) == most * _A_FEW)
    if total.other or total.paid:
        keys.append(None)

    def read(chosen: Sequence[int | None]) -> list[AccrualRow]:
        of_these = Transaction.objects.filter(order_id__in=[key for key in chosen if key], **whose)
        of_these = of_these.alias(moment=blunt("at")).filter(moment__gte=period.start, moment__lt=period.end)
        sums: dict[Any, Any] = {
            row["order_id"]: row for row in of_these.order_by().values("order_id").annotate(**_BY_KIND)
        }
        rows = [AccrualRow(key, *(sums[key][name] for name in _BY_KIND)) for key in chosen if key]
        rows += [AccrualRow(None, other=total.other, paid=total.paid)] * (None in chosen)
        return _with_orders(rows)

    return KeyedRows(keys, read, is_cut=is_cut)


def _of_kind(kind: str) -> Coalesce:
    return Coalesce(Sum("postings__amount_minor", filter=Q(kind=kind)), Value(0))


_A_FEW = 3
_BY_KIND = {
    "accrued": _of_kind(TransactionKind.ACCRUAL),
    "taken_back": _of_kind(TransactionKind.CLAWBACK),
    "released": _of_kind(TransactionKind.RELEASE),
}


def _with_orders(rows: Sequence[AccrualRow]) -> list[AccrualRow]:
    keys = [row.key for row in rows if row.key]
    orders = Order.objects.select_related("customer", "partner").in_bulk(keys)
    return [replace(row, label_obj=orders.get(row.key)) for row in rows]


# Behind a figure.


def _narrow_rows(grouped: "QuerySet[Any]", name: str, most: int | None = None) -> list[AccrualRow]:
    taken = Sum("taken_back_minor")
    found = grouped.annotate(
        accrued=Sum(F("level1_minor") + F("level2_minor")) + taken, taken=taken
    ).values_list(name, "accrued", "taken")
    return [AccrualRow(key, accrued, back) for key, accrued, back in found[:most] if accrued or back]


def _narrowed(
    found: list[AccrualRow],
    label: Callable[[Sequence[AccrualRow]], list[AccrualRow]],
    most: int | None = None,
) -> KeyedRows[AccrualRow]:
    kept = {row.key: row for row in found[:most]}
    return KeyedRows(
        list(kept), lambda keys: label([kept[key] for key in keys]), is_cut=len(found) > len(kept)
    )
