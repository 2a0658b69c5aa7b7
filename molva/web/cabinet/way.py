"""The client's way to an order, stop by stop; partners other than the reader have no names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from molva.domain.explanation import Explanation
from molva.kit import clock
from molva.kit.clock import from_micros
from molva.orders.models import Order
from molva.programmes.models import Partner
from molva.reports.cabinet_why import Why
from molva.web.ui.formats import day, moment, money
from molva.web.ui.verdicts import shown


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: `when` in words; `kind` is main for the decision, future for what has not come yet."""

    icon: str
    tone: str
    title: str
    when: str
    note: str = ""
    kind: str = ""


def stops(grounds: Why, partner: Partner) -> list[Stop]:
    """What led to the order, the decision, the accrual, the day of the money."""
    explanation, order = grounds.explanation, grounds.commission.order
    if explanation is None:
        return []
    if grounds.commission.level > 1:
        return [
            _made(order),
            _decision(order, _("Decision: a partner you invited sold it")),
            *_money(grounds),
        ]
    touches = _touches(explanation, order, partner)
    return [*touches, _made(order), _decision(order, _("Decision: the order is yours")), *_money(grounds)]


def _touches(explanation: Explanation, order: Order, partner: Partner) -> list[Stop]:
    found: list[tuple[datetime, Stop]] = []
    path = explanation.path
    if path:
        at = from_micros(path["at"])
        found.append(
            (at, Stop(_icon(path["kind"]), "new", _mine(path), moment(at), _("This decided the order")))
        )
    elif explanation.since:
        at = from_micros(explanation.since)
        found.append((at, Stop("user-check", "new", _("Became your client"), moment(at))))
    for loser in (order.verdict or {}).get("losers", []):
        at = from_micros(loser["at"])
        if loser["partner"] == partner.code:
            title, note = _mine({"kind": loser["kind"], "code": ""}), _lost_words(loser["reason"])
        else:
            title = _("Came by another partner")
            note = _("%(why)s. The name is hidden, so is yours from them") % {
                "why": _lost_words(loser["reason"])
            }
        found.append((at, Stop(_icon(loser["kind"]), "quiet", title, moment(at), note)))
    return [stop for _at, stop in sorted(found, key=lambda pair: pair[0])]


def _icon(kind: str) -> str:
    return {"code": "discount", "qr": "qrcode", "form": "clipboard", "attribution": "user"}.get(kind, "click")


def _mine(path: dict[str, Any]) -> str:
    words = {
        "qr": _("Opened your QR code"),
        "form": _("Filled in your form"),
        "code": _("Used your promo code %(code)s") % {"code": path.get("code") or ""},
        "landing": _("Came to an address with your mark"),
        "attribution": _("Was your client"),
    }
    return words.get(path["kind"], _("Came by your link")).strip()


def _lost_words(reason: str) -> str:
    words = {
        "spent": _("It was counted for an earlier order"),
        "window": _("It was too long before the order"),
        "later": _("It came after the one that counts"),
        "earlier": _("A later visit counts"),
        "other_kind": _("A promo code or a link outweighed it"),
        "landing_spare": _("A real visit counts more"),
        "attributed": _("The client was bound already"),
        "touch_wins": _("A fresh visit won"),
        "own_purchase": _("Own purchases do not count"),
        "partner_blocked": _("That place was closed"),
    }
    return words.get(reason, _("It changes nothing"))


def _made(order: Order) -> Stop:
    return Stop("shopping-bag", "quiet", _("Made the order"), moment(order.created_at))


def _decision(order: Order, title: str) -> Stop:
    return Stop("scale", "quiet", title, moment(order.judged_at) if order.judged_at else "", kind="main")


def _money(grounds: Why) -> list[Stop]:
    commission = grounds.commission
    currency = commission.programme.currency
    found = []
    for entry in grounds.entries:
        if entry.kind == "accrual":
            title = _("Accrued %(sum)s") % {"sum": money(entry.amount_minor, currency)}
            found.append(Stop("truck-delivery", "good", title, moment(entry.at)))
        elif entry.kind == "clawback":
            title = _("Taken back %(sum)s") % {"sum": money(-entry.amount_minor, currency)}
            found.append(Stop("receipt-refund", "bad", title, moment(entry.at)))
        elif entry.kind == "release":
            found.append(Stop("cash-banknote", "good", _("The money became available"), moment(entry.at)))
    row = shown(commission)
    if row.status == "expected" and commission.expected_minor:
        found.append(
            Stop("truck-delivery", "quiet", _("The shop marks the order as done"), "", kind="future")
        )
    if row.until and row.until > clock.now():
        found.append(
            Stop("clock-pause", "quiet", _("The money becomes available"), day(row.until), kind="future")
        )
    if row.status in ("expected", "held", "available"):
        found.append(Stop("cash-banknote", "quiet", _("The next payout"), "", kind="future"))
    return found
