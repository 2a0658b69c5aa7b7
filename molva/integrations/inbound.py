"""From stored payloads to settled customers: understand, record, settle; retry or put away what is not understood.

`received = applied + repeated + dead + rejected (+ waiting)` always holds: each payload is one row with one state.
Payloads of one shop that wait together are read together and settled in groups, one transaction each. Whatever goes
wrong with a group, its payloads are taken one by one then, so that one broken order harms no other.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from molva.commissions.services import settle_customers
from molva.domain.inbound import InboundOrder, NotUnderstood
from molva.integrations.base import UNREADABLE, Answer, OrderGoneError, PlugError, Told, reason_of
from molva.integrations.differences import as_deleted
from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.registry import source_of
from molva.integrations.rehearsal import is_rehearsed, programme_of
from molva.jobs import batch_of, enqueue, job
from molva.kit import clock
from molva.kit.rows import update_each
from molva.orders.errors import CurrencyMismatch
from molva.orders.models import Order, OrderLine
from molva.orders.services import Recorded, record_lead, record_orders, refuse_currency
from molva.programmes.models import Programme
from molva.programmes.queries import TermsOverTime
from molva.tracking.models import Customer
from molva.workspaces import journal
from molva.workspaces.models import User

_log = logging.getLogger(__name__)
DESTROYED = "orders-destroy"  # the topic of a hook that tells of a deletion
BATCH = 50  # payloads read together
MAX_BODY = 1024 * 1024  # bytes; real orders are 3–40 kB
GROUP = 25  # orders in one transaction: SQLite's only lock is held so long, and hooks wait for it

Ready = tuple[InboundEvent, list[Told]]


@transaction.atomic
def accept_hook(*, connection: Connection, topic: str, body: bytes, content_type: str) -> InboundEvent:
    """Store a payload as it came; when this returns and the transaction is committed, it can't be lost."""
    event = InboundEvent(connection=connection, topic=topic[:60], body=body, content_type=content_type[:100])
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
    problems: dict[int, Exception] = {}
    ready: list[Ready] = []
    for event, found in zip(events, _read(connection, events), strict=True):
        event.attempts += 1
        if isinstance(found, OrderGoneError) and event.topic == DESTROYED:
            found = _deletion(connection, found.external_id)
        problem = _refusal(connection, found)
        if problem is not None:
            problems |= _put_off(event, problem)
        elif not isinstance(found, Exception):
            ready.append((event, found))
    while ready:
        try:
            done = _settle_group(connection, ready[:GROUP])
        except (
            Exception
        ):  # whatever it was, nothing of the group is stored: each alone, and it will show whose it is
            _log.debug("payloads of %s are taken one by one", connection, exc_info=True)
            done = len(ready[:GROUP])
            for event, told in ready[:done]:
                problems |= _settle_alone(connection, event, told)
        ready = ready[done:]
    return problems


def _read(connection: Connection, events: list[InboundEvent]) -> list[Answer]:
    """What each payload tells, or why it tells nothing."""
    source = source_of(connection.kind)
    try:
        if len(events) == 1:
            return [list(source.read(connection, events[0]))]
        answers = source.read_many(connection, events)
    except (PlugError, *UNREADABLE) as problem:
        return [problem] * len(events)
    return [answers[event.pk] for event in events]


def _deletion(connection: Connection, external_id: str) -> list[Told]:
    """What a hook of deletion tells once the shop knows the order no more: of ours, that it is gone; else nothing."""
    rows = Order.objects.filter(
        programme=connection.programme, source=connection.source_key, external_id=external_id
    )
    return [as_deleted(order, clock.now()) for order in rows.select_related("programme")]


def _refusal(connection: Connection, found: list[Told] | Exception) -> Exception | None:
    """Why what was read is not recorded."""
    if isinstance(found, Exception):
        return found
    try:
        for one in found:
            if isinstance(one, InboundOrder):
                refuse_currency(connection.programme, one)
    except CurrencyMismatch as problem:
        return problem
    return None


def _settle_group(connection: Connection, ready: Sequence[Ready]) -> int:
    """Record and settle payloads from the start of a list in one transaction, and close them; how many."""
    told = []
    for _event, found in ready:
        if len(found) != 1 or not isinstance(found[0], InboundOrder) or is_rehearsed(found[0]):
            break
        told.append(found[0])
    if not told:
        event, found = ready[0]
        _apply_and_close(connection, event, found)
        return 1
    with transaction.atomic():
        recorded = _tell_orders(connection.programme, connection.source_key, told, connection.name)
        events = [event for event, _found in ready[: len(recorded)]]
        for event, one, record in zip(events, told, recorded, strict=False):
            event.object_id = one.external_id
            _end(event, InboundState.APPLIED if record.changed else InboundState.REPEATED)
        update_each(events, _ENDED_FIELDS)
    return len(recorded)


def _settle_alone(connection: Connection, event: InboundEvent, told: list[Told]) -> dict[int, Exception]:
    """One payload by itself: what is wrong with it is its own fault now."""
    try:
        _apply_and_close(connection, event, told)
    except Exception as problem:
        return _put_off(event, problem)
    return {}


def _apply_and_close(connection: Connection, event: InboundEvent, told: list[Told]) -> None:
    recorded = apply(connection, told)
    if told:
        event.object_id = told[0].external_id
    changed = any(one.changed for one in recorded)
    close_event(event, InboundState.APPLIED if changed else InboundState.REPEATED)


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


def apply(connection: Connection, told: Iterable[Told], *, actor: User | None = None) -> list[Recorded]:
    """Record what a source told, and settle each customer whose facts changed, one transaction a record."""
    return [
        tell(
            programme=programme_of(connection, one),
            source=connection.source_key,
            one=one,
            actor=actor or connection.name,
        )
        for one in told
    ]


def apply_each(connection: Connection, told: Sequence[Told]) -> list[Recorded | Exception]:
    """Record many in groups; by each what became of it: one that cannot be recorded harms no other."""
    done: list[Recorded | Exception] = []
    while len(done) < len(told):
        group = told[len(done) : len(done) + GROUP]
        try:
            done += _apply_group(connection, group)
        except (
            Exception
        ):  # whatever it was, nothing of the group is stored: each alone, and it will show whose it is
            _log.debug("orders of %s are taken one by one", connection, exc_info=True)
            done += [_apply_alone(connection, one) for one in group]
    return done


def _apply_group(connection: Connection, group: Sequence[Told]) -> Sequence[Recorded | Exception]:
    """Record orders from the start of a list in one transaction."""
    orders: list[InboundOrder] = []
    for one in group:
        if not isinstance(one, InboundOrder) or _refusal(connection, [one]):
            break
        orders.append(one)
    if not orders:
        return [_apply_alone(connection, group[0])]
    with transaction.atomic():
        return _tell_orders(connection.programme, connection.source_key, orders, connection.name)


def _apply_alone(connection: Connection, one: Told) -> Recorded | Exception:
    try:
        return apply(connection, [one])[0]
    except (CurrencyMismatch, *UNREADABLE) as problem:
        return problem


def tell(*, programme: Programme, source: str, one: Told, actor: User | str | None = None) -> Recorded:
    """Record one order or lead and settle its customer, in one transaction."""
    try:
        return _tell(programme=programme, source=source, one=one, actor=actor)
    except IntegrityError:
        # two hooks of a new order or client came at once and the other was first: now the order is known
        return _tell(programme=programme, source=source, one=one, actor=actor)


@transaction.atomic
def _tell(*, programme: Programme, source: str, one: Told, actor: User | str | None) -> Recorded:
    if isinstance(one, InboundOrder):
        return _tell_orders(programme, source, [one], actor)[0]
    recorded = record_lead(programme=programme, source=source, inbound=one, actor=actor)
    if recorded.changed:
        settle_customers(programme=programme, customers=[recorded.record.customer])
    return recorded


def _tell_orders(
    programme: Programme, source: str, told: Sequence[InboundOrder], actor: User | str | None
) -> list[Recorded]:
    """Record orders from the start of a list (see `record_orders`) and settle everybody concerned."""
    terms = TermsOverTime(programme)
    recorded = record_orders(programme=programme, source=source, inbounds=told, actor=actor, terms=terms)
    concerned: list[Customer] = []
    first: dict[int, tuple[Order, list[OrderLine]]] = {}
    for one in recorded:
        if not one.changed or not isinstance(one.record, Order):
            continue
        concerned += [one.former] if one.former else []
        concerned.append(one.record.customer)
        if one.lines is not None:
            first[one.record.customer_id] = (one.record, one.lines)
    if concerned:
        settle_customers(programme=programme, customers=concerned, first=first, terms=terms)
    return recorded


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
