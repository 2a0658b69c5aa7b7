"""The merchant's public page: promise, calculator, terms in plain words, the form, and the page after it."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods

from molva.integrations.queries import status_titles
from molva.jobs import enqueue
from molva.kit import clock
from molva.messaging.letters import send_link
from molva.programmes.models import Partner, PartnerStatus, Programme
from molva.programmes.queries import terms_version_at
from molva.programmes.wording import describe_terms
from molva.reports.cabinet_links import picture_address, public_address, shown_parts
from molva.tracking.services import main_link
from molva.web.public.access import programme_page
from molva.web.public.calculator import MOST_ORDERS, calculate
from molva.web.public.registration import Joined, RegistrationForm, find_inviter, join, started_mark
from molva.web.ui import accent
from molva.web.ui.limits import may
from molva.workspaces.models import User

_SESSION = "joined"
_BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@require_http_methods(["GET", "HEAD", "POST"])
@programme_page
def show(request: HttpRequest, programme: Programme) -> HttpResponse:
    """The landing; a POST is the form; an htmx question is the calculator's receipt alone."""
    if request.method == "POST":
        return _send(request, programme)
    if getattr(request, "htmx", False):
        example = calculate(programme, terms_version_at(programme, clock.now()), request.GET)
        return render(
            request,
            "public/landing.html#receipt",
            {"example": example, "currency": programme.currency, "is_live": True},
        )
    first = {"ref": request.GET.get("ref", ""), "started": started_mark()}
    return _page(request, programme, RegistrationForm(programme, initial=first))


def _send(request: HttpRequest, programme: Programme) -> HttpResponse:
    form = RegistrationForm(programme, request.POST)
    if not programme.is_registration_open:
        return _page(request, programme, form, status=403)
    if form.is_robot:
        return redirect("public:thanks", programme.code)
    if not form.is_valid():
        return _page(request, programme, form, status=422)
    if not may(request, "register"):
        form.add_error(None, _("Too many forms from this address. Come back in an hour"))
        return _page(request, programme, form, status=429)
    with transaction.atomic():
        joined = join(form, request)
        # In the queue, not here: a mail server that is down must not take the registration with it.
        enqueue(
            send_link,
            workspace_id=programme.workspace_id,
            partner_id=joined.partner.pk,
            language=(get_language() or "")[:2],
        )
    _let_in(request, joined)
    request.session[_SESSION] = {
        "programme": programme.pk,
        "email": form.cleaned_data["email"],
        "partner": joined.partner.pk if joined.is_new_person else None,
    }
    return redirect("public:thanks", programme.code)


def _let_in(request: HttpRequest, joined: Joined) -> None:
    """Only a person who did not exist a moment ago: for anybody else an e-mail typed here proves nothing."""
    user = joined.partner.user
    if joined.is_new_person and user is not None and not request.user.is_authenticated:
        login(request, user, backend=_BACKEND)
        User.objects.filter(pk=user.pk).update(
            last_login=None
        )  # nothing was proved yet: see `User.end_unproved`


def _page(
    request: HttpRequest, programme: Programme, form: RegistrationForm, status: int = 200
) -> HttpResponse:
    version = terms_version_at(programme, clock.now())
    language = (get_language() or "ru")[:2]
    if form.is_bound and form.errors.get("started"):
        for text in form.errors.pop("started"):
            form.add_error(None, text)
    form.lead_to_error()
    context = {
        **branding(programme),
        "form": form,
        "inviter": find_inviter(programme, form["ref"].value() or ""),
        "consents": form.consents(),
        "clauses": describe_terms(programme, version, statuses=status_titles(programme), lang=language),
        "example": calculate(programme, version, request.GET),
        "most_orders": MOST_ORDERS,
        "login_url": reverse("account_login"),
    }
    return render(request, "public/landing.html", context, status=status)


def branding(programme: Programme) -> dict[str, Any]:
    """What every public page of a programme shows of its merchant."""
    return {
        "programme": programme,
        "theme_name": programme.theme,
        "currency": programme.currency,
        "merchant": programme.workspace.name,
        "programme_name": programme.name,
        "logo_url": programme.logo.url if programme.logo else "",
        "accent_url": reverse("public:accent", args=[programme.code]) if programme.accent else "",
        "home_url": reverse("public:landing", args=[programme.code]),
    }


@require_GET
@programme_page
def thanks(request: HttpRequest, programme: Programme) -> HttpResponse:
    """After the form. Whoever is new sees the link at once; to an e-mail that was known the link goes by mail."""
    said = request.session.get(_SESSION) or {}
    if said.get("programme") != programme.pk:
        said = {}
    partner = None
    if said.get("partner"):
        partner = (
            Partner.objects.filter(programme=programme, pk=said["partner"])
            .select_related("programme")
            .first()
        )
    link = main_link(partner) if partner and partner.status == PartnerStatus.ACTIVE else None
    before, code = shown_parts(link) if link else ("", "")
    context = {
        **branding(programme),
        "email": said.get("email", ""),
        "is_waiting": programme.approve_by_hand
        if partner is None
        else partner.status == PartnerStatus.PENDING,
        "link_url": public_address(link) if link else "",
        "picture_url": picture_address(link) if link else "",
        "link_before": before,
        "link_code": code,
        "cabinet_url": reverse("cabinet:today", args=[programme.code]),
    }
    return render(request, "public/thanks.html", context)


@require_GET
@cache_control(max_age=300)
@programme_page
def accent_sheet(request: HttpRequest, programme: Programme) -> HttpResponse:
    """The merchant's colour, made readable: for the cabinet, for plain pages and for landings."""
    text = accent.stylesheet(programme.accent)
    if text and programme.theme != "studio":  # the night of «studio» has a light accent of its own
        shade = accent.readable(programme.accent, accent.WHITE)
        text += f":root{{--accent:{shade};--accent-text:{shade};--on-accent:#FFFFFF}}"
    return HttpResponse(text, content_type="text/css")
