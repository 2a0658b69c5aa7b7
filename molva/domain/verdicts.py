"""Answers of the rules: who got an order, what is owed and why, whose a client is."""

from dataclasses import dataclass, field

# Reasons of a verdict. With a partner:
LINK, CODE, LANDING, ATTRIBUTED = "link", "code", "landing", "attributed"
# With nobody, weakest first (if several fit, the later holds):
NO_TOUCH, WINDOW_ENDED, TERM_ENDED = "no_touch", "window_ended", "term_ended"
OWN_PURCHASE, PARTNER_BLOCKED = "own_purchase", "partner_blocked"
# Why nothing is owed on level 1, the first that fits:
ZERO_BASE, NO_RULE, RULE_NONE, ZERO_AMOUNT = "zero_base", "no_rule", "rule_none", "zero_amount"
STATUS, SALES_LIMIT = "status", "sales_limit"


@dataclass(slots=True, eq=False)
class Touch:
    """A touch as a decision sees it: kind is link, qr, form, code or landing; `code` as used, for a code."""

    partner: str
    kind: str
    at: int
    code: str | None = None


@dataclass(slots=True, eq=False)
class Loser:
    """A touch or attribution that did not win. Reasons: spent, window, later, earlier, other_kind, landing_spare,
    attributed, touch_wins, own_purchase, partner_blocked.
    """

    partner: str
    kind: str
    at: int
    reason: str


@dataclass(slots=True, eq=False)
class Payee:
    """A level of the chain at the order's creation. `refusal`: None, partner_blocked or own_purchase."""

    level: int
    partner: str
    refusal: str | None = None


@dataclass(slots=True, eq=False)
class Decision:
    """Who got a record (an order or a lead), as of its creation.

    `touch` is the touch that won (None when an attribution holds or nobody won); `since` the start of the
    attribution the order is paid by; `chain` the payees, level 1 first (empty when nobody won).
    """

    at: int
    partner: str | None
    reason: str
    touch: Touch | None = None
    since: int | None = None
    chain: tuple[Payee, ...] = ()
    losers: tuple[Loser, ...] = ()


@dataclass(slots=True, eq=False)
class Attribution:
    """A client is a partner's from `start` to `end` (None = runs). `ended_by`: None, term, partner or join.

    `deadline`: the last moment of a running attribution if nothing renews it, None = no term.
    """

    client: str
    partner: str
    start: int
    end: int | None = None
    ended_by: str | None = None
    deadline: int | None = None


@dataclass(slots=True, eq=False)
class Decided:
    """The decisions of one person: by order id, by lead id; attributions in the order they started."""

    orders: dict[str, Decision]
    leads: dict[str, Decision]
    attributions: list[Attribution]
    label: str


@dataclass(slots=True, eq=False)
class CommissionLine:
    """What a line of an order gives on a level. `percent` as the rule writes it; both None for a «none».

    `uncut_minor` is the amount before the rule's cap, `full_minor` before the limit on paid sales.
    """

    line: str
    base_minor: int
    rule: str
    percent: str | None
    fixed_minor: int | None
    amount_minor: int
    full_minor: int
    uncut_minor: int


@dataclass(slots=True, eq=False)
class Commission:
    """What one order owes one partner on one level, with the lines it comes from."""

    partner: str
    level: int
    amount_minor: int
    lines: tuple[CommissionLine, ...]


@dataclass(slots=True, eq=False)
class OrderOwed:
    """The money of one order.

    `commissions`: owed now, levels above zero only. `expected`: what an order neither earning nor lost would earn
    if it reached a status now, together with the person's other open orders. `place` and `paid_place` are the
    order's places among the client's sales to the partner (see `molva.domain.sales`), `is_new` the client's having
    no earlier order.
    """

    order: str
    commissions: tuple[Commission, ...] = ()
    expected: tuple[Commission, ...] = ()
    unpaid: str | None = None
    place: int | None = None
    paid_place: int | None = None
    is_new: bool = False


@dataclass(slots=True, eq=False)
class Judgement:
    """Everything the rules say about one person as of a moment."""

    decided: Decided
    owed: dict[str, OrderOwed] = field(default_factory=dict)
