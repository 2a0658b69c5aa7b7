"""The form of a special rule: for whom, for what, when, how much (rows S2.22, S2.23)."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from molva.kit.money import CURRENCY_DIGITS
from molva.programmes.models import Programme
from molva.web.office.terms_form import KINDS_OR_NONE, PER, decimal_field, reward_initial, reward_json
from molva.web.office.terms_start import StartForm

_LISTS = ("partner", "group", "product", "category", "sku", "code")
_NUMBERS = ("sale_from", "sale_to", "days_since_attribution_to", "months_since_attribution_to")
_SUMS = ("order_total_from", "order_total_to")


def _list_field(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, help_text=help_text, max_length=2000)


class RuleForm(StartForm):
    """A rule for some partners, goods or times. Empty conditions are not asked."""

    name = forms.CharField(
        label=_("Name of the rule"),
        max_length=60,
        help_text=_("Partners see it in the explanation of their money."),
    )
    partner = _list_field(_("Partners"), _("Codes of partners, separated by commas."))
    group = _list_field(_("Groups of partners"), _("Names of groups, separated by commas."))
    product = _list_field(_("Products"), _("Ids of products in the shop, separated by commas."))
    category = _list_field(_("Categories"), _("Ids of collections in the shop, separated by commas."))
    sku = _list_field(_("SKU"), _("Exactly as in the shop, separated by commas."))
    code = _list_field(_("Promo codes"), _("Orders with one of these codes."))
    client = forms.ChoiceField(
        label=_("Clients"),
        required=False,
        choices=[("", _("all")), ("new", _("new: the first order")), ("returning", _("who bought before"))],
    )
    order_total_from = decimal_field(label=_("Order from"), required=False)
    order_total_to = decimal_field(label=_("Order up to"), required=False)
    sale_from = forms.IntegerField(label=_("From purchase number"), min_value=1, required=False)
    sale_to = forms.IntegerField(label=_("Up to purchase number"), min_value=1, required=False)
    days_since_attribution_to = forms.IntegerField(
        label=_("Within days after the client came"), min_value=0, max_value=36500, required=False
    )
    months_since_attribution_to = forms.IntegerField(
        label=_("Within months after the client came"), min_value=0, max_value=1200, required=False
    )
    day_from = forms.DateField(
        label=_("From day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    day_to = forms.DateField(
        label=_("Until day, inclusive"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The rule ends by itself."),
    )
    first_kind = forms.ChoiceField(label=_("Level 1, kind"), choices=KINDS_OR_NONE)
    first_value = decimal_field(label=_("Level 1: who brought the client"), required=False)
    second_kind = forms.ChoiceField(label=_("Level 2, kind"), choices=KINDS_OR_NONE)
    second_value = decimal_field(label=_("Level 2: who invited that partner"), required=False)
    per = forms.ChoiceField(label=_("A sum of money is paid for"), choices=PER)
    paid_sales = forms.IntegerField(
        label=_("Paid purchases of a client"), min_value=0, initial=0, help_text=_("0: all of them.")
    )
    cap = decimal_field(
        label=_("Not more for an order"), required=False, help_text=_("Of each level. Empty: no limit.")
    )
    priority = forms.IntegerField(
        label=_("Priority"),
        initial=0,
        min_value=-1000,
        max_value=1000,
        help_text=_("Asked only when two rules are equally exact: the larger wins."),
    )

    def clean(self) -> dict[str, Any]:
        """Conditions there are, values for what is paid, days in their order."""
        data = super().clean() or {}
        for level in ("first", "second"):
            kind, value = data.get(f"{level}_kind"), data.get(f"{level}_value")
            if kind in ("percent", "fixed") and value is None and f"{level}_value" not in self.errors:
                self.add_error(f"{level}_value", _("How much?"))
            if kind == "percent" and value is not None and value > 100:
                self.add_error(f"{level}_value", _("More than 100 % of the price?"))
        start, end = data.get("day_from"), data.get("day_to")
        if start and end and end < start:
            self.add_error("day_to", _("The rule would end before it begins."))
        if not any(data.get(key) for key in (*_LISTS, *_NUMBERS, *_SUMS, "client", "day_from", "day_to")):
            self.add_error(None, _("Choose at least one condition: a rule for everybody is the general one."))
        return data

    def for_service(self, programme: Programme) -> dict[str, Any]:
        """The rule in its written form."""
        data, digits = self.cleaned_data, CURRENCY_DIGITS[programme.currency]
        when: dict[str, Any] = {key: _split(data[key]) for key in _LISTS if _split(data[key])}
        when |= {key: data[key] for key in _NUMBERS if data[key] is not None}
        when |= {key: f"{data[key]:.{digits}f}" for key in _SUMS if data[key] is not None}
        if data["client"]:
            when["client"] = data["client"]
        if data["day_from"]:
            when["valid_from"] = _midnight(data["day_from"], programme.timezone)
        if data["day_to"]:
            when["valid_to"] = _midnight(data["day_to"] + timedelta(days=1), programme.timezone)
        rule: dict[str, Any] = {
            "id": data["name"].strip(),
            "priority": data["priority"],
            "when": when,
            "reward": {
                "1": reward_json(data["first_kind"], data["first_value"], digits),
                "2": reward_json(data["second_kind"], data["second_value"], digits),
            },
            "per": data["per"],
            "paid_sales": data["paid_sales"],
        }
        if data["cap"] is not None:
            rule["cap"] = f"{data['cap']:.{digits}f}"
        return rule


def initial_rule(rule: dict[str, Any], timezone: str) -> dict[str, Any]:
    """What the form shows of a stored rule."""
    when = rule.get("when") or {}
    first, second = reward_initial(rule["reward"].get("1")), reward_initial(rule["reward"].get("2"))
    end = _day(when.get("valid_to"), timezone)
    return {
        "name": rule["id"],
        **{key: ", ".join(when.get(key) or []) for key in _LISTS},
        **{key: when.get(key) for key in _NUMBERS},
        **{key: Decimal(when[key]) for key in _SUMS if when.get(key) is not None},
        "client": when.get("client") or "",
        "day_from": _day(when.get("valid_from"), timezone),
        "day_to": end - timedelta(days=1) if end else None,
        "first_kind": first[0],
        "first_value": first[1],
        "second_kind": second[0],
        "second_value": second[1],
        "per": rule.get("per") or "line",
        "paid_sales": rule.get("paid_sales") or 0,
        "cap": Decimal(rule["cap"]) if rule.get("cap") else None,
        "priority": rule.get("priority") or 0,
    }


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _midnight(day: date, timezone: str) -> str:
    return datetime.combine(day, time(), ZoneInfo(timezone)).isoformat()


def _day(moment: str | None, timezone: str) -> date | None:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(timezone)).date() if moment else None
