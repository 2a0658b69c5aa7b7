"""Steps of a shop's set-up in plain words: what each gives, what came of it, what the merchant must do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from molva.integrations.models import Connection, SetupStep, StepState
from molva.orders.models import Order
from molva.programmes.models import Programme
from molva.web.office.plug_words import plug_words


@dataclass(frozen=True, slots=True)
class Words:
    """How a step is told: its icon, its name, what it gives when done, and the right that a key needs for it."""

    icon: str
    title: str | Promise
    done: str | Promise
    right: str | Promise


STEPS: dict[str, Words] = {
    "key": Words(
        "key",
        gettext_lazy("The shop lets us in"),
        gettext_lazy("The key opens this very shop."),
        gettext_lazy("the shop's settings"),
    ),
    "programme": Words(
        "flag",
        gettext_lazy("The programme leads to the shop"),
        gettext_lazy("Links of partners lead there."),
        gettext_lazy("the shop's settings"),
    ),
    "statuses": Words(
        "list-check",
        gettext_lazy("Statuses of orders"),
        gettext_lazy("Read from the shop, the one that earns is among them."),
        gettext_lazy("orders"),
    ),
    "hooks": Words(
        "bell",
        gettext_lazy("The shop tells of orders"),
        gettext_lazy("New, changed and deleted orders come at once."),
        gettext_lazy("orders and webhooks"),
    ),
    "field": Words(
        "tag",
        gettext_lazy("The order's field for the visit"),
        gettext_lazy("An order remembers the visit that brought it."),
        gettext_lazy("extra fields of orders"),
    ),
    "script": Words(
        "code",
        gettext_lazy("The script in the shop window"),
        gettext_lazy("It stands on all pages and does not slow them down."),
        gettext_lazy("scripts"),
    ),
    "widget": Words(
        "layout-board",
        gettext_lazy("The widget on the order's page"),
        gettext_lazy("Staff of the shop see there who brought the order."),
        gettext_lazy("widgets"),
    ),
    "codes": Words(
        "discount",
        gettext_lazy("Promo codes"),
        gettext_lazy("Read from the shop."),
        gettext_lazy("promo codes"),
    ),
    "orders": Words(
        "shopping-cart",
        gettext_lazy("Past orders"),
        gettext_lazy("They are being read in the background."),
        gettext_lazy("orders"),
    ),
}
_PLACES: dict[str, str | Promise] = {
    "orders/create": gettext_lazy("messages of new orders"),
    "orders/update": gettext_lazy("messages of changed orders"),
    "orders/destroy": gettext_lazy("messages of deleted orders"),
    "field": gettext_lazy("the order's field"),
    "script": gettext_lazy("the script"),
    "widget": gettext_lazy("the widget"),
}
_FOUND: dict[str, str | Promise] = {
    "missing": gettext_lazy("%(what)s: gone, made again"),
    "changed": gettext_lazy("%(what)s: changed by somebody, put right"),
    "double": gettext_lazy("%(what)s: stood there twice, the spare one is removed"),
}
_SENT_OUR_ADDRESS = ("hooks", "script", "widget")


@dataclass(frozen=True, slots=True)
class StepSeen:
    """A step for the page; `action`: a link with its words, where a person can put it right."""

    icon: str
    tone: str
    title: str
    text: str
    at: datetime | None
    is_main: bool = False
    is_future: bool = False
    action: tuple[str, str] | None = None


def step_seen(step: SetupStep, connection: Connection, programme: Programme) -> StepSeen:
    """One step in the reader's language."""
    words = STEPS.get(step.name, Words("settings", step.name, "", ""))
    title = str(words.title)
    if step.state == StepState.DONE:
        return StepSeen("check", "good", title, _outcome(step, connection, programme), step.at)
    if step.state == StepState.RUNNING:
        return StepSeen("loader-2", "hold", title, _("Just now…"), None, is_main=True)
    if step.state == StepState.LATER:
        return StepSeen("clock", "hold", title, plug_words(step.note), step.at)
    if step.state == StepState.REFUSED:
        text, action = advice(step, programme)
        return StepSeen("alert-triangle", "need", title, text, step.at, action=action)
    return StepSeen(words.icon, "quiet", title, "", None, is_future=True)


def _outcome(step: SetupStep, connection: Connection, programme: Programme) -> str:
    """What a step that is done has brought, with a figure where there is one."""
    figures: dict[str, Callable[[], str]] = {
        "programme": lambda: programme.shop_url,
        "statuses": lambda: _counted_statuses(len(connection.facts.get("statuses", []))),
        "codes": lambda: _counted_codes(len(connection.facts.get("codes", {}))),
        "orders": lambda: _counted_orders(Order.objects.filter(source=connection.source_key).count()),
    }
    said = str(STEPS[step.name].done) if step.name in STEPS else ""
    return f"{said} {figures[step.name]()}".strip() if step.name in figures else said


def _counted_statuses(n: int) -> str:
    return ngettext("%(n)s status.", "%(n)s statuses.", n) % {"n": n}


def _counted_codes(n: int) -> str:
    return ngettext("%(n)s code.", "%(n)s codes.", n) % {"n": n}


def _counted_orders(n: int) -> str:
    return ngettext("%(n)s order so far.", "%(n)s orders so far.", n) % {"n": n}


def advice(step: SetupStep, programme: Programme) -> tuple[str, tuple[str, str] | None]:
    """Why the shop said no, and what the merchant does about it."""
    code = programme.code
    connect = (reverse("office:shop_connect", args=[code]), _("Enter the key again"))
    if step.note.startswith("the key has no right"):
        right = str(STEPS[step.name].right) if step.name in STEPS else step.name
        return _(
            "The key has no right for this: %(right)s. Give it the right in the back office of the shop "
            "(Apps, For developers), then press “Set up once more”."
        ) % {"right": right}, None
    if step.note.startswith("the shop refuses the key"):
        return plug_words(step.note), connect
    if step.note.startswith("the key is of another shop"):
        return _("This key opens another shop. Nothing was changed there."), connect
    if step.note.startswith("the shop has none of the statuses"):
        words = _("None of the statuses that earn by your terms is in the shop. Choose one that is.")
        return words, (reverse("office:terms_edit", args=[code]), _("Choose the status"))
    if step.note.startswith("the shop answered 422") and step.name in _SENT_OUR_ADDRESS:
        return _(
            "The shop does not take the address of Molva, %(url)s. It must be open to the internet by https; "
            "whoever runs the server sets it as MOLVA_URL. Then press “Set up once more”."
        ) % {"url": settings.MOLVA_URL}, None
    return _("The shop did not do it (%(note)s). Press “Set up once more”; what else is done stays done.") % {
        "note": step.note
    }, None


def found_words(found: list[list[str]]) -> list[str]:
    """What a check had to put right, a sentence each."""
    said = []
    for what, where in found:
        words = str(_FOUND.get(what, "%(what)s")) % {"what": str(_PLACES.get(where, where))}
        said.append(words[:1].upper() + words[1:])
    return said


def drift_text(data: dict[str, Any]) -> str:
    """The same for a line of history."""
    return ". ".join(found_words(data.get("found", [])))
