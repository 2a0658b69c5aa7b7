"""A promo code in words: what it gives, when it may be used, where it stands in the shop."""

from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.tracking.codes import CodeOffer
from molva.tracking.models import CodeDiscount, CodeLimit, CodeTerms
from molva.web.ui import formats

# state → (status key of a badge, words, icon)
STATES: dict[str, tuple[str, "str | Promise"]] = {
    "there": ("active", gettext_lazy("Works in the shop")),
    "waiting": ("queued", gettext_lazy("On its way to the shop")),
    "differs": ("attention", gettext_lazy("Different in the shop")),
    "refused": ("refused", gettext_lazy("The shop refused it")),
    "mark": ("active", gettext_lazy("Counts; no discount by Molva")),
    "voided": ("cancelled", gettext_lazy("Voided")),
}
FIELDS: dict[str, "str | Promise"] = {
    "code": gettext_lazy("spelling"),
    "kind": gettext_lazy("kind of discount"),
    "discount": gettext_lazy("discount"),
    "limit": gettext_lazy("how often"),
    "expires": gettext_lazy("last day"),
    "min_order_minor": gettext_lazy("order from"),
    "is_disabled": gettext_lazy("switched off"),
}


def discount_words(terms: CodeTerms | CodeOffer, currency: str) -> str:
    """«−10 %», «−500 ₽», or that the code only counts."""
    if terms.discount_kind == CodeDiscount.PERCENT:
        return formats.MINUS + formats.percent(terms.discount)
    if terms.discount_kind == CodeDiscount.SUM:
        return formats.money(-terms.discount, currency)
    return _("no discount by Molva")


def limit_words(terms: CodeTerms | CodeOffer, currency: str) -> list[str]:
    """Each limit in a few words; nothing when there is none."""
    words = []
    if terms.limit:
        words.append(str(CodeLimit(terms.limit).label))
    if terms.min_order_minor:
        words.append(_("order from %(sum)s") % {"sum": formats.money(terms.min_order_minor, currency)})
    if terms.expires_date:
        words.append(_("until %(day)s") % {"day": formats.day(terms.expires_date)})
    return words


def drift_words(drift: dict[str, list[Any]], kinds: tuple[str, str], currency: str) -> list[str]:
    """What the shop has otherwise: «discount: 15 % in the shop, 10 % here». `kinds`: of ours and of the shop's."""
    return [
        _("%(field)s: %(seen)s in the shop, %(wished)s here")
        % {
            "field": FIELDS.get(name, name),
            "wished": _plain(name, wished, kinds[0], currency),
            "seen": _plain(name, seen, kinds[1], currency),
        }
        for name, (wished, seen) in drift.items()
    ]


def _plain(name: str, value: Any, kind: str, currency: str) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "discount":
        return formats.percent(value) if kind == CodeDiscount.PERCENT else formats.money(value, currency)
    if name == "min_order_minor":
        return formats.money(value, currency) if value else _("any")
    if name == "kind":
        return str(CodeDiscount(value).label)
    if name == "limit":
        return str(CodeLimit(value).label)
    if name == "expires":
        return formats.day(date.fromisoformat(value)) if value else _("no last day")
    return str(value)
