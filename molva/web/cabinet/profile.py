"""The partner's own facts, what was agreed to, other programmes; and the terms in plain words."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from molva.integrations.queries import status_titles
from molva.kit import clock, phones
from molva.programmes.email_change import waiting_email
from molva.programmes.models import Partner, Programme, TermsVersion
from molva.programmes.queries import planned_terms, terms_version_at
from molva.programmes.services import update_partner
from molva.programmes.wording import Clause, describe_terms
from molva.web.cabinet.access import places_of
from molva.web.cabinet.shell import page, partner_page
from molva.web.ui.flash import say
from molva.web.ui.formats import since
from molva.workspaces.models import User


class ProfileForm(forms.Form):
    """What a partner may change at once; the e-mail is the key to the cabinet and has a page of its own."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=200)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    city = forms.CharField(label=gettext_lazy("City"), max_length=120, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    def clean_phone(self) -> str:
        """A number in the international form, or nothing."""
        text = str(self.cleaned_data["phone"])
        found = phones.normalise(text)
        if text.strip() and not found:
            raise forms.ValidationError(_("This does not look like a phone number: +7 900 000-00-00"))
        return found or ""


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page
def show(request: HttpRequest, partner: Partner) -> HttpResponse:
    """The form, the consents with their moments, the other programmes."""
    user = cast(User, partner.user)  # the door let a signed-in person in
    first = {
        "name": partner.name,
        "phone": partner.phone,
        "city": partner.city,
        "language": user.language or (get_language() or "ru")[:2],
    }
    form = ProfileForm(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        changes = dict(form.cleaned_data)
        user.language = changes.pop("language")
        user.save(update_fields=["language"])
        update_partner(partner=partner, actor=partner, changes=changes)
        say(request, _("Saved"))
        answer = redirect("cabinet:profile", partner.programme.code)
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            user.language,
            max_age=365 * 24 * 3600,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return answer
    others = [place for place in places_of(user) if place.pk != partner.pk]
    context = {
        "form": form,
        "consents": [_consent(one) for one in partner.consents],
        "others": others,
        "waiting_email": waiting_email(partner),
    }
    return page(
        request, partner, "cabinet/profile.html", "profile", context, status=422 if form.errors else 200
    )


def _consent(stored: dict[str, Any]) -> dict[str, Any]:
    return {**stored, "moment": parse_datetime(str(stored.get("at", "")))}


@require_GET
@partner_page
def terms(request: HttpRequest, partner: Partner) -> HttpResponse:
    """The terms in force now, in plain words."""
    programme = partner.programme
    version = terms_version_at(programme, clock.now())
    described = _described(programme, version)
    context = {
        "version": version,
        "clauses": described,
        "plans": _plans(programme, described),
        "documents": _documents(programme),
        "landing_url": reverse("public:landing", args=[programme.code]),
    }
    return page(request, partner, "cabinet/terms.html", "today", context)


def _described(programme: Programme, version: TermsVersion) -> list[Clause]:
    titles, language = status_titles(programme), (get_language() or "ru")[:2]
    return describe_terms(programme, version, statuses=titles, lang=language)


def _plans(programme: Programme, before: list[Clause]) -> list[tuple[str, list[Clause]]]:
    """(since when, the points that change then) of each planned version, against the one before it."""
    found = []
    for version in planned_terms(programme, clock.now()):
        after = _described(programme, version)
        found.append((since(version.valid_from), [clause for clause in after if clause not in before]))
        before = after
    return found


def _documents(programme: Programme) -> list[tuple[str, str]]:
    """What the programme asks to be agreed to: name and address."""
    names = {
        "agreement": _("Terms"),
        "contract": _("Contract"),
        "privacy": _("Personal data"),
        "news": _("News"),
        "materials": _("Materials"),
    }
    return [
        (name, programme.documents[key])
        for key, name in names.items()
        if str(programme.documents.get(key, "")).startswith(("https://", "http://"))
    ]
