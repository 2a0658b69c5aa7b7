"""Facts the rules judge: clients, touches, orders, leads.

Times are int microseconds UTC, money int minor units, ids texts compared exactly. The facts arrive normalised:
e-mails and phones by `molva.kit`, codes folded. Treat every value as frozen; only the hot ones skip the check.
"""

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(slots=True, eq=False)
class ClientKeys:
    """Who bought: the shop's client id, normalised e-mail, E.164 phone; what is None is no key."""

    id: str | None = None
    email: str | None = None
    phone: str | None = None
    shown: str = ""  # for a client without a single key: what was written, to have something to show


@dataclass(slots=True, eq=False)
class Line:
    """A line of an order: `total_minor` after the line's discounts, without delivery."""

    id: str
    total_minor: int
    quantity: int | Fraction = 1
    product: str | None = None
    sku: str | None = None
    categories: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Snapshot:
    """An order as the shop last told it. `discount_minor` is what the lines do not contain yet."""

    status: str
    lines: tuple[Line, ...]
    discount_minor: int = 0
    delivery_minor: int = 0


@dataclass(slots=True, eq=False)
class OrderFacts:
    """An order: facts of its creation (smallest sequence number) and its latest snapshot.

    `tie` ranks records of one moment as if it were time (the line in a file, a row id). `codes` are folded, in
    the order in which they were written. `reached_at` is the first time in an accrual status, ever;
    `reached_snapshot` the one with which that happened.
    """

    id: str
    created_at: int
    client: ClientKeys
    visitor: str | None
    codes: tuple[str, ...]
    landing: str | None
    tie: int
    snapshot: Snapshot
    number: str | None = None
    reached_at: int | None = None
    reached_snapshot: Snapshot | None = None


@dataclass(slots=True, eq=False)
class LeadFacts:
    """A request without payment: attributes the client as an order would."""

    id: str
    created_at: int
    client: ClientKeys
    visitor: str | None
    codes: tuple[str, ...]
    tie: int


@dataclass(slots=True, eq=False)
class TouchFacts:
    """A visit by a partner's link: `kind` is link, qr or form."""

    visitor: str
    partner: str
    kind: str
    at: int
    tie: int


@dataclass(slots=True, eq=False)
class PersonFacts:
    """ALL records of one connected component of clients, and all touches of the visitors seen in them.

    Records are connected when an id, e-mail or phone is the same, transitively. `touches` by visitor, in any order.
    """

    orders: list[OrderFacts] = field(default_factory=list)
    leads: list[LeadFacts] = field(default_factory=list)
    touches: dict[str, list[TouchFacts]] = field(default_factory=dict)
