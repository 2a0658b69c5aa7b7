"""The short way of a what-if: orders keep the partners of their stored verdicts, lines and rates give the sums."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from molva.domain.rewards import bases_of
from molva.domain.supposing import Goods, Pricing, Share
from molva.domain.terms import Terms
from molva.kit.clock import to_micros
from molva.whatif.directory import WholeDirectory
from molva.whatif.rows import LineRow, OrderRow
from molva.whatif.tally import SALES_WAS, SALES_WOULD, Tally

_NOTHING: list[Any] = []
_UNKNOWN: Any = object()


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
        pricings, take = self._pricings, self._tally.take
        for row in orders:
            order, _customer, partner, status, discount, chain = row
            if partner is None:
                continue
            pricing = pricings.get((partner, chain), _UNKNOWN)
            if pricing is _UNKNOWN:
                pricing = self._find(partner, chain)
            of_order = lines.get(order, _NOTHING)
            bases = [line[2] for line in of_order]
            if pricing is None or (bases and min(bases) < 0):
                left.append(row)
                continue
            earns = status in earning
            if status in lost and not earns:
                take(order, booked.get(order, _NOTHING), _NOTHING)
                continue
            if discount:
                of_order = sorted(of_order)  # by position: a share of the discount falls to the earlier line
                bases = bases_of([line[2] for line in of_order], discount)
            if earns:
                pricing.sold_minor += sum(bases)
            goods = _goods(of_order) if pricing.asks_goods else ()
            take(order, booked.get(order, _NOTHING), pricing.shares(bases, goods, earns=earns))
        return left

    def close(self) -> None:
        """Bring what is counted by pricing to the partners: goods that were sold, the same on both sides."""
        for (partner, _chain), pricing in self._pricings.items():
            if pricing is not None:
                self._tally.sold(partner, pricing.sold_minor, SALES_WAS)
                self._tally.sold(partner, pricing.sold_minor, SALES_WOULD)
                pricing.sold_minor = 0

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
