"""A what-if worked out: orders of the past by the books, and by the terms tried as if in force since the first day.

The days are taken piece by piece. Where the tried terms only pay otherwise, what an order gives is computed from its
lines (`quick`); every other order is judged with all that is known of its client, by the engine of the live
settlement. Nothing is written.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from molva.commissions.facts import Person, load_people, order_key
from molva.domain.facts import OrderFacts, PersonFacts
from molva.domain.judge import judge
from molva.domain.rewards import order_total
from molva.domain.supposing import Share, Supposed, keeps_decisions
from molva.domain.terms import Terms
from molva.domain.verdicts import Judgement
from molva.kit.clock import to_micros
from molva.programmes.models import Programme
from molva.tracking.models import Customer
from molva.whatif import rows
from molva.whatif.directory import WholeDirectory
from molva.whatif.quick import Quick
from molva.whatif.rows import OrderRow
from molva.whatif.tally import SALES_WAS, SALES_WOULD, Tally, shares

PIECE_ORDERS = 20_000  # orders of the days that are taken together, about
PIECE_PEOPLE = 500

Told = Callable[[int], None]  # so many orders are done; raises when nobody wants the answer any more


@dataclass(frozen=True)
class Question:
    """What is asked: the terms, and the days `[start, end)`. `now`: the moment of judging."""

    programme: Programme
    proposed: Terms
    start: datetime
    end: datetime
    now: datetime


class Engine:
    """Works one question out."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self.real = WholeDirectory(question.programme)
        self.supposed = Supposed(self.real, to_micros(question.start), question.proposed)
        self.tally = Tally()
        before = self.real.terms_between(to_micros(question.start), to_micros(question.end))
        self.is_quick = keeps_decisions(before, question.proposed)
        self._quick = Quick(self.real, question.proposed, question.start, question.end, self.tally)

    def run(self, count: int, told: Told) -> Tally:
        """Go through all days; `count`: how many orders there are in them."""
        programme, done = self._question.programme, 0
        for start, end in _pieces(self._question.start, self._question.end, count):
            orders = rows.orders_between(programme, start, end)
            booked = rows.booked_between(programme, start, end)
            left = orders
            if self.is_quick:
                lines = rows.lines_between(programme, start, end, with_goods=self._quick.asks_goods)
                left = self._quick.take(orders, lines, booked)
                done += len(orders) - len(left)
                told(done)
            for wanted in _people(left):
                self._judge(wanted, booked)
                done += sum(len(orders) for orders in wanted.values())
                told(done)
        self._quick.close()
        return self.tally

    def judged(self, facts: PersonFacts, *, supposed: bool) -> Judgement:
        """What the rules say of a person now, by the terms that held or by those tried."""
        now = to_micros(self._question.now)
        if not supposed:
            return judge(facts, self.real, now)
        orders = [_reached(order, self.supposed.terms_at(order.created_at)) for order in facts.orders]
        return judge(replace(facts, orders=orders), self.supposed, now)

    def _judge(self, wanted: Mapping[int, Collection[int]], booked: Mapping[int, list[Share]]) -> None:
        """Count orders of some customers: `wanted` their ids by customer id."""
        programme = self._question.programme
        customers = list(Customer.objects.filter(pk__in=wanted))
        for customer, person in zip(customers, load_people(programme, customers), strict=True):
            self._count(person, self.judged(person.facts, supposed=True), wanted[customer.pk], booked)

    def _count(
        self, person: Person, judgement: Judgement, wanted: Collection[int], booked: Mapping[int, list[Share]]
    ) -> None:
        facts = {order.id: order for order in person.facts.orders}
        numbers = self.real.numbers
        for order in person.orders:
            if order.pk not in wanted:
                continue
            key = order_key(order)
            owed, sums = judgement.owed[key], {}
            for one in owed.commissions:
                sums[numbers[one.partner], one.level] = (one.amount_minor, 0)
            for one in owed.expected:
                sums[numbers[one.partner], one.level] = (0, one.amount_minor)
            self.tally.take(order.pk, booked.get(order.pk, []), shares(sums))
            self._sell(facts[key], order.partner_id, judgement.decided.orders[key].partner)

    def _sell(self, facts: OrderFacts, was: int | None, would: str | None) -> None:
        """Goods of an order, for the partner who got it and for the one who would."""
        status, total, at = facts.snapshot.status, order_total(facts.snapshot), facts.created_at
        if was is not None and status in self.real.terms_at(at).accrual.statuses:
            self.tally.sold(was, total, SALES_WAS)
        if would is not None and status in self.supposed.terms_at(at).accrual.statuses:
            self.tally.sold(self.real.numbers[would], total, SALES_WOULD)


def _reached(order: OrderFacts, terms: Terms) -> OrderFacts:
    """When an order first reached a status that did not earn then is not known: its creation stands for it."""
    if order.reached_at is not None or order.snapshot.status not in terms.accrual.statuses:
        return order
    return replace(order, reached_at=order.created_at)


def _pieces(start: datetime, end: datetime, count: int) -> Iterator[tuple[datetime, datetime]]:
    """The days, several together where there are few orders a day."""
    days = max((end - start) / timedelta(days=1), 1)
    step = timedelta(days=max(1, min(days, int(days * PIECE_ORDERS / max(count, 1)))))
    while start < end:
        yield start, min(start + step, end)
        start += step


def _people(orders: list[OrderRow]) -> Iterator[dict[int, set[int]]]:
    """Orders' ids by customer, some hundred customers at a time."""
    found: dict[int, set[int]] = {}
    for order in orders:
        found.setdefault(order[1], set()).add(order[0])
    customers = list(found)
    for place in range(0, len(customers), PIECE_PEOPLE):
        yield {customer: found[customer] for customer in customers[place : place + PIECE_PEOPLE]}
