"""What a source of orders is: one folder under `sources/`, named in settings by `MOLVA_SOURCES`, six members.

A plug speaks the values of `molva.domain.inbound` and never touches another stage. A payload is stored before it is
parsed; the core only needs to know of a failure whether trying again can help.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.db import DataError

from molva.domain.inbound import InboundLead, InboundOrder, NotUnderstood
from molva.integrations.models import Connection, InboundEvent

Told = InboundOrder | InboundLead
Answer = (
    list[Told] | Exception
)  # what became of one payload among many: what it tells, or why it tells nothing

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


class Source(Protocol):
    """A kind of shop or system that tells us of orders."""

    kind: str

    def verify(self, connection: Connection) -> dict[str, Any]:
        """Prove that the connection works; gives the shop's `id`, `name`, `shop_url`, `statuses`. Raises PlugError."""
        ...

    def set_up(self, connection: Connection, *, hook_url: str, script_url: str) -> None:
        """Bring hooks, script and order field of the shop to the wished state; run twice changes nothing."""
        ...

    def read(self, connection: Connection, event: InboundEvent) -> Iterable[Told]:
        """What a stored payload tells. Raises NotUnderstood (dead letter) or PlugError (retry)."""
        ...

    def read_many(self, connection: Connection, events: Sequence[InboundEvent]) -> dict[int, Answer]:
        """What each of several stored payloads of one shop tells, by its pk, in as few calls as possible.

        One that failed by itself has its error for an answer; PlugError is raised when nothing could be read.
        """
        ...

    def poll(self, connection: Connection, anchor: dict[str, Any], *, deleted: bool = False) -> Page:
        """One page of orders changed since the anchor, or of those deleted since."""
        ...

    def count(self, connection: Connection, anchor: dict[str, Any]) -> int:
        """About how many orders `poll` will tell from the anchor on; an estimate, 0 when nobody knows."""
        ...
