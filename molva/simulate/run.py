"""The run: events applied in their time, what is owed posted as differences, holds released, balances kept."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from molva.domain.directory import Directory
from molva.domain.facts import LeadFacts
from molva.domain.judge import settle_attributions
from molva.domain.postings import ACCRUAL, CORRECTION, PAYOUT, RELEASE, WELCOME, Movement, release, settle
from molva.domain.rewards import Worth
from molva.domain.sales import Sale
from molva.domain.verdicts import Attribution
from molva.simulate.buyers import Buyers
from molva.simulate.history import History
from molva.simulate.people import decide_all
from molva.simulate.programme import Programme
from molva.simulate.told import Event, Events, Story

_KINDS = (ACCRUAL, CORRECTION, RELEASE, WELCOME, PAYOUT)


class Posted(NamedTuple):
    """A posting of the run."""

    at: int
    order: str | None
    partner: str
    level: int | None
    kind: str
    amount_minor: int


class Postings:
    """All postings, column by column: a third of the memory of rows."""

    def __init__(self) -> None:
        self._at: list[int] = []
        self._amounts: list[int] = []
        self._whose: list[Sale | str] = []  # the sale, or the partner for money that is of no order
        self._kinds: list[tuple[str, int]] = []  # kind, index of the level
        self._kind = {(kind, level): (kind, level) for kind in _KINDS for level in range(9)}

    def add(self, at: int, whose: Sale | str, index: int, kind: str, amount_minor: int) -> None:
        """One more posting, on the level with this index."""
        self._at.append(at)
        self._amounts.append(amount_minor)
        self._whose.append(whose)
        self._kinds.append(self._kind[kind, index])

    def __iter__(self) -> Iterator[Posted]:
        for at, amount, whose, (kind, index) in zip(
            self._at, self._amounts, self._whose, self._kinds, strict=True
        ):
            if isinstance(whose, str):
                yield Posted(at, None, whose, None, kind, amount)
            else:
                payee = whose.decision.chain[index]
                yield Posted(at, whose.order.id, payee.partner, payee.level, kind, amount)


@dataclass(slots=True)
class Balance:
    """A partner's money, minor units."""

    expected: int = 0
    held: int = 0
    available: int = 0
    paid: int = 0


@dataclass(slots=True)
class Outcome:
    """What the run ends with."""

    postings: Postings = field(default_factory=Postings)
    balances: dict[str, Balance] = field(default_factory=dict)
    attributions: list[Attribution] = field(default_factory=list)


class Run:
    """The state of one run."""

    def __init__(self, programme: Programme, history: History) -> None:
        directory: Directory = history.directory
        self.outcome = Outcome(balances={partner: Balance() for partner in directory.partners()})
        self._directory = directory
        self._hold_days = programme.terms.accrual.hold_days
        self._accrual = programme.terms.accrual.statuses
        self._buyers = Buyers()
        # All accruals wait equally long, so what was posted first is due first.
        self._due: deque[tuple[int, Sale, int]] = deque()
        self._welcomes = deque(history.welcomes)

    def apply(self, event: Event) -> None:
        """Apply the event that comes next."""
        self.pass_time(event.at)
        what = event.what
        if type(what) is Story:
            self._apply_order(event, what)
        elif type(what) is LeadFacts:
            buyer, is_joined = self._buyers.see(what.client)
            if is_joined:
                self._post(buyer.reckon_all(), event.at)
        elif type(what) is str:
            self._pay_out(what, event.at)

    def pass_time(self, until: int) -> None:
        """Post the releases and the welcome money due by `until`, in their time; releases first at one moment."""
        while True:
            due = self._due[0][0] if self._due else None
            welcome = self._welcomes[0][0] if self._welcomes else None
            if due is not None and due <= until and (welcome is None or due <= welcome):
                _, sale, level = self._due.popleft()
                self._release(sale, level, due)
            elif welcome is not None and welcome <= until:
                at, partner, amount = self._welcomes.popleft()
                self.outcome.balances[partner].available += amount
                self.outcome.postings.add(at, partner, 0, WELCOME, amount)
            else:
                return

    def finish(self, until: int | None, attributions: list[Attribution]) -> Outcome:
        """Nothing more happens to `until`: tell what is owed and expected."""
        if until is not None:
            self.pass_time(until)
            settle_attributions(attributions, until)
        outcome = self.outcome
        for buyer in self._buyers.all():
            for sales in buyer.sales:
                sales.lay_out(until or 0, buyer.first_created)
                for sale in sales.orders:
                    if sale.is_open and sale.worth is not None:
                        self._expect(sale, sale.worth)
        outcome.attributions = sorted(attributions, key=lambda one: (one.start, one.client))
        return outcome

    def _expect(self, sale: Sale, found: Worth) -> None:
        for payee, amount in zip(sale.decision.chain, sale.pays(found), strict=True):
            self.outcome.balances[payee.partner].expected += amount

    def _apply_order(self, event: Event, story: Story) -> None:
        order, snapshot = story.facts, event.snapshot
        if snapshot is None or event.seq <= story.applied:
            return
        story.applied = event.seq
        order.snapshot = snapshot
        if order.reached_at is None and snapshot.status in self._accrual:
            order.reached_at, order.reached_snapshot = event.at, snapshot
        if story.buyer is not None:  # seen before, with the same keys
            buyer, is_whole = story.buyer.now(), False
        else:
            buyer, is_whole = self._buyers.see(order.client, order.id)
            is_whole |= buyer.meet(order)
            if story.decision is not None and story.decision.partner is not None:
                story.sale = Sale(order, story.decision, self._directory)
        story.buyer = buyer
        sale = story.sale
        changed = (
            buyer.sales_to(sale.partner.id).update(sale, buyer.first_created) if sale is not None else []
        )
        if is_whole:
            changed += [sale for sale in buyer.reckon_all() if sale not in changed]
        self._post(changed, event.at)

    def _post(self, changed: list[Sale], at: int) -> None:
        """Post the differences of the sales whose amounts changed."""
        if len(changed) > 1:
            changed.sort(key=lambda sale: (sale.order.created_at, sale.order.id))
        for sale in changed:
            for index, payee in enumerate(sale.decision.chain):
                owed = sale.owed[index] if sale.owed else 0
                if owed == (sale.posted[index] if sale.posted else 0):
                    continue
                holding, movement = settle(sale.holding(index), owed, at, self._hold_days)
                if movement is None:
                    continue
                sale.hold(index, holding)
                if movement.held_minor > 0:
                    self._due.append((holding.lots[-1].due_at, sale, index))
                self._book(sale, payee.partner, index, movement)
            sale.close()

    def _release(self, sale: Sale, index: int, until: int) -> None:
        payee = sale.decision.chain[index]
        holding, movements = release(sale.holding(index), until)
        sale.hold(index, holding)
        for movement in movements:
            self._book(sale, payee.partner, index, movement)

    def _book(self, sale: Sale, partner: str, index: int, movement: Movement) -> None:
        balance = self.outcome.balances[partner]
        balance.held += movement.held_minor
        balance.available += movement.available_minor
        self.outcome.postings.add(movement.at, sale, index, movement.kind, movement.amount_minor)

    def _pay_out(self, partner: str, at: int) -> None:
        balance = self.outcome.balances[partner]
        amount = balance.available
        if amount > 0:
            balance.available, balance.paid = 0, balance.paid + amount
            self.outcome.postings.add(at, partner, 0, PAYOUT, -amount)


def run(programme: Programme, events: Events, history: History, until: int | None) -> Outcome:
    """Everything that happens to `until` (microseconds), None: nothing ever does."""
    attributions = decide_all(events, history.directory)
    running = Run(programme, history)
    events.timed.reverse()
    events.touches.clear()
    while events.timed:  # what has been applied is let go, to make room
        running.apply(events.timed.pop())
    return running.finish(until, attributions)
