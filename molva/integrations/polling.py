"""Writes of stage 8: reading by ourselves what hooks may have lost.

Three nets, each under the other: every quarter of an hour what has changed since the anchor, every night the last three
days (`comparison`), every week what was deleted. The anchor is a moment of the shop's own clock.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from molva.integrations.base import UNREADABLE, Page, PlugError, reason_of
from molva.integrations.connecting import keep, note_problem
from molva.integrations.inbound import close_event, storable
from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.quota import ShopBusyError, Urgency, calling_as
from molva.integrations.registry import source_of
from molva.integrations.telling import tell_all
from molva.jobs import RetryLaterError, enqueue, job
from molva.orders.errors import CurrencyMismatch
from molva.orders.services import Recorded

PAGES_A_FIRING = 50
DELETED_DAYS = 30  # how far back the weekly reading of deleted orders looks
_BEFORE_CONNECTING = timedelta(days=1)  # older orders come by the import of past orders
_SOON = 60  # seconds


class PollLaterError(RetryLaterError):
    """The shop is in trouble for now: polling is never given up, so no try is counted."""

    is_put_off = True


@job(queue="shops", max_attempts=3)
def poll_shop(connection_id: int) -> None:
    """Read what hooks may have lost: orders changed since the anchor, page by page, until an empty one."""
    connection = Connection.objects.select_related("programme").get(pk=connection_id)
    if connection.state == "disconnected":
        return
    with watched(connection):
        for _page in range(PAGES_A_FIRING):
            page = source_of(connection.kind).poll(connection, connection.anchor or first_anchor(connection))
            record_page(connection, page)
            if page.anchor is not None and page.anchor != connection.anchor:
                connection.anchor = page.anchor
                keep(connection, "anchor")
            if page.is_last:
                return
        enqueue_poll(connection)


@job(queue="shops", max_attempts=3)
def read_deleted(connection_id: int) -> None:
    """Read what the shop has put away lately: a deletion may come without any hook."""
    connection = Connection.objects.select_related("programme").get(pk=connection_id)
    if connection.state == "disconnected" or not connection.anchor.get("updated_at"):
        return
    anchor: dict[str, Any] | None = days_before(connection, DELETED_DAYS)
    with watched(connection), calling_as(Urgency.PAST):
        while anchor is not None:
            page = source_of(connection.kind).poll(connection, anchor, deleted=True)
            record_page(connection, page)
            anchor = None if page.is_last else page.anchor


@job(queue="shops", max_attempts=1)
def poll_shops() -> None:
    """Timetable entry: one polling job for each connected shop (dedupe: never two for one shop)."""
    for connection in connected_shops():
        enqueue_poll(connection)


@job(queue="shops", max_attempts=1)
def read_deleted_everywhere() -> None:
    """Timetable entry: one reading of deleted orders for each connected shop."""
    for connection in connected_shops():
        enqueue(
            read_deleted,
            dedupe=f"deleted-{connection.pk}",
            connection_id=connection.pk,
            workspace_id=connection.workspace_id,
        )


def connected_shops() -> list[Connection]:
    """Connections of all workspaces that can be read."""
    rows = Connection.unscoped.filter(state__in=("active", "broken")).exclude(kind="manual")
    return list(rows.order_by("pk"))


def enqueue_poll(connection: Connection) -> None:
    enqueue(
        poll_shop,
        dedupe=f"poll-{connection.pk}",
        connection_id=connection.pk,
        workspace_id=connection.workspace_id,
    )


def first_anchor(connection: Connection) -> dict[str, Any]:
    """Where polling of a new shop begins; what was before is a person's choice (`imports`)."""
    return {"updated_at": (connection.created_at - _BEFORE_CONNECTING).isoformat(timespec="milliseconds")}


def days_before(connection: Connection, days: int) -> dict[str, Any]:
    """An anchor so many days before the last change that was read, by the shop's clock."""
    last = datetime_of(connection.anchor or first_anchor(connection))
    return {"updated_at": (last - timedelta(days=days)).isoformat(timespec="milliseconds")}


def datetime_of(anchor: dict[str, Any]) -> datetime:
    """The moment of an anchor."""
    return datetime.fromisoformat(anchor["updated_at"])


@contextmanager
def watched(connection: Connection) -> Iterator[None]:
    """Read a shop and keep its state: what lasts is told to people, what passes is tried again in a minute."""
    try:
        yield
    except ShopBusyError as busy:
        if busy.cause != "limit":
            note_problem(connection, str(busy))
        raise
    except PlugError as problem:
        if not problem.permanent:
            raise PollLaterError(str(problem), _SOON) from problem
        note_problem(connection, str(problem))
    else:
        note_problem(connection, "")


def record_page(connection: Connection, page: Page) -> list[Recorded]:
    """Record what a page told; an order that cannot be recorded waits as a dead letter, the others go on."""
    refused = list(page.refused)
    recorded: list[Recorded] = []
    for one, done in zip(page.told, tell_all(connection, page.told), strict=True):
        if isinstance(done, Recorded):
            recorded.append(done)
        elif isinstance(done, (CurrencyMismatch, *UNREADABLE)):
            is_known = isinstance(done, CurrencyMismatch)
            refused.append((one.external_id, str(done) if is_known else reason_of(done)))
        else:
            raise done
    for order_id, reason in refused:
        bury(connection, order_id[:120], reason)
    return recorded


def bury(connection: Connection, order_id: str, reason: str) -> None:
    """A dead letter for an order that polling found; told once, however often the order is read again."""
    order_id = storable(order_id)
    known = InboundEvent.objects.filter(connection=connection, object_id=order_id, topic="poll")
    if known.filter(state__in=(InboundState.DEAD, InboundState.REJECTED), reason=storable(reason)).exists():
        return
    body = json.dumps({"id": order_id}).encode()
    event = InboundEvent(connection=connection, topic="poll", body=body, object_id=order_id)
    event.content_type = "application/json"
    with transaction.atomic():
        close_event(event, InboundState.DEAD, reason=reason)
