"""A client's sales to one partner: their places, the limit on paid sales, what each order owes.

A sale is an order now in an accrual status with a base above 0. Sales stand in the order in which they first reached
such a status, then by id. A sale that is returned gives its place to the next one, so one order's fate moves others;
`Sales.reckon` tells whose amounts changed.
"""

from bisect import bisect_left

from molva.domain.directory import Directory
from molva.domain.facts import OrderFacts
from molva.domain.postings import Holding, Lot
from molva.domain.rewards import Worth, order_total, worth
from molva.domain.terms import PartnerState, Rule
from molva.domain.verdicts import Decision

Rank = tuple[int, str]


class Sale:
    """An order that has a partner, with what is owed for it.

    `owed`: minor units by level, level 1 first, () while it is no sale. `place` (from 1) among the sales and
    `paid_before`, how many sales that pay stand before it: of an order that is no sale as if the open orders and
    itself reached a status now, known after `Sales.lay_out`. `posted` by level and `lots` that wait: see `postings`.
    """

    __slots__ = (
        "decision",
        "is_ranked",
        "lots",
        "order",
        "owed",
        "paid_before",
        "partner",
        "place",
        "posted",
        "terms",
        "worth",
    )

    def __init__(self, order: OrderFacts, decision: Decision, directory: Directory) -> None:
        self.order = order
        self.decision = decision
        self.terms = directory.terms_at(order.created_at)
        partner = decision.partner or ""
        self.partner = directory.partner_state(partner, order.created_at) or PartnerState(partner)
        self.owed: tuple[int, ...] = ()
        self.worth: Worth | None = None
        self.is_ranked = False  # does it stand among the sales now
        self.place = 0
        self.paid_before = 0
        self.posted: tuple[int, ...] = ()
        self.lots: list[tuple[Lot, ...]] | None = None

    def holding(self, index: int) -> Holding:
        """The books of a level (0: level 1)."""
        posted = self.posted[index] if self.posted else 0
        return Holding(posted, self.lots[index]) if self.lots else Holding(posted)

    def hold(self, index: int, holding: Holding) -> None:
        """Keep what waits on a level; what was posted is kept for all levels together, by `close`."""
        if self.lots is None:
            if not holding.lots:
                return
            self.lots = [()] * len(self.decision.chain)
        self.lots[index] = holding.lots
        if not any(self.lots):
            self.lots = None

    def close(self) -> None:
        """All that is owed is posted."""
        self.posted = self.owed

    @property
    def is_earning(self) -> bool:
        """Is the order in an accrual status?"""
        return self.order.snapshot.status in self.terms.accrual.statuses

    @property
    def is_open(self) -> bool:
        """Is the order neither earning nor lost?"""
        accrual, status = self.terms.accrual, self.order.snapshot.status
        return status not in accrual.statuses and status not in accrual.lost

    def worth_at(self, place: int, first_created: int) -> Worth:
        """What the order gives at this place; kept until the snapshot, the place or the client's past changes."""
        known, rules = self.worth, self.terms.rules
        is_new = self.order.created_at <= first_created
        if (
            known is None
            or known.snapshot is not self.order.snapshot
            or known.step != rules.step(place)
            or (known.is_new != is_new and rules.asks_client)
        ):
            known = worth(self.order, self.decision, self.terms, self.partner, place=place, is_new=is_new)
            self.worth = known
        return known

    def imagine(self, place: int, first_created: int) -> Worth:
        """What the order would give at this place, leaving what is kept alone."""
        kept = self.worth
        found = self.worth_at(place, first_created)
        self.worth = kept
        return found

    def pays(self, found: Worth) -> tuple[int, ...]:
        """The amounts by level with the limit on paid sales applied; refused levels get nothing."""
        return tuple(
            [
                0 if payee.refusal is not None else self._level_pays(found, index)
                for index, payee in enumerate(self.decision.chain)
            ]
        )

    def _level_pays(self, found: Worth, index: int) -> int:
        if not found.is_limited:
            return sum(found.on_level(index))
        return sum(
            amount
            for amount, rule in zip(found.on_level(index), found.winners, strict=True)
            if rule is not None and not self.is_beyond(rule, found)
        )

    def is_beyond(self, rule: Rule, found: Worth) -> bool:
        """Has the rule paid its number of sales? A sale without a level-1 amount has no place and never is beyond."""
        return 0 < rule.paid_sales <= self.paid_before and found.level_one_minor > 0


def _rank_of(sale: Sale) -> Rank:
    return (sale.order.reached_at or 0, sale.order.id)


class Sales:
    """The orders of one client that one partner got; those that earn stand ranked."""

    __slots__ = ("_others", "_ranked", "partner")

    def __init__(self, partner: str) -> None:
        self.partner = partner
        self._ranked: list[Sale] = []
        self._others: list[Sale] | None = None  # orders that are no sales now

    @property
    def orders(self) -> list[Sale]:
        """All orders."""
        return self._ranked + self._others if self._others else self._ranked

    def put(self, sale: Sale) -> int | None:
        """Put an order where its latest snapshot says; the index from which to reckon anew, None: it never counted."""
        start = None
        ranked = self._ranked
        rank = _rank_of(sale)
        if sale.is_ranked:
            start = bisect_left(ranked, rank, key=_rank_of)
            del ranked[start]
        elif self._others and sale in self._others:
            self._others.remove(sale)
        sale.is_ranked = sale.is_earning and order_total(sale.order.snapshot) > 0
        if not sale.is_ranked:
            if self._others is None:
                self._others = []
            self._others.append(sale)
            return start
        index = bisect_left(ranked, rank, key=_rank_of)
        if ranked:
            ranked.insert(index, sale)
        else:
            self._ranked = [sale]
        return index if start is None else min(index, start)

    def update(self, sale: Sale, first_created: int) -> list[Sale]:
        """The sale has a new snapshot: the sales whose amounts changed, it among them."""
        start = self.put(sale)
        left = not sale.is_ranked and bool(sale.owed)
        if left:
            sale.owed = ()
        changed = [] if start is None else self.reckon(start, first_created)
        return [sale, *changed] if left else changed

    def absorb(self, other: "Sales") -> None:
        """The other client turned out to be the same: his sales are ranked among these."""
        if other._others:
            self._others = [*(self._others or ()), *other._others]
        self._ranked = sorted(self._ranked + other._ranked, key=_rank_of)

    def reckon(self, start: int, first_created: int) -> list[Sale]:
        """Compute what is owed from the index on; the sales whose amounts changed.

        `first_created`: when the client's earliest order was created.
        """
        changed = []
        paid = 0
        if start:
            before = self._ranked[start - 1]
            paid = before.paid_before + (before.worth is not None and before.worth.level_one_minor > 0)
        for index in range(start, len(self._ranked)):
            sale = self._ranked[index]
            found = sale.worth_at(index + 1, first_created)
            sale.place, sale.paid_before = index + 1, paid
            owed = sale.pays(found)
            if owed != sale.owed:
                sale.owed = owed
                changed.append(sale)
            paid += found.level_one_minor > 0
        return changed

    def lay_out(self, now: int, first_created: int) -> None:
        """Give the orders that are no sales the place and the worth they would have, all open ones together."""
        others = self._others
        if not others:
            return
        line = [
            (_rank_if_reached(sale, now), sale) for sale in self.orders if sale.is_ranked or _may_sell(sale)
        ]
        line.sort(key=_first)
        paid = [0]
        for index, (_, sale) in enumerate(line):
            if not sale.is_ranked:
                sale.place, sale.paid_before = index + 1, paid[-1]
                found = sale.worth_at(index + 1, first_created)
            else:
                found = sale.imagine(index + 1, first_created)
            paid.append(paid[-1] + (found.level_one_minor > 0))
        ranks = [rank for rank, _ in line]
        for sale in others:
            if not _may_sell(sale):
                index = bisect_left(ranks, _rank_if_reached(sale, now))
                sale.place, sale.paid_before = index + 1, paid[index]
                sale.worth_at(sale.place, first_created)


def _first(row: tuple[Rank, Sale]) -> Rank:
    return row[0]


def _may_sell(sale: Sale) -> bool:
    """Is it an open order that would be a sale if it reached a status?"""
    return sale.is_open and order_total(sale.order.snapshot) > 0


def _rank_if_reached(sale: Sale, now: int) -> Rank:
    reached = sale.order.reached_at
    return (now if reached is None else reached, sale.order.id)
