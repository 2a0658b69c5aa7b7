"""The signs of an order for people: what was seen, where, whether it counted and why; the verdict laid over them."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.kit.codes import fold
from molva.orders.models import Order
from molva.web.office.why import LOST_TOUCH

_WHATS: dict[str, tuple[str, "str | Promise"]] = {
    "code": ("discount", gettext_lazy("Promo code {value}")),
    "token": ("click", gettext_lazy("A click by a partner's link")),
    "mark": ("route", gettext_lazy("Partner's mark {value}")),
    "short_link": ("link", gettext_lazy("Short link {value}")),
    "other": ("speakerphone", gettext_lazy("A mark of {name}: {value}")),
    "no_visit": ("arrow-back-up", gettext_lazy("A return from the payment page")),
    "attributed": ("user-check", gettext_lazy("The client was known and attributed")),
}
_WHERES: dict[str, "str | Promise"] = {
    "discount": gettext_lazy("in the discounts of the order"),
    "field": gettext_lazy("in the extra field of the order, written by the script"),
    "cookie": gettext_lazy("in a cookie that the shop passes on"),
    "first_current_location": gettext_lazy("in the address of the first visit"),
    "current_location": gettext_lazy("in the address of the last visit"),
    "first_query": gettext_lazy("in the query of the first visit"),
    "query": gettext_lazy("in the query of the last visit"),
    "first_referer": gettext_lazy("on the page before the first visit"),
    "referer": gettext_lazy("on the page before the last visit"),
    "": gettext_lazy("by e-mail, phone or number in the shop"),
}
_WHYS: dict[str, "str | Promise"] = {
    "same": gettext_lazy("says the same once more"),
    "weaker": gettext_lazy("gave way to a sign that stands before it"),
    "unreadable": gettext_lazy("not a click of ours, or damaged"),
    "nobody": gettext_lazy("names nobody in this programme"),
    "other": gettext_lazy("another programme's: left alone"),
    "other_later": gettext_lazy("another programme's, and later than ours: look at it before you pay"),
    "no_visit": gettext_lazy("proves nothing: the buyer came back from the bank"),
}
_TOUCH_OF = {
    "code": ("code",),
    "token": ("link", "qr", "form"),
    "mark": ("landing",),
    "short_link": ("landing",),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One sign on the page. `badge` is a status key, `word` its word, `why` the reason below."""

    icon: str
    title: str
    where: str
    badge: str
    word: str
    why: str
    tone: str = "quiet"


def shown_signs(order: Order) -> list[Shown]:
    """Every sign that the order came with, and the known client when that decided."""
    verdict = order.verdict or {}
    shown = [_shown(sign, verdict) for sign in order.evidence]
    if verdict.get("reason") == "attributed":
        icon, words = _WHATS["attributed"]
        shown.append(Shown(icon, str(words), str(_WHERES[""]), "good", _("Decided"), "", "good"))
    return shown


def _shown(sign: dict[str, Any], verdict: dict[str, Any]) -> Shown:
    what, value = sign["what"], sign.get("value", "")
    icon, words = _WHATS.get(what, ("help-circle", what))
    title = str(words).replace("{value}", value).replace("{name}", sign.get("name", ""))
    where = str(_WHERES.get(sign.get("where", ""), sign.get("where", "")))
    why = sign.get("why", "")
    if not sign.get("taken"):
        is_warning = why == "other_later"
        badge, tone = ("attention", "need") if is_warning else ("none", "quiet")
        return Shown(
            icon,
            title,
            where,
            badge,
            _("Look at it") if is_warning else _("Not used"),
            str(_WHYS.get(why, why)),
            tone,
        )
    if verdict.get("partner") and _decided(what, value, verdict.get("touch")):
        return Shown(icon, title, where, "good", _("Decided"), "", "good")
    return Shown(icon, title, where, "none", _("Did not decide"), _lost(what, verdict))


def _decided(what: str, value: str, touch: dict[str, Any] | None) -> bool:
    """Whether the winning touch is the one that this sign tells of."""
    if not touch or touch["kind"] not in _TOUCH_OF.get(what, ()):
        return False
    return what != "code" or touch.get("code") in (None, fold(value))


def _lost(what: str, verdict: dict[str, Any]) -> str:
    kinds = _TOUCH_OF.get(what, ())
    losers = [one for one in verdict.get("losers") or [] if one["kind"] in kinds]
    if losers:
        return str(LOST_TOUCH.get(losers[0]["reason"], losers[0]["reason"]))
    if not verdict:
        return _("it is not decided yet")
    if what == "token":
        return _("the click is not loaded, or an earlier order used it")
    return _("it named no partner when the order was made")
