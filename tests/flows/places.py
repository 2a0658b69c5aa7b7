"""A shop with a programme of its own, for a story that wants other terms or nobody else's orders."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.flows.stack import Shop, Stack, wait_for

_numbers = count(1)


@dataclass
class Place:
    """A demo shop connected to a programme with Anna, Boris (invited by Anna) and Clara."""

    stack: Stack
    shop: Shop
    code: str
    programme: int
    connection: int
    made: int = field(default=0)

    def mark(self, name: str) -> str:
        """A partner's code: anna, boris or clara."""
        return f"{name}-{self.code}"

    def order(self, **wanted: Any) -> dict[str, Any]:
        """An order of a new buyer, unless `phone` or `email` say whose."""
        self.made += 1
        if "phone" not in wanted and "email" not in wanted:
            wanted["email"] = f"buyer{self.made}@example.com"
        return self.shop.order(**{"name": f"Buyer {self.made}", **wanted})

    def settle(self) -> None:
        """Until everything is told and done."""
        self.stack.settle(shop=self.shop)

    def told(self, order: dict[str, Any]) -> dict[str, Any]:
        """What Molva thinks of an order."""
        found: dict[str, Any] = self.stack.inside("orders", programme=self.programme)[str(order["number"])]
        return found

    def money(self, order: dict[str, Any]) -> dict[str, int]:
        """Posted commissions of an order by «partner/level», the first name only, zeros left out."""
        rows = self.told(order)["commissions"]
        return {key.replace(f"-{self.code}", ""): sum_ for key, sum_ in rows.items() if sum_}

    def hook(self, topic: str, body: bytes, secret: str = "") -> int:
        """Status of a hook sent by whoever."""
        facts = self.stack.inside("connection_facts", connection=self.connection)
        path = f"/hooks/insales/{secret or facts['hook']}/{topic}"
        return self.stack.status(path, body, **{"Content-Type": "application/json"})

    def office(self, path: str, **posted: Any) -> str:
        """Text of a page of the office."""
        status, text, _ = self.stack.inside("page", path=f"/office/{self.code}/{path}", **posted)
        assert status == 200, text[:500]
        return str(text)


@contextmanager
def open_place(stack: Stack, *, shop: Shop | None = None, **terms: Any) -> Iterator[Place]:
    """A place with these terms (`terms`, and keys of the general rule); its shop is stopped at the end."""
    code = f"place{next(_numbers)}"
    folder = stack.folder / code
    folder.mkdir()
    own = shop or Shop(folder, port=stack.spare_ports.pop())
    wait_for(own.is_there, 60, "for a shop")
    programme = stack.inside("make_programme", code=code, shop_url=own.url, **terms)
    state = own.ask("state")
    connection = stack.inside(
        "connect", programme=programme, host=own.host, login=state["api_key"], password=state["api_password"]
    )
    place = Place(stack, own, code, programme, connection)
    place.settle()
    try:
        yield place
    finally:
        if shop is None:
            own.stop()


Opener = Callable[..., Place]
