"""Letters of the public pages, sent by the worker."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from molva.jobs import job
from molva.programmes.models import Partner, PartnerStatus
from molva.reports.cabinet_links import public_address
from molva.tracking.services import main_link
from molva.web.ui.letters import send_letter


@job(queue="mail")
def send_link(partner_id: int, language: str) -> None:
    """The partner's link and the address of the cabinet; whoever waits for acceptance is told so."""
    partner = Partner.objects.select_related("programme__workspace").filter(pk=partner_id).first()
    if partner is None or not partner.email:
        return
    link = main_link(partner) if partner.status == PartnerStatus.ACTIVE else None
    with translation.override(language):
        programme = partner.programme
        context = {
            "subject": _("Your link: %(programme)s") % {"programme": programme.name},
            "merchant": programme.workspace.name,
            "partner": partner,
            "link_url": public_address(link) if link else "",
            "is_waiting": partner.status == PartnerStatus.PENDING,
            "action_url": settings.MOLVA_URL + reverse("cabinet:today", args=[programme.code]),
            "action": _("Open the cabinet"),
        }
        send_letter("public/mail/link", partner.email, context)
