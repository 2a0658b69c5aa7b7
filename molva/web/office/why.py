"""Why a sum is what it is, for people: the verdict, the receipt, the path and the rules of an order's commission.

Everything is read from what the settlement stored (`Order.verdict`, `Commission.explanation`); nothing is judged here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.commissions.models import Commission
from molva.domain.explanation import Explanation, LineWhy
from molva.domain.texts import commission_text
from molva.domain.verdicts import Commission as Owed
from molva.domain.verdicts import CommissionLine
from molva.kit.clock import from_micros
from molva.kit.money import allocate
from molva.orders.models import Order
from molva.programmes.models import Programme, TermsVersion
from molva.programmes.queries import compiled
from molva.programmes.wording import general_rule
from molva.web.ui import formats
from molva.web.ui.verdicts import decision_of, language

LOST_TOUCH: dict[str, str | Promise] = {
    "spent": gettext_lazy("counted for an earlier order already"),
    "window": gettext_lazy("too long ago: the life of a click had ended"),
    "later": gettext_lazy("came later; the first one counts"),
    "earlier": gettext_lazy("came earlier; the last one counts"),
    "other_kind": gettext_lazy("gave way: by the terms the other way counts more"),
    "landing_spare": gettext_lazy("the address carried a mark, but there are clicks that say more"),
    "attributed": gettext_lazy("changes nothing: the client was attributed to a partner already"),
    "touch_wins": gettext_lazy("the client was attributed, but a new touch took the order over"),
    "own_purchase": gettext_lazy("the partner has the same e-mail or phone as the client"),
    "partner_blocked": gettext_lazy("the partner was blocked at that time"),
}
TOUCHES: dict[str, tuple[str, str | Promise]] = {
    "link": ("click", gettext_lazy("Came by the link of {partner}")),
    "qr": ("qrcode", gettext_lazy("Scanned the QR code of {partner}")),
    "form": ("clipboard", gettext_lazy("Filled in the form of {partner}")),
    "code": ("discount", gettext_lazy("Used the promo code of {partner}")),
    "landing": ("route", gettext_lazy("Came to an address with the mark of {partner}")),
    "attributed": ("user-check", gettext_lazy("Was attributed to {partner}")),
}
REASONS: dict[str, str | Promise] = {
    "link": gettext_lazy("Link or QR code"),
    "code": gettext_lazy("Promo code"),
    "landing": gettext_lazy("Mark in the address"),
    "attributed": gettext_lazy("Attributed client"),
    "no_touch": gettext_lazy("No touch"),
    "window_ended": gettext_lazy("Clicks too old"),
    "term_ended": gettext_lazy("Term ended"),
    "own_purchase": gettext_lazy("Own purchase"),
    "partner_blocked": gettext_lazy("Partner blocked"),
    "zero_base": gettext_lazy("Goods for nothing"),
    "no_rule": gettext_lazy("No rule"),
    "rule_none": gettext_lazy("The rule pays nothing"),
    "zero_amount": gettext_lazy("Comes to zero"),
    "status": gettext_lazy("Not paid in this status"),
    "sales_limit": gettext_lazy("Paid purchases used up"),
}
LOST_RULE: dict[str, str | Promise] = {
    "partner": gettext_lazy("it is for other partners"),
    "group": gettext_lazy("it is for another group of partners"),
    "code": gettext_lazy("it asks for a promo code that was not used"),
    "client": gettext_lazy("it is for other clients: new ones or those who bought before"),
    "order_total": gettext_lazy("the sum of the order does not fit"),
    "sale": gettext_lazy("the number of the purchase does not fit"),
    "time": gettext_lazy("the day does not fit"),
    "product": gettext_lazy("it is for other products"),
    "sku": gettext_lazy("it is for other SKUs"),
    "category": gettext_lazy("it is for another category"),
    "weaker": gettext_lazy("gave way to a more exact rule"),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of a path."""

    icon: str
    title: str
    text: str = ""
    at: datetime | None = None
    tone: str = "quiet"
    is_main: bool = False
    is_future: bool = False
    url: str = ""


def touch_title(kind: str, partner: str) -> tuple[str, str]:
    """Icon and words of a touch."""
    icon, words = TOUCHES.get(kind, ("click", gettext_lazy("A touch of {partner}")))
    return icon, str(words).replace("{partner}", partner)


def order_path(order: Order, programme: Programme, names: Mapping[str, str]) -> list[Stop]:
    """From the first touch to the decision: what won and what did not, with the reasons."""
    if not order.verdict:
        return []
    decision = decision_of(order.verdict, names)
    stops = []
    for loser in decision.losers:
        icon, title = touch_title(loser.kind, loser.partner)
        why = str(LOST_TOUCH.get(loser.reason, loser.reason))
        stops.append(Stop(icon, title, why[:1].upper() + why[1:], from_micros(loser.at)))
    if decision.touch:
        icon, title = touch_title(decision.touch.kind, decision.touch.partner)
        text = _("Code %(code)s") % {"code": decision.touch.code} if decision.touch.code else ""
        stops.append(Stop(icon, title, text, from_micros(decision.touch.at), "new"))
    elif decision.since is not None and decision.partner:
        icon, title = touch_title("attributed", decision.partner)
        stops.append(Stop(icon, title, at=from_micros(decision.since), tone="new"))
    stops.sort(key=lambda stop: stop.at or order.created_at)
    total = formats.money(order.total_minor, programme.currency)
    stops.append(
        Stop("shopping-cart", _("Ordered"), _("%(sum)s with delivery") % {"sum": total}, order.created_at)
    )
    whose = decision.partner or _("nobody's")
    stops.append(
        Stop(
            "scale",
            _("Decision: %(whose)s") % {"whose": whose},
            str(REASONS.get(order.reason, "")),
            is_main=True,
        )
    )
    if order.reached_at:
        title = _("Reached a status that accrues")
        # the title belongs to the present status, which may be another one by now
        is_still = (order.reached_lines or {}).get("status") == order.status
        text = order.status_title if is_still else ""
        stops.append(Stop("truck-delivery", title, text, order.reached_at, "good"))
    return stops


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A line of the receipt: what it costs, what it is counted from, at what rate, and what was special."""

    title: str
    amount_minor: int
    total_minor: int
    cut_minor: int
    base_minor: int
    rate: str
    rule: str
    notes: tuple[str, ...] = ()
    is_paid: bool = True


def receipt_lines(
    why: Explanation, titles: Mapping[str, str], rules: Mapping[str, str], currency: str
) -> list[ReceiptLine]:
    """Every line of the order with its share of the discount, its rate and its amount."""
    totals = [line.total_minor for line in why.lines]
    cuts = allocate(min(why.discount_minor, sum(totals)), totals)
    return [
        ReceiptLine(
            title=_title(line, titles),
            amount_minor=line.amount_minor,
            total_minor=line.total_minor,
            cut_minor=cut,
            base_minor=line.total_minor - cut,
            rate=rate_words(line, currency),
            rule=rules.get(line.rule or "", line.rule or ""),
            notes=tuple(_notes(line, why, line.total_minor - cut, currency)),
            is_paid=line.percent is not None or line.fixed_minor is not None,
        )
        for line, cut in zip(why.lines, cuts, strict=True)
    ]


def _title(line: LineWhy, titles: Mapping[str, str]) -> str:
    title = titles.get(line.line) or line.line
    quantity = Fraction(line.quantity)
    if quantity == 1:
        return title
    written = formats.number(Decimal(quantity.numerator) / Decimal(quantity.denominator))
    return f"{title} × {written}"


def rate_words(line: LineWhy, currency: str) -> str:
    """«15 %», «150,00 ₽ a piece»."""
    if line.percent is not None:
        return formats.percent(line.percent)
    if line.fixed_minor is None:
        return ""
    money = formats.money(line.fixed_minor, currency)
    per = {"unit": _("%(money)s a piece"), "order": _("%(money)s an order"), "line": _("%(money)s a line")}
    return per[line.per] % {"money": money}


def _notes(line: LineWhy, why: Explanation, base: int, currency: str) -> list[str]:
    if line.rule is None:
        return [_("After the discount this costs nothing.") if base == 0 else _("No rule fits this line.")]
    if line.percent is None and line.fixed_minor is None:
        return [_("The rule pays nothing for it.")]
    notes = []
    if line.percent is not None:
        exact = Fraction(line.base_minor) * Fraction(line.percent) / 100
        if exact.denominator != 1:
            said = formats.number((Decimal(exact.numerator) / Decimal(exact.denominator) / 100).normalize())
            rounded = formats.money(line.uncut_minor, currency)
            notes.append(_("%(exact)s rounded to the kopeck: %(sum)s") % {"exact": said, "sum": rounded})
    if line.paid_sales and (why.paid_place or 0) > line.paid_sales:
        limit = {"n": line.paid_sales, "place": why.paid_place}
        notes.append(_("The rule pays %(n)s purchases of a client, this is purchase %(place)s.") % limit)
    elif line.amount_minor < line.uncut_minor and line.cap_minor is not None:
        cap = formats.money(line.cap_minor, currency)
        notes.append(_("The rule gives at most %(sum)s for an order.") % {"sum": cap})
    return notes


def bubble_words(
    why: Explanation, rules: Mapping[str, str], programme: Programme, version: TermsVersion
) -> str:
    """What the sum is made of, in one sentence, by the very words of the rules."""
    lines = tuple(
        CommissionLine(
            line=line.line,
            base_minor=line.base_minor,
            rule=rules.get(line.rule or "", line.rule or ""),
            percent=line.percent,
            fixed_minor=line.fixed_minor,
            amount_minor=line.amount_minor,
            full_minor=line.uncut_minor if _is_beyond(line, why) else line.amount_minor,
            uncut_minor=line.uncut_minor,
        )
        for line in why.lines
        if line.rule is not None
    )
    owed = Owed(partner=why.partner, level=why.level, amount_minor=why.amount_minor, lines=lines)
    return commission_text(owed, language(), compiled(programme, version))


def _is_beyond(line: LineWhy, why: Explanation) -> bool:
    return 0 < line.paid_sales < (why.paid_place or 0)


def rule_names(version: TermsVersion) -> dict[str, str]:
    """Rules as people call them: the one for everybody has no name of its own."""
    general = general_rule(version)["id"]
    return {rule["id"]: _("For everybody") if rule["id"] == general else rule["id"] for rule in version.rules}


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """A rule beside a calculation: its rate on the commission's level, and why it paid or did not."""

    name: str
    rate: str
    why: str
    is_winner: bool


def rules_seen(why: Explanation, commission: Commission, titles: Mapping[str, str]) -> list[RuleSeen]:
    """Every rule of the version: winners first, then the others with their reasons."""
    version, names = commission.terms, rule_names(commission.terms)
    written = {rule["id"]: rule for rule in version.rules}
    won: dict[str, list[str]] = {}
    for line in why.lines:
        if line.rule:
            won.setdefault(line.rule, []).append(titles.get(line.line) or line.line)
    seen = [
        RuleSeen(
            name=names.get(rule, rule),
            rate=_level_rate(written.get(rule), why),
            why=_("Pays for: %(list)s") % {"list": ", ".join(of)},
            is_winner=True,
        )
        for rule, of in won.items()
    ]
    lost: dict[str, set[str]] = {}
    for one in why.lost_rules:
        if one.rule not in won:
            lost.setdefault(one.rule, set()).add(one.reason)
    for rule, reasons in lost.items():
        said = "; ".join(sorted(str(LOST_RULE.get(reason, reason)) for reason in reasons))
        text = said[:1].upper() + said[1:]
        seen.append(
            RuleSeen(names.get(rule, rule), _level_rate(written.get(rule), why), text, is_winner=False)
        )
    return seen


def _level_rate(rule: Mapping[str, Any] | None, why: Explanation) -> str:
    reward = ((rule or {}).get("reward") or {}).get(str(why.level)) or {}
    if reward.get("percent") is not None:
        return formats.percent(str(reward["percent"]))
    if reward.get("fixed") is not None:
        return formats.number(Decimal(str(reward["fixed"]))) + formats.NBSP + formats.symbol_of(why.currency)
    return _("nothing")
