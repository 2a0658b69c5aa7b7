"""Terms in plain words, in the reader's language: for the landing, the cabinet and the office alike.

The text is made from the rules themselves, so it cannot promise what the engine does not pay. Every sentence is a whole
string for translators.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from molva.domain.wording import money_words, percent_words
from molva.kit.money import CURRENCY_DIGITS, parse_minor
from molva.programmes.models import Programme, TermsVersion


@dataclass(frozen=True, slots=True)
class Clause:
    """One point of the terms: an icon of the sprite, a short title, a sentence."""

    icon: str
    title: str
    text: str


def reward_words(reward: dict[str, Any] | None, *, per: str, currency: str, lang: str) -> str:
    """«10 %», «150,00 ₽ for an order», or that nothing is paid."""
    if not reward or reward.get("none"):
        return _("nothing")
    if reward.get("percent") is not None:
        return percent_words(str(reward["percent"]), lang)
    digits = CURRENCY_DIGITS[currency]
    money = money_words(parse_minor(str(reward["fixed"]), digits), currency, digits, lang)
    if per == "unit":
        return _("%(money)s for each piece") % {"money": money}
    if per == "order":
        return _("%(money)s for an order") % {"money": money}
    return _("%(money)s for each line of an order") % {"money": money}


def describe_terms(
    programme: Programme, version: TermsVersion, *, statuses: dict[str, str], lang: str
) -> list[Clause]:
    """The terms, point by point. `statuses`: titles of the shop's statuses by permalink."""
    settings, general = version.settings, general_rule(version)
    attribution, accrual = settings["attribution"], settings["accrual"]
    titles = ", ".join(f"«{statuses.get(one, one)}»" for one in accrual["statuses"])
    clauses = [
        Clause("coins", _("Your reward"), _reward_sentence(programme, general, settings["levels"], lang)),
        Clause(
            "package",
            _("When it is accrued"),
            _("When the order gets the status %(titles)s.") % {"titles": titles},
        ),
        Clause("clock-pause", _("When it can be paid"), _hold_sentence(accrual.get("hold_days") or 0)),
        Clause("user-check", _("Whose client it is"), _attribution_sentence(attribution)),
        Clause("hourglass-low", _("For how long"), _term_sentence(attribution)),
        Clause("repeat", _("How many purchases count"), _sales_sentence(general.get("paid_sales") or 0)),
        Clause("calendar", _("How long a click counts"), _window_sentence(attribution)),
        Clause("percentage", _("What it is counted from"), _base_sentence()),
    ]
    if programme.welcome_minor:
        clauses.append(Clause("gift", _("For a start"), _welcome_sentence(programme, lang)))
    if not attribution.get("own_purchases"):
        clauses.append(
            Clause(
                "user-x",
                _("Own purchases"),
                _("Orders with the partner's own e-mail or phone are not rewarded."),
            )
        )
    return clauses


def general_rule(version: TermsVersion) -> dict[str, Any]:
    """The rule for everybody and everything: the one without conditions; an empty one when there is none."""
    plain = (rule for rule in reversed(version.rules) if not any((rule.get("when") or {}).values()))
    return next(plain, {"id": "", "reward": {}})


def special_rules(version: TermsVersion) -> list[dict[str, Any]]:
    """All other rules, in their written order."""
    general = general_rule(version)
    return [rule for rule in version.rules if rule is not general]


def _base_sentence() -> str:
    return _("The price of the goods after discounts, without delivery. Each line is rounded to the kopeck.")


def _reward_sentence(programme: Programme, rule: dict[str, Any], levels: int, lang: str) -> str:
    per, currency = rule.get("per") or "line", programme.currency
    first = reward_words(rule["reward"].get("1"), per=per, currency=currency, lang=lang)
    second = rule["reward"].get("2")
    if levels > 1 and second and not second.get("none"):
        return _(
            "%(first)s of your clients' purchases and %(second)s of the purchases of partners you invited."
        ) % {
            "first": first,
            "second": reward_words(second, per=per, currency=currency, lang=lang),
        }
    return _("%(first)s of your clients' purchases.") % {"first": first}


def _hold_sentence(days: int) -> str:
    if not days:
        return _("At once: the money is available with the accrual.")
    return ngettext(
        "%(days)d day after the accrual: until then the goods may be returned.",
        "%(days)d days after the accrual: until then the goods may be returned.",
        days,
    ) % {"days": days}


def _attribution_sentence(attribution: dict[str, Any]) -> str:
    code = attribution.get("code_over_link", True)
    if attribution["policy"] == "last":
        first = _("The client goes to the partner whose link or code was used last.")
    else:
        first = _("The client stays with the partner who brought them first.")
    second = (
        _("A promo code counts more than a link.") if code else _("A link counts more than a promo code.")
    )
    return f"{first} {second}"


def _term_sentence(attribution: dict[str, Any]) -> str:
    days = attribution.get("term_days")
    if days is None:
        return _("For ever.")
    if attribution.get("term_mode") == "fixed":
        return ngettext(
            "%(days)d day from the first purchase, then the client is free.",
            "%(days)d days from the first purchase, then the client is free.",
            days,
        ) % {"days": days}
    return ngettext(
        "%(days)d day, and each purchase starts the term anew.",
        "%(days)d days, and each purchase starts the term anew.",
        days,
    ) % {"days": days}


def _sales_sentence(paid_sales: int) -> str:
    if not paid_sales:
        return _("All purchases of your client.")
    return ngettext(
        "The first %(n)d purchase of each client.", "The first %(n)d purchases of each client.", paid_sales
    ) % {"n": paid_sales}


def _window_sentence(attribution: dict[str, Any]) -> str:
    days = attribution.get("click_window_days")
    if days is None:
        return _("A click counts whenever the purchase comes.")
    return ngettext(
        "A click counts if the purchase comes within %(days)d day.",
        "A click counts if the purchase comes within %(days)d days.",
        days,
    ) % {"days": days}


def _welcome_sentence(programme: Programme, lang: str) -> str:
    digits = CURRENCY_DIGITS[programme.currency]
    money = money_words(programme.welcome_minor, programme.currency, digits, lang)
    if programme.is_welcome_payable:
        return _("%(money)s on your account at once, and they can be paid out.") % {"money": money}
    return _("%(money)s of welcome points on your account; they are not paid out.") % {"money": money}


def describe_when(
    when: dict[str, Any] | None, *, names: dict[str, str], day: Callable[[datetime], str]
) -> list[str]:
    """Conditions of a rule, each as a short phrase. `names`: partner names by code; `day` writes a moment's day."""
    when = when or {}
    words = {
        "partner": _("partner: %(list)s"),
        "group": _("group: %(list)s"),
        "product": _("product: %(list)s"),
        "category": _("category: %(list)s"),
        "sku": _("SKU: %(list)s"),
        "code": _("promo code: %(list)s"),
    }
    phrases = [
        words[key] % {"list": ", ".join(names.get(one, one) for one in when[key])}
        for key in words
        if when.get(key)
    ]
    if when.get("client"):
        phrases.append(_("new clients") if when["client"] == "new" else _("clients who bought before"))
    simple = {
        "order_total_from": _("order from %(value)s"),
        "order_total_to": _("order up to %(value)s"),
        "sale_from": _("from purchase number %(value)s"),
        "sale_to": _("up to purchase number %(value)s"),
        "days_since_attribution_to": _("within %(value)s days after the client came"),
        "months_since_attribution_to": _("within %(value)s months after the client came"),
    }
    phrases += [simple[key] % {"value": when[key]} for key in simple if when.get(key) is not None]
    if when.get("valid_from"):
        phrases.append(_("from %(day)s") % {"day": day(datetime.fromisoformat(when["valid_from"]))})
    if when.get("valid_to"):
        last = datetime.fromisoformat(when["valid_to"]) - timedelta(microseconds=1)
        phrases.append(_("through %(day)s") % {"day": day(last)})
    return phrases
