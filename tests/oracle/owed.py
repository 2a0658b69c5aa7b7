"""What is owed for each order in one state of the world, by brute force."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from tests.oracle.attribution import Decision
from tests.oracle.facts import Facts, code_key, days, moment


@dataclass
class Sale:
    """An order as known now: its decision, its person, its snapshots of interest."""

    id: str
    decision: Decision
    person: int
    snapshot: dict[str, Any]
    reached: datetime | None
    reached_snapshot: dict[str, Any] | None


@dataclass
class LinePay:
    """What one line pays on one level."""

    line: str
    base: int
    rule: str
    percent: str | None
    fixed: str | None
    amount: int


def half_up(value: Fraction) -> int:
    """Rounded half up to the minor unit."""
    return floor(value + Fraction(1, 2))


def bases(facts: Facts, snapshot: dict[str, Any]) -> list[int]:
    """Line totals less their shares of the order-level discount, by the largest remainder."""
    totals = [facts.minor(line["total"]) for line in snapshot["lines"]]
    discount = facts.minor(snapshot.get("discount"))
    if discount >= sum(totals):
        return [0 for _ in totals]
    exact = [Fraction(discount * total, sum(totals)) for total in totals]
    shares = [floor(share) for share in exact]
    order = sorted(range(len(totals)), key=lambda place: (shares[place] - exact[place], place))
    for place in order[: discount - sum(shares)]:
        shares[place] += 1
    return [total - share for total, share in zip(totals, shares, strict=True)]


def months_later(day: date, months: int) -> date:
    """The same day of the month N months later, or the last day if there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class World:
    """All orders as known at `now`; `counted` are those taken as being in an accrual status."""

    def __init__(self, facts: Facts, now: datetime, sales: list[Sale], counted: list[Sale]) -> None:
        self.facts = facts
        self.now = now
        self.sales = sales
        self.counted = counted
        self._winners: dict[str, list[dict[str, Any] | None]] = {}
        self._pays: dict[str, bool] = {}

    def queue(self, sale: Sale) -> list[Sale]:
        """The client's sales to the same level-1 partner, in their order."""
        same = [
            one
            for one in self.counted
            if one.person == sale.person
            and one.decision.partner == sale.decision.partner
            and sum(bases(self.facts, one.snapshot)) > 0
        ]
        # «in the order: first reached, else now; then id»
        return sorted(same, key=lambda one: (one.reached or self.now, one.id))

    def holds(self, when: dict[str, Any], sale: Sale, line: dict[str, Any]) -> bool:
        """Whether all conditions of a rule hold for a line."""
        return all(
            self.condition(name, value, sale, line) for name, value in when.items() if value is not None
        )

    def condition(self, name: str, value: Any, sale: Sale, line: dict[str, Any]) -> bool:
        """One condition."""
        record = sale.decision.record
        partner = self.facts.partners_at(record.created)[sale.decision.partner or ""]
        if name == "partner":
            return sale.decision.partner in value
        if name == "group":
            return bool(set(value) & set(partner.get("groups") or []))
        if name == "product":
            return line.get("product") in value
        if name == "category":
            return bool(set(value) & set(line.get("categories") or []))
        if name == "sku":
            return line.get("sku") in value
        if name == "code":
            # a used code that is nobody's is still «used on the order»
            return bool({code_key(code) for code in value} & {code_key(code) for code in record.codes})
        return self.condition_of_order(name, value, sale)

    def condition_of_order(self, name: str, value: Any, sale: Sale) -> bool:
        """Conditions that are the same for all lines."""
        created = sale.decision.record.created
        start = sale.decision.start or created
        if name == "client":
            earlier = [
                one
                for one in self.sales
                if one.person == sale.person and one.decision.record.created < created
            ]
            return (value == "returning") == bool(earlier)
        if name in ("order_total_from", "order_total_to"):
            total = sum(bases(self.facts, sale.reached_snapshot or sale.snapshot))
            return (
                total >= self.facts.minor(value)
                if name.endswith("from")
                else total <= self.facts.minor(value)
            )
        if name in ("sale_from", "sale_to"):
            ids = [one.id for one in self.queue(sale)]
            place = ids.index(sale.id) + 1
            return bool(place >= value if name == "sale_from" else place <= value)
        if name == "days_since_attribution_to":
            return created <= start + days(value)
        if name == "months_since_attribution_to":
            last = months_later(start.astimezone(self.facts.zone).date(), value)
            return created.astimezone(self.facts.zone).date() <= last
        if name == "valid_from":
            return moment(value) <= created
        if name == "valid_to":
            return created < moment(value)
        raise AssertionError(name)

    def winners(self, sale: Sale) -> list[dict[str, Any] | None]:
        """The winning rule of each line; None for a base of 0 or when no rule holds."""
        if sale.id not in self._winners:
            rules = self.facts.rules_at(sale.decision.record.created)
            found = []
            for line, base in zip(sale.snapshot["lines"], bases(self.facts, sale.snapshot), strict=True):
                fit = [
                    (self.weight(rule), place)
                    for place, rule in enumerate(rules)
                    if base > 0 and self.holds(rule.get("when") or {}, sale, line)
                ]
                found.append(rules[max(fit)[1]] if fit else None)
            self._winners[sale.id] = found
        return self._winners[sale.id]

    def weight(self, rule: dict[str, Any]) -> tuple[int, int, int, int]:
        """(who, code, what), then priority; ties go to the later in the list."""
        named = {name for name, value in (rule.get("when") or {}).items() if value is not None}
        who = 2 if "partner" in named else 1 if "group" in named else 0
        what = 2 if {"product", "sku"} & named else 1 if "category" in named else 0
        return (who, 1 if "code" in named else 0, what, rule.get("priority") or 0)

    def lines(self, sale: Sale, level: int) -> list[LinePay]:
        """Lines with a base whose winner names the level, caps applied, the sales limit aside."""
        pays = []
        winners = self.winners(sale)
        for place, rule in enumerate(winners):
            reward = rule and (rule.get("reward") or {}).get(str(level))
            if not rule or not reward:
                continue
            line = sale.snapshot["lines"][place]
            base = bases(self.facts, sale.snapshot)[place]
            first = place == [other and other["id"] for other in winners].index(rule["id"])
            amount = self.amount(rule, reward, base, Fraction(line.get("quantity") or "1"), first)
            pays.append(
                LinePay(line["id"], base, rule["id"], reward.get("percent"), reward.get("fixed"), amount)
            )
        self.cut(winners, pays)
        return pays

    def amount(
        self, rule: dict[str, Any], reward: dict[str, Any], base: int, quantity: Fraction, first: bool
    ) -> int:
        """One line's money before the cap."""
        if reward.get("percent") is not None:
            return half_up(base * Fraction(reward["percent"]) / 100)
        if reward.get("fixed") is None:
            return 0
        fixed = self.facts.minor(reward["fixed"])
        per = rule.get("per") or "line"
        if per == "unit":
            return half_up(fixed * quantity)
        return fixed if per == "line" or first else 0

    def cut(self, winners: list[dict[str, Any] | None], pays: list[LinePay]) -> None:
        """Caps: per order, rule and level, from the last line backwards."""
        for rule in winners:
            if rule is not None and rule.get("cap") is not None:
                mine = [pay for pay in pays if pay.rule == rule["id"]]
                over = sum(pay.amount for pay in mine) - self.facts.minor(rule["cap"])
                for pay in reversed(mine):
                    less = max(0, min(over, pay.amount))
                    pay.amount -= less
                    over -= less

    def paid_place(self, sale: Sale) -> int | None:
        """The place among the sales that pay on level 1; None: no place, never beyond a limit."""
        paying = [one.id for one in self.queue(sale) if self.pays(one)]
        return paying.index(sale.id) + 1 if sale.id in paying else None

    def pays(self, sale: Sale) -> bool:
        """Whether the level-1 amount, the limit aside, is above 0."""
        if sale.id not in self._pays:
            self._pays[sale.id] = sum(pay.amount for pay in self.lines(sale, 1)) > 0
        return self._pays[sale.id]

    def owed(self, sale: Sale) -> dict[int, tuple[str, list[LinePay]]]:
        """By level: who is paid and for what, as if `sale` were in an accrual status."""
        if sale.decision.partner is None:
            return {}
        rules = {rule["id"]: rule for rule in self.winners(sale) if rule is not None}
        place = self.paid_place(sale)
        levels = {}
        for level, partner in enumerate(sale.decision.chain, 1):
            pays = self.lines(sale, level)
            for pay in pays:
                limit = rules[pay.rule].get("paid_sales") or 0
                if limit and place is not None and place > limit:
                    pay.amount = 0
            if partner is not None:
                levels[level] = (partner, pays)
        return levels

    def unpaid(self, sale: Sale, in_status: bool) -> str | None:
        """Why nothing is owed on level 1, the first reason that fits."""
        if sale.decision.partner is None:
            return None
        if sum(bases(self.facts, sale.snapshot)) == 0:
            return "zero_base"
        winners = [rule for rule in self.winners(sale) if rule is not None]
        if not winners:
            return "no_rule"
        rewards = [(rule.get("reward") or {}).get("1") or {} for rule in winners]
        if not any(
            reward.get("percent") is not None or reward.get("fixed") is not None for reward in rewards
        ):
            return "rule_none"
        if not self.pays(sale):
            return "zero_amount"
        if not in_status:
            return "status"
        owed = sum(pay.amount for pay in self.owed(sale)[1][1])
        return None if owed > 0 else "sales_limit"


def same_number(left: str | None, right: str | None) -> bool:
    """Whether two written numbers are one, «10» and «10.0» for example."""
    return left == right or (left is not None and right is not None and Decimal(left) == Decimal(right))
