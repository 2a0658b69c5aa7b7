"""Short words of the cabinet: masked names, verdicts from the partner's side, statuses with their dates."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from molva.orders.models import DELETED_STATUS, Order
from molva.programmes.models import Partner

_VERDICTS: dict[str, Callable[[], str]] = {
    "link": lambda: _("Came by your link"),
    "code": lambda: _("Used your promo code"),
    "landing": lambda: _("Came to an address with your mark"),
    "attributed": lambda: _("Your client since before"),
    "no_touch": lambda: _("Nothing led to you"),
    "window_ended": lambda: _("The visit was too long ago"),
    "term_ended": lambda: _("The binding term had ended"),
    "own_purchase": lambda: _("Your own purchase: not rewarded"),
    "partner_blocked": lambda: _("Your place was closed then"),
}
_UNPAID: dict[str, Callable[[], str]] = {
    "zero_base": lambda: _("after discounts the goods cost nothing"),
    "no_rule": lambda: _("no rule for these goods"),
    "rule_none": lambda: _("nothing is paid for these goods"),
    "zero_amount": lambda: _("the amount comes to zero"),
    "status": lambda: _("waits for the shop's status"),
    "sales_limit": lambda: _("the paid purchases of this client are used up"),
}


def masked(name: str) -> str:
    """A client's name as a partner may see it: «Марина Кузнецова» → «Марина К.»; contacts keep a sign or two."""
    text = name.strip()
    if "@" in text:
        return f"{text[0]}…@…"
    digits = [sign for sign in text if sign.isdigit()]
    if len(digits) >= 7 and not any(sign.isalpha() for sign in text):
        return f"…{''.join(digits[-2:])}"
    words = text.split()
    return " ".join([words[0], f"{words[1][0]}."]) if len(words) > 1 and not text.startswith("№") else text


def verdict_words(order: Order, partner: Partner) -> str:
    """Why the order is in the partner's list, and why it brings nothing, when it brings nothing."""
    if order.partner_id != partner.pk:
        return _("A partner you invited sold it") if order.partner_id else _("Not yours any more")
    first = _VERDICTS.get(order.reason, lambda: _("Being looked at"))()
    if order.status == DELETED_STATUS:
        return _("%(verdict)s; the shop removed the order") % {"verdict": first}
    if order.unpaid in _UNPAID and order.unpaid != "status":
        return _("%(verdict)s; %(why)s") % {"verdict": first, "why": _UNPAID[order.unpaid]()}
    return first


def unpaid_words(order: Order) -> str:
    """Why nothing is owed, as the end of a sentence; empty when something is, or nobody has the order."""
    return _UNPAID[order.unpaid]() if order.unpaid in _UNPAID else ""
