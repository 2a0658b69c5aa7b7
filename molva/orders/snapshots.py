"""What a telling puts on an order: the state, the facts of the creation, the first moment in an accrual status.

Three facts of an order come from different tellings, each by its own rule, so that any order of arrival ends the same:
the state from the greatest `seq`, the creation facts from the smallest, the first moment in an accrual status from the
earliest telling in one.
"""

from dataclasses import asdict
from typing import Any

from molva.domain.facts import ClientKeys
from molva.domain.inbound import InboundClient, InboundMarks, InboundOrder
from molva.domain.terms import Terms
from molva.kit.clock import from_micros, to_micros
from molva.kit.codes import fold
from molva.orders.evidence import visitor_of, weigh_marks
from molva.orders.models import DELETED_STATUS, Order, OrderLine
from molva.programmes.models import Programme
from molva.tracking.services import Contact

# What tellings may change on a stored order; the verdict is the settlement's.
TOLD_FIELDS = (
    "number", "customer", "created_at", "seq", "creation_seq", "creation", "evidence", "status", "status_title",
    "delivery_minor", "discount_minor", "total_minor", "reached_at", "reached_lines",
)  # fmt: skip


def contact_of(source: str, client: InboundClient) -> Contact:
    """The customer as a record shows them."""
    # ids of two shops must not meet: each is known together with its source
    known_id = f"{source}/{client.id}" if client.id else None
    return Contact(id=known_id, email=client.email, phone=client.phone, name=client.name)


def creation_of(
    programme: Programme, keys: ClientKeys, marks: InboundMarks, terms: Terms
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The facts that decide who gets the record, in the form in which the rules read them, and all its signs."""
    weighed = weigh_marks(programme, marks, terms.attribution.policy)
    creation = {
        "client": {"id": keys.id, "email": keys.email, "phone": keys.phone, "shown": keys.shown},
        "visitor": visitor_of(weighed),
        "codes": [fold(code) for code in marks.codes if fold(code)],
        "landing": weighed.landing,
    }
    return creation, weighed.stored()


def take_state(order: Order, inbound: InboundOrder) -> None:
    """The latest telling says how the order is."""
    order.seq = inbound.seq
    order.number = inbound.number
    order.status = DELETED_STATUS if inbound.is_deleted else inbound.status
    order.status_title = inbound.status_title
    order.delivery_minor = inbound.delivery_minor
    order.discount_minor = inbound.discount_minor
    order.total_minor = inbound.total_minor


def take_reached(order: Order, inbound: InboundOrder, terms: Terms) -> None:
    """The earliest telling in an accrual status says when the sale took its place, and with what lines."""
    told_at = from_micros(inbound.seq)
    if inbound.is_deleted or inbound.status not in terms.accrual.statuses:
        return
    if order.reached_at is None or told_at < order.reached_at:
        order.reached_at = told_at
        order.reached_lines = {
            "lines": told_lines(inbound),
            "discount_minor": inbound.discount_minor,
            "status": inbound.status,
        }


def state_of(order: Order) -> dict[str, Any]:
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


def told_lines(inbound: InboundOrder) -> list[dict[str, Any]]:
    """The lines of a telling as JSON."""
    return [{**asdict(line), "categories": list(line.categories)} for line in inbound.lines]


def stored_lines(order: Order) -> list[dict[str, Any]]:
    """The lines of a stored order in the form of `told_lines`."""
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


def line_rows(order: Order, inbound: InboundOrder) -> list[OrderLine]:
    """Rows for the lines of a telling."""
    return [
        OrderLine(
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
    ]
