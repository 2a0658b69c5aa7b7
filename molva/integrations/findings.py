"""Writes of stage 8: what becomes of a difference between the shop and us. Found again, it is the same finding."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from molva.commissions.services import settle_customer
from molva.domain.inbound import InboundOrder
from molva.integrations.base import OrderGoneError, PlugError, reason_of
from molva.integrations.differences import Comparer, Difference, as_deleted
from molva.integrations.inbound import storable
from molva.integrations.models import Connection, Finding, FindingKind, FindingState, InboundEvent
from molva.integrations.polling import bury
from molva.integrations.registry import source_of
from molva.integrations.telling import tell_all
from molva.jobs import enqueue, job
from molva.kit import clock
from molva.kit.codes import fold
from molva.orders.models import DELETED_STATUS, Order
from molva.orders.services import Recorded
from molva.programmes.models import Partner, Programme
from molva.tracking.models import Customer
from molva.tracking.services import add_promo_code
from molva.workspaces import journal
from molva.workspaces.models import User

AT_ONCE = 20  # findings put right between two looks at the queue
_OF_ORDERS = [kind.value for kind in FindingKind if kind != FindingKind.CODE]


def keep_findings(
    connection: Connection,
    found: Sequence[Difference],
    *,
    compared: Collection[str],
    repaired: Sequence[Difference] = (),
) -> int:
    """Store what a comparison of these orders found; how many findings are new or open again.

    `repaired`: differences that were put right at once; they are kept as fixed. An open finding of a compared order
    that was not found any more has been put right by itself.
    """
    wanted = Q(kind__in=_OF_ORDERS, key__in=compared) | Q(
        kind=FindingKind.CODE, key__in=[one.key for one in found]
    )
    with transaction.atomic():
        rows = Finding.objects.select_for_update().filter(wanted, connection=connection)
        known = {(row.kind, row.key): row for row in rows}
        opened = sum(_keep(connection, one, known.get((one.kind, one.key))) for one in found)
        for one in repaired:
            _keep_repaired(connection, one, known.get((one.kind, one.key)))
        still = {(one.kind, one.key) for one in [*found, *repaired]}
        for key, row in known.items():
            if key not in still and row.state == FindingState.OPEN:
                close(row, FindingState.FIXED, actor=None)
    return opened


def _keep(connection: Connection, one: Difference, row: Finding | None) -> bool:
    """Store an open difference; whether it is news."""
    now, facts = clock.now(), _plain(one.facts)
    if row is None:
        row = Finding(connection=connection, kind=one.kind, key=one.key, found_at=now)
        is_news = True
    else:
        is_news = row.state == FindingState.FIXED or (
            row.state == FindingState.EXPLAINED and row.facts != facts
        )
    if is_news and row.pk is not None:
        row.state, row.found_at, row.closed_at, row.closed_by, row.note = (
            FindingState.OPEN,
            now,
            None,
            None,
            "",
        )
    row.label, row.facts, row.order, row.seen_at = storable(one.label)[:120], facts, one.order, now
    row.save()
    return is_news


def _keep_repaired(connection: Connection, one: Difference, row: Finding | None) -> None:
    row = row or Finding(connection=connection, kind=one.kind, key=one.key)
    row.label, row.facts, row.seen_at = storable(one.label)[:120], _plain(one.facts), clock.now()
    row.order = one.order or Order.objects.filter(
        programme=connection.programme, source=connection.source_key, external_id=one.key
    ).first()  # fmt: skip
    row.state, row.closed_at, row.closed_by, row.note = FindingState.FIXED, clock.now(), None, ""
    row.save()


def close(finding: Finding, state: FindingState, *, actor: User | None, note: str = "") -> None:
    """End a finding."""
    finding.state, finding.closed_at, finding.closed_by = state, clock.now(), actor
    finding.note = storable(note)
    finding.save()


def explain(finding: Finding, *, actor: User, note: str) -> None:
    """It is as it should be, a person says why; other facts will open it again."""
    with transaction.atomic():
        close(finding, FindingState.EXPLAINED, actor=actor, note=note)
        _tell("finding.explained", finding, actor, {"reason": finding.note})


def fix(finding: Finding, *, actor: User | None) -> bool:
    """Read the order again and settle it; whether it agrees now. Raises PlugError when the shop cannot be asked."""
    connection = finding.connection
    answer = ask(connection, [finding.key])[finding.key]
    if isinstance(answer, OrderGoneError) and finding.order is not None:
        answer = as_deleted(finding.order, clock.now())
    if isinstance(answer, PlugError):
        raise answer
    left: list[Difference] = []
    if isinstance(answer, InboundOrder):
        left = repair(connection, [answer])
    elif not isinstance(answer, OrderGoneError):
        bury(connection, finding.key, reason_of(answer))
        return False
    with transaction.atomic():
        keep_findings(connection, left, compared=[finding.key])
        finding.refresh_from_db()
        if finding.state == FindingState.OPEN:
            return False
        close(finding, FindingState.FIXED, actor=actor)
        _tell("finding.fixed", finding, actor)
    return True


def repair(connection: Connection, told: Sequence[InboundOrder]) -> list[Difference]:
    """Record orders anew and settle them; what differs even then."""
    for one, done in zip(told, tell_all(connection, told), strict=True):
        if not isinstance(done, Recorded):
            bury(connection, one.external_id[:120], str(done) if str(done) else reason_of(done))
    comparer = Comparer(connection)
    for order in comparer.ours([one.external_id for one in told]).values():
        if order.judged_at is None:
            settle_customer(customer=order.customer)
    return comparer.page(told)


def ask(connection: Connection, ids: Sequence[str]) -> dict[str, InboundOrder | Exception]:
    """Orders by their ids, as the shop tells them now."""
    events = {}
    for number, one in enumerate(ids):
        event = InboundEvent(pk=-1 - number, connection=connection, topic="ask", object_id=one[:120])
        event.body = json.dumps({"id": one}).encode()
        events[one] = event
    answers = source_of(connection.kind).read(connection, list(events.values()))
    found: dict[str, InboundOrder | Exception] = {}
    for one, answer in zip(events, answers, strict=True):
        told = answer if isinstance(answer, Exception) else answer[0]
        found[one] = told if isinstance(told, InboundOrder | Exception) else OrderGoneError()
    return found


@job(queue="shops", max_attempts=8)
def fix_all(connection_id: int, kind: str = "", actor_id: int | None = None, after: int = 0) -> None:
    """Put right everything that reading again can, a few at a time."""
    connection = Connection.objects.select_related("programme").get(pk=connection_id)
    rows = Finding.objects.filter(connection=connection, state=FindingState.OPEN, pk__gt=after)
    rows = rows.filter(kind=kind) if kind else rows
    some = list(rows.select_related("connection__programme", "order__programme").order_by("pk")[:AT_ONCE])
    actor = User.objects.filter(pk=actor_id).first() if actor_id else None
    for finding in some:
        if finding.is_repairable:
            fix(finding, actor=actor)
    if len(some) == AT_ONCE:
        enqueue_fix_all(connection, kind=kind, actor_id=actor_id, after=some[-1].pk)


def enqueue_fix_all(connection: Connection, *, kind: str, actor_id: int | None, after: int = 0) -> None:
    enqueue(
        fix_all, connection_id=connection.pk, kind=kind, actor_id=actor_id, after=after,
        workspace_id=connection.workspace_id,
    )  # fmt: skip


def give_code(finding: Finding, *, partner: Partner, actor: User, from_first_use: bool) -> None:
    """Make a code that buyers use known as a partner's. Raises CodeTaken."""
    since = _first_use(finding) if from_first_use else None
    with transaction.atomic():
        add_promo_code(
            partner=partner, code=finding.facts.get("code") or finding.label, actor=actor, valid_from=since
        )
        close(finding, FindingState.FIXED, actor=actor)
        _tell("finding.fixed", finding, actor, {"partner": partner.name})
        if from_first_use:
            enqueue(
                settle_code,
                programme_id=partner.programme_id,
                code=finding.key,
                workspace_id=finding.workspace_id,
            )


@job(max_attempts=8)
def settle_code(programme_id: int, code: str) -> None:
    """Settle everybody who used a code that has become a partner's."""
    programme = Programme.objects.get(pk=programme_id)
    for customer in Customer.objects.filter(
        pk__in={order.customer_id for order in _orders_with(programme, code)}
    ):
        settle_customer(customer=customer)


def _first_use(finding: Finding) -> Any:
    moments = [order.created_at for order in _orders_with(finding.connection.programme, finding.key)]
    return min(moments, default=None)


def _orders_with(programme: Programme, code: str) -> list[Order]:
    rows = Order.objects.filter(programme=programme).exclude(status=DELETED_STATUS)
    rows = rows.only("pk", "workspace_id", "creation", "created_at", "customer_id")
    return [order for order in rows.iterator() if fold(code) in (order.creation.get("codes") or [])]


def _tell(kind: str, finding: Finding, actor: User | None, data: dict[str, Any] | None = None) -> None:
    told = {"kind": finding.kind, **(data or {})}
    journal.record(kind, finding, actor=actor, data=told, programme_id=finding.connection.programme_id)


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as the database gives them back, so that equal ones are equal."""
    plain: dict[str, Any] = json.loads(json.dumps(facts).replace("\\u0000", ""))
    return plain
