"""Sums of two answers side by side: by the books and by the terms that are tried, order by order, partner by partner.

Pure, and quick: a year of a big platform goes through `Tally.take`.
"""

import heapq
from collections import defaultdict
from collections.abc import Sequence

# (partner's number, level, owed, expected), sums that are not both zero, by level and partner
Share = tuple[int, int, int, int]
Shares = Sequence[Share]

# Places in a partner's row.
LEVEL1_WAS, ABOVE_WAS, LEVEL1_WOULD, ABOVE_WOULD, EXPECTED_WAS, EXPECTED_WOULD, SALES_WAS, SALES_WOULD = (
    range(8)
)
EXAMPLES = 5


class Tally:
    """Rows by partner's number, how many orders change, and those that change most. Minor units."""

    def __init__(self) -> None:
        self.rows: dict[int, list[int]] = defaultdict(lambda: [0] * 8)
        self.changed = 0
        self._most: list[tuple[int, int]] = []  # (how much, −order): of equal ones the earlier order stays

    def take(self, order: int, was: Shares, would: Shares) -> None:
        """An order that is paid by its shares."""
        rows = self.rows
        for partner, level, owed, expected in was:
            row = rows[partner]
            row[LEVEL1_WAS if level == 1 else ABOVE_WAS] += owed
            row[EXPECTED_WAS] += expected
        for partner, level, owed, expected in would:
            row = rows[partner]
            row[LEVEL1_WOULD if level == 1 else ABOVE_WOULD] += owed
            row[EXPECTED_WOULD] += expected
        if was != would:
            self.changed += 1
            self._remember(order, was, would)

    def sold(self, partner: int, minor: int, place: int) -> None:
        """Goods of an order that earns: `place` SALES_WAS or SALES_WOULD."""
        self.rows[partner][place] += minor

    @property
    def examples(self) -> list[int]:
        """Orders whose sums move most, the largest first."""
        return [-order for _weight, order in sorted(self._most, reverse=True)]

    def _remember(self, order: int, was: Shares, would: Shares) -> None:
        moved: dict[tuple[int, int], int] = defaultdict(int)
        for partner, level, owed, expected in was:
            moved[partner, level] -= owed + expected
        for partner, level, owed, expected in would:
            moved[partner, level] += owed + expected
        found = (sum(abs(minor) for minor in moved.values()), -order)
        if len(self._most) < EXAMPLES:
            heapq.heappush(self._most, found)
        elif found > self._most[0]:
            heapq.heapreplace(self._most, found)


def shares(found: dict[tuple[int, int], tuple[int, int]]) -> Shares:
    """Shares from sums by (partner, level), in the order in which they are compared."""
    return sorted(
        ((partner, level, *sums) for (partner, level), sums in found.items() if any(sums)),
        key=lambda share: (share[1], share[0]),
    )
