"""«Why this amount»: one commission explained to its partner; other partners and the client stay without names."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from molva.domain.explanation import Explanation, LineWhy
from molva.kit.clock import from_micros
from molva.kit.money import CURRENCY_DIGITS
from molva.ledger.models import TransactionKind
from molva.programmes.models import Partner
from molva.reports.cabinet_why import Why, why
from molva.web.cabinet.shell import page, partner_page
from molva.web.cabinet.way import stops
from molva.web.cabinet.words import masked, unpaid_words
from molva.web.ui.formats import day, moment, money, number, percent
from molva.web.ui.verdicts import shown


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A line of the receipt: the goods, the formula, the rule, the sum."""

    title: str
    formula: str
    rule: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Rate:
    """A rule that could have paid: whether it did, and why or why not."""

    name: str
    text: str
    is_winner: bool


@require_GET
@partner_page
def show(request: HttpRequest, partner: Partner, pk: int) -> HttpResponse:
    """The page of a commission."""
    return why_page(request, partner, pk)


def why_page(request: HttpRequest, partner: Partner, pk: int) -> HttpResponse:
    """Render the explanation of the partner's own commission, or 404."""
    grounds = why(partner, pk)
    commission, explanation = grounds.commission, grounds.explanation
    context: dict[str, Any] = {
        "commission": commission,
        "order": commission.order,
        "shown": shown(commission),
        # the client of another partner is not ours to show
        "client": masked(str(commission.order.customer)) if commission.order.partner_id == partner.pk else "",
        "words": bubble(grounds),
        "unpaid": unpaid_words(commission.order),
        "lines": [
            _line(one.title, one.why, explanation, commission.programme.currency) for one in grounds.lines
        ]
        if explanation
        else [],
        "total_minor": explanation.amount_minor if explanation else commission.posted_minor,
        "stops": stops(grounds, partner),
        "rates": _rates(explanation) if explanation else [],
        "entries": [(entry, TransactionKind(entry.kind).label) for entry in grounds.entries],
        "second_minor": grounds.second_minor if commission.level == 1 else 0,
    }
    return page(request, partner, "cabinet/why.html", "money", context)


def rule_name(rule: str) -> str:
    """The rule as the merchant called it; the first one has no name of its own."""
    return _("All goods") if rule == "default" else rule


def rate_words(line: LineWhy, currency: str) -> str:
    """«15 %», «150,00 ₽ for a piece»."""
    if line.percent is not None:
        return percent(line.percent)
    if line.fixed_minor is None:
        return _("nothing")
    sum_ = money(line.fixed_minor, currency)
    words = {"unit": _("%(sum)s for a piece"), "order": _("%(sum)s for the order")}
    return words.get(line.per, _("%(sum)s for a line")) % {"sum": sum_}


def bubble(grounds: Why) -> list[str]:
    """Sentences: how the client came to the partner, what it brought, when the money can be had."""
    commission, explanation = grounds.commission, grounds.explanation
    currency = commission.programme.currency
    if explanation is None:
        return []
    said = [_came(explanation, commission.level)]
    rates = list(
        dict.fromkeys(rate_words(one.why, currency) for one in grounds.lines if one.why.amount_minor)
    )
    if rates:
        said.append(
            _("By the terms of that day you get %(rates)s; it comes to %(sum)s.")
            % {"rates": ", ".join(rates), "sum": money(explanation.amount_minor, currency)}
        )
    row = shown(commission)
    if row.until:
        said.append(
            _("The money is available on %(day)s: until then the goods may be returned.")
            % {"day": day(row.until)}
        )
    elif row.status == "expected":
        said.append(_("It is accrued when the shop marks the order as done."))
    elif row.status == "available":
        said.append(_("The money is available for a payout."))
    elif row.status == "clawed_back":
        said.append(_("The order was returned or cancelled, so the accrual is taken back."))
    return said


def _came(explanation: Explanation, level: int) -> str:
    if level > 1:
        return _("A partner whom you invited brought this client; a part of each such sale is yours.")
    path = explanation.path
    at = moment(from_micros(path["at"])) if path else ""
    since = day(from_micros(explanation.since)) if explanation.since else ""
    words = {
        "link": _("The client came by your link on %(at)s."),
        "qr": _("The client opened your QR code on %(at)s."),
        "form": _("The client filled in your form on %(at)s."),
        "code": _("The client used your promo code %(code)s."),
        "landing": _("The client came to the shop by an address with your mark."),
        "attributed": _("The client has been yours since %(since)s."),
    }
    reason = path["kind"] if path and explanation.reason == "link" else explanation.reason
    found = words.get(reason, _("The order is yours."))
    return found % {"at": at, "code": path["code"] if path else "", "since": since}


def _line(title: str, line: LineWhy, explanation: Explanation | None, currency: str) -> ReceiptLine:
    if line.rule is None:
        return ReceiptLine(title, money(line.total_minor, currency), _("No rule pays for this"), 0)
    formula = money(line.total_minor, currency)
    if line.base_minor != line.total_minor:
        cut = money(line.total_minor - line.base_minor, currency)
        formula = _("%(total)s − discount %(cut)s = %(base)s") % {
            "total": formula,
            "cut": cut,
            "base": money(line.base_minor, currency),
        }
    rate = rate_words(line, currency)
    formula = f"{formula} × {rate}" if line.percent is not None else f"{formula} · {rate}"
    notes = [_("By the rule “%(rule)s”") % {"rule": rule_name(line.rule)}]
    exact = _unrounded(line, currency)
    if exact:
        notes.append(_("%(exact)s rounded") % {"exact": exact})
    if line.amount_minor < line.uncut_minor:
        is_used_up = explanation and 0 < line.paid_sales < (explanation.paid_place or 0)
        notes.append(_("the paid purchases are used up") if is_used_up else _("the rule's upper limit holds"))
    return ReceiptLine(title, formula, " · ".join(notes), line.amount_minor)


def _unrounded(line: LineWhy, currency: str) -> str:
    """The product before rounding, when rounding changed it."""
    if line.percent is None:
        return ""
    exact = Decimal(line.base_minor) * Decimal(line.percent) / 100
    return "" if exact == exact.to_integral_value() else number(exact / 10 ** CURRENCY_DIGITS[currency])


def _rates(explanation: Explanation) -> list[Rate]:
    """Winners first, then each rule that lost, once, with the first reason."""
    lost_words = {
        "partner": _("It is for other partners"),
        "group": _("It is for a group you are not in"),
        "code": _("It asks for a promo code"),
        "client": _("It is for other clients: new or returning"),
        "order_total": _("The order's sum does not fit it"),
        "sale": _("It is for another purchase of the client"),
        "time": _("Its time was not then"),
        "product": _("It is for other goods"),
        "sku": _("It is for other goods"),
        "category": _("It is for another section"),
        "weaker": _("A more exact rule goes before it"),
    }
    winners = dict.fromkeys(line.rule for line in explanation.lines if line.rule)
    rates = [
        Rate(rule_name(rule), _("It worked: the most exact one that fits"), is_winner=True)
        for rule in winners
    ]
    lost: dict[str, str] = {}
    for one in explanation.lost_rules:
        if one.rule not in winners:
            lost.setdefault(one.rule, one.reason)
    return rates + [
        Rate(rule_name(rule), lost_words.get(reason, ""), is_winner=False) for rule, reason in lost.items()
    ]
