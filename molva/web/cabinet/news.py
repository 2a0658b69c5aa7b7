"""«What changed»: lines of the journal in words a partner understands, with the sum and the way to the reason."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from molva.payouts.models import Payout
from molva.programmes.models import Partner
from molva.reports.cabinet import payouts_named
from molva.web.cabinet.words import masked
from molva.web.ui.formats import day
from molva.workspaces.models import Event


@dataclass(frozen=True, slots=True)
class Piece:
    """One line: icon and tone of its square, title, second line, sum of the change (None: no money in it)."""

    icon: str
    tone: str
    title: str
    note: str
    at: datetime
    amount_minor: int | None = None
    url: str = ""


def tell(events: list[Event], partner: Partner) -> list[Piece]:
    """Words for every event; one question for the payouts among them."""
    named = payouts_named(
        [one.object_id for one in events if one.object_kind == "payout" and one.object_id], partner
    )
    return [_piece(event, partner, named) for event in events]


def _piece(event: Event, partner: Partner, payouts: dict[int, Payout]) -> Piece:
    group = event.kind.split(".")[0]
    if event.kind in _MONEY:
        return _of_commission(event, partner)
    if group == "payout":
        return _of_payout(event, partner, payouts.get(event.object_id or 0))
    if group == "ledger":
        note = str(event.data.get("reason", ""))
        return Piece(
            "adjustments-horizontal",
            "hold",
            _("The manager changed your balance"),
            note,
            event.at,
            event.data.get("amount_minor"),
            _url("money", partner),
        )
    return _of_other(event, partner)


_MONEY: dict[str, tuple[str, str, Callable[[], str], int]] = {
    "commission.accrued": ("circle-check", "good", lambda: _("Accrued for order %(number)s"), 1),
    "commission.clawed_back": (
        "receipt-refund",
        "bad",
        lambda: _("Order %(number)s changed: taken back"),
        -1,
    ),
    "commission.released": (
        "cash-banknote",
        "good",
        lambda: _("Order %(number)s: the money is available"),
        0,
    ),
}


def _of_commission(event: Event, partner: Partner) -> Piece:
    icon, tone, title, sign = _MONEY[event.kind]
    amount = int(event.data.get("amount_minor", 0))
    note = _("Second level, a sale of a partner you invited") if event.data.get("level", 1) > 1 else ""
    if event.kind == "commission.released":
        note = _("The hold is over, nothing was returned")
    commission = event.data.get("commission")
    return Piece(
        icon,
        tone,
        title() % {"number": event.object_label},
        note,
        event.at,
        abs(amount) * sign if sign else None,
        reverse("cabinet:commission", args=[partner.programme.code, commission]) if commission else "",
    )


def _of_payout(event: Event, partner: Partner, payout: Payout | None) -> Piece:
    words = {
        "payout.drafted": ("clock", "quiet", _("A payout is being prepared"), _("The manager checks it")),
        "payout.approved": ("clock-play", "hold", _("The payout is approved"), _("The money is on its way")),
        "payout.paid": ("check", "good", _("Paid out"), ""),
        "payout.cancelled": (
            "circle-x",
            "quiet",
            _("The payout is cancelled"),
            _("The money is available again"),
        ),
        "payout.failed": (
            "alert-circle",
            "bad",
            _("The payout came back"),
            _("The money is available again"),
        ),
    }
    icon, tone, title, note = words[event.kind]
    amount = payout.amount_minor if payout and event.kind == "payout.paid" else None
    if payout and payout.reason and event.kind in ("payout.cancelled", "payout.failed"):
        note = payout.reason
    return Piece(icon, tone, title, note, event.at, amount, _url("money", partner) + "?view=payouts")


def _of_other(event: Event, partner: Partner) -> Piece:
    client = masked(event.object_label)
    until = parse_datetime(str(event.data.get("at", "")))
    words = {
        "attribution.started": (
            "user-check",
            "new",
            _("%(client)s is your client now") % {"client": client},
            "",
        ),
        "attribution.ending": (
            "hourglass-low",
            "need",
            _("%(client)s: the binding term is ending") % {"client": client},
            _("A purchase until %(day)s keeps this client yours") % {"day": day(until) if until else ""},
        ),
        "attribution.ended": (
            "hourglass-low",
            "need",
            _("%(client)s is not your client any more") % {"client": client},
            _ended_by(event.data.get("by"), until),
        ),
        "promo_code.added": (
            "discount",
            "new",
            _("Promo code %(code)s is yours") % {"code": event.object_label},
            "",
        ),
        "promo_code.changed": (
            "discount",
            "quiet",
            _("Promo code %(code)s has other terms") % {"code": event.object_label},
            "",
        ),
        "promo_code.voided": (
            "ban",
            "bad",
            _("Promo code %(code)s does not count any more") % {"code": event.object_label},
            str(event.data.get("reason", "")),
        ),
        "promo_code.granted": ("discount", "good", _("The promo codes you asked for are here"), ""),
        "promo_code.declined": (
            "discount",
            "need",
            _("No promo codes this time"),
            str(event.data.get("answer", "")),
        ),
        "link.created": ("link", "quiet", _("A new link"), event.object_label),
        "link.stopped": ("player-pause", "quiet", _("A link is stopped"), event.object_label),
        "link.resumed": ("player-play", "quiet", _("A link works again"), event.object_label),
        "content.dead": (
            "link-off",
            "need",
            _("“%(title)s” does not open any more") % {"title": event.object_label},
            _("Its link goes on counting. If it has moved, write the new address."),
        ),
        "content.alive": (
            "circle-check",
            "good",
            _("“%(title)s” opens again") % {"title": event.object_label},
            "",
        ),
        "partner.joined": ("user-plus", "new", _("You are in the programme"), ""),
        "terms.published": ("scale", "hold", _("New terms"), _terms_note(event)),
        "terms.withdrawn": (
            "scale",
            "quiet",
            _("Planned terms are called off"),
            _("The present ones hold on"),
        ),
    }
    icon, tone, title, note = words[event.kind]
    pages = {"link": "links", "promo_code": "codes", "content": "content"}
    page = pages.get(event.kind.split(".")[0])
    url = _url(page, partner) if page else ""
    if event.kind.startswith("terms."):
        url = _url("terms", partner)
    return Piece(icon, tone, title, note, event.at, None, url)


def _ended_by(cause: object, until: datetime | None) -> str:
    if cause == "term":
        return _("The binding term ended %(day)s without a purchase") % {"day": day(until) if until else ""}
    if cause == "partner":
        return _("Another partner brought a new visit")
    return ""


def _terms_note(event: Event) -> str:
    since = parse_datetime(str(event.data.get("valid_from", "")))
    return _("For orders from %(day)s on") % {"day": day(since)} if since else ""


def _url(name: str, partner: Partner) -> str:
    return reverse(f"cabinet:{name}", args=[partner.programme.code])
