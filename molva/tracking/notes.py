"""What staff write down about a customer."""

from django.db import transaction

from molva.tracking.models import Customer
from molva.workspaces import journal
from molva.workspaces.models import User


@transaction.atomic
def write_note(*, customer: Customer, note: str, actor: User) -> Customer:
    """Replace the note on a customer; the journal keeps what it was."""
    before, customer.note = customer.note, note.strip()
    if before != customer.note:
        customer.save(update_fields=["note"])
        journal.record(
            "customer.noted", customer, actor=actor, data={"changes": {"note": [before, customer.note]}}
        )
    return customer
