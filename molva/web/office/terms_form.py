"""The form of the general terms: settings and the rule for everybody, as people fill them in and as stored."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from molva.kit.money import CURRENCY_DIGITS, format_minor
from molva.programmes.models import Programme, TermsVersion
from molva.programmes.wording import general_rule, special_rules
from molva.web.office.terms_start import StartForm
from molva.web.ui.numbers import DecimalField

KINDS = [("percent", _("per cent")), ("fixed", _("money"))]
KINDS_OR_NONE = [("none", _("nothing")), *KINDS]
PER = [("line", _("each line of the order")), ("unit", _("each piece")), ("order", _("the whole order"))]


def decimal_field(**kwargs: Any) -> DecimalField:
    """A sum or a rate, not below zero."""
    return DecimalField(min_value=Decimal(0), max_digits=14, **kwargs)


def days_field(**kwargs: Any) -> forms.IntegerField:
    """A number of days; empty where that means «no end»."""
    return forms.IntegerField(min_value=0, max_value=36500, **kwargs)


class TermsForm(StartForm):
    """Rows S2.15–S2.21: when it is accrued, how much, for how many purchases, whose client, for how long."""

    statuses = forms.MultipleChoiceField(
        label=_("Status that accrues"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "The commission is owed while the order is in one of these statuses, and taken back when it leaves."
        ),
    )
    lost = forms.MultipleChoiceField(
        label=_("Lost statuses"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Orders in these statuses will not be sold any more, so nothing is expected from them."),
    )
    hold_days = days_field(
        label=_("Days on hold"),
        help_text=_(
            "How long the money waits after the accrual, in case the goods come back. 0: available at once."
        ),
    )
    first_kind = forms.ChoiceField(label=_("Level 1, kind"), choices=KINDS)
    first_value = decimal_field(
        label=_("Level 1: who brought the client"), help_text=_("Paid to the partner whose client bought.")
    )
    second_kind = forms.ChoiceField(label=_("Level 2, kind"), choices=KINDS_OR_NONE)
    second_value = decimal_field(
        label=_("Level 2: who invited that partner"),
        required=False,
        help_text=_("Counted from the same purchase; nothing is cut from level 1."),
    )
    per = forms.ChoiceField(
        label=_("A sum of money is paid for"), choices=PER, help_text=_("Has no meaning for per cents.")
    )
    paid_sales = forms.IntegerField(
        label=_("Paid purchases of a client"),
        min_value=0,
        max_value=100_000,
        help_text=_("How many purchases of each client are rewarded. 0: all of them."),
    )
    term_days = days_field(
        label=_("Term of attribution, days"),
        required=False,
        help_text=_(
            "How long a client stays the partner's. Empty: for ever. Exactly the last moment is still inside."
        ),
    )
    term_mode = forms.ChoiceField(
        label=_("The term runs"),
        choices=[("sliding", _("anew from each purchase")), ("fixed", _("once, from the first purchase"))],
        widget=forms.RadioSelect,
    )
    hand_over = forms.BooleanField(
        label=_("Hand the client over to a new partner"),
        required=False,
        help_text=_(
            "On: a later link or code of another partner takes the client over. Off: the client stays."
        ),
    )
    code_over_link = forms.BooleanField(
        label=_("A promo code counts more than a link"),
        required=False,
        help_text=_("When an order has both a code of one partner and a click of another."),
    )
    click_window_days = days_field(
        label=_("Life of a click, days"),
        required=False,
        help_text=_("A click counts if the purchase comes within so many days. Empty: always."),
    )
    own_purchases = forms.BooleanField(
        label=_("Reward own purchases"),
        required=False,
        help_text=_("Off: an order with the partner's own e-mail or phone earns nothing, and says so."),
    )
    welcome = decimal_field(
        label=_("Welcome points"), help_text=_("Put on a partner's account at registration. 0: none.")
    )
    is_welcome_payable = forms.BooleanField(
        label=_("Welcome points can be paid out"),
        required=False,
        help_text=_("Off: they are shown apart and never leave the account as money."),
    )
    note = forms.CharField(
        label=_("What changes, for the history"),
        max_length=300,
        required=False,
        help_text=_("A sentence for yourself and your colleagues."),
    )

    def __init__(self, *args: Any, statuses: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = list(statuses)
        self.fields["statuses"].choices = choices  # type: ignore[attr-defined]
        self.fields["lost"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Both kinds of statuses apart, per cents up to 100, level 2 with a value."""
        data = super().clean() or {}
        both = set(data.get("statuses", [])) & set(data.get("lost", []))
        if both:
            self.add_error("lost", _("A status cannot accrue and be lost at once."))
        for level in ("first", "second"):
            kind, value = data.get(f"{level}_kind"), data.get(f"{level}_value")
            if kind == "percent" and value is not None and value > 100:
                self.add_error(f"{level}_value", _("More than 100 % of the price?"))
            if kind in ("percent", "fixed") and value is None and f"{level}_value" not in self.errors:
                self.add_error(f"{level}_value", _("How much?"))
        return data

    def for_service(
        self, version: TermsVersion, programme: Programme
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Settings and rules to publish: the general rule is replaced in its place, the others stay."""
        data, digits = self.cleaned_data, CURRENCY_DIGITS[programme.currency]
        settings = {
            "attribution": {
                "policy": "last" if data["hand_over"] else "first",
                "code_over_link": data["code_over_link"],
                "click_window_days": data["click_window_days"],
                "term_days": data["term_days"],
                "term_mode": data["term_mode"],
                "own_purchases": data["own_purchases"],
            },
            "accrual": {
                "statuses": data["statuses"],
                "lost": data["lost"],
                "hold_days": data["hold_days"],
            },
            "levels": version.settings["levels"],
        }
        rule = {
            **general_rule(version),
            "reward": {
                "1": reward_json(data["first_kind"], data["first_value"], digits),
                "2": reward_json(data["second_kind"], data["second_value"], digits),
            },
            "per": data["per"],
            "paid_sales": data["paid_sales"],
        }
        rule["id"] = rule["id"] or "default"
        return settings, [rule, *special_rules(version)]


def reward_json(kind: str, value: Decimal | None, digits: int) -> dict[str, Any]:
    """A reward in the rules' written form."""
    if kind == "none" or value is None:
        return {"none": True}
    if kind == "percent":
        return {"percent": f"{value.normalize():f}"}
    return {"fixed": f"{value:.{digits}f}"}


def initial_terms(version: TermsVersion, programme: Programme) -> dict[str, Any]:
    """What the form shows of the version in force."""
    attribution, accrual = version.settings["attribution"], version.settings["accrual"]
    rule = general_rule(version)
    first, second = reward_initial(rule["reward"].get("1")), reward_initial(rule["reward"].get("2"))
    return {
        "statuses": accrual["statuses"],
        "lost": accrual.get("lost") or [],
        "hold_days": accrual.get("hold_days") or 0,
        "first_kind": first[0] if first[0] != "none" else "percent",
        "first_value": first[1] or Decimal(0),
        "second_kind": second[0],
        "second_value": second[1],
        "per": rule.get("per") or "line",
        "paid_sales": rule.get("paid_sales") or 0,
        "term_days": attribution.get("term_days"),
        "term_mode": attribution.get("term_mode") or "sliding",
        "hand_over": attribution["policy"] == "last",
        "code_over_link": attribution.get("code_over_link", True),
        "click_window_days": attribution.get("click_window_days"),
        "own_purchases": attribution.get("own_purchases", False),
        "welcome": Decimal(format_minor(programme.welcome_minor, CURRENCY_DIGITS[programme.currency])),
        "is_welcome_payable": programme.is_welcome_payable,
    }


def reward_initial(reward: dict[str, Any] | None) -> tuple[str, Decimal | None]:
    """(kind, value) of a written reward."""
    if not reward or reward.get("none"):
        return "none", None
    kind = "percent" if reward.get("percent") is not None else "fixed"
    return kind, Decimal(str(reward[kind]))
