"""A client's sales to one partner: their places, the limit on paid sales, what each order owes.

A sale is an order now in an accrual status with a base above 0. Sales stand in the order in which they first reached
such a status, then by id. A sale that is returned gives its place to the next one, so one order's fate moves others;
`Sales.reckon` tells whose amounts changed.
"""

from bisect import bisect_left

from molva.domain.directory import Directory
from molva.domain.facts import OrderFacts
from molva.domain.postings import NOTHING, Holding
from molva.domain.rewards import Worth, order_total, uncut_amounts, worth
from molva.domain.terms import PartnerState, Rule
from molva.domain.verdicts import (
    NO_RULE,
    RULE_NONE,
    SALES_LIMIT,
    STATUS,
    ZERO_AMOUNT,
    ZERO_BASE,
    Commission,
    CommissionLine,
    Decision,
    OrderOwed,
)

Rank = tuple[int, str]


class Sale:
    """An order that has a partner, with what is owed for it.

    `owed`: minor units by level, level 1 first, () while it is no sale. `paid_before`: how many sales that pay stand
    before it. `worth` is kept with the `_key` of what it was computed for.
    """

    __slots__ = (
        "_key",
        "decision",
        "holdings",
        "order",
        "owed",
        "paid_before",
        "partner",
        "rank",
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
        self.rank: Rank | None = None  # its rank among the sales, None: it is none now
        self.paid_before = 0
        self._key: object = None
        self.holdings: list[Holding] = []

    def holding(self, index: int) -> Holding:
        """The books of a level (0: level 1)."""
        return self.holdings[index] if self.holdings else NOTHING

    def hold(self, index: int, holding: Holding) -> None:
        """Keep the books of a level."""
        if not self.holdings:
            self.holdings = [NOTHING] * len(self.decision.chain)
        self.holdings[index] = holding

    @property
    def is_earning(self) -> bool:
        """Is the order in an accrual status?"""
        return self.order.snapshot.status in self.terms.accrual.statuses

    @property
    def is_open(self) -> bool:
        """Is the order neither earning nor lost?"""
        accrual, status = self.terms.accrual, self.order.snapshot.status
        return status not in accrual.statuses and status not in accrual.lost

    def is_new(self, first_created: int) -> bool:
        """Has the client no earlier order?"""
        return self.order.created_at <= first_created

    def imagine(self, place: int, first_created: int) -> Worth:
        """What the order would give at this place, leaving what is kept alone."""
        kept = self.worth, self._key
        found = self.worth_at(place, first_created)
        self.worth, self._key = kept
        return found

    def worth_at(self, place: int, first_created: int) -> Worth:
        """What the order gives at this place; kept until the snapshot, the place or the client's past changes."""
        rules = self.terms.rules
        is_new = self.is_new(first_created)
        key = (
            self.order.snapshot,
            place if rules.asks_place else 0,
            is_new if rules.asks_client else None,
        )
        if self.worth is None or self._key != key:
            self.worth = worth(
                self.order, self.decision, self.terms, self.partner, place=place, is_new=is_new
            )
            self._key = key
        return self.worth

    def pays(self, found: Worth, paid_before: int) -> tuple[int, ...]:
        """The amounts by level with the limit on paid sales applied; refused levels get nothing."""
        amounts = []
        for payee, of_lines in zip(self.decision.chain, found.amounts, strict=True):
            if payee.refusal is not None:
                amounts.append(0)
                continue
            amounts.append(
                sum(
                    amount
                    for amount, rule in zip(of_lines, found.winners, strict=True)
                    if amount and rule is not None and not is_beyond(rule, found, paid_before)
                )
            )
        return tuple(amounts)


def is_beyond(rule: Rule, found: Worth, paid_before: int) -> bool:
    """Has the rule paid its number of sales already? A sale without a level-1 amount has no place and never is."""
    return bool(rule.paid_sales) and found.level_one_minor > 0 and paid_before + 1 > rule.paid_sales


class Sales:
    """The orders of one client that one partner got; those that earn stand ranked."""

    __slots__ = ("_ranked", "_ranks", "orders")

    def __init__(self) -> None:
        self.orders: list[Sale] = []
        self._ranks: list[Rank] = []
        self._ranked: list[Sale] = []

    def add(self, sale: Sale) -> None:
        """An order of the client that the partner got; tell its status by `place`."""
        self.orders.append(sale)

    def place(self, sale: Sale) -> int | None:
        """Put the sale where its latest snapshot says; the index from which to reckon anew, None: it never counted."""
        start = None
        if sale.rank is not None:
            start = bisect_left(self._ranks, sale.rank)
            del self._ranks[start], self._ranked[start]
            sale.rank = None
        order = sale.order
        if not sale.is_earning or order_total(order.snapshot) <= 0:
            return start
        sale.rank = (order.reached_at or 0, order.id)
        index = bisect_left(self._ranks, sale.rank)
        self._ranks.insert(index, sale.rank)
        self._ranked.insert(index, sale)
        return index if start is None else min(index, start)

    def update(self, sale: Sale, first_created: int) -> list[Sale]:
        """The sale has a new snapshot: the sales whose amounts changed, it among them."""
        start = self.place(sale)
        left = sale.rank is None and bool(sale.owed)
        if left:
            sale.owed = ()
        changed = [] if start is None else self.reckon(start, first_created)
        return [sale, *changed] if left else changed

    def absorb(self, other: "Sales") -> None:
        """The other client turned out to be the same: his sales are ranked among these."""
        self.orders += other.orders
        both = sorted(
            zip(self._ranks + other._ranks, self._ranked + other._ranked, strict=True), key=lambda x: x[0]
        )
        self._ranks = [rank for rank, _ in both]
        self._ranked = [sale for _, sale in both]

    def reckon(self, start: int, first_created: int) -> list[Sale]:
        """Compute what is owed from the index on; the sales whose amounts changed.

        `first_created`: when the client's earliest order was created.
        """
        changed = []
        paid = self._paid_through(start - 1)
        for index in range(start, len(self._ranked)):
            sale = self._ranked[index]
            found = sale.worth_at(index + 1, first_created)
            sale.paid_before = paid
            owed = sale.pays(found, paid)
            if owed != sale.owed:
                sale.owed = owed
                changed.append(sale)
            paid += found.level_one_minor > 0
        return changed

    def _paid_through(self, index: int) -> int:
        """How many of the sales up to the index pay."""
        if index < 0:
            return 0
        last = self._ranked[index]
        return last.paid_before + (last.worth is not None and last.worth.level_one_minor > 0)

    def tell(self, now: int, first_created: int) -> dict[str, OrderOwed]:
        """The money of every order by its id, after a reckoning: owed now, expected, why nothing is owed."""
        told = {
            sale.order.id: _owed_now(sale, index, first_created) for index, sale in enumerate(self._ranked)
        }
        others = [sale for sale in self.orders if sale.rank is None]
        if not others:
            return told
        line = [(_rank_if_reached(sale, now), sale) for sale in self.orders if sale.rank or _may_sell(sale)]
        line.sort(key=lambda row: row[0])
        paid = 0
        for index, (_, sale) in enumerate(line):
            found = sale.imagine(index + 1, first_created)
            if sale.rank is None:
                told[sale.order.id] = _owed_then(sale, found, index, paid, first_created)
            paid += found.level_one_minor > 0
        ranks = [rank for rank, _ in line]
        for sale in others:
            if sale.order.id not in told:
                index = bisect_left(ranks, _rank_if_reached(sale, now))
                found = sale.imagine(index + 1, first_created)
                told[sale.order.id] = OrderOwed(sale.order.id, unpaid=_unpaid(sale, found))
        return told


def _may_sell(sale: Sale) -> bool:
    """Is it an open order that would be a sale if it reached a status?"""
    return sale.is_open and order_total(sale.order.snapshot) > 0


def _rank_if_reached(sale: Sale, now: int) -> Rank:
    reached = sale.order.reached_at
    return (now if reached is None else reached, sale.order.id)


def _owed_now(sale: Sale, index: int, first_created: int) -> OrderOwed:
    """The money of an order that earns."""
    found = sale.worth
    if found is None:  # not reckoned yet
        return OrderOwed(sale.order.id)
    unpaid = None if sale.owed and sale.owed[0] else _unpaid(sale, found)
    paid_place = sale.paid_before + 1 if found.level_one_minor > 0 else None
    paid = commissions(sale, found, sale.paid_before)
    return OrderOwed(sale.order.id, paid, (), unpaid, index + 1, paid_place, sale.is_new(first_created))


def _owed_then(sale: Sale, found: Worth, index: int, paid_before: int, first_created: int) -> OrderOwed:
    """The money of an open order: nothing now, so much if all open orders reached a status now."""
    paid_place = paid_before + 1 if found.level_one_minor > 0 else None
    expected = commissions(sale, found, paid_before)
    unpaid = _unpaid(sale, found)
    return OrderOwed(sale.order.id, (), expected, unpaid, index + 1, paid_place, sale.is_new(first_created))


def _unpaid(sale: Sale, found: Worth) -> str:
    """Why nothing is owed on level 1: the first reason that fits."""
    if not any(found.bases):
        return ZERO_BASE
    winners = [rule for rule in found.winners if rule is not None]
    if not winners:
        return NO_RULE
    if not any(1 in rule.rewards and rule.rewards[1].pays for rule in winners):
        return RULE_NONE
    if found.level_one_minor == 0:
        return ZERO_AMOUNT
    return SALES_LIMIT if sale.is_earning else STATUS


def commissions(sale: Sale, found: Worth, paid_before: int) -> tuple[Commission, ...]:
    """The commissions above zero, by level, with the lines whose rule names the level."""
    paid = []
    for payee, amount, of_lines in zip(
        sale.decision.chain, sale.pays(found, paid_before), found.amounts, strict=True
    ):
        if amount:
            lines = _commission_lines(sale, found, payee.level, of_lines, paid_before)
            paid.append(Commission(payee.partner, payee.level, amount, lines))
    return tuple(paid)


def _commission_lines(
    sale: Sale, found: Worth, level: int, of_lines: tuple[int, ...], paid_before: int
) -> tuple[CommissionLine, ...]:
    snapshot = sale.order.snapshot
    is_capped = any(rule is not None and rule.cap_minor is not None for rule in found.winners)
    uncut = uncut_amounts(snapshot, found.bases, found.winners, level) if is_capped else of_lines
    lines = []
    for index, (line, rule) in enumerate(zip(snapshot.lines, found.winners, strict=True)):
        if rule is None or level not in rule.rewards:
            continue
        reward = rule.rewards[level]
        percent = reward.text if reward.percent is not None else None
        full = of_lines[index]
        amount = 0 if is_beyond(rule, found, paid_before) else full
        base = found.bases[index]
        lines.append(
            CommissionLine(line.id, base, rule.id, percent, reward.fixed_minor, amount, full, uncut[index])
        )
    return tuple(lines)
