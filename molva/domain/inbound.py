"""What a source may tell us: plain values, already exact, in one form for every shop and for people's files.

Money is in minor units, moments are microseconds since 1970 UTC, contacts are as written (normalising is ours, later).
"""

from dataclasses import dataclass, field


class NotUnderstood(ValueError):
    """A payload that cannot become an order or lead; the text tells a person why, in English, short."""


@dataclass(frozen=True, slots=True)
class InboundClient:
    """Who bought, as the source wrote it; `id` is the source's own."""

    id: str | None = None
    email: str | None = None
    phone: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class InboundLine:
    """One line: `total_minor` after discounts, without delivery; `quantity` an exact decimal text."""

    id: str
    title: str
    product: str
    sku: str
    quantity: str
    price_minor: int
    total_minor: int
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InboundMarks:
    """Everything on an order that may name a partner, as evidence, before anyone decides.

    `tokens`: click tokens (`mv`) from extra fields and cookies, `token_places` where each stood. `first_location`,
    `last_location`: address of the first and of the last entry page (path with query), None when the shop knows none;
    `…_query` the query or search phrase of that visit, `…_referer` the whole address of the page before it. `dropped`:
    (place, value) of what looks like a visit and is none.
    """

    codes: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    first_location: str | None = None
    last_location: str | None = None
    token_places: tuple[str, ...] = ()
    first_query: str | None = None
    last_query: str | None = None
    first_referer: str | None = None
    last_referer: str | None = None
    cookies: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class InboundOrder:
    """A whole snapshot of an order. The snapshot with the greatest `seq` is the order's state."""

    external_id: str
    number: str
    created_at: int
    seq: int
    client: InboundClient
    status: str
    status_title: str
    currency: str
    delivery_minor: int
    discount_minor: int
    total_minor: int
    lines: tuple[InboundLine, ...]
    marks: InboundMarks = field(default_factory=InboundMarks)
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class InboundLead:
    """A request without payment."""

    external_id: str
    at: int
    client: InboundClient
    marks: InboundMarks = field(default_factory=InboundMarks)
    text: str = ""
