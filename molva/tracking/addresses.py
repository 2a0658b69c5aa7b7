"""Whether the addresses of content still open: looked at once a day, politely, through the guarded client.

A page that forbids machines (403, 429 and their kin) is «cannot be checked», never dead. One that fails is dead after
three different days, because sites rest too.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from molva.jobs import job
from molva.kit import clock
from molva.kit.http import BlockedAddressError, GuardedClient, HttpError
from molva.tracking.models import AddressState, ContentItem
from molva.workspaces import journal
from molva.workspaces.scoping import scope

REDIRECTS = 3
SECONDS = 6.0  # one question
DEAD_AFTER = 3  # days on which it failed
AGAIN_AFTER = timedelta(hours=23)
RUN_SECONDS = 90.0  # one run of the timetable
AT_ONCE = 100
# It is there, but not for us: forbidden, too often, not this way, for legal reasons, not for this country.
_NOT_FOR_US = {401, 402, 403, 405, 406, 407, 408, 409, 412, 418, 421, 423, 425, 428, 429, 431, 451, 999}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found: a state without its history, and a word for the reason."""

    state: AddressState
    reason: str = ""


def look(url: str, client: GuardedClient) -> Seen:
    """Ask for the head of a page, then for the page, through at most three redirects."""
    for _hop in range(REDIRECTS + 1):
        if urlsplit(url).scheme == "http" and not _is_allowed(url):
            return Seen(AddressState.UNCHECKED, "plain_http")
        try:
            status, onward = _ask(url, client)
        except BlockedAddressError:
            return Seen(AddressState.UNCHECKED, "not_public")
        except HttpError:
            return Seen(AddressState.FAILING, "unreachable")
        if onward is None:
            return _judge(status)
        url = urljoin(url, onward)
    return Seen(AddressState.FAILING, "redirects")


def _ask(url: str, client: GuardedClient) -> tuple[int, str | None]:
    """Status, and where a redirect leads. Many sites answer HEAD wrongly: only a good answer to it is believed."""
    try:
        head = client.request("HEAD", url, wants_body=False)
        if head.status < 400:
            return head.status, _onward(head.status, head.headers.get("location"))
    except BlockedAddressError:
        raise
    except HttpError:
        pass
    page = client.request("GET", url, wants_body=False)
    return page.status, _onward(page.status, page.headers.get("location"))


def _onward(status: int, location: str | None) -> str | None:
    return location if status in (301, 302, 303, 307, 308) and location else None


def _judge(status: int) -> Seen:
    if status < 400:
        return Seen(AddressState.ALIVE)
    if status in _NOT_FOR_US:
        return Seen(AddressState.UNCHECKED, f"http_{status}")
    return Seen(AddressState.FAILING, f"http_{status}")


def _is_allowed(url: str) -> bool:
    return urlsplit(url).netloc in settings.MOLVA_ALLOW_PRIVATE_HOSTS


@transaction.atomic
def note_seen(item: ContentItem, seen: Seen) -> ContentItem:
    """Write down what a look found; a day counts once, and only a change of life and death is told."""
    item = ContentItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    was, today = item.address_state, clock.now().date()
    item.checked_at = clock.now()
    if seen.state == AddressState.ALIVE:
        item.failures, item.failed_date = 0, None
    elif seen.state == AddressState.FAILING and item.failed_date != today:
        item.failures, item.failed_date = item.failures + 1, today
    if seen.state != AddressState.UNCHECKED or was != AddressState.DEAD:
        item.address_state, item.reason = seen.state, seen.reason
    if seen.state == AddressState.FAILING and item.failures >= DEAD_AFTER:
        item.address_state = AddressState.DEAD
    item.save()
    if item.address_state == AddressState.DEAD and was != AddressState.DEAD:
        journal.record("content.dead", item, data={"why": item.reason})
    elif was == AddressState.DEAD and item.address_state == AddressState.ALIVE:
        journal.record("content.alive", item)
    return item


def new_client() -> GuardedClient:
    """The client of these looks."""
    return GuardedClient(allow=settings.MOLVA_ALLOW_PRIVATE_HOSTS, total_seconds=SECONDS)


@job(max_attempts=3)
def check_content(content_id: int, workspace_id: int) -> None:
    """Look at one address now: somebody waits for the answer."""
    item = ContentItem.objects.filter(pk=content_id).exclude(url="").first()
    if item is not None:
        with new_client() as client:
            note_seen(item, look(item.url, client))


@job(max_attempts=1, priority=-5)
def check_due() -> None:
    """Timetable entry: look at the addresses that nobody has looked at for a day; the rest waits for the next run."""
    due = Q(checked_at__isnull=True) | Q(checked_at__lt=clock.now() - AGAIN_AFTER)
    items = ContentItem.unscoped.filter(due, is_archived=False).exclude(url="")
    ordered = items.order_by(F("checked_at").asc(nulls_first=True), "pk")
    ends_at = time.monotonic() + RUN_SECONDS
    with new_client() as client:
        for item in ordered[:AT_ONCE]:
            if time.monotonic() >= ends_at:
                break
            with scope(item.workspace_id):
                note_seen(item, look(item.url, client))
