"""What an order of the fake shop costs: pure arithmetic in kopecks.

Always holds, as in every checked InSales body: a line's total is its price times its quantity; goods are the sum of the
lines' full totals (discounts spread, margin added); the order's total is goods plus full delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from molva.kit.money import allocate, round_half_up

PERCENT, MONEY = 1, 2


@dataclass(frozen=True)
class PricedLine:
    """Sums of one line, kopecks: `total` before and `full_total` after discounts and margin."""

    total: int
    discount: int
    full_total: int
    full_unit_price: int


@dataclass(frozen=True)
class Priced:
    """Sums of a whole order, kopecks; `discounts` holds (amount, full amount) in the order they were given."""

    lines: list[PricedLine]
    discounts: list[tuple[int, int]]
    items: int
    delivery: int
    margin: int

    @property
    def total(self) -> int:
        return self.items + self.delivery


def line_total(price: int, quantity: float) -> int:
    """Kopecks for a quantity in pieces or kilograms (grams are the finest step)."""
    return round_half_up(price * _thousandths(quantity), 1000)


def _thousandths(quantity: float) -> int:
    return int((Decimal(str(quantity)) * 1000).to_integral_value())


def _with_margin(amount: int, margin: Decimal) -> int:
    return round_half_up(amount * int((100 + margin) * 1000), 100_000)


def _amount(type_id: int, value: Decimal, goods: int, left: int) -> int:
    wished = round_half_up(goods * int(value * 1000), 100_000) if type_id == PERCENT else int(value * 100)
    return max(0, min(wished, left))


def price(
    lines: Sequence[tuple[int, float]],
    discounts: Sequence[tuple[int, Decimal, Sequence[bool]]] = (),
    *,
    delivery: int = 0,
    margin: Decimal = Decimal(0),
) -> Priced:
    """Price `lines` of (kopecks, quantity) less `discounts`, plus delivery in kopecks.

    A discount is (PERCENT or MONEY, value, for each line whether it counts) and never takes more than these lines cost.
    `margin` is the surcharge of the way of payment or delivery, per cent.
    """
    totals = [line_total(*line) for line in lines]
    rest = list(totals)
    amounts = []
    for type_id, value, counts in discounts:
        goods = sum(total for total, chosen in zip(totals, counts, strict=True) if chosen)
        weights = [left if chosen else 0 for left, chosen in zip(rest, counts, strict=True)]
        amount = _amount(type_id, value, goods, sum(weights))
        rest = [left - part for left, part in zip(rest, allocate(amount, weights), strict=True)]
        amounts.append((amount, _with_margin(amount, margin)))
    full = allocate(_with_margin(sum(rest), margin), rest)
    priced = [
        PricedLine(total, total - left, paid, _per_unit(paid, quantity))
        for total, left, paid, (_, quantity) in zip(totals, rest, full, lines, strict=True)
    ]
    return Priced(priced, amounts, sum(full), _with_margin(delivery, margin), sum(full) - sum(rest))


def _per_unit(paid: int, quantity: float) -> int:
    return round_half_up(paid * 1000, _thousandths(quantity)) if quantity else 0
