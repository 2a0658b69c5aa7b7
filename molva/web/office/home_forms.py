"""Forms of the first run."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from molva.programmes.codes import free_code
from molva.workspaces.models import User, Workspace

CURRENCIES = ("RUB", "BYN", "KZT", "UZS", "USD", "EUR")
TIMEZONES = (
    "Europe/Kaliningrad",
    "Europe/Moscow",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Novosibirsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
    "Europe/Minsk",
    "Asia/Almaty",
    "Asia/Tashkent",
    "Europe/Berlin",
    "UTC",
)


class SetupForm(forms.Form):
    """The owner and the company."""

    company = forms.CharField(label=_("Company name"), max_length=200)
    name = forms.CharField(label=_("Your name"), max_length=150)
    email = forms.EmailField(
        label=_("E-mail"), help_text=_("You sign in with it. Codes and notices come to it, too.")
    )
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("12 characters or more. A phrase of a few words is easy to remember and hard to guess."),
    )

    def clean(self) -> dict[str, Any]:
        """A password that is not the e-mail or the name in other words."""
        data = super().clean() or {}
        if data.get("password"):
            person = User(email=data.get("email", ""), name=data.get("name", ""))
            try:
                validate_password(data["password"], person)
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return data

    def for_service(self) -> dict[str, Any]:
        """Arguments of `use_setup_token`."""
        return {key: self.cleaned_data[key] for key in ("company", "name", "email", "password")}


class ProgrammeForm(forms.Form):
    """A new programme: name and where its shop is."""

    name = forms.CharField(
        label=_("Name of the programme"),
        max_length=200,
        help_text=_("Partners see it on their page and in letters."),
    )
    shop_url = forms.URLField(
        label=_("Address of the shop"),
        required=False,
        assume_scheme="https",
        help_text=_(
            "Partner links lead there. Leave it empty if there is no shop, or if you connect one next."
        ),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(zone, zone) for zone in TIMEZONES],
        initial="Europe/Moscow",
        help_text=_("Days of reports begin and end by it."),
    )

    def for_service(self, workspace: Workspace) -> dict[str, Any]:
        """Arguments of `create_programme`, with a free address of the public page."""
        data = self.cleaned_data
        wish = urlsplit(data["shop_url"]).hostname or data["name"]
        return {
            "name": data["name"],
            "shop_url": data["shop_url"],
            "currency": data["currency"],
            "timezone": data["timezone"],
            "code": free_code(wish.removeprefix("www.").split(".")[0]),
        }
