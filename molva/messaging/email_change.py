"""A new e-mail of a partner, with its letters: each goes into the queue in the transaction of its deed."""

from django.db import transaction

from molva.jobs import enqueue
from molva.messaging.letters import send_email_changed, send_email_proof
from molva.programmes.email_change import confirm_email_change, request_email_change
from molva.programmes.models import EmailChange, Partner
from molva.workspaces.models import User


@transaction.atomic
def ask_new_email(*, partner: Partner, email: str, actor: User | Partner) -> EmailChange:
    """Write to the new address and wait for its answer. Raises EmailTaken."""
    change = request_email_change(partner=partner, email=email, actor=actor)
    enqueue(send_email_proof, workspace_id=partner.workspace_id, change_id=change.pk)
    return change


@transaction.atomic
def take_new_email(*, change: EmailChange) -> None:
    """The new address has answered; the old one is told. Raises EmailChange.DoesNotExist and EmailTaken."""
    old = confirm_email_change(change=change)
    enqueue(send_email_changed, workspace_id=change.workspace_id, partner_id=change.partner_id, old_email=old)
