"""Everything behind one commission: order, lines, stored explanation, entries of the books. Read-only."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum
from django.http import Http404

from molva.commissions.models import Commission
from molva.domain.explanation import Explanation, LineWhy, from_json
from molva.ledger.models import Transaction
from molva.programmes.models import Partner


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the books about the commission; the amount is what it added to what the partner has, minor units."""

    number: int
    kind: str
    at: datetime
    amount_minor: int
    hash: str


@dataclass(frozen=True, slots=True)
class NamedLine:
    """A line of the calculation with the goods' name."""

    title: str
    why: LineWhy


@dataclass(frozen=True, slots=True)
class Why:
    """A commission with its grounds; `explanation` is None for one that was never explained."""

    commission: Commission
    explanation: Explanation | None
    lines: list[NamedLine]
    entries: list[Entry]
    second_minor: int  # what the order brings to the partner who invited this one


_SIGNS = {"accrual": 1, "clawback": -1, "release": 0}


def why(partner: Partner, pk: int) -> Why:
    """The partner's own commission, or 404."""
    commission = (
        Commission.objects.filter(partner=partner, pk=pk)
        .select_related("order__customer", "order__partner", "terms", "programme")
        .prefetch_related("order__lines", "lots")
        .first()
    )
    if commission is None:
        raise Http404
    explanation = from_json(commission.explanation) if commission.explanation else None
    titles = {
        line.external_id: line.title or line.sku or line.external_id for line in commission.order.lines.all()
    }
    lines = (
        [NamedLine(titles.get(line.line, line.line), line) for line in explanation.lines]
        if explanation
        else []
    )
    return Why(commission, explanation, lines, _entries(commission), _second(commission))


def _entries(commission: Commission) -> list[Entry]:
    rows = (
        Transaction.objects.filter(commission_id=commission.pk, partner_id=commission.partner_id)
        .annotate(amount=Sum("postings__amount_minor"))
        .order_by("number")
    )
    return [
        Entry(row.number, row.kind, row.at, row.amount * _SIGNS.get(row.kind, 0), row.hash) for row in rows
    ]


def _second(commission: Commission) -> int:
    """Owed or expected on the level above."""
    found = Commission.objects.filter(order_id=commission.order_id, level=commission.level + 1).first()
    return max(found.owed_minor, found.expected_minor) if found else 0
