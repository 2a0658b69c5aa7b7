"""The demo shop's own commands (`/_control/…`), by which the sample life makes and changes orders of the past."""

import json
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from django.conf import settings

from molva.kit.http import GuardedClient


class ShopControl:
    """Commands to a running demo shop; use it as a context manager."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = GuardedClient(allow=settings.MOLVA_ALLOW_PRIVATE_HOSTS, max_bytes=4 * 1024 * 1024)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def key(self) -> tuple[str, str]:
        """Login and password of the shop's admin API."""
        state = self._ask("GET", "state")
        return state["api_key"], state["api_password"]

    def limit_calls(self, *, is_on: bool) -> None:
        """Two months of life ask more in a minute than a shop usually answers."""
        self._ask("POST", "faults", {"limit_on": is_on})

    def make_order(self, at: datetime, **wanted: Any) -> dict[str, Any]:
        """An order of the moment `at`, of which no webhook tells."""
        made: dict[str, Any] = self._ask("POST", "orders", {**wanted, "at": at.isoformat(), "tell": False})
        return made

    def change_order(self, order_id: int, at: datetime, **wanted: Any) -> dict[str, Any]:
        """What the shop's people did to an order at the moment `at`."""
        body = {**wanted, "id": order_id, "at": at.isoformat(), "tell": False}
        changed: dict[str, Any] = self._ask("POST", "order", body)
        return changed

    def _ask(self, method: str, command: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        answer = self._client.request(
            method, f"{self.url}/_control/{command}", headers=headers, content=content
        )
        if answer.status not in (200, 201):
            raise RuntimeError(f"the demo shop answered {answer.status} to {command}: {answer.body[:300]!r}")
        return json.loads(answer.body)
