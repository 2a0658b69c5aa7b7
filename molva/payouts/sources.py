"""What a partner's available money consists of: per commission, and per transaction that belongs to none.

A part is what the books hold of its source on the `available` account, less what live payouts have drawn of it. The
parts of a partner add up to his available balance less his draft.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import BigIntegerField, Case, CharField, F, Q, Sum, Value, When

from molva.ledger.models import AccountKind, Posting, TransactionKind
from molva.payouts.models import LIVE_STATUSES, LineKind, Payout, PayoutLine
from molva.programmes.models import Partner

# Sources in one order everywhere, so that drafts made twice are equal: commissions, then the rest, each by id.
_PAYOUT_KINDS = [kind for kind in TransactionKind if kind.startswith("payout_")]

Source = tuple[str, int]  # («commission», its id) or (kind of a transaction, its id)


@dataclass(frozen=True, slots=True)
class Part:
    """An undrawn part of what is available; minor units, below zero for what was taken back after it was paid."""

    source: Source
    amount_minor: int

    @property
    def is_commission(self) -> bool:
        return self.source[0] == LineKind.COMMISSION


def undrawn_parts(
    partners: Collection[Partner], *, apart_from: Payout | None = None
) -> dict[int, list[Part]]:
    """Parts by partner id that no live payout has drawn (`apart_from` counts as not drawn), in two queries."""
    sums: dict[int, dict[Source, int]] = {partner.pk: {} for partner in partners}
    for partner_id, source, amount in [*_earned(partners), *_drawn(partners, apart_from)]:
        parts = sums[partner_id]
        parts[source] = parts.get(source, 0) + amount
    return {
        partner_id: [Part(source, amount) for source, amount in sorted(parts.items(), key=_order) if amount]
        for partner_id, parts in sums.items()
    }


def _order(item: tuple[Source, int]) -> tuple[bool, int]:
    (kind, pk), _ = item
    return kind != LineKind.COMMISSION, pk


def _earned(partners: Collection[Partner]) -> list[tuple[int, Source, int]]:
    alone = Q(transaction__commission_id__isnull=True)
    signed = Case(
        When(to_account__kind=AccountKind.AVAILABLE, then=F("amount_minor")),
        When(from_account__kind=AccountKind.AVAILABLE, then=-F("amount_minor")),
        default=Value(0),
        output_field=BigIntegerField(),
    )
    rows = (
        Posting.objects.filter(transaction__partner__in=partners)
        .exclude(transaction__kind__in=_PAYOUT_KINDS)
        .values(
            owner=F("transaction__partner_id"),
            kind=Case(
                When(alone, then=F("transaction__kind")),
                default=Value(LineKind.COMMISSION.value),
                output_field=CharField(),
            ),
            source=Case(
                When(alone, then=F("transaction_id")),
                default=F("transaction__commission_id"),
                output_field=BigIntegerField(),
            ),
        )
        .annotate(total=Sum(signed))
    )
    return [(row["owner"], (row["kind"], row["source"]), row["total"]) for row in rows]


def _drawn(partners: Collection[Partner], apart_from: Payout | None) -> list[tuple[int, Source, int]]:
    lines = PayoutLine.objects.filter(payout__partner__in=partners, payout__status__in=LIVE_STATUSES)
    if apart_from is not None:
        lines = lines.exclude(payout=apart_from)
    rows = lines.values_list("payout__partner_id", "kind", "commission_id", "transaction_id")
    return [
        (owner, (kind, commission_id or transaction_id), -total)
        for owner, kind, commission_id, transaction_id, total in rows.annotate(
            total=Sum("amount_minor")
        ).order_by()
    ]
