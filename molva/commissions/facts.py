"""From stored rows to the values that the rules judge: one customer whole, and a directory that asks as it goes.

The same `PersonFacts` and `Directory` feed `molva simulate`, so support, what-if and the live ledger cannot disagree.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from urllib.parse import unquote_plus

from molva.domain.directory import Directory, Timeline
from molva.domain.facts import ClientKeys, LeadFacts, Line, OrderFacts, PersonFacts, Snapshot, TouchFacts
from molva.domain.terms import PartnerState, Terms
from molva.kit.clock import to_micros
from molva.kit.codes import fold
from molva.orders.models import Lead, Order, OrderLine
from molva.programmes.models import Partner, PartnerVersion, Programme, TermsVersion
from molva.programmes.queries import TermsOverTime
from molva.tracking.models import Customer, CustomerVisitor, PromoCode, Touch


class LiveDirectory(Directory):
    """Terms, partners and codes of a programme, read when first asked for and remembered for one group."""

    def __init__(self, programme: Programme, terms: TermsOverTime | None = None) -> None:
        super().__init__()
        self._programme = programme
        self._seen_partners: dict[str, Timeline[PartnerState] | None] = {}
        self._seen_codes: dict[str, tuple[int, int | None, str] | None] = {}
        self._terms_over_time = terms or TermsOverTime(programme)
        self._rows: dict[str, Partner] = {}

    @property
    def programme(self) -> Programme:
        """Whose directory it is."""
        return self._programme

    def version_at(self, moment: int) -> TermsVersion:
        """The stored version of terms in force at a moment (µs); before the first the first."""
        return self._terms_over_time.version_at(moment)

    def terms_at(self, moment: int) -> Terms:
        """Terms in force at a moment (µs), in the rules' form."""
        return self._terms_over_time.terms_at(moment)

    def rows_of(self, codes: set[str]) -> dict[str, Partner]:
        """The partners of these codes as they are stored, at most one query for all that are not known yet."""
        if unknown := codes - self._rows.keys():
            for partner in Partner.objects.filter(programme=self._programme, code__in=unknown):
                partner.programme = self._programme
                self._rows[partner.code] = partner
        return self._rows

    def expect(self, people: Sequence[PersonFacts]) -> None:
        """Read together whoever these people's records name, instead of one by one when the rules ask."""
        marks = {mark for person in people for order in person.orders for mark in _marks(order.landing)}
        touches = [touch for person in people for found in person.touches.values() for touch in found]
        self._read_partners({*marks, *(touch.partner for touch in touches)})
        codes = {code for person in people for order in person.orders for code in order.codes}
        codes |= {code for person in people for lead in person.leads for code in lead.codes}
        codes |= {fold(mark) for mark in marks if self._seen_partners[mark] is None}
        self._read_codes(codes)
        self._read_partners({owned[2] for code in codes if (owned := self._seen_codes[code])})

    def partner_state(self, partner: str, moment: int) -> PartnerState | None:
        """The partner as of a moment; None when there is no such partner, or was none yet."""
        if partner not in self._seen_partners:
            self._read_partners({partner})
        states = self._seen_partners[partner]
        return states.at(moment) if states else None

    def code_owner(self, code: str, moment: int) -> str | None:
        """Whose a folded promo code is; a partner's own public code is his promo code, too (row S2.56).

        A voided one is nobody's from that moment on; what was made with it before stays (row S1.44).
        """
        if code not in self._seen_codes:
            self._read_codes({code})
        since, until, owner = self._seen_codes[code] or (moment + 1, None, None)
        return owner if since <= moment and (until is None or moment < until) else None

    def _read_partners(self, codes: set[str]) -> None:
        """Remember the states of these partners and of their inviters; of one who does not exist, that he does not."""
        while unknown := codes - self._seen_partners.keys():
            self._seen_partners |= dict.fromkeys(unknown)
            # by the folded code, which is indexed: the directory of a programme may have twenty thousand partners
            versions = PartnerVersion.objects.filter(
                partner__programme=self._programme,
                partner__code_folded__in={code.casefold() for code in unknown},
                partner__code__in=unknown,
            ).order_by("valid_from", "pk")
            codes = set()
            for code, valid_from, state in versions.values_list("partner__code", "valid_from", "state"):
                states = self._seen_partners[code] = self._seen_partners[code] or Timeline()
                states.add(to_micros(valid_from), partner_state_of(code, state))
                codes |= {state["invited_by"]} if state["invited_by"] else set()

    def _read_codes(self, codes: set[str]) -> None:
        """Remember whose these folded promo codes are, or that they are nobody's."""
        unknown = codes - self._seen_codes.keys()
        if not unknown:
            return
        self._seen_codes |= dict.fromkeys(unknown)
        promos = PromoCode.objects.filter(programme=self._programme, code_folded__in=unknown)
        for promo in promos.select_related("partner"):
            until = to_micros(promo.voided_at) if promo.voided_at else None
            self._seen_codes[promo.code_folded] = to_micros(promo.valid_from), until, promo.partner.code
        if unknown := {code for code in unknown if self._seen_codes[code] is None}:
            own = Partner.objects.filter(programme=self._programme, code_folded__in=unknown)
            for folded, joined_at, code in own.values_list("code_folded", "joined_at", "code"):
                self._seen_codes[folded] = to_micros(joined_at), None, code


_MARKS = 30  # of one address: a statement has room for some ten thousand values


def partner_state_of(code: str, state: Mapping[str, Any]) -> PartnerState:
    """A stored version of a partner as the rules know it."""
    return PartnerState(
        id=code,
        invited_by=state["invited_by"],
        groups=frozenset(state["groups"]),
        email=state["email"],
        phone=state["phone"],
        blocked=state["blocked"],
    )


def _marks(landing: str | None) -> list[str]:
    """Whatever an address may name a partner by; of an absurdly long one the rest is read when the rules ask."""
    query = (landing or "").partition("#")[0].partition("?")[2]
    pairs = query.split("&", _MARKS)[:_MARKS]
    return [unquote_plus(pair.partition("=")[2]) for pair in pairs if "=" in pair]


@dataclass(frozen=True, slots=True)
class Person:
    """A customer's rows, and the facts that the rules judge."""

    orders: list[Order]
    leads: list[Lead]
    facts: PersonFacts
    lines: dict[int, list[OrderLine]]  # by order id


def load_person(customer: Customer) -> Person:
    """All orders, leads and touches of a customer, in a fixed number of queries."""
    return load_people(customer.programme, [customer])[0]


def load_people(
    programme: Programme,
    customers: Sequence[Customer],
    first: Mapping[int, tuple[Order, list[OrderLine]]] | None = None,
) -> list[Person]:
    """The same for many customers, in the same number of queries.

    `first`: by customer id the only order with its lines of one who was made in this very transaction: nothing else of
    such a customer is in the database, and nothing is asked for.
    """
    first = first or {}
    orders: dict[int, list[tuple[Order, list[OrderLine]]]] = defaultdict(list)
    leads: dict[int, list[Lead]] = defaultdict(list)
    visitors: dict[int, list[str]] = defaultdict(list)
    known = [customer.pk for customer in customers if customer.pk not in first]
    if known:
        rows = Order.objects.filter(customer__in=known).select_related("partner").prefetch_related("lines")
        for order in rows.order_by("created_at", "pk"):
            order.programme = programme  # known already: no question for each order
            orders[order.customer_id].append((order, list(order.lines.all())))
        for lead in Lead.objects.filter(customer__in=known):
            leads[lead.customer_id].append(lead)
        seen = CustomerVisitor.objects.filter(customer__in=known)
        for customer_id, visitor in seen.values_list("customer_id", "visitor"):
            visitors[customer_id].append(visitor)
    for customer_id, only in first.items():
        orders[customer_id] = [only]
        visitors[customer_id] = [only[0].creation["visitor"]] if only[0].creation["visitor"] else []
    touches = _touches(programme, {visitor for found in visitors.values() for visitor in found})
    return [
        _person(
            orders[customer.pk],
            leads[customer.pk],
            {visitor: touches[visitor] for visitor in visitors[customer.pk] if visitor in touches},
        )
        for customer in customers
    ]


def _person(
    orders: list[tuple[Order, list[OrderLine]]], leads: list[Lead], touches: dict[str, list[TouchFacts]]
) -> Person:
    """Records of one moment are ranked by source and id, not by arrival: any order of tellings ends the same."""
    ranked: list[tuple[Any, ...]] = sorted(
        [
            (order.created_at, 0, order.source, _natural(order.external_id), order, lines)
            for order, lines in orders
        ]
        + [(lead.at, 1, lead.source, _natural(lead.external_id), lead, []) for lead in leads],
        key=lambda row: row[:4],
    )
    facts = PersonFacts(touches=touches)
    for tie, (*_, record, lines) in enumerate(ranked):
        if isinstance(record, Order):
            facts.orders.append(_order(record, lines, tie))
        else:
            facts.leads.append(_lead(record, tie))
    lines = {order.pk: found for order, found in orders}
    return Person([order for order, _lines in orders], leads, facts, lines)


def order_key(order: Order) -> str:
    """The id by which the rules know an order: the same whoever told it first."""
    return f"{order.source}/{order.external_id}"


def lead_key(lead: Lead) -> str:
    """The id by which the rules know a lead."""
    return f"{lead.source}/{lead.external_id}"


def _touches(programme: Programme, visitors: set[str]) -> dict[str, list[TouchFacts]]:
    touches: dict[str, list[TouchFacts]] = {}
    if not visitors:
        return touches
    rows = Touch.objects.filter(programme=programme, visitor__in=visitors)
    for tie, touch in enumerate(rows.select_related("partner").order_by("pk")):
        touches.setdefault(touch.visitor, []).append(
            TouchFacts(
                visitor=touch.visitor,
                partner=touch.partner.code,
                kind=touch.kind,
                at=to_micros(touch.at),
                tie=tie,
            )
        )
    return touches


def _order(order: Order, rows: list[OrderLine], tie: int) -> OrderFacts:
    lines = [
        {
            "id": line.external_id,
            "total_minor": line.total_minor,
            "quantity": line.quantity,
            "product": line.product,
            "sku": line.sku,
            "categories": line.categories,
        }
        for line in rows
    ]
    creation, reached = order.creation, order.reached_lines
    return OrderFacts(
        id=order_key(order),
        created_at=to_micros(order.created_at),
        client=_client(creation),
        visitor=creation["visitor"],
        codes=tuple(creation["codes"]),
        landing=creation["landing"],
        tie=tie,
        snapshot=_snapshot(order.status, lines, order.discount_minor, order.delivery_minor),
        number=order.number,
        reached_at=to_micros(order.reached_at) if order.reached_at else None,
        reached_snapshot=_snapshot(reached["status"], reached["lines"], reached["discount_minor"], 0)
        if reached
        else None,
    )


def _lead(lead: Lead, tie: int) -> LeadFacts:
    return LeadFacts(
        id=lead_key(lead),
        created_at=to_micros(lead.at),
        client=_client(lead.creation),
        visitor=lead.creation["visitor"],
        codes=tuple(lead.creation["codes"]),
        tie=tie,
    )


def _client(creation: dict[str, Any]) -> ClientKeys:
    return ClientKeys(**creation["client"])


def _snapshot(status: str, lines: list[dict[str, Any]], discount: int, delivery: int) -> Snapshot:
    return Snapshot(
        status=status,
        lines=tuple(
            Line(
                id=line["id"],
                total_minor=line["total_minor"],
                quantity=Fraction(line["quantity"]),
                product=line["product"] or None,
                sku=line["sku"] or None,
                categories=tuple(line["categories"]),
            )
            for line in lines
        ),
        discount_minor=discount,
        delivery_minor=delivery,
    )


def _natural(text: str) -> tuple[int, str]:
    """Ids of a shop grow as numbers, so «1000» comes after «999»."""
    return (int(text), "") if text.isdecimal() else (0, text)
