"""Content in words, for office and cabinet: what became of an address, and why."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.tracking.addresses import DEAD_AFTER
from molva.tracking.models import AddressState, ContentItem

BADGES: dict[str, str] = {
    AddressState.NEW: "queued",
    AddressState.ALIVE: "active",
    AddressState.FAILING: "attention",
    AddressState.UNCHECKED: "none",
    AddressState.DEAD: "broken",
}
_REASONS: dict[str, str | Promise] = {
    "http_404": gettext_lazy("The site says that there is no such page."),
    "http_410": gettext_lazy("The site says that the page was removed."),
    "unreachable": gettext_lazy("The site does not answer."),
    "redirects": gettext_lazy("The site leads from one address to the next without an end."),
    "plain_http": gettext_lazy("The address is without https, such ones are not checked."),
    "not_public": gettext_lazy("The address is not on the public internet."),
    "http_401": gettext_lazy("The page wants a sign-in, so a machine cannot look at it."),
    "http_403": gettext_lazy("The site lets no machines in, so it is not known whether the page is there."),
    "http_429": gettext_lazy("The site asks machines to come less often."),
}


@dataclass(frozen=True, slots=True)
class AddressWords:
    """A state of an address as pages show it."""

    badge: str
    label: str
    why: str
    checked_at: datetime | None


def address_words(item: ContentItem) -> AddressWords:
    """Badge, word and reason; of an item without an address that it is not published."""
    if not item.url:
        return AddressWords("draft", _("Not published yet"), "", None)
    why = str(_REASONS.get(item.reason, ""))
    if item.reason and not why:
        why = _("The site answers with error %(code)s.") % {"code": item.reason.removeprefix("http_")}
    if item.address_state == AddressState.FAILING:
        days = {"n": item.failures, "all": DEAD_AFTER}
        why += " " + _("Day %(n)d of %(all)d: after the last the address counts as gone.") % days
    label = str(item.get_address_state_display())
    return AddressWords(BADGES[item.address_state], label, why.strip(), item.checked_at)
