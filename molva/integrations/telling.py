"""From what a source told to settled customers: orders are recorded and settled in groups, one transaction each.

Whatever goes wrong with a group, nothing of it is stored, and its members are taken one by one: so that one broken
order harms no other, and shows itself.
"""

import logging
from collections.abc import Sequence
from functools import partial
from itertools import takewhile

from django.db import IntegrityError, transaction
from django.db import connection as database

from molva.commissions.services import settle_customers
from molva.domain.inbound import InboundOrder
from molva.integrations.base import Told, attempt
from molva.integrations.models import Connection
from molva.integrations.rehearsal import programme_of
from molva.jobs.turns import writing_turn
from molva.orders.errors import CurrencyMismatch
from molva.orders.models import Order, OrderLine
from molva.orders.services import Recorded, record_lead, record_orders, refuse_currency
from molva.programmes.models import Programme
from molva.programmes.queries import TermsOverTime
from molva.tracking.models import Customer
from molva.workspaces.models import User

_log = logging.getLogger(__name__)
_GROUP = 100
_GROUP_WITH_ONE_LOCK = 16

Outcome = Recorded | Exception


def group_size() -> int:
    """Orders in one transaction; SQLite's only lock is held so long, and hooks wait for it."""
    return _GROUP if database.features.has_select_for_update else _GROUP_WITH_ONE_LOCK


def tell_all(connection: Connection, told: Sequence[Told]) -> list[Outcome]:
    """Record orders and leads of a shop and settle their customers; what became of each, in order."""
    programmes = [programme_of(connection, one) for one in told]
    outcomes: list[Outcome | None] = list(map(_refusal, programmes, told))
    waiting = [place for place, outcome in enumerate(outcomes) if outcome is None]
    size = group_size()
    while waiting:
        programme = programmes[waiting[0]]
        places = list(takewhile(lambda place: programmes[place] == programme, waiting[:size]))  # noqa: B023
        found = _tell_group(programme, connection, [told[place] for place in places])
        for place, outcome in zip(places, found, strict=False):
            outcomes[place] = outcome
        waiting = waiting[len(found) :]
    return [outcome for outcome in outcomes if outcome is not None]


def tell(*, programme: Programme, source: str, one: Told, actor: User | str | None = None) -> Recorded:
    """Record one order or lead and settle its customer, in one transaction."""
    with writing_turn():
        try:
            return _tell(programme, source, one, actor)
        except IntegrityError:
            # two hooks of a new order or client came at once and the other was first: now it is known
            return _tell(programme, source, one, actor)


def _refusal(programme: Programme, one: Told) -> Exception | None:
    try:
        if isinstance(one, InboundOrder):
            refuse_currency(programme, one)
    except CurrencyMismatch as problem:
        return problem
    return None


def _tell_group(programme: Programme, connection: Connection, told: Sequence[Told]) -> list[Outcome]:
    """What became of the first of these, of as many as could be taken together (at least one)."""
    source, actor = connection.source_key, connection.name
    orders = [one for one in takewhile(_is_order, told) if isinstance(one, InboundOrder)]
    if len(orders) > 1:
        try:
            with writing_turn():
                return [*_tell_orders(programme, source, orders, actor)]
        except Exception:
            _log.info("%d orders of %s are taken one by one", len(orders), source, exc_info=True)
    alone = orders or told[:1]
    return [attempt(partial(tell, programme=programme, source=source, one=one, actor=actor)) for one in alone]


def _is_order(one: Told) -> bool:
    return isinstance(one, InboundOrder)


@transaction.atomic
def _tell(programme: Programme, source: str, one: Told, actor: User | str | None) -> Recorded:
    if isinstance(one, InboundOrder):
        return _tell_orders(programme, source, [one], actor)[0]
    recorded = record_lead(programme=programme, source=source, inbound=one, actor=actor)
    if recorded.changed:
        settle_customers(programme=programme, customers=[recorded.record.customer])
    return recorded


@transaction.atomic
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
