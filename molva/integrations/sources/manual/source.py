"""People as a source of orders: a form and CSV files, for programmes with no shop (row S2.42).

Every typed or imported row is stored as an inbound event like a shop's hook, so broken rows wait with a reason, too.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from molva.domain.inbound import InboundOrder
from molva.integrations.base import Kept, Page, Read, Reconciled, RehearsalWish, Told, Wish, attempt
from molva.integrations.models import Connection, InboundEvent
from molva.integrations.sources.manual.rows import parse_row
from molva.kit.clock import to_micros
from molva.kit.money import CURRENCY_DIGITS

# For programmes without a shop; a connected shop's own statuses are used instead of these.
STATUSES = [
    {"permalink": "new", "title": "New", "title_ru": "Новый", "system_status": "new"},
    {"permalink": "paid", "title": "Paid", "title_ru": "Оплачен", "system_status": "accepted"},
    {"permalink": "delivered", "title": "Delivered", "title_ru": "Доставлен", "system_status": "delivered"},
    {"permalink": "cancelled", "title": "Cancelled", "title_ru": "Отменён", "system_status": "declined"},
    {"permalink": "returned", "title": "Returned", "title_ru": "Возврат", "system_status": "declined"},
]


class ManualSource:
    """Rows as people wrote them."""

    kind = "manual"
    parts = ()

    def verify(self, connection: Connection) -> dict[str, Any]:
        """Nothing to prove: people are there."""
        return {"id": "manual", "name": connection.name, "shop_url": "", "statuses": STATUSES}

    def set_up(self, connection: Connection, part: str, wish: Wish, known: dict[str, Any]) -> Reconciled:
        """Nothing to set up."""
        return Reconciled()

    def read(self, connection: Connection, events: Sequence[InboundEvent]) -> list[Read]:
        """The one order of each stored row; it was told when it was stored."""
        return [attempt(partial(self._read, connection, event)) for event in events]

    def _read(self, connection: Connection, event: InboundEvent) -> list[Told]:
        values = json.loads(bytes(event.body))
        programme = connection.programme
        return [
            parse_row(
                values,
                timezone=programme.timezone,
                currency=programme.currency,
                digits=CURRENCY_DIGITS[programme.currency],
                told_at=to_micros(event.received_at),
                statuses=_spellings(connection.facts.get("statuses", STATUSES)),
            )
        ]

    def rehearsal(self, connection: Connection) -> "ManualRehearsal":
        """Orders of a self-test, as a person would type them."""
        return ManualRehearsal(connection)

    def poll(self, connection: Connection, anchor: dict[str, Any], *, deleted: bool = False) -> Page:
        """Nothing to poll."""
        return Page([], None, is_last=True)

    def count(self, connection: Connection, anchor: dict[str, Any]) -> int:
        """Nothing."""
        return 0


class ManualRehearsal:
    """A typed order, told again with each change as a person would."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def place(self, wish: RehearsalWish) -> tuple[InboundOrder, Kept]:
        """Typed in with the partner's code: people have no click token to type."""
        values = {"number": wish.number, "total": "1000", "email": wish.email, "partner": wish.mark}
        return self.move({**values, "created": wish.at.isoformat()}, wish.status, wish.at)

    def move(self, kept: Kept, status: str, at: datetime) -> tuple[InboundOrder, Kept]:
        """The same row with another status; its moment of creation stays."""
        programme = self._connection.programme
        values = {name: text for name, text in kept.items() if name != "created"}
        order = parse_row(
            {**values, "status": status},
            timezone=programme.timezone,
            currency=programme.currency,
            digits=CURRENCY_DIGITS[programme.currency],
            told_at=to_micros(at),
            statuses=_spellings(self._connection.facts.get("statuses", STATUSES)),
        )
        created_at = to_micros(datetime.fromisoformat(kept["created"]))
        return replace(order, created_at=created_at), kept

    def remove(self, kept: Kept) -> None:
        """Nothing stays anywhere."""


def _spellings(statuses: list[dict[str, str]]) -> dict[str, tuple[str, str]]:
    """(permalink, title) by every way in which a person may write a status, without case."""
    known: dict[str, tuple[str, str]] = {}
    for status in statuses:
        for spelling in (status["permalink"], status["title"], status.get("title_ru", "")):
            if spelling:
                known.setdefault(
                    spelling.casefold(), (status["permalink"], status.get("title_ru") or status["title"])
                )
    return known
