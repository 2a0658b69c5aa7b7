"""Sums of days made anew from the postings: after an upgrade, or when `molva check` finds that one has drifted."""

from itertools import groupby

from django.db import transaction

from molva.ledger.days import DaySums, local_day, sums_of
from molva.ledger.models import LedgerDay, Posting, Transaction
from molva.ledger.services import lock_books
from molva.programmes.models import Programme
from molva.workspaces.scoping import scope


@transaction.atomic
def recount_days(programme: Programme) -> int:
    """Count every posting of a programme; returns how many transactions there were. Needs the programme's scope."""
    lock_books()
    LedgerDay.objects.filter(programme=programme).delete()
    postings = Posting.objects.filter(transaction__programme=programme).order_by("transaction__number", "pk")
    rows = postings.values_list(
        "transaction_id", "transaction__kind", "transaction__at", "transaction__partner_id",
        "from_account__kind", "to_account__kind", "amount_minor",
    )  # fmt: skip
    sums, count = DaySums(), 0
    for _pk, group in groupby(rows.iterator(chunk_size=2000), key=lambda row: row[0]):
        made, count = list(group), count + 1
        _number, kind, at, partner_id = made[0][:4]
        day = local_day(at, programme.timezone)
        sums.add(programme.pk, day, partner_id, sums_of(kind, [row[4:] for row in made]))
    sums.save(programme.workspace_id)
    return count


def count_days_that_are_not() -> None:
    """Upgrade: programmes that had money before there were sums of days."""
    for programme in Programme.unscoped.order_by("pk"):
        with scope(programme.workspace_id):
            has_money = Transaction.objects.filter(programme=programme).exists()
            if has_money and not LedgerDay.objects.filter(programme=programme).exists():
                recount_days(programme)
