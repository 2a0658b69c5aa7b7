"""Writes of stage 8: reading by ourselves what hooks may have lost."""

import json

from django.db import transaction

from molva.integrations.base import UNREADABLE, Page, PlugError, Source, reason_of
from molva.integrations.connecting import keep, note_problem
from molva.integrations.inbound import close_event, storable
from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.registry import source_of
from molva.integrations.telling import tell_all
from molva.jobs import enqueue, job
from molva.orders.errors import CurrencyMismatch


@job(queue="shops", max_attempts=1)
def poll_shop(connection_id: int) -> None:
    """Read what hooks may have lost: orders changed since the anchor, page by page, until nothing is new."""
    connection = Connection.objects.select_related("programme").get(pk=connection_id)
    if connection.state == "disconnected":
        return
    source: Source = source_of(connection.kind)
    try:
        for _page in range(50):  # the next firing goes on; one job never eats the shop's whole quota
            page = source.poll(connection)
            _apply_page(connection, page)
            if page.anchor is not None and page.anchor != connection.anchor:
                connection.anchor = page.anchor
                keep(connection, "anchor")
            if page.is_last or page.anchor is None:
                break
    except PlugError as problem:
        note_problem(connection, str(problem))
    else:
        note_problem(connection, "")


@job(queue="shops", max_attempts=1)
def poll_shops() -> None:
    """Timetable entry: one polling job for each connected shop (dedupe: never two for one shop)."""
    for connection in Connection.unscoped.filter(state__in=("active", "broken")).exclude(kind="manual"):
        enqueue(
            poll_shop,
            dedupe=f"poll-{connection.pk}",
            connection_id=connection.pk,
            workspace_id=connection.workspace_id,
        )


def _apply_page(connection: Connection, page: Page) -> None:
    """Record what a page told; an order that cannot be recorded waits as a dead letter, the others go on."""
    refused = list(page.refused)
    for one, problem in zip(page.told, tell_all(connection, page.told), strict=True):
        if isinstance(problem, (CurrencyMismatch, *UNREADABLE)):
            is_known = isinstance(problem, CurrencyMismatch)
            refused.append((one.external_id, str(problem) if is_known else reason_of(problem)))
        elif isinstance(problem, Exception):
            raise problem
    for order_id, reason in refused:
        _bury(connection, order_id[:120], reason)


def _bury(connection: Connection, order_id: str, reason: str) -> None:
    """A dead letter for an order that polling found; told once, however often the order is read again."""
    known = InboundEvent.objects.filter(connection=connection, object_id=order_id, topic="poll")
    if known.filter(state__in=(InboundState.DEAD, InboundState.REJECTED), reason=storable(reason)).exists():
        return
    body = json.dumps({"id": order_id}).encode()
    event = InboundEvent(connection=connection, topic="poll", body=body, object_id=order_id)
    event.content_type = "application/json"
    with transaction.atomic():
        close_event(event, InboundState.DEAD, reason=reason)
