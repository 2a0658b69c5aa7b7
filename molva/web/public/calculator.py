"""The calculator of a landing: orders of friends by the average order, by the programme's own general rate."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.http import QueryDict

from molva.kit.money import CURRENCY_DIGITS, parse_minor, round_half_up
from molva.programmes.models import Programme, TermsVersion
from molva.programmes.wording import general_rule

MOST_ORDERS = 40
ORDERS, AVERAGE = 8, 2400  # what the sliders show before they are moved


@dataclass(frozen=True, slots=True)
class Example:
    """The figures of the receipt, minor units; `rate` is per cents as text, empty for a fixed sum."""

    orders: int
    average: int  # whole units of the currency
    most_average: int
    average_minor: int
    sales_minor: int
    rate: str
    one_minor: int  # for one order
    total_minor: int


def calculate(programme: Programme, version: TermsVersion, query: QueryDict) -> Example | None:
    """The example of these sliders; None when the general rule pays nothing on the first level."""
    reward = general_rule(version)["reward"].get("1") or {}
    most = 20_000
    orders = _within(query.get("orders"), ORDERS, 1, MOST_ORDERS)
    average = _within(query.get("average"), AVERAGE, 100, most)
    digits = CURRENCY_DIGITS[programme.currency]
    average_minor = average * 10**digits
    one = _one_order(reward, average_minor, digits)
    if not one:
        return None
    return Example(
        orders=orders,
        average=average,
        most_average=most,
        average_minor=average_minor,
        sales_minor=average_minor * orders,
        rate=str(reward.get("percent") or ""),
        one_minor=one,
        total_minor=one * orders,
    )


def _one_order(reward: dict[str, Any], average_minor: int, digits: int) -> int:
    """What one order of the average sum gives: rounded as each real order is."""
    if reward.get("percent") is not None:
        rate = Fraction(Decimal(str(reward["percent"])))
        return round_half_up(average_minor * rate.numerator, 100 * rate.denominator)
    if reward.get("fixed") is not None:
        return parse_minor(str(reward["fixed"]), digits)
    return 0


def _within(text: str | None, usual: int, least: int, most: int) -> int:
    try:
        return max(least, min(int(text or usual), most))
    except ValueError:
        return usual
