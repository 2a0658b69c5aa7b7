"""Everything the fake shop remembers, in memory under one lock, optionally kept in one JSON file."""

import json
import os
import secrets
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from molva.demo.shop.records import Order, order_from_json

Row = dict[str, Any]
# First numbers look like those of a shop that shares a platform with many others.
FIRST_IDS = {
    "order": 145173566,
    "line": 718717957,
    "client": 86923487,
    "change": 1779657282,
    "discount": 37221471,
    "product": 491844344,
    "variant": 806784654,
    "collection": 53486014,
    "collect": 110292261,
    "field": 38097650,
    "value": 18653083,
    "number": 1001,
}
IDS_APART = 1_000_000


class Store:
    """Orders and plain tables of rows; hold `lock` around every use."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.path = path
        self.changed = False
        self.settings: Row = {}
        self.orders: dict[int, Order] = {}
        self.order_by_key: dict[str, int] = {}
        self.tables: defaultdict[str, dict[int, Row]] = defaultdict(dict)
        self.client_by_contact: dict[str, int] = {}
        self.carts: dict[str, Row] = {}
        self._ids: dict[str, int] = {}
        self._sorted: list[Order] | None = None
        if path and path.exists():
            self._load(json.loads(path.read_text(encoding="utf-8")))

    def next_id(self, kind: str) -> int:
        """The next number of a kind of thing; numbers are never used twice."""
        number = self._ids.get(kind) or self._first_id(kind)
        self._ids[kind] = number + 1
        self.changed = True
        return number

    def _first_id(self, kind: str) -> int:
        """Numbers of orders begin alike in every shop, ids are of the whole platform."""
        if kind not in FIRST_IDS or kind == "number":
            return FIRST_IDS.get(kind, 1)
        return FIRST_IDS[kind] + int(self.settings.get("id_step", 0)) * IDS_APART

    def put_order(self, order: Order) -> None:
        """Remember a new order, or that a known one has changed."""
        self.orders[order.id] = order
        self.order_by_key[order.key] = order.id
        self._sorted = None
        self.changed = True

    def orders_by_update(self) -> list[Order]:
        """All orders, archived ones too, by (updated_at, id)."""
        if self._sorted is None:
            self._sorted = sorted(self.orders.values(), key=lambda order: (order.updated_at, order.id))
        return self._sorted

    def add_row(self, table: str, row: Row) -> Row:
        """Store a row of a plain table under a new id."""
        row = {**row, "id": self.next_id(table)}
        self.tables[table][row["id"]] = row
        return row

    def index_client(self, row: Row) -> None:
        """Let a client be found by e-mail and phone; call it after each change of either."""
        self.forget_client(row)
        for key in _contacts(row.get("email"), row.get("phone")):
            self.client_by_contact[key] = row["id"]

    def find_client(self, email: str | None, phone: str | None) -> Row | None:
        """The client with this e-mail, else with this phone."""
        found = (self.client_by_contact.get(key) for key in _contacts(email, phone))
        return next(
            (self.tables["client"][number] for number in found if number in self.tables["client"]), None
        )

    def forget_client(self, row: Row) -> None:
        """Let nobody find this client by e-mail or phone any more."""
        self.changed = True
        found = self.client_by_contact.items()
        for key in [key for key, number in found if number == row["id"]]:
            del self.client_by_contact[key]

    @contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let others in while this thread, which holds the lock once, waits for somebody outside."""
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()

    def save(self) -> None:
        """Write everything, whole or not at all; does nothing without a path or when nothing has changed."""
        with self.lock:
            if self.path is None or not self.changed:
                return
            # Orders are told by their attributes: `asdict` would copy each of them first.
            text = json.dumps(self._dump(), ensure_ascii=False, default=vars)
            self.changed = False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, self.path)

    def _dump(self) -> Row:
        return {
            "settings": self.settings,
            "ids": self._ids,
            "orders": list(self.orders.values()),
            "tables": {name: list(rows.values()) for name, rows in self.tables.items()},
            "carts": self.carts,
        }

    def _load(self, data: Row) -> None:
        self.settings = data["settings"]
        self._ids = data["ids"]
        self.carts = data["carts"]
        for name, rows in data["tables"].items():
            self.tables[name] = {row["id"]: row for row in rows}
        for client in self.tables["client"].values():
            if not client.get("_deleted"):
                self.index_client(client)
        for saved in data["orders"]:
            self.put_order(order_from_json(saved))
        self.changed = False


def _contacts(email: str | None, phone: str | None) -> list[str]:
    """Keys a person is known by: the e-mail without case, the last ten digits of the phone."""
    digits = "".join(filter(str.isdigit, phone or ""))[-10:]
    return [key for key in ((email or "").strip().lower(), digits) if key]
