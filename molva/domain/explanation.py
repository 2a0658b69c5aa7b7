"""Why a commission is what it is: all facts of the calculation, kept with the amount and able to give it again.

`explain` writes them down, `as_json`/`from_json` carry them through storage, `recompute` calculates the amount from
nothing else: `recompute(explanation) == explanation.amount_minor` at any time later, whatever the rules are by then.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from molva.domain.directory import Directory
from molva.domain.facts import Line, OrderFacts
from molva.domain.rewards import in_time, line_fits, order_total, within
from molva.domain.terms import PartnerState, Rule, Terms, When
from molva.domain.verdicts import Commission, Decision, OrderOwed
from molva.kit.money import allocate, round_half_up


@dataclass(frozen=True, slots=True)
class LineWhy:
    """A line of the order and what the winning rule makes of it; money in minor units.

    `rule` None: no rule fits. Rate: `percent` or `fixed_minor` with `per`; both None when the rule pays nothing.
    """

    line: str
    total_minor: int
    quantity: str
    rule: str | None
    percent: str | None
    fixed_minor: int | None
    per: str
    cap_minor: int | None
    paid_sales: int
    base_minor: int
    uncut_minor: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RuleLost:
    """A rule that does not pay the line. `reason`: the condition that does not hold, or «weaker»."""

    line: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One commission explained. Times in microseconds UTC.

    `path`: how the order came to the level-1 partner (kind, partner, time, code), `since` the start of the
    attribution, `chain` the levels with refusals. `paid_place` is None for an order that has no place.
    """

    order: str
    number: str | None
    partner: str
    level: int
    amount_minor: int
    currency: str
    digits: int
    created_at: int
    reason: str
    path: dict[str, Any] | None
    since: int | None
    chain: tuple[dict[str, Any], ...]
    discount_minor: int
    order_total_minor: int
    hold_days: int
    place: int | None
    paid_place: int | None
    lines: tuple[LineWhy, ...]
    lost_rules: tuple[RuleLost, ...]


def explain(
    order: OrderFacts, decision: Decision, directory: Directory, owed: OrderOwed, commission: Commission
) -> Explanation:
    """Write down why the commission (one of `owed.commissions` or `owed.expected`) is what it is."""
    terms = directory.terms_at(order.created_at)
    touch = decision.touch
    return Explanation(
        order=order.id,
        number=order.number,
        partner=commission.partner,
        level=commission.level,
        amount_minor=commission.amount_minor,
        currency=terms.currency,
        digits=terms.digits,
        created_at=order.created_at,
        reason=decision.reason,
        path={"kind": touch.kind, "partner": touch.partner, "at": touch.at, "code": touch.code}
        if touch
        else None,
        since=decision.since,
        chain=tuple(
            {"level": one.level, "partner": one.partner, "refusal": one.refusal} for one in decision.chain
        ),
        discount_minor=order.snapshot.discount_minor,
        order_total_minor=order_total(order.reached_snapshot or order.snapshot),
        hold_days=terms.accrual.hold_days,
        place=owed.place,
        paid_place=owed.paid_place,
        lines=_lines_why(order, terms, commission),
        lost_rules=_lost_rules(order, decision, directory, owed, commission),
    )


def recompute(explanation: Explanation) -> int:
    """The amount of the commission, calculated from the explanation alone."""
    totals = [line.total_minor for line in explanation.lines]
    cut = min(explanation.discount_minor, sum(totals))
    bases = [total - share for total, share in zip(totals, allocate(cut, totals), strict=True)]
    sums: dict[str, int] = {}
    paid: set[str] = set()
    for line, base in zip(explanation.lines, bases, strict=True):
        if line.rule is None or base == 0:
            continue
        is_beyond = 0 < line.paid_sales < (explanation.paid_place or 0)
        if not is_beyond:
            sums[line.rule] = sums.get(line.rule, 0) + _amount(line, base, is_first=line.rule not in paid)
        paid.add(line.rule)
    caps = {line.rule: line.cap_minor for line in explanation.lines if line.cap_minor is not None}
    return sum(min(amount, caps.get(rule, amount)) for rule, amount in sums.items())


def as_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation as plain JSON values."""
    return asdict(explanation)


def from_json(stored: Mapping[str, Any]) -> Explanation:
    """The explanation back from JSON values."""
    fields = dict(stored)
    fields["chain"] = tuple(stored["chain"])
    fields["lines"] = tuple(LineWhy(**line) for line in stored["lines"])
    fields["lost_rules"] = tuple(RuleLost(**rule) for rule in stored["lost_rules"])
    return Explanation(**fields)


def _amount(line: LineWhy, base: int, *, is_first: bool) -> int:
    if line.percent is not None:
        rate = Fraction(line.percent)
        return round_half_up(base * rate.numerator, 100 * rate.denominator)
    if line.fixed_minor is None:
        return 0
    if line.per == "unit":
        quantity = Fraction(line.quantity)
        return round_half_up(line.fixed_minor * quantity.numerator, quantity.denominator)
    return line.fixed_minor if line.per == "line" or is_first else 0


def _lines_why(order: OrderFacts, terms: Terms, commission: Commission) -> tuple[LineWhy, ...]:
    """All lines of the order, those too that the commission does not name: the discount is shared among all."""
    rules = {rule.id: rule for rule in terms.rules.rules}
    named = {line.line: line for line in commission.lines}
    why = []
    for line in order.snapshot.lines:
        paid = named.get(line.id)
        rule = rules[paid.rule] if paid else None
        why.append(
            LineWhy(
                line=line.id,
                total_minor=line.total_minor,
                quantity=str(line.quantity),
                rule=rule.id if rule else None,
                percent=paid.percent if paid else None,
                fixed_minor=paid.fixed_minor if paid else None,
                per=rule.per if rule else "line",
                cap_minor=rule.cap_minor if rule else None,
                paid_sales=rule.paid_sales if rule else 0,
                base_minor=paid.base_minor if paid else 0,
                uncut_minor=paid.uncut_minor if paid else 0,
                amount_minor=paid.amount_minor if paid else 0,
            )
        )
    return tuple(why)


def _lost_rules(
    order: OrderFacts, decision: Decision, directory: Directory, owed: OrderOwed, commission: Commission
) -> tuple[RuleLost, ...]:
    """Every rule that does not pay a line of the commission, with the first reason."""
    terms = directory.terms_at(order.created_at)
    winner = decision.partner or commission.partner
    partner = directory.partner_state(winner, order.created_at) or PartnerState(winner)
    paid = {line.line: line.rule for line in commission.lines}
    of_order = {
        rule.id: _order_reason(rule.when, order, decision, terms, partner, owed) for rule in terms.rules.rules
    }
    return tuple(
        RuleLost(line.id, rule.id, of_order[rule.id] or _line_reason(rule, line))
        for line in order.snapshot.lines
        if line.id in paid
        for rule in terms.rules.rules
        if rule.id != paid[line.id]
    )


def _line_reason(rule: Rule, line: Line) -> str:
    when = rule.when
    for name in ("product", "sku", "category"):
        only = When(**{name: getattr(when, name)})
        if not line_fits(only, line):
            return name
    return "weaker"


def _order_reason(
    when: When, order: OrderFacts, decision: Decision, terms: Terms, partner: PartnerState, owed: OrderOwed
) -> str | None:
    """The first condition about partner or order that does not hold."""
    total = order_total(order.reached_snapshot or order.snapshot)
    held = {
        "partner": when.partner is None or partner.id in when.partner,
        "group": when.group is None or not when.group.isdisjoint(partner.groups),
        "code": when.code is None or not when.code.isdisjoint(order.codes),
        "client": when.client is None or (when.client == "new") == owed.is_new,
        "order_total": within(total, when.order_total_from, when.order_total_to),
        "sale": within(owed.place or 0, when.sale_from, when.sale_to),
        "time": in_time(when, order.created_at, decision.since, terms.timezone),
    }
    return next((name for name, holds in held.items() if not holds), None)
