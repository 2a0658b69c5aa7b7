"""The registration form of a landing: the programme's fields, its consents, and quiet traps for robots."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from molva.commissions.admission import admit_partner
from molva.kit import clock, emails, phones
from molva.programmes.errors import PartnerExists
from molva.programmes.models import Partner, PartnerStatus, Programme
from molva.web.ui.limits import address_of
from molva.workspaces.models import User

LEAST_FILL_SECONDS = 1.0
_SALT = "molva.registration"

# (document, whether it must be accepted, the verb, what the link says, the name at the foot), in the order of the form
_DOCUMENTS: tuple[tuple[str, bool, Callable[[], str], Callable[[], str], Callable[[], str]], ...] = (
    ("agreement", True, lambda: _("I accept"), lambda: _("the terms of the programme"), lambda: _("Terms")),
    ("contract", True, lambda: _("I accept"), lambda: _("the contract"), lambda: _("Contract")),
    (
        "privacy",
        True,
        lambda: _("I allow"),
        lambda: _("the processing of my data"),
        lambda: _("Personal data"),
    ),
    (
        "news",
        False,
        lambda: _("I wish to get"),
        lambda: _("the news, I can stop any time"),
        lambda: _("News"),
    ),
    (
        "materials",
        False,
        lambda: _("I wish to get"),
        lambda: _("texts and pictures to share"),
        lambda: _("Materials"),
    ),
)


@dataclass(frozen=True, slots=True)
class Consent:
    """One tick of the form: what it says, where the document lies, the field."""

    document: str
    verb: str
    noun: str
    title: str
    url: str
    field: forms.BoundField


class RegistrationForm(forms.Form):
    """Name and e-mail always; phone and city as the programme says; a consent for each document it names."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=200)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    phone = forms.CharField(
        label=gettext_lazy("Phone"), max_length=40, widget=forms.TextInput(attrs={"type": "tel"})
    )
    city = forms.CharField(label=gettext_lazy("City"), max_length=120)
    ref = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    started = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)
    # People do not see this field; a robot fills whatever looks like one.
    homepage = forms.CharField(max_length=200, required=False)

    def __init__(self, programme: Programme, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.programme = programme
        for key in ("phone", "city"):
            wish = programme.form_fields.get(key, "optional" if key == "phone" else "off")
            if wish == "off":
                del self.fields[key]
            else:
                self.fields[key].required = wish == "required"
        for key, autocomplete in (
            ("name", "name"),
            ("email", "email"),
            ("phone", "tel"),
            ("city", "address-level2"),
        ):
            if key in self.fields:
                self.fields[key].widget.attrs["autocomplete"] = autocomplete
        self.fields["homepage"].widget.attrs.update({"tabindex": "-1", "autocomplete": "off"})
        for document, is_required, verb, noun, _title in _documents(programme):
            self.fields[f"agree_{document}"] = forms.BooleanField(
                label=f"{verb} {noun}",
                required=is_required,
                error_messages={"required": _("Without this we cannot let you in")},
            )

    def consents(self) -> list[Consent]:
        """The ticks, for the page."""
        return [
            Consent(
                document, verb, noun, title, self.programme.documents[document], self[f"agree_{document}"]
            )
            for document, _required, verb, noun, title in _documents(self.programme)
        ]

    def lead_to_error(self) -> None:
        """Put the cursor into the first wrong field, so that the browser scrolls to it."""
        for name in self.fields:
            if self.is_bound and name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return

    def clean_email(self) -> str:
        """An address that a letter can reach."""
        found = emails.normalise(self.cleaned_data["email"])
        if not found:
            raise forms.ValidationError(_("This does not look like an e-mail: name@example.org"))
        return found

    def clean_phone(self) -> str:
        """A number in the international form, or nothing."""
        text = str(self.cleaned_data["phone"])
        found = phones.normalise(text)
        if text.strip() and not found:
            raise forms.ValidationError(_("This does not look like a phone number: +7 900 000-00-00"))
        return found or ""

    def clean_started(self) -> str:
        """Whoever sends the form in a blink is asked to press the button once more."""
        try:
            age = time.time() - float(signing.loads(self.cleaned_data["started"], salt=_SALT))
        except (signing.BadSignature, ValueError):
            age = 0.0
        if age < LEAST_FILL_SECONDS:
            raise forms.ValidationError(_("That was quicker than people type. Press the button once more"))
        return ""

    @property
    def is_robot(self) -> bool:
        """Whether the field that nobody sees was filled."""
        return bool(str(self.data.get("homepage", "")).strip())


def started_mark() -> str:
    """The signed moment at which the form was shown."""
    return signing.dumps(str(time.time()), salt=_SALT)


def _documents(programme: Programme) -> Iterator[tuple[str, bool, str, str, str]]:
    """The documents that the programme names, with the words of their ticks."""
    for document, is_required, verb, noun, title in _DOCUMENTS:
        if str(programme.documents.get(document, "")).startswith(("https://", "http://", "/")):
            yield document, is_required, verb(), noun(), title()


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of a form: the partner, and whether the person may be let in at once."""

    partner: Partner
    is_new: bool
    is_new_person: bool


def find_inviter(programme: Programme, code: str) -> Partner | None:
    """The active partner whose code stands in `?ref=`; an unknown code is nobody."""
    if not code.strip():
        return None
    return Partner.objects.filter(
        programme=programme, code_folded=code.strip().casefold(), status=PartnerStatus.ACTIVE
    ).first()


@transaction.atomic
def join(form: RegistrationForm, request: HttpRequest) -> Joined:
    """Make the partner of a valid form, or find the one who has this e-mail already: nothing of his is changed."""
    data = form.cleaned_data
    is_known = User.objects.filter(email=data["email"]).exists()
    try:
        partner = admit_partner(
            programme=form.programme,
            name=data["name"],
            email=data["email"],
            phone=data.get("phone", ""),
            city=data.get("city", ""),
            invited_by=find_inviter(form.programme, data["ref"]),
            consents=_given(form, request),
            language=(get_language() or "")[:2],
        )
    except PartnerExists as found:
        return Joined(cast(Partner, found.partner), is_new=False, is_new_person=False)
    return Joined(partner, is_new=True, is_new_person=not is_known)


def _given(form: RegistrationForm, request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "document": consent.document,
            "url": consent.url,
            "text": f"{consent.verb} {consent.noun}",
            "at": clock.now(),
            "ip": address_of(request),
        }
        for consent in form.consents()
        if form.cleaned_data[consent.field.name]
    ]
