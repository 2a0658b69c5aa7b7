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
from molva.selftest.words import reason_words, step_title
from molva.web.office.plug_words import plug_words
from molva.web.office.setup_words import drift_text
from molva.web.ui import formats
from molva.workspaces.models import Event, Role


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of event is told; «{label}» is the object's name at the time of the event."""

    words: str | Promise
    icon: str
    tone: str = "quiet"


KINDS: dict[str, Kind] = {
    "workspace.created": Kind(gettext_lazy("The company “{label}” began to work in Molva"), "building"),
    "programme.created": Kind(gettext_lazy("Programme “{label}” was made"), "flag"),
    "programme.changed": Kind(gettext_lazy("Settings of the programme were changed"), "settings"),
    "terms.published": Kind(gettext_lazy("New terms were published"), "scale", "new"),
    "terms.withdrawn": Kind(gettext_lazy("Planned terms were withdrawn"), "scale"),
    "news.written": Kind(gettext_lazy("News “{label}” was written or changed"), "pencil"),
    "news.published": Kind(gettext_lazy("News “{label}” was published"), "bell", "good"),
    "news.withdrawn": Kind(gettext_lazy("News “{label}” was withdrawn"), "eye-off"),
    "partner.joined": Kind(gettext_lazy("{label} joined the programme"), "user-plus", "good"),
    "partner.changed": Kind(gettext_lazy("{label}: data changed"), "pencil"),
    "link.created": Kind(gettext_lazy("Link {label} was made"), "link"),
    "link.stopped": Kind(gettext_lazy("Link {label} was stopped"), "link-off", "bad"),
    "link.resumed": Kind(gettext_lazy("Link {label} works again"), "link", "good"),
    "promo_code.added": Kind(gettext_lazy("Promo code {label} was added"), "discount"),
    "promo_code.changed": Kind(gettext_lazy("Promo code {label} was changed"), "pencil"),
    "promo_code.voided": Kind(gettext_lazy("Promo code {label} was made void"), "ban", "bad"),
    "promo_code.refused": Kind(gettext_lazy("The shop refused promo code {label}"), "ban", "bad"),
    "promo_code.drifted": Kind(
        gettext_lazy("Promo code {label} is different in the shop"), "alert-triangle", "need"
    ),
    "promo_code.gone": Kind(gettext_lazy("Promo code {label} was deleted in the shop"), "trash", "need"),
    "promo_code.brought": Kind(gettext_lazy("Promo code {label} is brought to the shop again"), "refresh"),
    "promo_code.asked": Kind(gettext_lazy("Promo codes are asked for: {label}"), "message-2", "new"),
    "promo_code.granted": Kind(gettext_lazy("Promo codes are granted: {label}"), "check", "good"),
    "promo_code.declined": Kind(gettext_lazy("Promo codes are declined: {label}"), "circle-x"),
    "customer.joined": Kind(gettext_lazy("Two records turned out to be one customer: {label}"), "users"),
    "customer.noted": Kind(gettext_lazy("A note on customer {label} was changed"), "pencil"),
    "attribution.started": Kind(
        gettext_lazy("Customer {label} is attributed to a partner"), "user-check", "good"
    ),
    "attribution.ending": Kind(
        gettext_lazy("The attribution of customer {label} ends soon: the partner is warned"), "hourglass-low"
    ),
    "attribution.ended": Kind(gettext_lazy("The attribution of customer {label} has ended"), "user-off"),
    "lead.recorded": Kind(gettext_lazy("Lead {label} came"), "message-2"),
    "order.recorded": Kind(gettext_lazy("Order {label} came"), "shopping-cart"),
    "order.changed": Kind(gettext_lazy("Order {label} changed"), "shopping-cart"),
    "order.judged": Kind(gettext_lazy("It is decided whose order {label} is"), "scale"),
    "order.rejudged": Kind(gettext_lazy("Order {label} belongs to someone else now"), "scale", "need"),
    "commission.accrued": Kind(gettext_lazy("Accrued for order {label}"), "receipt", "hold"),
    "commission.released": Kind(
        gettext_lazy("The money for order {label} became available"), "cash-banknote", "good"
    ),
    "commission.clawed_back": Kind(gettext_lazy("Taken back for order {label}"), "arrow-back-up", "bad"),
    "ledger.adjustment": Kind(gettext_lazy("The balance of {label} was adjusted by hand"), "coins", "need"),
    "ledger.write_off": Kind(gettext_lazy("The debt of {label} was written off"), "coins", "need"),
    "payout.drafted": Kind(gettext_lazy("Payout {label} was prepared"), "cash-banknote"),
    "payout.approved": Kind(gettext_lazy("Payout {label} was approved"), "check", "hold"),
    "payout.paid": Kind(gettext_lazy("Payout {label} was paid"), "cash-banknote", "good"),
    "payout.cancelled": Kind(gettext_lazy("Payout {label} was cancelled"), "circle-x"),
    "payout.failed": Kind(gettext_lazy("Payout {label} came back"), "alert-circle", "bad"),
    "connection.made": Kind(gettext_lazy("Shop “{label}” was connected"), "plug-connected", "good"),
    "connection.set_up": Kind(gettext_lazy("Shop “{label}” was set up: hooks, script, order field"), "tool"),
    "connection.drifted": Kind(
        gettext_lazy("Shop “{label}”: something of ours was changed there and is put right"), "tool", "need"
    ),
    "connection.removed": Kind(gettext_lazy("Shop “{label}” was disconnected"), "plug-connected-x"),
    "connection.broken": Kind(gettext_lazy("Shop “{label}” stopped answering"), "plug-connected-x", "bad"),
    "connection.restored": Kind(gettext_lazy("Shop “{label}” answers again"), "plug-connected", "good"),
    "connection.statuses_gone": Kind(
        gettext_lazy("Shop “{label}” has deleted order statuses"), "alert-triangle", "need"
    ),
    "content.added": Kind(gettext_lazy("Content “{label}” was registered"), "photo", "new"),
    "content.changed": Kind(gettext_lazy("Content “{label}” was changed"), "pencil"),
    "content.archived": Kind(gettext_lazy("Content “{label}” was put away"), "archive"),
    "content.restored": Kind(gettext_lazy("Content “{label}” is back in the list"), "photo"),
    "content.dead": Kind(gettext_lazy("Content “{label}” does not open any more"), "link-off", "need"),
    "content.alive": Kind(gettext_lazy("Content “{label}” opens again"), "circle-check", "good"),
    "export.asked": Kind(gettext_lazy("A long list is asked for as a file: {label}"), "download"),
    "books.unsound": Kind(
        gettext_lazy("The check of the books found something wrong: no payout is approved"),
        "alert-triangle",
        "bad",
    ),
    "books.sound": Kind(
        gettext_lazy("The check of the books finds everything in order again"), "circle-check", "good"
    ),
    "whatif.started": Kind(gettext_lazy("Terms are tried on past orders: {label}"), "test-pipe"),
    "self_test.passed": Kind(gettext_lazy("The self-test found everything working"), "test-pipe", "good"),
    "self_test.failed": Kind(gettext_lazy("The self-test found a defect"), "test-pipe", "bad"),
    "self_test.stopped": Kind(gettext_lazy("The self-test was stopped"), "test-pipe"),
    "connection.installed": Kind(
        gettext_lazy("The application was installed in shop “{label}”"), "plug-connected", "good"
    ),
    "connection.reinstalled": Kind(
        gettext_lazy("The application was installed in shop “{label}” once more"), "plug-connected", "good"
    ),
    "connection.uninstalled": Kind(
        gettext_lazy("The application was removed in shop “{label}”; the data are kept"),
        "plug-connected-x",
        "bad",
    ),
    "connection.moved": Kind(gettext_lazy("Shop “{label}” has another address"), "building-store"),
    "install.waiting": Kind(
        gettext_lazy("Shop “{label}” has installed the application and waits to be taken in"),
        "building-store",
        "need",
    ),
    "install.accepted": Kind(gettext_lazy("Shop “{label}” was taken in"), "plug-connected", "good"),
    "install.refused": Kind(gettext_lazy("Shop “{label}” was refused"), "ban"),
    "member.joined": Kind(gettext_lazy("{label} came from the shop and joined the staff"), "user-plus"),
    "member.changed": Kind(gettext_lazy("{label}: another role"), "id"),
    "member.removed": Kind(gettext_lazy("The access of {label} was taken away"), "user-off", "need"),
    "workspace.handed_over": Kind(gettext_lazy("{label} is the owner of the company now"), "id", "need"),
    "subscription.changed": Kind(gettext_lazy("The subscription of shop “{label}” changed"), "cash-banknote"),
    "subscription.given": Kind(
        gettext_lazy("Free days were given to shop “{label}”"), "cash-banknote", "good"
    ),
    "charge.made": Kind(gettext_lazy("A service was ordered for shop “{label}”"), "cash-banknote"),
    "charge.accepted": Kind(gettext_lazy("A service for shop “{label}” was paid"), "cash-banknote", "good"),
    "charge.declined": Kind(gettext_lazy("A service for shop “{label}” was declined"), "circle-x"),
    "inbound.dead": Kind(gettext_lazy("A message of the shop was not understood"), "alert-triangle", "bad"),
    "inbound.retried": Kind(gettext_lazy("A message of the shop is tried again"), "refresh"),
    "inbound.rejected": Kind(gettext_lazy("A message of the shop was put away"), "trash"),
    "comparison.started": Kind(gettext_lazy("A comparison with the shop has begun"), "scale"),
    "comparison.stopped": Kind(gettext_lazy("A comparison with the shop was stopped"), "player-stop"),
    "comparison.finished": Kind(gettext_lazy("The shop was compared with us"), "scale"),
    "finding.fixed": Kind(gettext_lazy("A difference with the shop was put right: {label}"), "tool", "good"),
    "finding.explained": Kind(gettext_lazy("A difference with the shop was explained: {label}"), "message-2"),
    "connection.statuses_renamed": Kind(gettext_lazy("Shop “{label}” has renamed order statuses"), "pencil"),
    "past.chosen": Kind(gettext_lazy("Past orders: it was chosen how far back they are read"), "download"),
    "past.paused": Kind(gettext_lazy("Reading of past orders was paused"), "player-pause"),
    "past.resumed": Kind(gettext_lazy("Reading of past orders goes on"), "refresh"),
    "past.finished": Kind(gettext_lazy("Past orders are brought in"), "download", "good"),
    "import.started": Kind(gettext_lazy("A file of orders was loaded"), "file-upload"),
}

# Chips of the history page: a name, and the beginnings of the kinds it takes.
GROUPS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "people": (
        gettext_lazy("Partners and customers"),
        ("partner.", "customer.", "attribution.", "link.", "promo_code."),
    ),
    "orders": (
        gettext_lazy("Orders and leads"),
        ("order.", "lead.", "inbound.", "import.", "past.", "finding.", "comparison."),
    ),
    "money": (gettext_lazy("Money"), ("commission.", "ledger.", "payout.")),
    "settings": (
        gettext_lazy("Terms and settings"),
        ("programme.", "terms.", "workspace.", "connection.", "self_test.", "install.", "member."),
    ),
}

FIELDS: dict[str, str | Promise] = {
    "name": gettext_lazy("name"),
    "email": gettext_lazy("e-mail"),
    "phone": gettext_lazy("phone"),
    "city": gettext_lazy("city"),
    "groups": gettext_lazy("groups"),
    "invited_by": gettext_lazy("who invited"),
    "status": gettext_lazy("status"),
    "note": gettext_lazy("note"),
    "refusal": gettext_lazy("reason of the refusal"),
    "status_title": gettext_lazy("status"),
    "delivery_minor": gettext_lazy("delivery"),
    "discount_minor": gettext_lazy("discount"),
    "total_minor": gettext_lazy("sum"),
    "lines": gettext_lazy("lines"),
    "shop_url": gettext_lazy("address of the shop"),
    "mark_param": gettext_lazy("partner parameter"),
    "cookie_notice": gettext_lazy("cookie notice"),
    "consent_cookie": gettext_lazy("cookie of the shop's notice"),
    "tests_daily": gettext_lazy("daily self-test"),
    "applies_code": gettext_lazy("promo code typed by itself"),
    "is_registration_open": gettext_lazy("registration"),
    "approve_by_hand": gettext_lazy("acceptance by hand"),
    "welcome_minor": gettext_lazy("welcome money"),
    "is_welcome_payable": gettext_lazy("payout of welcome money"),
    "min_payout_minor": gettext_lazy("least payout"),
    "theme": gettext_lazy("theme"),
    "accent": gettext_lazy("colour"),
    "logo": gettext_lazy("logo"),
    "landing_title": gettext_lazy("title of the page"),
    "landing_text": gettext_lazy("text of the page"),
    "landing_button": gettext_lazy("button of the page"),
    "landing_image": gettext_lazy("picture of the page"),
    "thanks_title": gettext_lazy("title of the thank-you page"),
    "thanks_text": gettext_lazy("text of the thank-you page"),
    "thanks_image": gettext_lazy("picture of the thank-you page"),
    "form_fields": gettext_lazy("fields of the form"),
    "documents": gettext_lazy("documents"),
    "support_email": gettext_lazy("e-mail for questions"),
    "timezone": gettext_lazy("time zone"),
    "role": gettext_lazy("role"),
    "mark_aliases": gettext_lazy("former words of the partner parameter"),
    "auto_code": gettext_lazy("promo code by itself"),
    "discount_kind": gettext_lazy("kind of discount"),
    "discount": gettext_lazy("discount"),
    "limit": gettext_lazy("how often"),
    "expires_date": gettext_lazy("last day"),
    "min_order_minor": gettext_lazy("order from"),
    "is_private": gettext_lazy("private"),
}
ENDS: dict[str, str | Promise] = {
    "term": gettext_lazy("the term ran out"),
    "partner": gettext_lazy("another partner took over"),
    "join": gettext_lazy("two records became one customer"),
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
    return Told(
        event.at, title, _details(event, programme), actor, kind.icon, kind.tone, _url(event, programme)
    )


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


def _compared(data: dict[str, Any]) -> str:
    words = _("%(orders)s compared; new differences: %(found)s; put right at once: %(repaired)s")
    figures = {name: formats.number(int(data.get(name, 0))) for name in ("found", "repaired")}
    return words % {"orders": formats.counted(int(data.get("read", 0)), "order"), **figures}


def _joined(data: dict[str, Any]) -> str:
    role = str(dict(Role.choices).get(data.get("role", ""), "")).lower()
    return ", ".join(part for part in (str(data.get("shop", "")), role) if part)


_SPECIAL: dict[str, Callable[[dict[str, Any]], str]] = {
    "commission.accrued": _level,
    "commission.released": _level,
    "commission.clawed_back": _level,
    "order.judged": _judged,
    "order.rejudged": _judged,
    "terms.published": _terms,
    "terms.withdrawn": _terms,
    "import.started": _rows,
    "comparison.finished": _compared,
    "past.finished": lambda data: formats.counted(int(data.get("read", 0)), "order"),
    "order.recorded": lambda data: str(data.get("status", "")),
    "attribution.ended": lambda data: str(ENDS.get(data.get("by") or "", "")),
    "connection.statuses_gone": lambda data: ", ".join(data.get("statuses", [])),
    "connection.drifted": drift_text,
    "connection.statuses_renamed": lambda data: ", ".join(
        " → ".join(pair) for pair in data.get("statuses", [])
    ),
    "connection.broken": lambda data: str(data.get("problem", "")),
    "books.unsound": lambda data: "; ".join(data.get("first", [])[:3]),
    "self_test.failed": lambda data: f"{step_title(data['step'])}: {reason_words(data['reason'])}",
    "connection.moved": lambda data: f"{data.get('from', '')} → {data.get('to', '')}",
    "install.waiting": lambda data: str(data.get("host", "")),
    "install.refused": lambda data: str(data.get("host", "")),
    "member.joined": _joined,
    "workspace.handed_over": lambda data: _("was: %(name)s") % {"name": data.get("from", "")},
    "subscription.given": lambda data: formats.counted(int(data["days"]), "day"),
    "charge.made": lambda data: str(data["name"]),
    "charge.accepted": lambda data: str(data["name"]),
    "charge.declined": lambda data: str(data["name"]),
    "customer.joined": lambda data: str(data.get("joined", "")),
    "payout.paid": lambda data: str(data.get("external_reference", "")),
    "promo_code.voided": lambda data: str(data.get("reason", "")),
    "promo_code.refused": lambda data: plug_words(str(data.get("problem", ""))),
    "promo_code.declined": lambda data: str(data.get("answer", "")),
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
    elif name == "role":
        was, now = (str(dict(Role.choices).get(str(one), one)).lower() for one in (before, after))
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
    "inboundevent": "inbound_event", "promocode": "code", "finding": "finding",
}  # fmt: skip
_PLACES = {
    "programme": "settings", "connection": "shop", "user": "members", "appinstall": "shop", "newsitem": "news",
    "comparisonrun": "comparison",
}  # fmt: skip


def _url(event: Event, programme: Programme) -> str:
    code = programme.code
    if event.kind.startswith("terms."):
        return reverse("office:terms", args=[code])
    if event.object_kind == "order" and event.data.get("commission"):
        return reverse("office:commission", args=[code, event.data["commission"]])
    if event.object_kind in _PAGES and event.object_id:
        return reverse(f"office:{_PAGES[event.object_kind]}", args=[code, event.object_id])
    if event.object_kind == "link" and event.partner_id:
        return reverse("office:partner", args=[code, event.partner_id])
    if event.object_kind in _PLACES:
        return reverse(f"office:{_PLACES[event.object_kind]}", args=[code])
    return ""
