"""What if other terms had been in force: the real directory under other terms, and the short way to the money.

Terms that only pay otherwise leave every decision as it is. Then an order whose rules ask for nothing but the partner
and the goods need not be judged again with all its client's past: who is paid is known, rates and bases are enough.
"""

from collections.abc import Iterable, Sequence

from molva.domain.directory import Directory
from molva.domain.facts import Line
from molva.domain.rewards import line_fits
from molva.domain.terms import PartnerState, Rule, Terms
from molva.kit.money import round_half_up

Goods = tuple[str, str, tuple[str, ...]]  # product, SKU, categories; "" for none
Payees = tuple[tuple[int, int], ...]  # (partner's number, level) of those who may be paid
Share = tuple[int, int, int, int]  # (partner's number, level, owed, expected), not both zero; minor units


class Supposed(Directory):
    """A directory in which the proposed terms hold for everything made from `since` on (microseconds)."""

    def __init__(self, real: Directory, since: int, proposed: Terms) -> None:
        super().__init__()
        self._real, self._since, self._proposed = real, since, proposed

    def terms_at(self, moment: int) -> Terms:
        """The proposed terms from the moment on; before it those that were in force."""
        return self._proposed if moment >= self._since else self._real.terms_at(moment)

    def partner_state(self, partner: str, moment: int) -> PartnerState | None:
        """As it was."""
        return self._real.partner_state(partner, moment)

    def code_owner(self, code: str, moment: int) -> str | None:
        """As it was."""
        return self._real.code_owner(code, moment)


def keeps_decisions(before: Iterable[Terms], proposed: Terms) -> bool:
    """Do the proposed terms leave it as it is who gets an order, on how many levels, and in which statuses?"""
    return all(
        one.attribution == proposed.attribution
        and one.levels == proposed.levels
        and one.accrual.statuses == proposed.accrual.statuses
        and one.accrual.lost == proposed.accrual.lost
        for one in before
    )


class Pricing:
    """What orders of one partner with one chain give when their rules ask for nothing but the goods."""

    __slots__ = ("_known", "_rules", "asks_goods", "flat", "payees")

    def __init__(self, rules: Sequence[Rule], payees: Payees) -> None:
        self.payees = payees
        self._rules = rules
        # does it depend on what a line is of?
        self.asks_goods = any(not rule.when.is_lineless for rule in rules)
        self._known: dict[Goods, Rule | None] = {}
        self.flat = _flat(rules, payees)  # see there

    @classmethod
    def of(cls, rules: Iterable[Rule], payees: Payees) -> "Pricing | None":
        """The pricing by a partner's rules, strongest first; None when the whole order must be looked at."""
        asked: list[Rule] = []
        for rule in rules:
            is_simple = rule.when.is_plain and not rule.paid_sales and rule.cap_minor is None
            if not is_simple or rule.per == "unit":
                return None
            asked.append(rule)
            if rule.when.is_lineless:
                break  # it holds for every line: those after it are never reached
        return cls(asked, payees)

    def shares(self, bases: Sequence[int], goods: Sequence[Goods] = (), *, earns: bool) -> list[Share]:
        """What each payee gets, above zero: owed if the order earns, else expected.

        `bases` are above or equal zero; `goods` stand by line, if they are asked for.
        """
        found = []
        if self.flat is None:
            by_payee = zip(
                self.payees, self._by_line(bases, goods or [("", "", ())] * len(bases)), strict=True
            )
            for (payee, level), minor in by_payee:
                if minor:
                    found.append((payee, level, minor, 0) if earns else (payee, level, 0, minor))
            return found
        for payee, level, double, part, whole in self.flat:
            minor = 0
            for base in bases:
                minor += (base * double + part) // whole
            if minor:
                found.append((payee, level, minor, 0) if earns else (payee, level, 0, minor))
        return found

    def _by_line(self, bases: Sequence[int], goods: Sequence[Goods]) -> list[int]:
        sums = [0] * len(self.payees)
        given: set[str] = set()  # rules whose fixed sum for an order is given already
        for base, one in zip(bases, goods, strict=True):
            rule = self._winner(one) if base else None
            if rule is None:
                continue
            for index, (_payee, level) in enumerate(self.payees):
                reward = rule.rewards.get(level)
                if reward is None:
                    continue
                if reward.rate is not None:
                    sums[index] += round_half_up(base * reward.rate[0], reward.rate[1])
                elif rule.per == "line" or rule.id not in given:
                    sums[index] += reward.fixed_minor or 0
            given.add(rule.id)
        return sums

    def _winner(self, goods: Goods) -> Rule | None:
        if goods not in self._known:
            product, sku, categories = goods
            line = Line("", 1, product=product or None, sku=sku or None, categories=categories)
            self._known[goods] = next((rule for rule in self._rules if line_fits(rule.when, line)), None)
        return self._known[goods]


def _flat(rules: Sequence[Rule], payees: Payees) -> list[tuple[int, int, int, int, int]] | None:
    """One rate for every line, by payee, to be rounded half up as (base × double + part) ÷ whole; None: no."""
    if not rules:
        return []
    rule = rules[0]
    rewards = [(*payee, rule.rewards.get(payee[1])) for payee in payees]
    if not rule.when.is_lineless or any(one and one.fixed_minor is not None for *_payee, one in rewards):
        return None
    rates = [(payee, level, *one.rate) for payee, level, one in rewards if one and one.rate]
    return [(payee, level, 2 * part, whole, 2 * whole) for payee, level, part, whole in rates]
