"""From stored payloads to what became of them: accepted, read, told on; retried or put away when not understood.

`received = applied + repeated + dead + rejected (+ waiting)` always holds: each payload is one row with one state.
Payloads of one shop that wait together are read together, and their orders are settled in groups (`telling`).
"""

import logging
from itertools import islice
from typing import Any

from django.db import transaction

from molva.domain.inbound import NotUnderstood
from molva.integrations.base import UNREADABLE, OrderGoneError, PlugError, Told, reason_of
from molva.integrations.differences import as_deleted
from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.registry import source_of
from molva.integrations.telling import tell_all
from molva.jobs import batch_of, enqueue, job
from molva.jobs.turns import writing_turn
from molva.kit import clock
from molva.kit.rows import update_each
from molva.orders.errors import CurrencyMismatch
from molva.orders.models import Order
from molva.orders.services import Recorded
from molva.workspaces import journal
from molva.workspaces.models import User

_log = logging.getLogger(__name__)
DESTROYED = "orders-destroy"  # the topic of a hook that tells of a deletion
BATCH = 400  # payloads read together: a list of what has changed costs the same calls for few and for many
MAX_BODY = 1024 * 1024  # bytes; real orders are 3–40 kB


def accept_hook(*, connection: Connection, topic: str, body: bytes, content_type: str) -> InboundEvent:
    """Store a payload as it came; when this returns and the transaction is committed, it can't be lost."""
    event = InboundEvent(connection=connection, topic=topic[:60], body=body, content_type=content_type[:100])
    with writing_turn(), transaction.atomic():
        event.save()
        enqueue(process_inbound, event_id=event.pk, workspace_id=event.workspace_id)
    return event


@job(queue="inbound", max_attempts=12)
def process_inbound(event_id: int) -> None:
    """Understand one stored payload. Not understood: a dead letter with the reason. Shop trouble: the job retries."""
    [problem] = process_together([{"event_id": event_id}])
    if problem is not None:
        raise problem


@batch_of(process_inbound, size=BATCH)
def process_together(calls: list[dict[str, Any]]) -> list[Exception | None]:
    """Understand several stored payloads; by each, what its job has to be tried again for."""
    ids = [call["event_id"] for call in calls]
    waiting = InboundEvent.objects.filter(pk__in=ids, state__in=(InboundState.NEW, InboundState.DEAD))
    by_connection: dict[int, list[InboundEvent]] = {}
    for event in sorted(waiting, key=lambda event: ids.index(event.pk)):
        by_connection.setdefault(event.connection_id, []).append(event)
    problems: dict[int, Exception] = {}
    for connection_id, events in by_connection.items():
        connection = Connection.objects.select_related("programme").get(pk=connection_id)
        for event in events:
            event.connection = connection
        problems |= _process(connection, events)
    return [problems.get(pk) for pk in ids]


def _process(connection: Connection, events: list[InboundEvent]) -> dict[int, Exception]:
    """The payloads of one connection, in their order; by id, what went wrong with a payload for now."""
    read = [
        _deletion(connection, found.external_id)
        if isinstance(found, OrderGoneError) and event.topic == DESTROYED
        else found
        for event, found in zip(events, source_of(connection.kind).read(connection, events), strict=True)
    ]
    told = [one for found in read if not isinstance(found, Exception) for one in found]
    outcomes = iter(tell_all(connection, told))
    problems: dict[int, Exception] = {}
    closed: list[InboundEvent] = []
    for event, found in zip(events, read, strict=True):
        event.attempts += 1
        became = [found] if isinstance(found, Exception) else list(islice(outcomes, len(found)))
        problem = next((one for one in became if isinstance(one, Exception)), None)
        if problem is not None:
            problems |= _put_off(event, problem)
            continue
        event.object_id = found[0].external_id if found and not isinstance(found, Exception) else ""
        is_changed = any(isinstance(one, Recorded) and one.changed for one in became)
        _end(event, InboundState.APPLIED if is_changed else InboundState.REPEATED)
        closed.append(event)
    with writing_turn(), transaction.atomic():
        update_each(closed, _ENDED_FIELDS)
    return problems


def _deletion(connection: Connection, external_id: str) -> list[Told]:
    """What a hook of deletion tells once the shop knows the order no more: of ours, that it is gone; else nothing."""
    rows = Order.objects.filter(
        programme=connection.programme, source=connection.source_key, external_id=external_id
    )
    return [as_deleted(order, clock.now()) for order in rows.select_related("programme")]


def _put_off(event: InboundEvent, problem: Exception) -> dict[int, Exception]:
    """Bury a payload that cannot be used; leave one waiting, with its job's problem, when another try may help."""
    match problem:
        case PlugError(permanent=False):
            facts = {"attempts": event.attempts, "reason": storable(str(problem))}
            InboundEvent.objects.filter(pk=event.pk).update(**facts)
            return {event.pk: problem}
        case NotUnderstood() | CurrencyMismatch() | PlugError():
            close_event(event, InboundState.DEAD, reason=str(problem))
        case _ if isinstance(problem, UNREADABLE):
            _log.error("payload %s cannot be read", event.pk, exc_info=problem)
            close_event(event, InboundState.DEAD, reason=reason_of(problem))
        case _:
            return {event.pk: problem}
    return {}


def retry_dead(*, event: InboundEvent, actor: User) -> None:
    """Try a dead letter again: the cause (a currency, a right, a status) may have been put right."""
    if event.state != InboundState.DEAD:
        return
    journal.record("inbound.retried", event, actor=actor)
    enqueue(process_inbound, event_id=event.pk, workspace_id=event.workspace_id)


def reject_dead(*, event: InboundEvent, actor: User, reason: str) -> None:
    """Put a dead letter away for good, with a reason; it stays readable."""
    if event.state != InboundState.DEAD:
        return
    close_event(event, InboundState.REJECTED, reason=reason)
    journal.record("inbound.rejected", event, actor=actor, data={"reason": reason})


def storable(reason: str) -> str:
    """A reason may quote a body, whose signs need not be what a database can keep."""
    return reason.replace("\x00", "").encode("utf-8", "replace").decode()[:500]


_ENDED_FIELDS = ("state", "reason", "object_id", "attempts", "processed_at")


def close_event(event: InboundEvent, state: str, reason: str = "") -> None:
    """Store what became of a payload."""
    _end(event, state, reason)
    event.save(update_fields=None if event.pk is None else _ENDED_FIELDS)
    if state == InboundState.DEAD:
        journal.record("inbound.dead", event, actor=event.connection.name, data={"reason": event.reason})


def _end(event: InboundEvent, state: str, reason: str = "") -> None:
    event.state, event.reason, event.processed_at = state, storable(reason), clock.now()
