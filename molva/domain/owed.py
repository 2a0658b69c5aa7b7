"""What an order owes, told: commissions with their lines, what is expected, why nothing is owed on level 1."""

from molva.domain.rewards import Worth, line_bases, uncut_amounts
from molva.domain.sales import Sale, Sales
from molva.domain.verdicts import (
    NO_RULE,
    RULE_NONE,
    SALES_LIMIT,
    STATUS,
    ZERO_AMOUNT,
    ZERO_BASE,
    Commission,
    CommissionLine,
    OrderOwed,
)


def tell(sales: Sales, now: int, first_created: int) -> dict[str, OrderOwed]:
    """The money of every order by its id, after a reckoning."""
    sales.lay_out(now, first_created)
    return {sale.order.id: owed_of(sale) for sale in sales.orders}


def owed_of(sale: Sale, *, is_future_told: bool = True) -> OrderOwed:
    """The money of one order, after `Sales.lay_out`; what an open order would earn only if asked."""
    found = sale.worth
    if found is None:  # never reckoned: it earns, but nothing in it has a price
        return OrderOwed(sale.order.id, unpaid=ZERO_BASE)
    told = OrderOwed(sale.order.id, place=sale.place or None, is_new=found.is_new)
    if found.level_one_minor > 0:
        told.paid_place = sale.paid_before + 1
    if sale.is_ranked:
        told.commissions = _commissions(sale, found)
    elif is_future_told and sale.is_open:
        told.expected = _commissions(sale, found)
    if not (sale.is_ranked and sale.owed and sale.owed[0]):
        told.unpaid = _unpaid(sale, found)
    return told


def _unpaid(sale: Sale, found: Worth) -> str:
    """Why nothing is owed on level 1: the first reason that fits."""
    if not any(line_bases(found.snapshot)):
        return ZERO_BASE
    winners = [rule for rule in found.winners if rule is not None]
    if not winners:
        return NO_RULE
    if not any(1 in rule.rewards and rule.rewards[1].pays for rule in winners):
        return RULE_NONE
    if found.level_one_minor == 0:
        return ZERO_AMOUNT
    return SALES_LIMIT if sale.is_earning else STATUS


def _commissions(sale: Sale, found: Worth) -> tuple[Commission, ...]:
    """The commissions above zero, by level, with the lines whose rule names the level."""
    paid = []
    bases = line_bases(found.snapshot)
    amounts = sale.owed if sale.is_ranked else sale.pays(found)
    for index, (payee, amount) in enumerate(zip(sale.decision.chain, amounts, strict=True)):
        if amount:
            lines = _commission_lines(sale, found, bases, payee.level, found.on_level(index))
            paid.append(Commission(payee.partner, payee.level, amount, lines))
    return tuple(paid)


def _commission_lines(
    sale: Sale, found: Worth, bases: list[int], level: int, of_lines: tuple[int, ...]
) -> tuple[CommissionLine, ...]:
    snapshot = sale.order.snapshot
    capped = [rule for rule in found.winners if rule is not None and rule.cap_minor is not None]
    uncut = uncut_amounts(snapshot, bases, found.winners, level) if capped else of_lines
    lines = []
    for index, (line, rule) in enumerate(zip(snapshot.lines, found.winners, strict=True)):
        reward = rule.rewards.get(level) if rule is not None else None
        if rule is None or reward is None:
            continue
        percent = reward.text if reward.percent is not None else None
        full = of_lines[index]
        amount = 0 if found.is_limited and sale.is_beyond(rule, found) else full
        base = bases[index]
        lines.append(
            CommissionLine(line.id, base, rule.id, percent, reward.fixed_minor, amount, full, uncut[index])
        )
    return tuple(lines)
