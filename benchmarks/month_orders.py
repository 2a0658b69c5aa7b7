"""Orders of the month, each through the product's own engine: recorded, attributed, settled, posted, in groups.

Only the shop and its hooks are left out (`benchmarks/orders.py` measures those). The ledger is therefore the real one,
and `molva check` may be asked about it.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from month_world import SEED, World

from molva.commissions.services import settle_customers
from molva.domain.inbound import InboundClient, InboundLine, InboundMarks, InboundOrder
from molva.kit.clock import pretend, to_micros
from molva.orders.models import Order
from molva.orders.services import record_orders
from molva.programmes.models import Programme
from molva.programmes.queries import TermsOverTime
from molva.workspaces.scoping import scope

GROUP = 400
A_STEP = timedelta(days=30) / 450_000  # from one order to the next
_GOODS = [
    (f"g{n}", f"Чай № {n}", f"SKU-{n}", 29_900 + n * 1_700, ("Чай", "Травы" if n % 3 else "Мёд"))
    for n in range(60)
]
_TITLES = {"delivered": "Доставлен", "new": "Новый", "cancelled": "Отменён", "returned": "Возврат"}


def make_orders(world: World, count: int, *, until: datetime, say: bool = True) -> float:
    """Record and settle `count` orders that end at `until`; goes on where it stopped. Seconds that it took."""
    with scope(world.workspace):
        programme = Programme.objects.get(pk=world.programme)
        done = Order.objects.count()
        began, group = time.perf_counter(), []
        for at, told in _tellings(world, count, until, done):
            number = int(told.external_id) + 1
            group.append((at, told))
            if len(group) == GROUP:
                _tell(programme, group)
                group = []
                if say and number % 20_000 < GROUP:
                    spent = time.perf_counter() - began
                    print(f"  {number} orders, {(number - done) / spent:.0f} a second", flush=True)
        if group:
            _tell(programme, group)
        return time.perf_counter() - began


def _tell(programme: Programme, group: list[tuple[datetime, InboundOrder]]) -> None:
    """Record and settle a group as hooks would; orders of one customer are left for the next round."""
    with pretend(group[-1][0]), transaction.atomic():
        waiting = [told for _at, told in group]
        while waiting:
            terms = TermsOverTime(programme)
            recorded = record_orders(
                programme=programme, source="manual", inbounds=waiting, actor="month", terms=terms
            )
            first = {
                one.record.customer_id: (one.record, one.lines) for one in recorded if one.lines is not None
            }
            customers = [one.record.customer for one in recorded]
            settle_customers(programme=programme, customers=customers, first=first, terms=terms)
            waiting = waiting[len(recorded) :]


def _tellings(
    world: World, count: int, until: datetime, done: int
) -> Iterator[tuple[datetime, InboundOrder]]:
    """Orders in time, each told in the state in which it is now; a return is told after the delivery it undoes."""
    start = until - count * A_STEP
    ranks = range(len(world.partners))
    for first in range(done - done % 1000, count, 1000):
        rng = random.Random(f"{SEED} {first}")
        chosen = rng.choices(ranks, cum_weights=world.cum_weights, k=1000)
        returned = []
        for number, rank in enumerate(chosen[: count - first], first):
            at = start + number * A_STEP
            one = _order(world, rng, number, rank, at, is_fresh=at > until - timedelta(days=7))
            if one.status == "returned":
                returned.append(replace(one, seq=one.seq + 1))
                one = replace(one, status="delivered", status_title=_TITLES["delivered"])
            if number >= done:
                yield at, one
        yield from ((at, one) for one in returned)


def _order(
    world: World, rng: random.Random, number: int, rank: int, at: datetime, *, is_fresh: bool
) -> InboundOrder:
    chance, micros = rng.random(), to_micros(at)
    status = (
        "delivered" if chance < 0.82 else "cancelled" if chance < 0.9 else "new" if is_fresh else "returned"
    )
    client = number if chance * 1000 % 1 < 0.75 or number < 100 else int(rng.random() * number)
    lines = tuple(_line(rng, place) for place in range(1 + (number % 5 < 2)))
    marks = InboundMarks()
    if number % 10 < 7:
        marks = InboundMarks(first_location=f"/?aff={world.codes[rank]}", last_location="/cart")
    elif number % 10 < 9:
        marks = InboundMarks(codes=(world.promo_codes[rank - rank % 4],))
    return InboundOrder(
        external_id=str(number), number=str(100_000 + number), created_at=micros, seq=micros,
        client=InboundClient(
            id=str(client), email=f"c{client}@buyers.example", phone=f"+7911{client:07}", name=f"Покупатель {client}"
        ),
        status=status, status_title=_TITLES[status], currency="RUB", delivery_minor=30_000, discount_minor=0,
        total_minor=sum(line.total_minor for line in lines) + 30_000, lines=lines, marks=marks,
    )  # fmt: skip


def _line(rng: random.Random, place: int) -> InboundLine:
    product, title, sku, price, categories = rng.choice(_GOODS)
    return InboundLine(
        id=str(place), title=title, product=product, sku=sku, quantity="1", price_minor=price, total_minor=price,
        categories=categories,
    )  # fmt: skip
