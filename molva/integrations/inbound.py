"""From a stored payload to a settled customer: understand, record, settle; retry or put away what is not understood.

`received = applied + repeated + dead + rejected (+ waiting)` always holds: each payload is one row with one state.
"""

import logging
from collections.abc import Iterable

from django.db import IntegrityError, transaction

from molva.commissions.services import settle_customer
from molva.domain.inbound import InboundOrder, NotUnderstood
from molva.integrations.base import UNREADABLE, PlugError, Told, reason_of
from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.registry import source_of
from molva.jobs import enqueue, job
from molva.kit import clock
from molva.orders.errors import CurrencyMismatch
from molva.orders.services import Recorded, record_lead, record_order
from molva.programmes.models import Programme
from molva.tracking.models import Customer
from molva.workspaces import journal
from molva.workspaces.models import User

_log = logging.getLogger(__name__)


@job(queue="inbound", max_attempts=12)
def process_inbound(event_id: int) -> None:
    """Understand one stored payload. Not understood: a dead letter with the reason. Shop trouble: the job retries."""
    event = InboundEvent.objects.select_related("connection__programme").get(pk=event_id)
    if event.state not in (InboundState.NEW, InboundState.DEAD):
        return
    InboundEvent.objects.filter(pk=event.pk).update(attempts=event.attempts + 1)
    event.attempts += 1
    try:
        told = list(source_of(event.connection.kind).read(event.connection, event))
        recorded = apply(event.connection, told)
    except (NotUnderstood, CurrencyMismatch) as problem:
        close_event(event, InboundState.DEAD, reason=str(problem))
    except PlugError as problem:
        if not problem.permanent:
            InboundEvent.objects.filter(pk=event.pk).update(reason=str(problem)[:500])
            raise
        close_event(event, InboundState.DEAD, reason=str(problem))
    except UNREADABLE as problem:
        _log.exception("payload %s cannot be read", event.pk)
        close_event(event, InboundState.DEAD, reason=reason_of(problem))
    else:
        changed = any(one.changed for one in recorded)
        if told:
            event.object_id = told[0].external_id
        close_event(event, InboundState.APPLIED if changed else InboundState.REPEATED)


def apply(connection: Connection, told: Iterable[Told], *, actor: User | None = None) -> list[Recorded]:
    """Record what a source told, and settle each customer whose facts changed, one transaction a record."""
    return [
        tell(
            programme=connection.programme,
            source=connection.source_key,
            one=one,
            actor=actor or connection.name,
        )
        for one in told
    ]


def tell(*, programme: Programme, source: str, one: Told, actor: User | str | None = None) -> Recorded:
    """Record one order or lead and settle its customer, in one transaction."""
    try:
        return _tell(programme=programme, source=source, one=one, actor=actor)
    except IntegrityError:
        # two hooks of a new order came at once and the other was first: now the order is known
        return _tell(programme=programme, source=source, one=one, actor=actor)


def _tell(*, programme: Programme, source: str, one: Told, actor: User | str | None) -> Recorded:
    with transaction.atomic():
        if isinstance(one, InboundOrder):
            recorded = record_order(programme=programme, source=source, inbound=one, actor=actor)
        else:
            recorded = record_lead(programme=programme, source=source, inbound=one, actor=actor)
        concerned = [one for one in (recorded.former, recorded.record.customer) if one is not None]
        if recorded.changed and len(concerned) > 1:
            # both before the books: whoever settles one of them alone may be waiting for these
            list(Customer.objects.select_for_update().filter(pk__in=[c.pk for c in concerned]).order_by("pk"))
        for customer in concerned if recorded.changed else ():
            settle_customer(customer=customer)
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


def close_event(event: InboundEvent, state: str, reason: str = "") -> None:
    reason = storable(reason)
    event.state, event.reason, event.processed_at = state, reason, clock.now()
    event.save()
    if state == InboundState.DEAD:
        journal.record("inbound.dead", event, actor=event.connection.name, data={"reason": reason})
