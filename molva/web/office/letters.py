"""Letters of the office to partners, sent by the worker in the partner's own language."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from molva.jobs import job
from molva.messaging.letters import send_letter
from molva.tracking.models import PromoCode


@job(queue="mail")
def send_code_voided(code_id: int) -> None:
    """A promo code does not count any more, and why; clients who came by it stay the partner's."""
    promo = PromoCode.objects.select_related("partner__user", "programme__workspace").get(pk=code_id)
    partner, programme = promo.partner, promo.programme
    if not partner.email:
        return
    language = (partner.user.language if partner.user else "") or programme.workspace.language
    with translation.override(language):
        context = {
            "subject": _("Promo code %(code)s does not count any more") % {"code": promo.code},
            "merchant": programme.workspace.name,
            "promo": promo,
            "partner": partner,
            "programme": programme,
            "action_url": settings.MOLVA_URL + reverse("cabinet:codes", args=[programme.code]),
            "action": _("Open the cabinet"),
        }
        send_letter("office/mail/code_voided", partner.email, context)
