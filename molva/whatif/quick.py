"""The short way of a what-if: orders keep the partners of their stored verdicts, lines and rates give the sums."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from molva.domain.rewards import bases_of
from molva.domain.supposing import Goods, Pricing, Share
from molva.domain.terms import Terms
from molva.kit.clock import to_micros
from molva.whatif.directory import WholeDirectory
from molva.whatif.rows import LineRow, OrderRow
from molva.whatif.tally import (
    ABOVE_WAS,
    ABOVE_WOULD,
    EXPECTED_WAS,
    EXPECTED_WOULD,
    LEVEL1_WAS,
    LEVEL1_WOULD,
    SALES_WAS,
    SALES_WOULD,
    Tally,
)

_NOTHING: list[Any] = []


# (partner's number, level, double, part, whole, the partner's row, place of what was and of what would be owed)
Lane = tuple[int, int, int, int, int, list[int], int, int]


class _Priced:
    """A partner's orders with one chain: how they are priced, and where their sums go."""

    __slots__ = ("lanes", "pricing", "sold_minor")

    def __init__(self, pricing: Pricing, tally: Tally) -> None:
        self.pricing = pricing
        self.sold_minor = 0  # goods of the orders that earn
        self.lanes: list[Lane] | None = None
        if pricing.flat is not None:
            self.lanes = [
                (
                    *rate,
                    tally.rows[rate[0]],
                    *((LEVEL1_WAS, LEVEL1_WOULD) if rate[1] == 1 else (ABOVE_WAS, ABOVE_WOULD)),
                )
                for rate in pricing.flat
            ]


class _Known(dict[tuple[int, str], _Priced | None]):
    """By partner and stored chain; what is not known yet is found at its first use."""

    def __init__(self, find: Callable[[int, str], _Priced | None]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, key: tuple[int, str]) -> _Priced | None:
        found = self[key] = self._find(*key)
        return found


class Quick:
    """Prices orders by terms that leave all decisions as they are. The partners' groups are those of the first day."""

    def __init__(
        self, directory: WholeDirectory, proposed: Terms, start: datetime, end: datetime, tally: Tally
    ) -> None:
        self._directory, self._proposed, self._tally = directory, proposed, tally
        self._start, self._end = to_micros(start), to_micros(end)
        self._known = _Known(self._find)
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
        known, tally = self._known, self._tally
        for row in orders:
            order, _customer, partner, status, discount, chain = row
            if partner is None:
                continue
            priced = known[partner, chain]
            of_order = lines.get(order, _NOTHING)
            total = 0
            for line in of_order:
                if line[2] < 0:
                    priced = None  # a charge below zero has its own rounding
                    break
                total += line[2]
            if priced is None:
                left.append(row)
                continue
            was, earns = booked.get(order, _NOTHING), status in earning
            if status in lost and not earns:
                tally.take(order, was, _NOTHING)
            elif priced.lanes is not None and len(was) == len(priced.lanes) and not discount:
                if earns:
                    priced.sold_minor += total
                if weight := _fill_lanes(priced.lanes, of_order, was, tally, earns=earns):
                    tally.move(order, weight)
            else:
                tally.take(order, was, _shares(priced, of_order, discount, earns=earns))
        return left

    def close(self) -> None:
        """Bring the goods that were sold to the partners, the same on both sides."""
        for (partner, _chain), priced in self._known.items():
            if priced is not None:
                self._tally.sold(partner, priced.sold_minor, SALES_WAS)
                self._tally.sold(partner, priced.sold_minor, SALES_WOULD)
                priced.sold_minor = 0

    def _find(self, partner: int, chain: str) -> _Priced | None:
        """The pricing of a partner's orders with this chain, compiled once."""
        code = self._directory.codes[partner]
        payees = tuple(
            (self._directory.numbers[one["partner"]], one["level"])
            for one in json.loads(chain)
            if one["refusal"] is None
        )
        groups = self._groups(code)
        rules = None if groups is None else self._proposed.rules.of_partner(code, groups)
        pricing = None if rules is None else Pricing.of(rules, payees)
        return _Priced(pricing, self._tally) if pricing else None

    def _groups(self, code: str) -> frozenset[str] | None:
        """The partner's groups in these days; None when they changed."""
        states = self._directory.states_between(code, self._start, self._end)
        found = {state.groups if state else frozenset() for state in states}
        return found.pop() if len(found) == 1 else None


def _fill_lanes(
    lanes: list[Lane], of_order: list[LineRow], was: list[Share], tally: Tally, *, earns: bool
) -> int:
    """`Tally.take` for the usual order, in one go: one rate a payee, who were paid before; how much moves."""
    weight = place = 0
    for payee, level, double, part, whole, row, place_was, place_would in lanes:
        minor = 0
        for line in of_order:
            minor += (line[2] * double + part) // whole
        share = was[place]
        place += 1
        if share[0] != payee or share[1] != level:
            would = (payee, level, minor, 0) if earns else (payee, level, 0, minor)
            weight += tally.take_apart([share], [would])
            continue
        owed, expected = share[2], share[3]
        row[place_was] += owed
        row[EXPECTED_WAS] += expected
        if earns:
            row[place_would] += minor
            weight += abs(minor - owed) + expected
        else:
            row[EXPECTED_WOULD] += minor
            weight += abs(minor - expected) + owed
    return weight


def _shares(priced: _Priced, of_order: list[LineRow], discount: int, *, earns: bool) -> list[Share]:
    """What the payees of any other order would get; its goods are counted as sold."""
    if discount:
        of_order = sorted(of_order)  # by position: a share of the discount falls to the earlier line
    bases = bases_of([line[2] for line in of_order], discount)
    if earns:
        priced.sold_minor += sum(bases)
    goods = _goods(of_order) if priced.pricing.asks_goods else ()
    return priced.pricing.shares(bases, goods, earns=earns)


def _goods(lines: Sequence[LineRow]) -> list[Goods]:
    return [(line[3], line[4], tuple(line[5])) for line in lines]
