"""Accepting, blocking and unblocking partners, one or many at once."""

from collections.abc import Iterable

from django.db import transaction

from molva.commissions.admission import accept_partner
from molva.kit import clock
from molva.programmes.models import Partner, PartnerStatus
from molva.programmes.services import update_partner
from molva.workspaces.models import User


@transaction.atomic
def change_status(*, partners: Iterable[Partner], status: str, actor: User) -> list[Partner]:
    """Bring partners to a status; returns those whose status was another one.

    One who waited gets a link and welcome money with the acceptance. Orders made before keep their settlement.
    """
    changed = [partner for partner in partners if partner.status != status]
    for partner in changed:
        if status == PartnerStatus.ACTIVE and partner.status == PartnerStatus.PENDING:
            accept_partner(partner=partner, actor=actor, at=clock.now())
        else:
            update_partner(partner=partner, actor=actor, changes={"status": status})
    return changed
