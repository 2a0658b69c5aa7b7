"""The short way of a what-if: orders keep the partners of their stored verdicts, lines and rates give the sums."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from molva.domain.rewards import bases_of
from molva.domain.supposing import Goods, Pricing
from molva.domain.terms import Terms
from molva.kit.clock import to_micros
from molva.whatif.directory import WholeDirectory
from molva.whatif.rows import LineRow, OrderRow
from molva.whatif.tally import SALES_WAS, SALES_WOULD, Share, Tally


class Quick:
    """Prices orders by terms that leave all decisions as they are. The partners' groups are those of the first day."""

    def __init__(
        self, directory: WholeDirectory, proposed: Terms, start: datetime, end: datetime, tally: Tally
    ) -> None:
        self._directory, self._proposed, self._tally = directory, proposed, tally
        self._start, self._end = to_micros(start), to_micros(end)
        self._pricings: dict[tuple[int, str], Pricing | None] = {}
        self.asks_goods = not all(rule.when.is_lineless for rule in proposed.rules.rules)

    def take(
        self,
        orders: Iterable[OrderRow],
        lines: Mapping[int, list[LineRow]],
        booked: Mapping[int, list[Share]],
    ) -> list[OrderRow]:
        """Count the orders; those that must be judged are left and returned."""
        left = []
        earning, lost = self._proposed.accrual.statuses, self._proposed.accrual.lost
        pricings, tally = self._pricings, self._tally
        for row in orders:
            order, _customer, partner, status, discount, chain = row
            if partner is None:
                continue
            place = (partner, chain)
            pricing = pricings[place] if place in pricings else self._find(partner, chain)
            of_order = lines.get(order, [])
            bases = [line[2] for line in of_order]
            if pricing is None or (bases and min(bases) < 0):
                left.append(row)
                continue
            if discount:
                of_order.sort()  # by position: a share of the discount falls to the earlier line
                bases = bases_of([line[2] for line in of_order], discount)
            was = booked.get(order, [])
            if status in earning:
                sold = sum(bases)
                tally.sold(partner, sold, SALES_WAS)
                tally.sold(partner, sold, SALES_WOULD)
            elif status in lost:
                tally.take(order, was, [])
                continue
            payees = pricing.payees
            amounts = pricing.amounts(bases, _goods(of_order) if pricing.asks_goods else ())
            if status in earning:
                would = [(*payee, minor, 0) for payee, minor in zip(payees, amounts, strict=True) if minor]
            else:
                would = [(*payee, 0, minor) for payee, minor in zip(payees, amounts, strict=True) if minor]
            tally.take(order, was, would)
        return left

    def _find(self, partner: int, chain: str) -> Pricing | None:
        """The pricing of a partner's orders with this chain, compiled once."""
        code = self._directory.codes[partner]
        payees = tuple(
            (self._directory.numbers[one["partner"]], one["level"])
            for one in json.loads(chain)
            if one["refusal"] is None
        )
        groups = self._groups(code)
        rules = None if groups is None else self._proposed.rules.of_partner(code, groups)
        found = None if rules is None else Pricing.of(rules, payees)
        self._pricings[partner, chain] = found
        return found

    def _groups(self, code: str) -> frozenset[str] | None:
        """The partner's groups in these days; None when they changed."""
        states = self._directory.states_between(code, self._start, self._end)
        found = {state.groups if state else frozenset() for state in states}
        return found.pop() if len(found) == 1 else None


def _goods(lines: Sequence[LineRow]) -> list[Goods]:
    return [(line[3], line[4], tuple(line[5])) for line in lines]
