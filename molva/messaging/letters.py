"""Letters to partners, sent by the worker in the partner's own language."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from molva.jobs import job
from molva.programmes.email_change import email_token
from molva.programmes.models import EmailChange, Partner, PartnerStatus
from molva.reports.cabinet_links import public_address
from molva.tracking.services import main_link

# A decision can be taken back from the toast under it: the letter about it waits till then.
SECOND_THOUGHT = timedelta(minutes=2)


@job(queue="mail")
def send_link(partner_id: int, language: str = "") -> None:
    """The partner's link and the address of the cabinet; whoever waits for acceptance is told so."""
    partner = _find(partner_id)
    if partner is None or not partner.email:
        return
    link = main_link(partner) if partner.status == PartnerStatus.ACTIVE else None
    with translation.override(language or language_of(partner)):
        context = {
            "subject": _("Your link: %(programme)s") % {"programme": partner.programme.name},
            "link_url": public_address(link) if link else "",
            "is_waiting": partner.status == PartnerStatus.PENDING,
            "is_closed": partner.status in (PartnerStatus.BLOCKED, PartnerStatus.REFUSED),
            **_cabinet(partner),
        }
        send_letter("messaging/link", partner.email, context)


@job(queue="mail")
def send_decision(partner_id: int) -> None:
    """What was decided about an application, as it stands now: accepted with the link, refused with the reason."""
    partner = _find(partner_id)
    if partner is None or not partner.email:
        return
    with translation.override(language_of(partner)):
        programme = partner.programme.name
        if partner.status == PartnerStatus.ACTIVE:
            link = main_link(partner)
            subject = _("You are accepted: %(programme)s") % {"programme": programme}
            context = {
                "subject": subject,
                "link_url": public_address(link) if link else "",
                **_cabinet(partner),
            }
            send_letter("messaging/accepted", partner.email, context)
        elif partner.status == PartnerStatus.REFUSED:
            subject = _("About your form: %(programme)s") % {"programme": programme}
            send_letter("messaging/refused", partner.email, {"subject": subject, **_about(partner)})


@job(queue="mail")
def send_email_proof(change_id: int) -> None:
    """To the new address: the link that proves it."""
    change = EmailChange.objects.select_related("partner__programme__workspace", "partner__user").filter(
        pk=change_id, done_at__isnull=True
    )
    for one in change:
        with translation.override(language_of(one.partner)):
            context = {
                "subject": _("Confirm the new e-mail"),
                **_about(one.partner),
                "action_url": settings.MOLVA_URL + reverse("public:email_change", args=[email_token(one)]),
                "action": _("Confirm"),
            }
            send_letter("messaging/email_proof", one.email, context)


@job(queue="mail")
def send_email_changed(partner_id: int, old_email: str) -> None:
    """To the old address: it does not open the cabinet any more."""
    partner = _find(partner_id)
    if partner is None:
        return
    with translation.override(language_of(partner)):
        context = {"subject": _("You sign in with another e-mail now"), **_about(partner)}
        send_letter("messaging/email_changed", old_email, context)


def language_of(partner: Partner) -> str:
    """The partner's own language, or that of the company."""
    chosen = partner.user.language if partner.user else ""
    return chosen or partner.programme.workspace.language


def send_letter(template: str, email: str, context: dict[str, object]) -> None:
    """Send `template`.txt with `template`.html beside it; `context` holds the subject."""
    letter = EmailMultiAlternatives(
        subject=" ".join(str(context["subject"]).split()),
        body=render_to_string(f"{template}.txt", context).strip() + "\n",
        to=[email],
    )
    letter.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    letter.send()


def _find(partner_id: int) -> Partner | None:
    return Partner.objects.select_related("programme__workspace", "user").filter(pk=partner_id).first()


def _about(partner: Partner) -> dict[str, object]:
    return {"merchant": partner.programme.workspace.name, "partner": partner}


def _cabinet(partner: Partner) -> dict[str, object]:
    """Whom it is about, and the way into the cabinet."""
    return {
        **_about(partner),
        "action_url": settings.MOLVA_URL + reverse("cabinet:today", args=[partner.programme.code]),
        "action": _("Open the cabinet"),
    }
