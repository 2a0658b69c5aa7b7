"""What an order gives: bases of the lines, the rule that pays each, the amounts on every level.

Everything here is before the sales limit, which looks at other orders (see `molva.domain.sales`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from molva.domain.facts import Line, OrderFacts, Snapshot
from molva.domain.terms import DAY, PartnerState, Reward, Rule, Terms, When
from molva.domain.verdicts import Decision
from molva.kit.money import allocate, round_half_up

_LAST_YEAR = 253_370_764_800_000_000  # 9999: what comes after it cannot be told as a date
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Worth:
    """What a snapshot would give by itself at a place among the sales of the given `step`.

    `winners`: the rule of each line (None: no base or no rule). `amounts`: per line after the cap, level 1 first, level
    after level. `level_one_minor`: the sum on level 1, limit aside. `is_limited`: a rule among them pays so many
    sales only.
    """

    __slots__ = ("amounts", "is_limited", "is_new", "level_one_minor", "snapshot", "step", "winners")

    def __init__(
        self,
        snapshot: Snapshot,
        winners: tuple[Rule | None, ...],
        amounts: tuple[int, ...],
        step: int,
        *,
        is_new: bool,
    ) -> None:
        self.snapshot = snapshot
        self.winners = winners
        self.amounts = amounts
        self.step = step
        self.is_new = is_new
        self.is_limited = bool([rule for rule in winners if rule is not None and rule.paid_sales > 0])
        self.level_one_minor = sum(amounts[: len(winners)])

    def on_level(self, index: int) -> tuple[int, ...]:
        """The amounts per line on a level (0: level 1)."""
        count = len(self.winners)
        return self.amounts[index * count : (index + 1) * count]


def line_bases(snapshot: Snapshot) -> list[int]:
    """Line totals less their shares of the order's discount; a discount above the goods leaves zeros."""
    return bases_of([line.total_minor for line in snapshot.lines], snapshot.discount_minor)


def bases_of(totals: list[int], discount_minor: int) -> list[int]:
    """The same of plain totals, in the order of the lines."""
    if not discount_minor:
        return totals
    goods = sum(totals)
    if discount_minor >= goods:
        return [0] * len(totals)
    return [total - cut for total, cut in zip(totals, allocate(discount_minor, totals), strict=True)]


def order_total(snapshot: Snapshot) -> int:
    """The sum of the line bases."""
    return max(sum([line.total_minor for line in snapshot.lines]) - snapshot.discount_minor, 0)


def worth(
    order: OrderFacts, decision: Decision, terms: Terms, partner: PartnerState, *, place: int, is_new: bool
) -> Worth:
    """Judge the latest snapshot of an order that has a partner.

    `place` is the order's place among the client's sales to the partner, `is_new`: he has no earlier order.
    """
    snapshot = order.snapshot
    bases = line_bases(snapshot)
    reached = order.reached_snapshot or snapshot
    total = sum(bases) if reached is snapshot else order_total(reached)
    rules = [
        rule
        for rule in terms.rules.of_partner(partner.id, partner.groups)
        if rule.when.is_plain or _order_fits(rule.when, order, decision, terms, total, place, is_new=is_new)
    ]
    winners = tuple(
        [_winner(rules, line) if base else None for line, base in zip(snapshot.lines, bases, strict=True)]
    )
    if not [rule for rule in winners if rule is not winners[0]]:
        winners = terms.rules.same(winners)
    capped = [rule for rule in winners if rule is not None and rule.cap_minor is not None]
    amounts: list[int] = []
    for payee in decision.chain:
        of_lines = uncut_amounts(snapshot, bases, winners, payee.level)
        for rule in {id(rule): rule for rule in capped}.values() if capped else ():
            _cut(of_lines, winners, rule)
        amounts += of_lines
    return Worth(snapshot, winners, tuple(amounts), terms.rules.step(place), is_new=is_new)


def _winner(rules: list[Rule], line: Line) -> Rule | None:
    for rule in rules:
        if rule.when.is_lineless or line_fits(rule.when, line):
            return rule
    return None


def _order_fits(
    when: When, order: OrderFacts, decision: Decision, terms: Terms, total: int, place: int, *, is_new: bool
) -> bool:
    """Do all conditions about the order hold (those about partner and line are asked elsewhere)?"""
    return (
        (when.code is None or not when.code.isdisjoint(order.codes))
        and (when.client is None or (when.client == "new") == is_new)
        and within(total, when.order_total_from, when.order_total_to)
        and within(place, when.sale_from, when.sale_to)
        and (when.is_timeless or in_time(when, order.created_at, decision.since, terms.timezone))
    )


def within(value: int, low: int | None, high: int | None) -> bool:
    """Is the value between the bounds, both inclusive?"""
    return (low is None or value >= low) and (high is None or value <= high)


def in_time(when: When, created_at: int, since: int | None, timezone_name: str) -> bool:
    """Do the conditions about time hold? `since` is the start of the attribution."""
    if not (when.valid_from is None or when.valid_from <= created_at):
        return False
    if not (when.valid_to is None or created_at < when.valid_to):
        return False
    start = created_at if since is None else since
    days, months = when.days_since_attribution_to, when.months_since_attribution_to
    if days is not None and created_at > start + days * DAY:
        return False
    return months is None or created_at < month_deadline(start, months, timezone_name)


@lru_cache(maxsize=4096)
def month_deadline(start: int, months: int, timezone_name: str) -> int:
    """The end (exclusive) of the same day of the month, `months` later, in the zone; the last day if there is none."""
    if start >= _LAST_YEAR:
        return 2**62
    zone = ZoneInfo(timezone_name)
    local = (_EPOCH + timedelta(microseconds=start)).astimezone(zone)
    index = local.year * 12 + local.month - 1 + months
    year, month = divmod(index, 12)
    if year >= 9999:
        return 2**62
    first_of_next = _midnight(*divmod(index + 1, 12), 0, zone)
    return min(_midnight(year, month, local.day, zone), first_of_next)


def _midnight(year: int, month: int, days: int, zone: ZoneInfo) -> int:
    """The first moment of the day `days` after the first of the month (`month` from 0)."""
    day = datetime(year, month + 1, 1, tzinfo=UTC) + timedelta(days=days)
    wall = datetime(day.year, day.month, day.day, tzinfo=zone)
    return (wall - _EPOCH) // timedelta(microseconds=1)


def line_fits(when: When, line: Line) -> bool:
    """Do the conditions about the line hold?"""
    return (
        (when.product is None or line.product in when.product)
        and (when.sku is None or line.sku in when.sku)
        and (when.category is None or not when.category.isdisjoint(line.categories))
    )


def uncut_amounts(
    snapshot: Snapshot, bases: Sequence[int], winners: Sequence[Rule | None], level: int
) -> list[int]:
    """What each line gives on a level before any cap."""
    amounts: list[int] = []
    paid: set[str] = set()  # rules whose fixed sum is given already
    for line, base, rule in zip(snapshot.lines, bases, winners, strict=True):
        reward = rule.rewards.get(level) if rule is not None else None
        if rule is None or reward is None:
            amounts.append(0)
        elif reward.rate is not None:
            numerator, denominator = reward.rate
            amounts.append(round_half_up(base * numerator, denominator))
        else:
            amounts.append(_fixed(reward, rule.per, line, is_first=rule.id not in paid))
            paid.add(rule.id)
    return amounts


def _fixed(reward: Reward, per: str, line: Line, *, is_first: bool) -> int:
    """The fixed reward of one line; `is_first`: the first line with a base that the rule wins in the order."""
    if reward.fixed_minor is None:
        return 0
    if per == "unit":
        return round_half_up(reward.fixed_minor * line.quantity.numerator, line.quantity.denominator)
    return reward.fixed_minor if per == "line" or is_first else 0


def _cut(amounts: list[int], winners: Sequence[Rule | None], rule: Rule) -> None:
    """Cut what is above the rule's cap from the last line backwards."""
    of_rule = [i for i, winner in enumerate(winners) if winner is rule]
    excess = sum(amounts[i] for i in of_rule) - (rule.cap_minor or 0)
    for i in reversed(of_rule):
        if excess <= 0:
            return
        cut = min(excess, amounts[i])
        amounts[i] -= cut
        excess -= cut
