"""Settlement: what is owed by the latest facts, minus what is posted, is posted — with its explanation.

Customers may be settled by anyone at any time: when nothing new is known nothing is written. All orders of a customer
are judged together, since sales limits and attributions tie them, by the very functions behind `molva simulate`.
Several customers are settled as one is: what is known of them is read together, what is new is written together.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from molva.commissions.counting import Counted, Counting, Posted
from molva.commissions.facts import (
    LiveDirectory,
    Person,
    lead_key,
    load_people,
    load_person,
    order_key,
)
from molva.commissions.models import Commission
from molva.commissions.postings import Plan, plan_difference, post_plans, waiting_lots
from molva.commissions.verdicts import VERDICT_FIELDS, Claims, explanation_json, save_lead, take_verdict
from molva.domain.explanation import explain
from molva.domain.judge import judge
from molva.domain.verdicts import Commission as Owed
from molva.domain.verdicts import Decision, Judgement, OrderOwed
from molva.kit import clock
from molva.kit.clock import to_micros
from molva.kit.rows import update_each
from molva.ledger.services import lock_books
from molva.orders.models import Order, OrderLine
from molva.programmes.models import Programme
from molva.programmes.queries import TermsOverTime
from molva.tracking.models import Attribution, Customer
from molva.workspaces import journal
from molva.workspaces.models import Event

_COMMISSION_FIELDS = (
    "terms", "owed_minor", "posted_minor", "expected_minor", "status", "explanation", "accrued_at", "ordered_at",
    "updated_at",
)  # fmt: skip


def preview_customer(customer: Customer) -> Judgement:
    """What the rules say of a customer now; nothing is written (reconciliation, `molva check`)."""
    return judge(load_person(customer).facts, LiveDirectory(customer.programme), to_micros(clock.now()))


def settle_customer(*, customer: Customer, at: datetime | None = None) -> Judgement:
    """Judge a customer anew and post the differences. `at`: the moment of the postings, now by default."""
    return settle_customers(programme=customer.programme, customers=[customer], at=at)[0]


@transaction.atomic
def settle_customers(
    *,
    programme: Programme,
    customers: Sequence[Customer],
    at: datetime | None = None,
    first: Mapping[int, tuple[Order, list[OrderLine]]] | None = None,
    terms: TermsOverTime | None = None,
) -> list[Judgement]:
    """The same for several customers of a programme, all or none; in the books they follow each other.

    `first`: see `load_people`; such customers need no lock either, as nobody else can see them yet.
    """
    at, first = at or clock.now(), first or {}
    # one settlement of a customer at a time: two that run together would both post the same difference
    customers = _locked(programme, customers, first)
    directory, people = LiveDirectory(programme, terms), load_people(programme, customers, first)
    directory.expect([person.facts for person in people])
    cases = [
        _Case(customer, person, judge(person.facts, directory, to_micros(at)), customer.pk in first)
        for customer, person in zip(customers, people, strict=True)
    ]
    settlement = _Settlement(cases, directory, at)
    # before the first row is written: whoever holds the books may be waiting for one of these rows
    lock_books()
    settlement.write()
    return [case.judgement for case in cases]


def _locked(programme: Programme, customers: Sequence[Customer], first: Mapping[int, Any]) -> list[Customer]:
    """The customers, each once, as they are stored; all are locked, in the order of their ids."""
    known = {customer.pk for customer in customers} - first.keys()
    rows = Customer.objects.select_for_update().filter(pk__in=known).order_by("pk") if known else ()
    found = {customer.pk: customer for customer in (*rows, *(c for c in customers if c.pk in first))}
    for customer in found.values():
        customer.programme = programme
    if missing := known - found.keys():
        raise Customer.DoesNotExist(f"no customers {sorted(missing)}")
    return [found[pk] for pk in dict.fromkeys(customer.pk for customer in customers)]


@dataclass(slots=True)
class _Case:
    """One customer of a settlement. `is_first`: nothing is stored of them but the order that is judged."""

    customer: Customer
    person: Person
    judgement: Judgement
    is_first: bool

    def codes(self) -> set[str]:
        """Every partner that the judgement names."""
        decided = self.judgement.decided
        codes = {claim.partner for claim in decided.attributions}
        for decision in (*decided.orders.values(), *decided.leads.values()):
            codes |= {payee.partner for payee in decision.chain}
            codes |= {decision.partner} if decision.partner else set()
        for owed in self.judgement.owed.values():
            codes |= {one.partner for one in (*owed.commissions, *owed.expected)}
        return codes

    def decided(self, order: Order) -> tuple[Decision, OrderOwed]:
        """What the rules say of an order of the customer."""
        key = order_key(order)
        return self.judgement.decided.orders[key], self.judgement.owed.get(key) or OrderOwed(order=key)


class _Settlement:
    """Everything that a settlement writes: gathered case by case, written table by table."""

    def __init__(self, cases: Sequence[_Case], directory: LiveDirectory, at: datetime) -> None:
        self._cases, self._directory, self._at = cases, directory, at
        self._partners = directory.rows_of({code for case in cases for code in case.codes()})
        self._explained = {
            order.pk: _explained(case, order, directory) for case in cases for order in case.person.orders
        }
        self._judged: list[Order] = []

    def write(self) -> None:
        """Post the differences and store the verdicts with them; the books are locked."""
        known = [case for case in self._cases if not case.is_first]
        self._rows = _stored_commissions([order.pk for case in known for order in case.person.orders])
        self._lots = waiting_lots([row for rows in self._rows.values() for row in rows.values()])
        attributions = _stored_attributions([case.customer.pk for case in known])
        told: list[
            Event | Plan
        ] = []  # in the order of the journal; plans become events when their rows have ids
        claims = []
        for case in self._cases:
            for order in case.person.orders:
                told += self._order(case, order)
            for lead in case.person.leads:
                save_lead(lead, case.judgement.decided.leads[lead_key(lead)], self._partners)
            stored = attributions[case.customer.pk]
            claims.append(Claims(case.customer, case.judgement.decided.attributions, stored, self._partners))
            told += claims[-1].events(self._at)
        update_each(self._judged, VERDICT_FIELDS)
        plans = [one for one in told if isinstance(one, Plan)]
        _save_commissions([plan.row for plan in plans])
        post_plans(plans, at=self._at)
        _save_claims(claims)
        self._count(plans)
        journal.record_all(
            [event for one in told for event in (one.events(self._at) if isinstance(one, Plan) else [one])]
        )

    def _count(self, plans: Sequence[Plan]) -> None:
        """Bring the figures of reports along."""
        people = [
            Counted(
                case.person.orders, case.person.leads, list(case.person.facts.touches), case.person.lines, case.is_first
            )
            for case in self._cases
        ]  # fmt: skip
        posted = [
            Posted(
                plan.row.order_id, plan.row.partner_id, plan.row.level, plan.movement.amount_minor, self._at
            )
            for plan in plans
            if plan.movement
        ]
        Counting(self._directory.programme, self._directory.terms_at).write(people, posted)

    def _order(self, case: _Case, order: Order) -> Iterator[Event | Plan]:
        decision, owed = case.decided(order)
        is_changed, event = take_verdict(order, decision, owed, self._partners, self._at)
        if is_changed:
            self._judged.append(order)
        if event:
            yield event
        yield from self._plans(order, owed)

    def _plans(self, order: Order, owed: OrderOwed) -> Iterator[Plan]:
        """Bring every commission of an order, also of partners who lost it, to what is owed now."""
        due = {(one.partner, one.level): one for one in owed.commissions}
        hoped = {(one.partner, one.level): one for one in owed.expected}
        rows, explained = self._rows.get(order.pk, {}), self._explained[order.pk]
        created_at = to_micros(order.created_at)
        version = self._directory.version_at(created_at)
        hold_days = self._directory.terms_at(created_at).accrual.hold_days
        for key in sorted({*due, *hoped, *rows}, key=lambda pair: (pair[1], pair[0])):
            row = rows.get(key) or Commission(
                order=order, partner=self._partners[key[0]], level=key[1], terms=version
            )
            row.order, row.programme, row.partner.programme = order, order.programme, order.programme
            is_changed = _fill(row, due.get(key), hoped.get(key)) or row.ordered_at != order.created_at
            row.ordered_at = order.created_at
            if key in explained and row.explanation != explained[key]:
                row.explanation, row.terms, is_changed = explained[key], version, True
            if is_changed or row.pk is None or row.owed_minor != row.posted_minor:
                yield plan_difference(row, self._lots[row.pk], at=self._at, hold_days=hold_days)


def _explained(case: _Case, order: Order, directory: LiveDirectory) -> dict[tuple[str, int], dict[str, Any]]:
    """By partner and level: why the commission that is owed or expected is what it is."""
    facts = next(facts for facts in case.person.facts.orders if facts.id == order_key(order))
    decision, owed = case.decided(order)
    return {
        (one.partner, one.level): explanation_json(explain(facts, decision, directory, owed, one))
        for one in (*owed.expected, *owed.commissions)
    }


def _fill(row: Commission, due: Owed | None, hoped: Owed | None) -> bool:
    before = (row.owed_minor, row.expected_minor)
    row.owed_minor = due.amount_minor if due else 0
    row.expected_minor = hoped.amount_minor if hoped else 0
    return before != (row.owed_minor, row.expected_minor)


def _stored_commissions(orders: Sequence[int]) -> dict[int, dict[tuple[str, int], Commission]]:
    """By order id, then by partner and level."""
    found: dict[int, dict[tuple[str, int], Commission]] = defaultdict(dict)
    if orders:
        rows = Commission.objects.filter(order__in=orders).select_related("partner")
        for row in rows.select_for_update(of=("self",)):
            found[row.order_id][row.partner.code, row.level] = row
    return found


def _stored_attributions(customers: Sequence[int]) -> dict[int, list[Attribution]]:
    found: dict[int, list[Attribution]] = defaultdict(list)
    if customers:
        for row in Attribution.objects.filter(customer__in=customers).order_by("started_at", "pk"):
            found[row.customer_id].append(row)
    return found


def _save_commissions(rows: Sequence[Commission]) -> None:
    kept = [row for row in rows if row.pk is not None]
    Commission.objects.insert_each(row for row in rows if row.pk is None)
    update_each(kept, _COMMISSION_FIELDS)


def _save_claims(claims: Sequence[Claims]) -> None:
    """Renew the projection of whose customers they are."""
    changed = [one for one in claims if one.is_changed]
    stored = [one.customer.pk for one in changed if one.is_stored]
    if stored:
        Attribution.objects.filter(customer__in=stored).delete()
    Attribution.objects.insert_each(row for one in changed for row in one.rows)
    moved = [one for one in claims if one.customer.partner_id != one.owner_id]
    for one in moved:
        one.customer.partner_id = one.owner_id
    update_each([one.customer for one in moved], ["partner"])
