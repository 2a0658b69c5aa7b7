"""What the office decides about partners, with the letter about it: who waited is told in either case."""

from collections.abc import Iterable

from django.db import transaction

from molva.commissions.partner_status import change_status
from molva.jobs import enqueue
from molva.kit import clock
from molva.messaging.letters import SECOND_THOUGHT, send_decision
from molva.programmes.models import Partner, PartnerStatus
from molva.programmes.services import update_partner
from molva.workspaces.models import User


@transaction.atomic
def decide_partners(
    *, partners: Iterable[Partner], status: str, actor: User, reason: str = ""
) -> list[Partner]:
    """Bring partners to a status; returns those whose status was another one.

    Only whoever waits can be refused; `reason` goes into the letter. Whoever waited or was refused, and is active now,
    is told so; blocking and unblocking bring no letter.
    """
    rows = list(partners)
    if status == PartnerStatus.REFUSED:
        return [_refuse(row, actor, reason) for row in rows if row.status == PartnerStatus.PENDING]
    changed = [row for row in rows if row.status != status]
    applied = [row for row in changed if row.status in (PartnerStatus.PENDING, PartnerStatus.REFUSED)]
    for row in changed:
        if (
            row.status == PartnerStatus.REFUSED
        ):  # waits again first: then link and welcome money come as they should
            update_partner(partner=row, actor=actor, changes={"status": PartnerStatus.PENDING, "refusal": ""})
    change_status(partners=changed, status=status, actor=actor)
    if status == PartnerStatus.ACTIVE:
        for row in applied:
            _tell(row)
    return changed


def _refuse(partner: Partner, actor: User, reason: str) -> Partner:
    changes = {"status": PartnerStatus.REFUSED, "refusal": reason}
    update_partner(partner=partner, actor=actor, changes=changes)
    _tell(partner)
    return partner


def _tell(partner: Partner) -> None:
    enqueue(
        send_decision,
        dedupe=f"decision-{partner.pk}",
        run_after=clock.now() + SECOND_THOUGHT,
        workspace_id=partner.workspace_id,
        partner_id=partner.pk,
    )
