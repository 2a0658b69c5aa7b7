"""Forms about a partner: who he is, his promo codes and links, money by hand."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from molva.kit import emails, phones
from molva.kit.money import CURRENCY_DIGITS, parse_minor
from molva.programmes.models import Partner, Programme
from molva.web.ui.numbers import DecimalField

GROUPS = 10


class PartnerForm(forms.Form):
    """What staff write down of a partner."""

    name = forms.CharField(label=_("Name or company"), max_length=200)
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_(
            "The partner signs in with it, own purchases are known by it. Another one must answer a letter first."
        ),
    )
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    groups = forms.CharField(
        label=_("Groups"),
        max_length=300,
        required=False,
        help_text=_("Through commas. Special rules can hold for a group."),
    )
    inviter = forms.CharField(
        label=_("Who invited"),
        max_length=40,
        required=False,
        help_text=_("The code of the partner who gets level 2. Holds for orders made from now on."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For you and your colleagues; the partner does not see it."),
    )

    def __init__(
        self, *args: Any, programme: Programme, partner: Partner | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.programme, self.partner = programme, partner

    def clean_email(self) -> str:
        """Nobody else's."""
        email = emails.normalise(self.cleaned_data["email"]) or ""
        others = Partner.objects.filter(programme=self.programme, email=email)
        if self.partner:
            others = others.exclude(pk=self.partner.pk)
        if self.partner and self.partner.user and not email:
            raise forms.ValidationError(
                _("The partner signs in with it. Put another one, or block the partner.")
            )
        if email and others.exists():
            raise forms.ValidationError(_("Another partner of this programme has this e-mail."))
        return email

    def clean_phone(self) -> str:
        """In the international form, when it is a number."""
        return phones.normalise(self.cleaned_data["phone"]) or self.cleaned_data["phone"].strip()

    def clean_groups(self) -> list[str]:
        """A list without empty and repeated names."""
        names = dict.fromkeys(name.strip() for name in self.cleaned_data["groups"].split(",") if name.strip())
        if len(names) > GROUPS:
            raise forms.ValidationError(_("Not more than ten groups."))
        return list(names)

    def clean_inviter(self) -> Partner | None:
        """The partner of that code."""
        code = self.cleaned_data["inviter"].strip().casefold()
        if not code:
            return None
        found = Partner.objects.filter(programme=self.programme, code_folded=code).first()
        if found is None:
            raise forms.ValidationError(_("There is no partner with this code."))
        return found


def initial_of(partner: Partner) -> dict[str, Any]:
    """What the form shows of a partner."""
    plain = {name: getattr(partner, name) for name in ("name", "email", "phone", "city", "note")}
    inviter = partner.invited_by.code if partner.invited_by else ""
    return {**plain, "groups": ", ".join(partner.groups), "inviter": inviter}


class RefusalForm(forms.Form):
    """Why an application is refused; asked for on that page only."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It goes into the letter word for word. Empty: the letter gives no reason."),
    )


class PromoCodeForm(forms.Form):
    """A promo code for a partner."""

    code = forms.CharField(
        label=_("Promo code"),
        max_length=60,
        help_text=_(
            "As buyers type it; capital and small letters are the same. Make the discount in the shop."
        ),
    )


class LinkForm(forms.Form):
    """One more link of a partner."""

    page_url = forms.CharField(
        label=_("Page of the shop"),
        max_length=1000,
        required=False,
        help_text=_("Empty: the shop's first page."),
    )
    name = forms.CharField(label=_("What for"), max_length=120, required=False)


class AdjustForm(forms.Form):
    """Money by hand; `key` makes the same form count once however often it is sent."""

    amount = DecimalField(
        label=_("Sum"),
        max_digits=14,
        help_text=_("With a minus: taken away. It changes what is available at once."),
    )
    reason = forms.CharField(
        label=_("Why"), max_length=300, help_text=_("The partner sees it in the statement.")
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.digits = CURRENCY_DIGITS[currency]

    def clean_amount(self) -> int:
        """In minor units, not zero."""
        amount: Decimal = self.cleaned_data["amount"]
        if amount == 0:
            raise forms.ValidationError(_("Zero changes nothing."))
        try:
            minor = parse_minor(f"{abs(amount):f}", self.digits)
        except ValueError as error:
            raise forms.ValidationError(_("Too many digits after the comma.")) from error
        return minor if amount > 0 else -minor
