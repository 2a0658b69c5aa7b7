"""Sums of two answers side by side: by the books and by the terms that are tried, order by order, partner by partner.

Pure, and quick: a year of a big platform goes through `Tally.take`.
"""

import heapq
from collections import defaultdict
from collections.abc import Sequence

from molva.domain.supposing import Share

Shares = Sequence[Share]  # of one order, by level and partner

# Places in a partner's row.
LEVEL1_WAS, ABOVE_WAS, LEVEL1_WOULD, ABOVE_WOULD, EXPECTED_WAS, EXPECTED_WOULD, SALES_WAS, SALES_WOULD = (
    range(8)
)
_WAS, _WOULD = (LEVEL1_WAS, ABOVE_WAS, EXPECTED_WAS), (LEVEL1_WOULD, ABOVE_WOULD, EXPECTED_WOULD)
EXAMPLES = 5


class Tally:
    """Rows by partner's number, how many orders change, and those that change most. Minor units."""

    def __init__(self) -> None:
        self.rows: dict[int, list[int]] = defaultdict(lambda: [0] * 8)
        self.changed = 0
        self._most: list[tuple[int, int]] = []  # (how much, −order): of equal ones the earlier order stays
        self._least = 0  # how much must move to be among them

    def take(self, order: int, was: Shares, would: Shares) -> None:
        """An order that is paid by its shares."""
        if len(was) != len(would):
            self.move(order, self.take_apart(was, would))
            return
        rows, weight = self.rows, 0
        for place, (partner, level, owed, expected) in enumerate(was):  # nearly always the same payees
            other, other_level, would_owed, would_expected = would[place]
            if partner != other or level != other_level:
                weight += self.take_apart(was[place : place + 1], would[place : place + 1])
                continue
            row = rows[partner]
            if level == 1:
                row[LEVEL1_WAS] += owed
                row[LEVEL1_WOULD] += would_owed
            else:
                row[ABOVE_WAS] += owed
                row[ABOVE_WOULD] += would_owed
            if expected or would_expected:
                row[EXPECTED_WAS] += expected
                row[EXPECTED_WOULD] += would_expected
            weight += abs(would_owed - owed) + abs(would_expected - expected)
        if weight:
            self.move(order, weight)

    def take_apart(self, was: Shares, would: Shares) -> int:
        """The same for shares that do not meet one by one; how much moves."""
        moved: dict[tuple[int, int, int], int] = defaultdict(int)
        for sign, side, places in ((-1, was, _WAS), (1, would, _WOULD)):
            for partner, level, owed, expected in side:
                row = self.rows[partner]
                row[places[level > 1]] += owed
                row[places[2]] += expected
                moved[partner, level, 0] += sign * owed
                moved[partner, level, 1] += sign * expected
        return sum(abs(minor) for minor in moved.values())

    def sold(self, partner: int, minor: int, place: int) -> None:
        """Goods of an order that earns: `place` SALES_WAS or SALES_WOULD."""
        self.rows[partner][place] += minor

    @property
    def examples(self) -> list[int]:
        """Orders whose sums move most, the largest first."""
        return [-order for _weight, order in sorted(self._most, reverse=True)]

    def move(self, order: int, weight: int) -> None:
        """So much of an order's sums moves."""
        self.changed += weight > 0
        if not weight or weight < self._least:
            return
        found = (weight, -order)
        if len(self._most) < EXAMPLES:
            heapq.heappush(self._most, found)
        elif found > self._most[0]:
            heapq.heapreplace(self._most, found)
        if len(self._most) == EXAMPLES:
            self._least = self._most[0][0]


def shares(found: dict[tuple[int, int], tuple[int, int]]) -> Shares:
    """Shares from sums by (partner, level), in the order in which they are compared."""
    return sorted(
        ((partner, level, *sums) for (partner, level), sums in found.items() if any(sums)),
        key=lambda share: (share[1], share[0]),
    )
