"""The journal in plain words: what each kind of event says, its icon, and the page it leads to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from molva.programmes.models import PartnerStatus, Programme
from molva.web.ui import formats
from molva.workspaces.models import Event


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of event is told; «{label}» is the object's name at the time of the event."""

    words: str | Promise
    icon: str
    tone: str = "quiet"


_T = gettext_lazy
KINDS: dict[str, Kind] = {
    "workspace.created": Kind(_T("The company “{label}” began to work in Molva"), "building"),
    "programme.created": Kind(_T("Programme “{label}” was made"), "flag"),
    "programme.changed": Kind(_T("Settings of the programme were changed"), "settings"),
    "terms.published": Kind(_T("New terms were published"), "scale", "new"),
    "partner.joined": Kind(_T("{label} joined the programme"), "user-plus", "good"),
    "partner.changed": Kind(_T("{label}: data changed"), "pencil"),
    "link.created": Kind(_T("Link {label} was made"), "link"),
    "link.stopped": Kind(_T("Link {label} was stopped"), "link-off", "bad"),
    "link.resumed": Kind(_T("Link {label} works again"), "link", "good"),
    "promo_code.added": Kind(_T("Promo code {label} was added"), "discount"),
    "customer.joined": Kind(_T("Two records turned out to be one customer: {label}"), "users"),
    "customer.noted": Kind(_T("A note on customer {label} was changed"), "pencil"),
    "attribution.started": Kind(_T("Customer {label} is attributed to a partner"), "user-check", "good"),
    "attribution.ended": Kind(_T("The attribution of customer {label} has ended"), "user-off"),
    "lead.recorded": Kind(_T("Lead {label} came"), "message-2"),
    "order.recorded": Kind(_T("Order {label} came"), "shopping-cart"),
    "order.changed": Kind(_T("Order {label} changed"), "shopping-cart"),
    "order.judged": Kind(_T("It is decided whose order {label} is"), "scale"),
    "order.rejudged": Kind(_T("Order {label} belongs to someone else now"), "scale", "need"),
    "commission.accrued": Kind(_T("Accrued for order {label}"), "receipt", "hold"),
    "commission.released": Kind(_T("The money for order {label} became available"), "cash-banknote", "good"),
    "commission.clawed_back": Kind(_T("Taken back for order {label}"), "arrow-back-up", "bad"),
    "ledger.adjustment": Kind(_T("The balance of {label} was adjusted by hand"), "coins", "need"),
    "ledger.write_off": Kind(_T("The debt of {label} was written off"), "coins", "need"),
    "payout.drafted": Kind(_T("Payout {label} was prepared"), "cash-banknote"),
    "payout.approved": Kind(_T("Payout {label} was approved"), "check", "hold"),
    "payout.paid": Kind(_T("Payout {label} was paid"), "cash-banknote", "good"),
    "payout.cancelled": Kind(_T("Payout {label} was cancelled"), "circle-x"),
    "payout.failed": Kind(_T("Payout {label} came back"), "alert-circle", "bad"),
    "connection.made": Kind(_T("Shop “{label}” was connected"), "plug-connected", "good"),
    "connection.set_up": Kind(_T("Shop “{label}” was set up: hooks, script, order field"), "tool"),
    "connection.removed": Kind(_T("Shop “{label}” was disconnected"), "plug-connected-x"),
    "connection.broken": Kind(_T("Shop “{label}” stopped answering"), "plug-connected-x", "bad"),
    "connection.restored": Kind(_T("Shop “{label}” answers again"), "plug-connected", "good"),
    "connection.statuses_gone": Kind(_T("Shop “{label}” has deleted order statuses"), "alert-triangle", "need"),
    "inbound.dead": Kind(_T("A message of the shop was not understood"), "alert-triangle", "bad"),
    "inbound.retried": Kind(_T("A message of the shop is tried again"), "refresh"),
    "inbound.rejected": Kind(_T("A message of the shop was put away"), "trash"),
    "import.started": Kind(_T("A file of orders was loaded"), "file-upload"),
}

# Chips of the history page: a name, and the beginnings of the kinds it takes.
GROUPS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "people": (_T("Partners and customers"), ("partner.", "customer.", "attribution.", "link.", "promo_code.")),
    "orders": (_T("Orders and leads"), ("order.", "lead.", "inbound.", "import.")),
    "money": (_T("Money"), ("commission.", "ledger.", "payout.")),
    "settings": (_T("Terms and settings"), ("programme.", "terms.", "workspace.", "connection.")),
}

FIELDS: dict[str, str | Promise] = {
    "name": _T("name"), "email": _T("e-mail"), "phone": _T("phone"), "city": _T("city"), "groups": _T("groups"),
    "invited_by": _T("who invited"), "status": _T("status"), "note": _T("note"), "status_title": _T("status"),
    "delivery_minor": _T("delivery"), "discount_minor": _T("discount"), "total_minor": _T("sum"),
    "lines": _T("lines"), "shop_url": _T("address of the shop"), "mark_param": _T("partner parameter"),
    "is_registration_open": _T("registration"), "approve_by_hand": _T("acceptance by hand"),
    "welcome_minor": _T("welcome money"), "is_welcome_payable": _T("payout of welcome money"),
    "min_payout_minor": _T("least payout"), "theme": _T("theme"), "accent": _T("colour"), "logo": _T("logo"),
    "landing_title": _T("title of the page"), "landing_text": _T("text of the page"),
    "landing_button": _T("button of the page"), "landing_image": _T("picture of the page"),
    "thanks_title": _T("title of the thank-you page"), "thanks_text": _T("text of the thank-you page"),
    "thanks_image": _T("picture of the thank-you page"), "form_fields": _T("fields of the form"),
    "documents": _T("documents"), "support_email": _T("e-mail for questions"), "timezone": _T("time zone"),
}  # fmt: skip
ENDS: dict[str, str | Promise] = {
    "term": _T("the term ran out"),
    "partner": _T("another partner took over"),
    "join": _T("two records became one customer"),
}
_UNTOLD = {"creation", "reached_at", "status"}  # of orders: no news for people, or told by the title


@dataclass(frozen=True, slots=True)
class Told:
    """An event for a page."""

    at: datetime
    title: str
    text: str
    actor: str
    icon: str
    tone: str
    url: str


def told(event: Event, programme: Programme) -> Told:
    """An event in the reader's language; a kind without words of its own shows its name."""
    kind = KINDS.get(event.kind, Kind(event.kind, "history"))
    title = str(kind.words).replace("{label}", event.object_label)
    actor = event.actor_label or (_("Molva") if event.actor_kind == "system" else "")
    return Told(event.at, title, _details(event, programme), actor, kind.icon, kind.tone, _url(event, programme))


def _details(event: Event, programme: Programme) -> str:
    data, currency = event.data, programme.currency
    parts: list[str] = []
    if "amount_minor" in data:
        is_change = event.kind.startswith(("commission.", "ledger."))
        parts.append(formats.money(data["amount_minor"], currency, signed=is_change))
    special = _SPECIAL.get(event.kind)
    if special:
        parts.append(special(data))
    if data.get("reason") and not event.kind.startswith("order."):
        parts.append(str(data["reason"]))
    parts += [
        _change(name, *values, currency=currency)
        for name, values in (data.get("changes") or {}).items()
        if not (event.object_kind == "order" and name in _UNTOLD)
    ]
    return ". ".join(part for part in parts if part)


def _level(data: dict[str, Any]) -> str:
    return f"{data.get('partner', '')}, " + _("level %(n)s") % {"n": data.get("level", 1)}


def _judged(data: dict[str, Any]) -> str:
    said = data.get("partner") or _("nobody")
    return _("%(now)s, was: %(was)s") % {"now": said, "was": data["was"]} if data.get("was") else said


def _terms(data: dict[str, Any]) -> str:
    version = _("version %(n)s") % {"n": data.get("number")}
    return f"{version}: {data['note']}" if data.get("note") else version


def _rows(data: dict[str, Any]) -> str:
    n = int(data.get("rows", 0))
    return f"{data.get('file', '')}, " + ngettext("%(n)s row", "%(n)s rows", n) % {"n": n}


_SPECIAL: dict[str, Callable[[dict[str, Any]], str]] = {
    "commission.accrued": _level,
    "commission.released": _level,
    "commission.clawed_back": _level,
    "order.judged": _judged,
    "order.rejudged": _judged,
    "terms.published": _terms,
    "import.started": _rows,
    "order.recorded": lambda data: str(data.get("status", "")),
    "attribution.ended": lambda data: str(ENDS.get(data.get("by") or "", "")),
    "connection.statuses_gone": lambda data: ", ".join(data.get("statuses", [])),
    "connection.broken": lambda data: str(data.get("problem", "")),
    "customer.joined": lambda data: str(data.get("joined", "")),
    "payout.paid": lambda data: str(data.get("external_reference", "")),
}


def _change(name: str, before: object, after: object, *, currency: str) -> str:
    label = str(FIELDS.get(name, name))
    if name.endswith("_minor"):
        was, now = (formats.money(int(str(one or 0)), currency) for one in (before, after))
    elif name == "lines" and before is None:
        return _("the lines changed")
    elif name == "status":
        words = dict(PartnerStatus.choices)
        was, now = (str(words.get(str(one), one)) for one in (before, after))
    else:
        was, now = _plain(before), _plain(after)
    return _("%(field)s: %(now)s, was: %(was)s") % {"field": label, "now": now, "was": was}


def _plain(value: object) -> str:
    if value in (None, "", [], {}):
        return _("empty")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(f"{key}: {one}" for key, one in value.items())
    text = str(value)
    return text if len(text) <= 120 else text[:119] + "…"


_PAGES = {
    "partner": "partner", "customer": "customer", "order": "order", "payout": "payout",
    "inboundevent": "inbound_event",
}  # fmt: skip
_PLACES = {"programme": "settings", "connection": "shop"}


def _url(event: Event, programme: Programme) -> str:
    code = programme.code
    if event.kind == "terms.published":
        return reverse("office:terms", args=[code])
    if event.object_kind == "order" and event.data.get("commission"):
        return reverse("office:commission", args=[code, event.data["commission"]])
    if event.object_kind in _PAGES and event.object_id:
        return reverse(f"office:{_PAGES[event.object_kind]}", args=[code, event.object_id])
    if event.object_kind in ("link", "promocode") and event.partner_id:
        return reverse("office:partner", args=[code, event.partner_id])
    if event.object_kind in _PLACES:
        return reverse(f"office:{_PLACES[event.object_kind]}", args=[code])
    return ""


