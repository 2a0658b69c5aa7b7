"""The figures themselves: every ratio is computed here and nowhere else, as an exact fraction."""

from dataclasses import dataclass, fields
from fractions import Fraction

from molva.kit.money import round_half_up


@dataclass(frozen=True, slots=True)
class Clicks:
    """What people and machines opened; visitors are counted as the source of the figure can (docs/reports.md)."""

    clicks: int = 0
    visitors: int = 0
    bots: int = 0

    def __add__(self, other: "Clicks") -> "Clicks":
        return Clicks(self.clicks + other.clicks, self.visitors + other.visitors, self.bots + other.bots)

    def __sub__(self, other: "Clicks") -> "Clicks":
        return Clicks(self.clicks - other.clicks, self.visitors - other.visitors, self.bots - other.bots)


@dataclass(frozen=True, slots=True)
class Sums:
    """What orders brought and what the books posted, in minor units. `returned` are among the orders, too."""

    orders: int = 0
    revenue_minor: int = 0
    returned: int = 0
    returned_minor: int = 0
    level1_minor: int = 0
    level2_minor: int = 0
    earned_minor: int = 0  # of the orders themselves, whenever it was posted

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) + getattr(other, name) for name in SUMS))

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) - getattr(other, name) for name in SUMS))

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in SUMS)


SUMS = tuple(field.name for field in fields(Sums))


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a row or of the whole. None: the figure has no meaning here, or is not known."""

    clicks: int | None = None
    visitors: int | None = None
    bots: int | None = None
    leads: int | None = None
    orders: int | None = None
    revenue: int | None = None
    returned: int | None = None
    returned_sum: int | None = None
    level1: int | None = None
    level2: int | None = None

    @property
    def commission(self) -> int | None:
        """Both levels: accrued less taken back."""
        return None if self.level1 is None or self.level2 is None else self.level1 + self.level2

    @property
    def average(self) -> Fraction | None:
        """Average order: revenue ÷ orders, in minor units."""
        return _ratio(self.revenue, self.orders)

    @property
    def epc(self) -> Fraction | None:
        """Earnings per click: commission of both levels ÷ clicks by people, in minor units."""
        return _ratio(self.commission, self.clicks)

    @property
    def conversion(self) -> Fraction | None:
        """Orders ÷ clicks by people."""
        return _ratio(self.orders, self.clicks)

    @property
    def return_rate(self) -> Fraction | None:
        """Returned orders ÷ orders."""
        return _ratio(self.returned, self.orders)


MONEY = ("revenue", "returned_sum", "level1", "level2", "commission", "average", "epc")
SHARES = ("conversion", "return_rate")
NAMES = (
    "clicks", "visitors", "bots", "leads", "orders", "revenue", "average", "returned", "returned_sum", "return_rate",
    "level1", "level2", "commission", "epc", "conversion",
)  # fmt: skip


def figures(
    clicks: Clicks | None,
    sums: Sums | None,
    *,
    leads: int | None = None,
    has_commission: bool = True,
) -> Figures:
    """Put the two halves together; a half that is None has no meaning here."""
    return Figures(
        clicks=clicks.clicks if clicks else None,
        visitors=clicks.visitors if clicks else None,
        bots=clicks.bots if clicks else None,
        leads=leads,
        orders=sums.orders if sums is not None else None,
        revenue=sums.revenue_minor if sums is not None else None,
        returned=sums.returned if sums is not None else None,
        returned_sum=sums.returned_minor if sums is not None else None,
        level1=sums.level1_minor if sums is not None and has_commission else None,
        level2=sums.level2_minor if sums is not None and has_commission else None,
    )


def whole_minor(value: Fraction) -> int:
    """A fraction of minor units as people see it: halves away from zero."""
    return round_half_up(value.numerator, value.denominator)


def _ratio(part: int | None, whole: int | None) -> Fraction | None:
    return Fraction(part, whole) if part is not None and whole else None
