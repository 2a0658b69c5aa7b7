"""What a source of orders is: one folder under `sources/`, named in settings by `MOLVA_SOURCES`, few members.

A plug speaks the values of `molva.domain.inbound` and never touches another stage. A payload is stored before it is
parsed; the core only needs to know of a failure whether trying again can help.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from django.db import DataError

from molva.domain.codes import CodeSeen, CodeWish
from molva.domain.inbound import InboundLead, InboundOrder, NotUnderstood
from molva.integrations.models import Connection, InboundEvent

T = TypeVar("T")
Told = InboundOrder | InboundLead
Read = list[Told] | Exception  # what a payload tells, or why it tells nothing

# What a body that no parser was written for may raise, also at the database's door: trying again gives the same.
# IntegrityError is not among them: two who record one order at once are no fault of the body.
UNREADABLE = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, DataError,
)  # fmt: skip


class PlugError(RuntimeError):
    """A shop that did not do what was asked. `permanent`: trying again without a person will not help.

    `retry_after`: seconds that the shop itself asked to wait, 0 when it did not say.
    """

    def __init__(self, message: str, *, permanent: bool = False, retry_after: int = 0) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


class OrderGoneError(NotUnderstood):
    """The shop knows no such order. `external_id`: which one was asked for."""

    def __init__(self, external_id: str = "") -> None:
        super().__init__("the shop knows no such order")
        self.external_id = external_id


def secret_hash(secret: str) -> str:
    """What is kept of a secret that stands in a shop: the end of a hook's address, the key of a widget."""
    return hashlib.sha256(secret.encode()).hexdigest()


def attempt(read: Callable[[], T]) -> T | Exception:
    """What was read, or the problem with it as a value: the next payload is read all the same."""
    try:
        return read()
    except Exception as problem:
        return problem


def reason_of(problem: Exception) -> str:
    """Why a body was refused: our own words, or the kind of a failure that none of our words foresaw."""
    known = isinstance(problem, NotUnderstood)
    return str(problem) if known else f"not an order that we can read: {type(problem).__name__}"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of polling: what was told, and the anchor to go on from (None: as before).

    `is_last`: there is no more for now; the next reading goes on from the anchor. `refused`: what could not be
    understood, by the source's id with the reason; it must not keep the rest from being read.
    """

    told: list[Told]
    anchor: dict[str, Any] | None
    is_last: bool = False
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a shop should hold for a connection. `others`: hashes of secrets and keys, and script addresses, of other
    connections to the same shop: theirs stays as it is."""

    hook_url: str  # without the topic; the secret is its last part
    script_url: str
    widget_url: str
    widget_hash: str  # of the key in the widget that stands in the shop, empty to make a new one
    others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What it took to bring one part of a shop to order; no changes when all was right.

    `changes`: pairs of what was found (missing, changed, double) and where. `things`: ids of what is ours now, told to
    the next time. `facts`: what the connection learns. `widget_hash`: of a new key, empty when the old one stays.
    """

    changes: tuple[tuple[str, str], ...] = ()
    things: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    widget_hash: str = ""


@dataclass(frozen=True, slots=True)
class RehearsalWish:
    """The order that a self-test wants: whose click and mark it carries, who buys, in which status it begins."""

    number: str
    email: str
    token: str  # the click's, as the storefront script would write it
    landing: str  # the page by which the buyer came
    mark: str  # the partner's code
    status: str
    at: datetime
    is_real: bool  # made in the shop, not only told as the shop would


Kept = dict[str, Any]  # what a rehearsal has to remember of its order, JSON


class Rehearsal(Protocol):
    """An order that stands for all others: a source makes it, moves it and takes it away again."""

    def place(self, wish: RehearsalWish) -> tuple[InboundOrder, Kept]:
        """The order as the source tells it. Raises PlugError when the shop makes none."""
        ...

    def move(self, kept: Kept, status: str, at: datetime) -> tuple[InboundOrder, Kept]:
        """The same order in another status."""
        ...

    def remove(self, kept: Kept) -> None:
        """Nothing of it stays in the shop."""
        ...


class Source(Protocol):
    """A kind of shop or system that tells us of orders."""

    kind: str
    parts: tuple[str, ...]  # what `set_up` can bring to order, in this order

    def verify(self, connection: Connection) -> dict[str, Any]:
        """Prove that the connection works; gives the shop's `id`, `name`, `shop_url`, `statuses`. Raises PlugError."""
        ...

    def set_up(self, connection: Connection, part: str, wish: Wish, known: dict[str, Any]) -> Reconciled:
        """Bring one part of the shop to the wished state: list first, change only what differs; run twice changes
        nothing. `known`: the `things` of the last time. Raises PlugError."""
        ...

    def read(self, connection: Connection, events: Sequence[InboundEvent]) -> list[Read]:
        """What each stored payload tells, or why not: NotUnderstood and the like (dead letter), PlugError (retry)."""
        ...

    def poll(self, connection: Connection, anchor: dict[str, Any], *, deleted: bool = False) -> Page:
        """One page of orders changed since the anchor, or of those deleted since."""
        ...

    def count(self, connection: Connection, anchor: dict[str, Any]) -> int:
        """About how many orders `poll` will tell from the anchor on; an estimate, 0 when nobody knows."""
        ...

    def rehearsal(self, connection: Connection) -> Rehearsal:
        """How a self-test orders here."""
        ...


class CodeDoor(Protocol):
    """The promo codes of one shop, for a source that has `open_codes(connection)`. Every call may raise PlugError."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def every(self) -> Iterable[CodeSeen]:
        """All codes that the shop has."""
        ...

    def make(self, wish: CodeWish) -> CodeSeen:
        """Make one."""
        ...

    def change(self, external_id: str, wish: CodeWish) -> CodeSeen:
        """Bring one to what is wished, switched on."""
        ...

    def switch_off(self, external_id: str) -> None:
        """Let the shop refuse it from now on."""
        ...

    def remove(self, external_id: str) -> None:
        """Delete it; one that is gone is fine."""
        ...
