"""Writes of stage 3: orders and leads as sources tell them, whatever the order and number of tellings.

Three facts of an order come from different tellings, each by its own rule, so that any order of arrival ends the same:
the state from the greatest `seq`, the creation facts from the smallest, the first moment in an accrual status from the
earliest telling in one.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from molva.domain.click_id import read_token
from molva.domain.facts import ClientKeys
from molva.domain.inbound import InboundClient, InboundLead, InboundMarks, InboundOrder
from molva.kit.clock import from_micros, to_micros
from molva.kit.codes import fold
from molva.orders.errors import CurrencyMismatch
from molva.orders.marks import MARK_PARAM, choose_landing, tokens_of
from molva.orders.models import DELETED_STATUS, Lead, Order, OrderLine
from molva.programmes.models import Programme
from molva.programmes.queries import terms_at
from molva.tracking.keys import token_key
from molva.tracking.models import Attribution, Customer, CustomerKey, CustomerVisitor
from molva.tracking.services import Contact, find_customers, key_pairs, learn_keys, remember_customer
from molva.workspaces import journal
from molva.workspaces.models import User


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording did: the order or lead, whether the telling had anything new in it, and whom it concerns.

    `former`: the customer who lost the record, when an earlier telling named somebody else.
    """

    record: Order | Lead
    is_new: bool
    changed: bool
    former: Customer | None = None


@transaction.atomic
def record_order(
    *, programme: Programme, source: str, inbound: InboundOrder, actor: User | str | None = None
) -> Recorded:
    """Store one telling of an order. Raises CurrencyMismatch: money of two currencies never meets in one programme."""
    if inbound.currency != programme.currency:
        raise CurrencyMismatch(inbound.currency, programme.currency)
    order = _locked_order(programme, source, inbound.external_id)
    is_new = order is None
    before = None if order is None else _state(order)
    if order is None:
        order = Order(programme=programme, source=source, external_id=inbound.external_id, seq=-1)
    former_id = order.customer_id
    if is_new or inbound.seq < order.creation_seq:
        _take_creation(order, inbound)
    newer = is_new or inbound.seq >= order.seq
    if newer:
        _take_state(order, inbound)
    _take_reached(order, inbound)
    changed = is_new or _state(order) != before
    lines_changed = newer and (is_new or _lines_json(inbound) != _stored_lines(order))
    if changed or lines_changed:
        order.save()
        if lines_changed:
            _replace_lines(order, inbound, is_new=is_new)
        _tell_journal(order, is_new=is_new, before=before, lines_changed=lines_changed, actor=actor or source)
    moved = former_id is not None and former_id != order.customer_id
    former = Customer.objects.filter(pk=former_id).first() if moved else None
    return Recorded(order, is_new, changed or lines_changed, former)


def _locked_order(programme: Programme, source: str, external_id: str) -> Order | None:
    """The stored order, its customer locked first: the order of locks of a settlement, so none waits for ever."""
    found = Order.objects.filter(programme=programme, source=source, external_id=external_id)
    customer_id = found.values_list("customer_id", flat=True).first()
    if customer_id is None:
        return None
    Customer.objects.select_for_update().filter(pk=customer_id).first()
    return found.select_for_update().get()


@transaction.atomic
def record_lead(
    *, programme: Programme, source: str, inbound: InboundLead, actor: User | str | None = None
) -> Recorded:
    """Store a lead once; a repeated telling of the same id changes nothing."""
    found = Lead.objects.filter(programme=programme, source=source, external_id=inbound.external_id).first()
    if found:
        return Recorded(found, False, False)
    creation = _creation(programme, source, inbound.client, inbound.marks, inbound.at)
    lead = Lead(
        programme=programme,
        source=source,
        external_id=inbound.external_id,
        at=from_micros(inbound.at),
        creation=creation,
        text=inbound.text,
        customer=_customer(programme, source, inbound.client, creation["visitor"]),
    )
    lead.save()
    journal.record("lead.recorded", lead, actor=actor or source)
    return Recorded(lead, True, True)


def _take_creation(order: Order, inbound: InboundOrder) -> None:
    order.created_at = from_micros(inbound.created_at)
    order.creation_seq = inbound.seq
    order.creation = _creation(
        order.programme, order.source, inbound.client, inbound.marks, inbound.created_at
    )
    if order.customer_id is None or any(order.creation["client"][key] for key in ("id", "email", "phone")):
        order.customer = _customer(order.programme, order.source, inbound.client, order.creation["visitor"])


def _take_state(order: Order, inbound: InboundOrder) -> None:
    order.seq = inbound.seq
    order.number = inbound.number
    order.status = DELETED_STATUS if inbound.is_deleted else inbound.status
    order.status_title = inbound.status_title
    order.delivery_minor = inbound.delivery_minor
    order.discount_minor = inbound.discount_minor
    order.total_minor = inbound.total_minor


def _take_reached(order: Order, inbound: InboundOrder) -> None:
    """The earliest telling in an accrual status says when the sale took its place, and with what lines."""
    statuses = terms_at(order.programme, order.created_at).accrual.statuses
    told_at = from_micros(inbound.seq)
    if inbound.is_deleted or inbound.status not in statuses:
        return
    if order.reached_at is None or told_at < order.reached_at:
        order.reached_at = told_at
        order.reached_lines = {
            "lines": _lines_json(inbound),
            "discount_minor": inbound.discount_minor,
            "status": inbound.status,
        }


def _creation(
    programme: Programme, source: str, client: InboundClient, marks: InboundMarks, created_at: int
) -> dict[str, Any]:
    """The facts that decide who gets the record, in the form in which the rules read them."""
    terms = terms_at(programme, from_micros(created_at))
    params = {programme.mark_param, MARK_PARAM}  # links from before a change of the word go on counting
    tokens = (read_token(token, token_key()) for token in tokens_of(marks))
    visitor = next((token.visitor for token in tokens if token), None)
    keys = _contact(source, client).keys()
    return {
        "client": {"id": keys.id, "email": keys.email, "phone": keys.phone, "shown": keys.shown},
        "visitor": visitor,
        "codes": [fold(code) for code in marks.codes if fold(code)],
        "landing": choose_landing(marks, policy=terms.attribution.policy, params=params),
    }


def _contact(source: str, client: InboundClient) -> Contact:
    # ids of two shops must not meet: each is known together with its source
    known_id = f"{source}/{client.id}" if client.id else None
    return Contact(id=known_id, email=client.email, phone=client.phone, name=client.name)


def _customer(programme: Programme, source: str, client: InboundClient, visitor: str | None) -> Customer:
    """The person of this record; when its keys join several persons, one row takes over the others' facts."""
    contact = _contact(source, client)
    keys: ClientKeys = contact.keys()
    found, known = find_customers(programme, keys)
    customer = remember_customer(
        customer=join_customers(found) if found else None,
        programme=programme,
        contact=contact,
        keys=keys,
        visitor=visitor,
    )
    unknown = [pair for pair in key_pairs(keys) if pair not in known]
    if not unknown:
        return customer
    learn_keys(customer, unknown)
    # another process may have learned one of them for a row of its own in between: then these are one person
    owners, _known = find_customers(programme, keys)
    everyone = sorted({*owners, customer}, key=lambda one: one.pk)
    return join_customers(everyone) if len(everyone) > 1 else customer


def join_customers(customers: list[Customer]) -> Customer:
    """Make several rows of one person one: the oldest takes over orders, leads, keys and visitors."""
    kept, others = customers[0], customers[1:]
    for other in others:
        Order.objects.filter(customer=other).update(customer=kept)
        Lead.objects.filter(customer=other).update(customer=kept)
        CustomerKey.objects.filter(customer=other).update(customer=kept)
        known = set(CustomerVisitor.objects.filter(customer=kept).values_list("visitor", flat=True))
        CustomerVisitor.objects.filter(customer=other, visitor__in=known).delete()
        CustomerVisitor.objects.filter(customer=other).update(customer=kept)
        Attribution.objects.filter(customer=other).delete()  # a projection: the next settlement makes it anew
        kept.name = kept.name or other.name
        kept.email = kept.email or other.email
        kept.phone = kept.phone or other.phone
        kept.note = "\n".join(note for note in (kept.note, other.note) if note)
        journal.record("customer.joined", kept, data={"joined": str(other), "joined_id": other.pk})
        other.delete()
    if others:
        kept.save()
    return kept


def _lines_json(inbound: InboundOrder) -> list[dict[str, Any]]:
    return [{**asdict(line), "categories": list(line.categories)} for line in inbound.lines]


def _stored_lines(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "id": line.external_id,
            "title": line.title,
            "product": line.product,
            "sku": line.sku,
            "quantity": line.quantity,
            "price_minor": line.price_minor,
            "total_minor": line.total_minor,
            "categories": line.categories,
        }
        for line in order.lines.all()
    ]


def _replace_lines(order: Order, inbound: InboundOrder, *, is_new: bool) -> None:
    if not is_new:
        OrderLine.objects.filter(order=order).delete()
    OrderLine.objects.bulk_create(
        OrderLine(
            workspace_id=order.workspace_id,
            order=order,
            external_id=line.id,
            position=position,
            title=line.title[:300],
            product=line.product,
            categories=list(line.categories),
            sku=line.sku,
            quantity=line.quantity,
            price_minor=line.price_minor,
            total_minor=line.total_minor,
        )
        for position, line in enumerate(inbound.lines)
    )


def _state(order: Order) -> dict[str, Any]:
    """What a telling may change, without the lines; equal before and after means that nothing new was told."""
    return {
        "status": order.status,
        "status_title": order.status_title,
        "delivery_minor": order.delivery_minor,
        "discount_minor": order.discount_minor,
        "total_minor": order.total_minor,
        "creation": order.creation,
        "reached_at": to_micros(order.reached_at) if order.reached_at else None,
    }


def _tell_journal(
    order: Order, *, is_new: bool, before: dict[str, Any] | None, lines_changed: bool, actor: User | str
) -> None:
    if is_new or before is None:
        journal.record(
            "order.recorded", order, actor=actor, data={"status": order.status_title or order.status}
        )
        return
    after = _state(order)
    changes = {
        key: [before[key], after[key]] for key in after if before[key] != after[key] and key != "creation"
    }
    if lines_changed:
        changes["lines"] = [None, len(order.lines.all())]
    journal.record("order.changed", order, actor=actor, data={"changes": changes})
