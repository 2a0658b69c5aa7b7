"""Letting a partner in: place, link and welcome money in one transaction, whoever asks (landing, office, import)."""

from datetime import datetime
from typing import Any

from django.db import transaction

from molva.ledger.services import welcome
from molva.programmes.models import Partner, PartnerStatus, Programme
from molva.programmes.services import register_partner, update_partner
from molva.tracking.codes import give_automatic_code
from molva.tracking.services import main_link
from molva.workspaces.models import User


@transaction.atomic
def admit_partner(*, programme: Programme, actor: User | None = None, **place: Any) -> Partner:
    """Register a partner (see `programmes.services.register_partner`) with a working link and welcome money.

    A partner who waits for acceptance gets both when accepted. Raises PartnerExists.
    """
    partner = register_partner(programme=programme, actor=actor, **place)
    if partner.status == PartnerStatus.ACTIVE:
        _give(partner, at=partner.joined_at)
    return partner


@transaction.atomic
def accept_partner(*, partner: Partner, actor: User, at: datetime) -> Partner:
    """Accept one who waits."""
    update_partner(partner=partner, actor=actor, changes={"status": PartnerStatus.ACTIVE})
    _give(partner, at=at)
    return partner


def _give(partner: Partner, *, at: datetime) -> None:
    main_link(partner)
    give_automatic_code(partner)
    programme = partner.programme
    if programme.welcome_minor > 0:
        welcome(
            partner=partner,
            amount_minor=programme.welcome_minor,
            at=at,
            is_payable=programme.is_welcome_payable,
        )
