"""Settling again by hand: the same settlement as ever, with an account of what it changed."""

from dataclasses import dataclass

from django.db import transaction

from molva.commissions.models import Commission
from molva.commissions.services import settle_customer
from molva.tracking.models import Customer


@dataclass(frozen=True, slots=True)
class Change:
    """A commission whose sum in the books is another one now; minor units."""

    commission: Commission
    before_minor: int
    after_minor: int


@dataclass(frozen=True, slots=True)
class Again:
    """What settling again did: moved sums, and orders that belong to someone else now."""

    changes: list[Change]
    moved_orders: int

    @property
    def is_same(self) -> bool:
        """Whether everything is as it was."""
        return not self.changes and not self.moved_orders


@transaction.atomic
def settle_again(customer: Customer) -> Again:
    """Settle a customer and compare with what was before."""
    # the settlement takes the same lock: nobody else can change these rows between the two readings
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    sums, verdicts = _sums(customer), _verdicts(customer)
    settle_customer(customer=customer)
    rows = Commission.objects.filter(order__customer=customer).select_related("order", "partner")
    changes = [
        Change(row, sums.get(row.pk, 0), row.posted_minor)
        for row in rows.order_by("order__created_at", "level")
        if sums.get(row.pk, 0) != row.posted_minor
    ]
    after = _verdicts(customer)
    return Again(changes, sum(1 for pk, verdict in after.items() if verdict != verdicts.get(pk)))


def _sums(customer: Customer) -> dict[int, int]:
    return dict(Commission.objects.filter(order__customer=customer).values_list("pk", "posted_minor"))


def _verdicts(customer: Customer) -> dict[int, tuple[int | None, str, str]]:
    rows = customer.orders.values_list("pk", "partner_id", "reason", "unpaid")
    return {pk: (partner, reason, unpaid) for pk, partner, reason, unpaid in rows}
