"""Checks by judging every customer anew with the rules of `molva simulate`: I3, I4, I18.

What the rules say of the stored facts must be what is stored and posted, however often and in whatever order the facts
came. Customers for whom a settlement is queued are left out: they may lawfully lag behind.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from django.db.models import Q, QuerySet

from molva.audit.breaches import Breach, Check, Extent
from molva.commissions.facts import LiveDirectory, Person, lead_key, load_people, load_person, order_key
from molva.commissions.models import Commission
from molva.domain.judge import judge
from molva.domain.verdicts import Judgement, OrderOwed
from molva.jobs.models import LIVE, Job
from molva.kit import clock
from molva.kit.clock import to_micros
from molva.orders.models import Order
from molva.tracking.models import Customer

_STORED = ("orders__partner", "orders__commissions__partner", "leads__partner", "attributions__partner")
_CHUNK = 200  # customers read together
_SETTLE = "molva.commissions.jobs:settle_one"


def check_settlements(extent: Extent) -> Iterator[Breach]:
    """I3, I4, I18: verdicts, commissions and attributions are what the latest facts give."""
    directories: dict[int, LiveDirectory] = {}
    now = to_micros(clock.now())
    rows = _customers(extent).prefetch_related(*_STORED).iterator(_CHUNK)
    while chunk := list(islice(rows, _CHUNK)):
        for customer, person in _people(chunk):
            if customer.programme_id not in directories:
                directories[customer.programme_id] = LiveDirectory(customer.programme)
            try:
                facts = (person or load_person(customer)).facts
                judgement = judge(facts, directories[customer.programme_id], now)
            except Exception as error:
                # whatever is wrong with damaged rows, the other customers are checked too
                yield Breach("I3", f"customer {customer.pk}", f"cannot be judged: {error!r}")
                continue
            yield from _orders(customer, judgement)
            yield from _leads(customer, judgement)
            yield from _attributions(customer, judgement)


def _people(customers: Sequence[Customer]) -> Iterator[tuple[Customer, Person | None]]:
    """Customers with their facts, read together; None where damaged rows do not let them be read so."""
    for programme, group in groupby(sorted(customers, key=_by_programme), lambda one: one.programme):
        members = list(group)
        try:
            yield from zip(members, load_people(programme, members), strict=True)
        except Exception:  # one of them, told by whoever reads them one by one
            yield from ((one, None) for one in members)


def _by_programme(customer: Customer) -> tuple[int, int]:
    return customer.programme_id, customer.pk


def _customers(extent: Extent) -> "QuerySet[Customer]":
    known = Customer.objects.filter(Q(orders__isnull=False) | Q(leads__isnull=False))
    if extent.partners is not None:
        known = Customer.objects.filter(
            orders__commissions__partner__in=extent.partners,
            orders__commissions__payout_lines__payout__status="draft",
        )
    queued = Job.objects.filter(path=_SETTLE, state__in=LIVE, workspace_id=extent.workspace_id)
    lagging = [kwargs["customer_id"] for kwargs in queued.values_list("kwargs", flat=True)]
    return known.exclude(pk__in=lagging).distinct().select_related("programme").order_by("pk")


def _orders(customer: Customer, judgement: Judgement) -> Iterator[Breach]:
    for order in sorted(customer.orders.all(), key=_pk):
        key = order_key(order)
        decision, owed = judgement.decided.orders[key], judgement.owed.get(key) or OrderOwed(key)
        stored = (order.partner.code if order.partner else None, order.reason, order.unpaid)
        wanted = (decision.partner, decision.reason, owed.unpaid or "")
        if stored != wanted:
            yield Breach("I18", _name(order), f"is judged as {stored}, its facts give {wanted}")
        yield from _commissions(order, owed)


def _commissions(order: Order, owed: OrderOwed) -> Iterator[Breach]:
    due = {(one.partner, one.level): one.amount_minor for one in owed.commissions}
    hoped = {(one.partner, one.level): one.amount_minor for one in owed.expected}
    rows: dict[tuple[str, int], Commission] = {
        (row.partner.code, row.level): row for row in order.commissions.all()
    }
    for stray in rows.values():
        if stray.ordered_at != order.created_at:
            yield Breach(
                "I2", f"commission {stray.pk}", f"says {stray.ordered_at} of an order of {order.created_at}"
            )
    for key in sorted(due.keys() | hoped.keys() | rows.keys()):
        row = rows.get(key)
        stored = (row.posted_minor, row.owed_minor, row.expected_minor) if row else (0, 0, 0)
        wanted = (due.get(key, 0), due.get(key, 0), hoped.get(key, 0))
        if stored != wanted:
            where = f"{_name(order)}, partner {key[0]}, level {key[1]}"
            what = f"posted, owed, expected are {stored}, its facts give {wanted}"
            yield Breach("I3" if due.get(key) else "I4", where, what)


def _leads(customer: Customer, judgement: Judgement) -> Iterator[Breach]:
    for lead in sorted(customer.leads.all(), key=_pk):
        decision = judgement.decided.leads[lead_key(lead)]
        stored = (lead.partner.code if lead.partner else None, lead.reason)
        if stored != (decision.partner, decision.reason):
            what = f"is judged as {stored}, its facts give {(decision.partner, decision.reason)}"
            yield Breach("I18", f"lead {lead.pk}", what)


def _attributions(customer: Customer, judgement: Judgement) -> Iterator[Breach]:
    stored = [
        (row.partner.code, to_micros(row.started_at), to_micros(end) if end else None)
        for row in sorted(customer.attributions.all(), key=lambda row: (row.started_at, row.pk))
        # One that runs is compared by its term: the job that ends it may come a little later.
        for end in [row.ended_at or row.ends_at]
    ]
    wanted = [
        (claim.partner, claim.start, claim.deadline if claim.end is None else claim.end)
        for claim in judgement.decided.attributions
    ]
    if stored != wanted:
        yield Breach("I18", f"customer {customer.pk}", f"attributions are {stored}, the facts give {wanted}")


def _pk(row: Any) -> int:
    return int(row.pk)


def _name(order: Order) -> str:
    return f"order {order.number} ({order.pk})"


SETTLEMENT_CHECKS: tuple[Check, ...] = (check_settlements,)
