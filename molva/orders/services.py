"""Writes of stage 3: orders and leads as sources tell them, whatever the order and number of tellings.

Orders are recorded in groups, one alone being a group of one: what is known is read for all of them together, what is
new is written together. How a telling changes an order is in `snapshots`, whose it is in `people`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from molva.domain.facts import ClientKeys
from molva.domain.inbound import InboundLead, InboundOrder
from molva.kit.clock import from_micros, to_micros
from molva.kit.rows import update_each
from molva.orders.errors import CurrencyMismatch
from molva.orders.evidence import code_rows, tell_codes
from molva.orders.models import Lead, Order, OrderCode, OrderLine
from molva.orders.people import People
from molva.orders.snapshots import (
    TOLD_FIELDS,
    contact_of,
    creation_of,
    line_rows,
    state_of,
    stored_lines,
    take_reached,
    take_state,
    told_lines,
)
from molva.programmes.models import Programme
from molva.programmes.queries import TermsOverTime
from molva.tracking.models import Customer
from molva.tracking.services import key_pairs
from molva.workspaces import journal
from molva.workspaces.models import Event, User


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording did: the order or lead, whether the telling had anything new in it, and whom it concerns.

    `former`: the customer who lost the record, when an earlier telling named somebody else. `lines`: when the customer
    was made with this very order, its lines: then nothing else is known of that customer, and need not be looked for.
    """

    record: Order | Lead
    is_new: bool
    changed: bool
    former: Customer | None = None
    lines: list[OrderLine] | None = None


def refuse_currency(programme: Programme, inbound: InboundOrder) -> None:
    """Raises CurrencyMismatch: money of two currencies never meets in one programme."""
    if inbound.currency != programme.currency:
        raise CurrencyMismatch(inbound.currency, programme.currency)


def record_order(
    *, programme: Programme, source: str, inbound: InboundOrder, actor: User | str | None = None
) -> Recorded:
    """Store one telling of an order. Raises CurrencyMismatch, and IntegrityError when another was quicker."""
    return record_orders(programme=programme, source=source, inbounds=[inbound], actor=actor)[0]


@transaction.atomic
def record_orders(
    *,
    programme: Programme,
    source: str,
    inbounds: Sequence[InboundOrder],
    actor: User | str | None = None,
    terms: TermsOverTime | None = None,
) -> list[Recorded]:
    """Store tellings of orders from the start of the list, as many as do not concern one another (at least one).

    Those after a second telling of an order, or of a customer, are left for the next call, so that a group ends as its
    members one by one would. Raises as `record_order` does, and then nothing is stored.
    """
    for inbound in inbounds:
        refuse_currency(programme, inbound)
    group = _Group(programme, source, inbounds, terms or TermsOverTime(programme))
    group.take()
    group.save()
    journal.record_all([event for telling in group.tellings for event in telling.events(actor or source)])
    return [telling.recorded() for telling in group.tellings]


@dataclass(slots=True)
class _Telling:
    """A telling of an order on its way into the database."""

    inbound: InboundOrder
    order: Order
    keys: ClientKeys | None = None  # when it says whose the order is
    is_new: bool = True
    before: dict[str, Any] = field(default_factory=dict)
    former_id: int | None = None
    changed: bool = False
    versions: tuple[int, int | None] = (-1, None)  # of the stored state and creation
    lines: list[OrderLine] | None = None  # when they are new
    is_first: bool = False  # the customer is made with this order
    is_earliest: bool = False  # it says by what the order was made

    def events(self, actor: User | str) -> list[Event]:
        """What the journal tells of it."""
        order = self.order
        if not self.changed:
            return []
        if self.is_new:
            data = {"status": order.status_title or order.status}
            return [journal.event("order.recorded", order, actor=actor, data=data)]
        before, after = self.before, state_of(order)
        changes = {
            key: [before[key], after[key]] for key in after if before[key] != after[key] and key != "creation"
        }
        if self.lines is not None:
            changes["lines"] = [None, len(self.lines)]
        return [journal.event("order.changed", order, actor=actor, data={"changes": changes})]

    def recorded(self) -> Recorded:
        """The answer to the caller."""
        former = None
        if self.former_id is not None and self.former_id != self.order.customer_id:
            former = Customer.objects.filter(pk=self.former_id).first()
        lines = self.lines if self.is_first else None
        return Recorded(self.order, self.is_new, self.changed, former, lines)


class _Group:
    """Tellings that do not concern one another."""

    def __init__(
        self, programme: Programme, source: str, inbounds: Sequence[InboundOrder], terms: TermsOverTime
    ) -> None:
        self._programme, self._source, self._terms = programme, source, terms
        known = self._known(inbounds)
        keys = {
            place: contact_of(source, inbound.client).keys()
            for place, inbound in enumerate(inbounds)
            if inbound.external_id not in known or inbound.seq < known[inbound.external_id][2]
        }
        # customers before orders, as a settlement locks them, so that none waits for ever
        self._people = People(programme, keys.values(), also={row[1] for row in known.values()})
        orders = self._locked([pk for pk, _customer, _seq in known.values()])
        self.tellings: list[_Telling] = []
        concerned: set[Any] = set()
        for place, inbound in enumerate(inbounds):
            telling = _Telling(inbound, self._order(inbound, orders), keys.get(place))
            concerns = self._concerns(telling)
            if not concerned.isdisjoint(concerns):
                break
            concerned |= concerns
            self.tellings.append(telling)

    def _known(self, inbounds: Sequence[InboundOrder]) -> dict[str, tuple[int, int, int]]:
        """Id, customer and `creation_seq` of the orders that are stored, by the source's id."""
        found = Order.objects.filter(
            programme=self._programme,
            source=self._source,
            external_id__in=[one.external_id for one in inbounds],
        )
        rows = found.values_list("external_id", "pk", "customer_id", "creation_seq")
        return {external_id: facts for external_id, *facts in rows}  # type: ignore[misc]

    def _locked(self, ids: Collection[int]) -> dict[str, Order]:
        if not ids:
            return {}
        rows = Order.objects.select_for_update().filter(pk__in=ids).order_by("pk").prefetch_related("lines")
        return {order.external_id: order for order in rows}

    def _order(self, inbound: InboundOrder, orders: dict[str, Order]) -> Order:
        order = orders.get(inbound.external_id)
        if order is None:
            order = Order(source=self._source, external_id=inbound.external_id, seq=-1)
        order.programme = self._programme
        return order

    def _concerns(self, telling: _Telling) -> set[Any]:
        """The order, keys and customers that a telling is about."""
        concerns: set[Any] = {telling.inbound.external_id}
        if telling.order.customer_id:
            concerns.add(telling.order.customer_id)
        if telling.keys:
            concerns |= {*key_pairs(telling.keys), *self._people.ids_of(telling.keys)}
        return concerns

    def take(self) -> None:
        """Let every telling change its order, in memory."""
        for telling in self.tellings:
            order, inbound = telling.order, telling.inbound
            telling.is_new = order.pk is None
            telling.former_id = order.customer_id
            telling.before = {} if telling.is_new else state_of(order)
            telling.versions = (order.seq, order.creation_seq)
            if telling.keys and (telling.is_new or inbound.seq < order.creation_seq):
                self._take_creation(telling, telling.keys)
            is_newer = telling.is_new or inbound.seq >= order.seq
            if is_newer:
                take_state(order, inbound)
            take_reached(order, inbound, self._terms.terms_at(to_micros(order.created_at)))
            if is_newer and (telling.is_new or told_lines(inbound) != stored_lines(order)):
                telling.lines = line_rows(order, inbound)
            telling.changed = telling.is_new or telling.lines is not None or state_of(order) != telling.before

    def _take_creation(self, telling: _Telling, keys: ClientKeys) -> None:
        """The earliest telling says whose the order is."""
        order, inbound = telling.order, telling.inbound
        order.created_at = from_micros(inbound.created_at)
        order.creation_seq = inbound.seq
        terms = self._terms.terms_at(inbound.created_at)
        order.creation, order.evidence = creation_of(self._programme, keys, inbound.marks, terms)
        telling.is_earliest = True
        if telling.is_new or any(key_pairs(keys)):
            contact = contact_of(self._source, inbound.client)
            order.customer = self._people.who(contact, keys, order.creation["visitor"])
            telling.is_first = telling.is_new and order.customer.pk is None

    def save(self) -> None:
        """Write everything that is new."""
        self._people.save()
        changed = [telling for telling in self.tellings if telling.changed]
        made = [telling.order for telling in changed if telling.is_new]
        # versions are kept although nothing else is new: else what was told in between would be taken for newer
        kept = [
            telling.order
            for telling in self.tellings
            if not telling.is_new
            and (telling.changed or telling.versions != (telling.order.seq, telling.order.creation_seq))
        ]
        for order in kept:
            order.customer_id = order.customer.pk if order.customer_id is None else order.customer_id
        if made:
            Order.objects.insert_each(made)
        update_each(kept, TOLD_FIELDS)
        replaced = [one.order.pk for one in changed if one.lines is not None and not one.is_new]
        if replaced:
            OrderLine.objects.filter(order__in=replaced).delete()
        OrderLine.objects.insert_each(line for telling in changed for line in telling.lines or ())
        self._keep_codes([one for one in changed if one.is_earliest])
        if again := [one.order.pk for one in changed if not one.is_new]:
            tell_codes(OrderCode.objects.filter(order__in=again))

    def _keep_codes(self, tellings: list[_Telling]) -> None:
        """With which codes the orders were made; few orders have any, and most of them nothing is asked for."""
        corrected = [one.order.pk for one in tellings if not one.is_new]
        if corrected:
            OrderCode.objects.filter(order__in=corrected).delete()
        rows = [row for one in tellings for row in code_rows(one.order, one.inbound.marks)]
        if rows:
            OrderCode.objects.bulk_create(rows)


@transaction.atomic
def record_lead(
    *, programme: Programme, source: str, inbound: InboundLead, actor: User | str | None = None
) -> Recorded:
    """Store a lead once; a repeated telling of the same id changes nothing."""
    found = Lead.objects.filter(programme=programme, source=source, external_id=inbound.external_id).first()
    if found:
        return Recorded(found, False, False)
    contact = contact_of(source, inbound.client)
    keys = contact.keys()
    people = People(programme, [keys])
    terms = TermsOverTime(programme).terms_at(inbound.at)
    creation, _signs = creation_of(programme, keys, inbound.marks, terms)
    lead = Lead(
        programme=programme,
        source=source,
        external_id=inbound.external_id,
        at=from_micros(inbound.at),
        creation=creation,
        text=inbound.text,
        customer=people.who(contact, keys, creation["visitor"]),
    )
    people.save()
    lead.save()
    journal.record("lead.recorded", lead, actor=actor or source)
    return Recorded(lead, True, True)
