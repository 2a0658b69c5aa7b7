"""Terms of a programme: attribution and accrual settings, reward rules, and their compiled form.

Rules are values: a changed rule is another version, found by `Directory.terms_at(created_at)`.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

DAY = 86_400_000_000  # microseconds: a day is 24 hours


@dataclass(frozen=True, slots=True)
class AttributionTerms:
    """Who gets a client. Windows and terms in whole days of 24 hours, None = no end."""

    policy: str  # "first" | "last"
    code_over_link: bool = True
    click_window_days: int | None = None
    term_days: int | None = None
    term_mode: str = "sliding"  # "sliding" | "fixed"
    own_purchases: bool = False
    parameter: str = "aff"  # the name of the partner parameter in landing addresses


@dataclass(frozen=True, slots=True)
class AccrualTerms:
    """When it is owed: the statuses that earn, those that are lost, days an accrual waits."""

    statuses: frozenset[str]
    lost: frozenset[str] = frozenset()
    hold_days: int = 0


@dataclass(frozen=True, slots=True)
class Reward:
    """What a rule pays on a level. `text` is as written; exactly one of percent (exact) and fixed is set, or none."""

    percent: int | Fraction | None = None
    fixed_minor: int | None = None
    text: str = ""
    pays: bool = field(init=False, compare=False, default=False)  # is a reward named at all (a «none» is not)
    rate: tuple[int, int] | None = field(
        init=False, compare=False, default=None
    )  # the per cent as a fraction of 1

    def __post_init__(self) -> None:
        """Know once what is asked for every line."""
        object.__setattr__(self, "pays", self.percent is not None or self.fixed_minor is not None)
        if self.percent is not None:
            object.__setattr__(self, "rate", (self.percent.numerator, 100 * self.percent.denominator))


@dataclass(frozen=True, slots=True)
class When:
    """Conditions of a rule; None = not asked. Codes are folded, money minor, times microseconds."""

    partner: frozenset[str] | None = None
    group: frozenset[str] | None = None
    product: frozenset[str] | None = None
    category: frozenset[str] | None = None
    sku: frozenset[str] | None = None
    code: frozenset[str] | None = None
    client: str | None = None
    order_total_from: int | None = None
    order_total_to: int | None = None
    sale_from: int | None = None
    sale_to: int | None = None
    days_since_attribution_to: int | None = None
    months_since_attribution_to: int | None = None
    valid_from: int | None = None
    valid_to: int | None = None
    is_plain: bool = field(init=False, compare=False, default=True)  # asks nothing about the order itself
    is_timeless: bool = field(init=False, compare=False, default=True)  # asks nothing about time
    is_lineless: bool = field(init=False, compare=False, default=True)  # asks nothing about the line

    def __post_init__(self) -> None:
        """Know once whether the order itself must be looked at."""
        asked = (
            self.code,
            self.client,
            self.order_total_from,
            self.order_total_to,
            self.sale_from,
            self.sale_to,
        )
        timed = (
            self.days_since_attribution_to,
            self.months_since_attribution_to,
            self.valid_from,
            self.valid_to,
        )
        of_line = (self.product, self.sku, self.category)
        object.__setattr__(self, "is_lineless", all(value is None for value in of_line))
        object.__setattr__(self, "is_timeless", all(value is None for value in timed))
        object.__setattr__(self, "is_plain", all(value is None for value in asked + timed))


@dataclass(frozen=True, slots=True)
class Rule:
    """A reward rule. `rewards` by level (1 …); `per` is line, unit or order; `paid_sales` 0 = no limit."""

    id: str
    rewards: dict[int, Reward]
    when: When = When()
    priority: int = 0
    per: str = "line"
    paid_sales: int = 0
    cap_minor: int | None = None

    @property
    def rank(self) -> tuple[int, int, int]:
        """(who, code, what): the more exact rule has the larger triple."""
        when = self.when
        who = 2 if when.partner is not None else 1 if when.group is not None else 0
        what = (
            2 if when.product is not None or when.sku is not None else 1 if when.category is not None else 0
        )
        return who, int(when.code is not None), what


@dataclass(frozen=True, eq=False)
class RuleSet:
    """The rules of one version, strongest first."""

    rules: tuple[Rule, ...]
    _same: dict[tuple[int, int], tuple[Rule | None, ...]] = field(default_factory=dict, repr=False)
    _of_partner: dict[tuple[str, frozenset[str]], tuple[Rule, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, written: Iterable[Rule]) -> "RuleSet":
        """Order rules as written: larger triple, then higher priority, then the later in the list."""
        ranked = [(rule.rank, rule.priority, index, rule) for index, rule in enumerate(written)]
        ranked.sort(key=lambda row: row[:3], reverse=True)
        return cls(tuple(row[3] for row in ranked))

    def same(self, winners: tuple[Rule | None, ...]) -> tuple[Rule | None, ...]:
        """So many times the same rule, as one and the same tuple: most orders have one rule."""
        return self._same.setdefault((id(winners[0]) if winners else 0, len(winners)), winners)

    def of_partner(self, partner: str, groups: frozenset[str]) -> tuple[Rule, ...]:
        """The rules whose conditions on the level-1 partner hold, strongest first."""
        key = (partner, groups)
        found = self._of_partner.get(key)
        if found is None:
            found = self._of_partner[key] = tuple(
                rule
                for rule in self.rules
                if (rule.when.partner is None or partner in rule.when.partner)
                and (rule.when.group is None or not groups.isdisjoint(rule.when.group))
            )
        return found

    @cached_property
    def _steps(self) -> list[int]:
        """The places from which on another rule may hold."""
        firsts = {rule.when.sale_from for rule in self.rules if rule.when.sale_from is not None}
        return sorted(
            firsts | {rule.when.sale_to + 1 for rule in self.rules if rule.when.sale_to is not None}
        )

    def step(self, place: int) -> int:
        """Places of one step are the same to all rules; without a rule that asks for the place there is one step."""
        steps = self._steps
        return bisect_right(steps, place) if steps else 0

    @cached_property
    def asks_client(self) -> bool:
        """Does a rule ask whether the client is new?"""
        return any(rule.when.client is not None for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything in force at a moment."""

    attribution: AttributionTerms
    accrual: AccrualTerms
    levels: int
    rules: RuleSet
    timezone: str = "UTC"
    currency: str = "RUB"
    digits: int = 2


@dataclass(frozen=True, slots=True)
class PartnerState:
    """A partner as of a moment: e-mail and phone normalised."""

    id: str
    invited_by: str | None = None
    groups: frozenset[str] = field(default_factory=frozenset)
    email: str | None = None
    phone: str | None = None
    blocked: bool = False
