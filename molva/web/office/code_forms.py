"""Forms about promo codes: what a code gives, many at once by a pattern, a void with its reason, a gift."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from molva.domain.codes import LONGEST, pattern_fault
from molva.kit.codes import fold
from molva.kit.money import CURRENCY_DIGITS, format_minor, parse_minor
from molva.programmes.models import Partner, PartnerStatus, Programme
from molva.tracking.codes import MOST_AT_ONCE, MOST_WANTED, CodeOffer, partners_without_code
from molva.tracking.models import CodeDiscount, CodeLimit, PromoCode
from molva.web.office.terms_form import decimal_field

PATTERN_FAULTS = {
    "empty": _("Write a pattern, for example {name}10."),
    "long": _("Too long: not more than thirty signs."),
    "word": _("Only {name}, {code} and {n} are known in braces."),
    "signs": _("Only letters, digits, a hyphen and words in braces."),
}

PATTERN_HELP = _(
    "{name} is the first name in Latin letters, {code} the partner's own code, {n} a number. "
    "A spelling that is taken gets a number at its end."
)


class OfferForm(forms.Form):
    """What a code gives to the buyer and when."""

    discount_kind = forms.ChoiceField(
        label=_("What the buyer gets"),
        choices=CodeDiscount.choices,
        widget=forms.RadioSelect,
        initial=CodeDiscount.PERCENT,
    )
    discount = decimal_field(
        label=_("How much"), required=False, help_text=_("Per cent, or a sum in the programme's currency.")
    )
    limit = forms.ChoiceField(label=_("How often"), choices=CodeLimit.choices, required=False)
    min_order = decimal_field(
        label=_("Order from"), required=False, help_text=_("The shop refuses the code for less. Empty: any.")
    )
    expires_date = forms.DateField(
        label=_("Last day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From the next day the shop refuses it. Empty: no end."),
    )
    is_private = forms.BooleanField(
        label=_("Private"),
        required=False,
        help_text=_(
            "Not to be published: outside pages from which orders with it come are listed at the code."
        ),
    )

    def __init__(self, *args: Any, programme: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.programme = programme
        self.digits = CURRENCY_DIGITS[programme.currency]

    def clean(self) -> dict[str, Any]:
        """A discount that a shop can give."""
        data = super().clean() or {}
        kind, amount = data.get("discount_kind"), data.get("discount")
        if kind in (CodeDiscount.PERCENT, CodeDiscount.SUM) and "discount" in data:
            if not amount:
                self.add_error("discount", _("Say how much."))
            elif kind == CodeDiscount.PERCENT and amount > 100:
                self.add_error("discount", _("Not more than 100 per cent."))
            else:
                data["discount_units"] = self._units(
                    "discount", amount, 2 if kind == CodeDiscount.PERCENT else None
                )
        data["min_order_minor"] = self._units("min_order", data.get("min_order") or Decimal(0))
        return data

    def _units(self, field: str, amount: Decimal, digits: int | None = None) -> int:
        try:
            return parse_minor(f"{amount:f}", self.digits if digits is None else digits)
        except ValueError:
            self.add_error(field, _("Too many digits after the comma."))
            return 0

    def offer(self) -> CodeOffer:
        """What the form says, of a valid one."""
        data = self.cleaned_data
        kind = data["discount_kind"]
        if kind == CodeDiscount.NONE:
            return CodeOffer(is_private=data["is_private"])
        return CodeOffer(
            discount_kind=kind,
            discount=data["discount_units"],
            limit=data["limit"],
            expires_date=data["expires_date"],
            min_order_minor=data["min_order_minor"],
            is_private=data["is_private"],
        )


def offer_initial(promo: PromoCode | CodeOffer, currency: str) -> dict[str, Any]:
    """What the form shows of a code."""
    digits = CURRENCY_DIGITS[currency]
    is_percent = promo.discount_kind == CodeDiscount.PERCENT
    discount = Decimal(format_minor(promo.discount, 2 if is_percent else digits)).normalize()
    return {
        "discount_kind": promo.discount_kind,
        "discount": Decimal(f"{discount:f}") if promo.discount else None,
        "limit": promo.limit,
        "min_order": Decimal(format_minor(promo.min_order_minor, digits)) if promo.min_order_minor else None,
        "expires_date": promo.expires_date,
        "is_private": promo.is_private,
    }


class PatternField(forms.CharField):
    """How codes are spelled."""

    def clean(self, value: Any) -> str:
        """A pattern whose words are known."""
        text: str = super().clean(value)
        fault = pattern_fault(text) if text else ""
        if fault:
            raise forms.ValidationError(PATTERN_FAULTS[fault])
        return text


class MakeForm(OfferForm):
    """Codes for one partner or for many."""

    whom = forms.ChoiceField(
        label=_("For whom"),
        widget=forms.RadioSelect,
        initial="without",
        choices=[
            ("without", _("Everybody who has no code yet")),
            ("all", _("All active partners")),
            ("group", _("A group")),
            ("chosen", _("Chosen partners")),
        ],
    )
    group = forms.CharField(label=_("Group"), max_length=120, required=False)
    partners = forms.CharField(
        label=_("Codes of the partners"),
        max_length=5000,
        required=False,
        help_text=_("Separated by commas, as in the list of partners."),
    )
    pattern = PatternField(
        label=_("How the codes are spelled"),
        max_length=60,
        initial="{name}10",
        help_text=PATTERN_HELP,
    )
    count = forms.IntegerField(
        label=_("How many for each"), min_value=1, max_value=MOST_WANTED, initial=1, required=False
    )
    batch = forms.RegexField(r"^[0-9a-f]{16}$", widget=forms.HiddenInput)
    seen = forms.CharField(
        required=False, widget=forms.HiddenInput
    )  # print of the preview that was looked at

    def clean_count(self) -> int:
        """One when nothing is said."""
        return self.cleaned_data["count"] or 1

    def clean(self) -> dict[str, Any]:
        """Somebody must get them."""
        data = super().clean()
        data["people"] = self._people(data)
        if not self.errors and not data["people"]:
            self.add_error("whom", _("There is no active partner among these."))
        if len(data["people"]) * data.get("count", 1) > MOST_AT_ONCE:
            self.add_error(None, _("Not more than 5,000 codes at once."))
        return data

    def _people(self, data: dict[str, Any]) -> list[Partner]:
        rows = Partner.objects.filter(programme=self.programme, status=PartnerStatus.ACTIVE)
        rows = rows.select_related("programme").order_by("name", "pk")
        whom = data.get("whom")
        if whom == "without":
            return partners_without_code(self.programme)
        if whom == "group":
            return [one for one in rows if data.get("group") in one.groups]
        if whom == "chosen":
            wanted = {fold(one) for one in (data.get("partners") or "").split(",") if one.strip()}
            found = list(rows.filter(code_folded__in=wanted))
            unknown = wanted - {one.code_folded for one in found}
            if unknown or not wanted:
                self.add_error(
                    "partners",
                    _("No active partner has this code: %(codes)s")
                    % {"codes": ", ".join(sorted(unknown)) or "—"},
                )
            return found
        return list(rows[: MOST_AT_ONCE + 1])


class AutoForm(OfferForm):
    """A promo code that every new partner gets by himself."""

    is_on = forms.BooleanField(
        label=_("Give a promo code to everybody who is let in"),
        required=False,
        help_text=_(
            "It is made when a partner registers or is accepted. Partners who are here already get none."
        ),
    )
    pattern = PatternField(
        label=_("How the codes are spelled"), max_length=60, initial="{name}10", help_text=PATTERN_HELP
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["expires_date"]  # one day for all who come later would soon be over

    def clean(self) -> dict[str, Any]:
        """As for any code."""
        data = super().clean()
        data["expires_date"] = None
        return data

    def setting(self) -> dict[str, Any]:
        """What the programme keeps; empty when switched off."""
        if not self.cleaned_data["is_on"]:
            return {}
        offer = asdict(self.offer())
        del offer["expires_date"]
        return {"pattern": self.cleaned_data["pattern"], **offer}


class VoidForm(forms.Form):
    """Why a code ends; the partner reads it."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=300,
        help_text=_("The partner gets it in a letter and sees it in the cabinet."),
    )


class RespellForm(forms.Form):
    """Another spelling for a code that the shop refused."""

    code = forms.RegexField(
        r"^[\w-]+$",
        label=_("Another spelling"),
        max_length=LONGEST,
        error_messages={"invalid": _("Only letters, digits and a hyphen.")},
    )


class GiveForm(forms.Form):
    """A code that the shop made itself, for a partner."""

    code = forms.CharField(max_length=LONGEST, widget=forms.HiddenInput)
    partner = forms.CharField(label=_("Code of the partner"), max_length=40)
    since = forms.ChoiceField(
        label=_("Which orders count"),
        widget=forms.RadioSelect,
        initial="now",
        choices=[("now", _("Only those made from now on")), ("first", _("Those that came already, too"))],
    )

    def __init__(self, *args: Any, programme: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.programme = programme

    def clean_partner(self) -> Partner:
        """The active partner of that code."""
        rows = Partner.objects.filter(programme=self.programme, status=PartnerStatus.ACTIVE)
        found = (
            rows.filter(code_folded=fold(self.cleaned_data["partner"])).select_related("programme").first()
        )
        if found is None:
            raise forms.ValidationError(_("There is no active partner with this code."))
        return found


class DeclineForm(forms.Form):
    """What a partner is told when no codes are granted."""

    answer = forms.CharField(label=_("Answer"), max_length=300, help_text=_("The partner reads it."))
