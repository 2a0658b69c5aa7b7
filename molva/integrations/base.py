"""What a source of orders is: one folder under `sources/`, named in settings by `MOLVA_SOURCES`, four members.

A plug speaks the values of `molva.domain.inbound` and never touches another stage. A payload is stored before it is
parsed; the core only needs to know of a failure whether trying again can help.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from molva.domain.inbound import InboundLead, InboundOrder
from molva.integrations.models import Connection, InboundEvent

Told = InboundOrder | InboundLead


class PlugError(RuntimeError):
    """A shop that did not do what was asked. `permanent`: trying again without a person will not help.

    `retry_after`: seconds that the shop itself asked to wait, 0 when it did not say.
    """

    def __init__(self, message: str, *, permanent: bool = False, retry_after: int = 0) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Page:
    """One page of polling: what was told, and the anchor to go on from (None: nothing at all).

    `is_last`: there is no more for now; the next firing goes on from the anchor.
    """

    told: list[Told]
    anchor: dict[str, Any] | None
    is_last: bool = False


class Source(Protocol):
    """A kind of shop or system that tells us of orders."""

    kind: str

    def verify(self, connection: Connection) -> dict[str, Any]:
        """Prove that the connection works; returns the shop's `id`, `name`, `shop_url`, `statuses`. Raises PlugError."""
        ...

    def set_up(self, connection: Connection, *, hook_url: str, script_url: str) -> None:
        """Bring hooks, script and order field of the shop to the wished state; run twice changes nothing."""
        ...

    def read(self, connection: Connection, event: InboundEvent) -> Iterable[Told]:
        """What a stored payload tells. Raises NotUnderstood (dead letter) or PlugError (retry)."""
        ...

    def poll(self, connection: Connection) -> Page:
        """Orders changed since the connection's anchor, one page."""
        ...
