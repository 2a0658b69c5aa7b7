"""Hooks as InSales may send them: repeated, out of order, by many connections at once; and what must follow."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.flows.places import Place
from tests.flows.stack import wait_for

CONNECTIONS = 16
GOODS = (("ivan-chay", 1), ("ivan-chay", 2), ("myod-lipovyy", 1), ("myod-lipovyy", 3))
LIVES: tuple[tuple[dict[str, Any], ...], ...] = (
    ({"status": "v-obrabotke"}, {"status": "delivered"}, {"paid": True}),
    ({"status": "delivered"}, {"paid": True}, {"paid": False}, {"status": "vozvrat"}),
    ({"status": "delivered"}, {"return": 0}, {"status": "delivered"}),
    ({"paid": True}, {"decline": True}),
    ({"status": "delivered"}, {"delete": True}),
    ({"status": "otgruzhen"}, {"status": "delivered"}, {"status": "v-obrabotke"}, {"status": "delivered"}),
)


@dataclass
class Sent:
    """What came back from the door of hooks."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lasted: float = 0.0

    def at_most(self, share: float) -> float:
        """The time within which this share of hooks was accepted, in seconds."""
        return sorted(self.seconds)[max(0, int(len(self.seconds) * share) - 1)]


def make_orders(place: Place, count: int, dice: random.Random) -> list[list[dict[str, Any]]]:
    """Orders that have lived in the shop, silently: for each, its bodies from the first to the last."""
    lives = []
    for start in range(0, count, 50):
        wanted = [_wanted(place, number, dice) for number in range(start, min(start + 50, count))]
        for body in place.shop.ask("orders", wanted):
            bodies = [body]
            for act in dice.choice(LIVES):
                done = {"return": body["order_lines"][0]["id"]} if "return" in act else act
                bodies.append(place.shop.change(body, **done, tell=False))
            lives.append(bodies)
    return lives


def _wanted(place: Place, number: int, dice: random.Random) -> dict[str, Any]:
    whose = dice.choice([f"/?aff={place.mark('boris')}", f"/?aff={place.mark('clara')}", "/"])
    item = list(dice.choice(GOODS))
    return {"items": [item], "email": f"d{number}@example.com", "location": whose, "tell": False}


def deliveries(
    lives: list[list[dict[str, Any]]], count: int, dice: random.Random, *, repeated: float, shuffled: float
) -> list[tuple[str, bytes]]:
    """So many hooks, every order among them: a share is sent again, a share comes out of its order."""
    told = [
        ("orders-create" if number == 0 else "orders-update", json.dumps(body).encode())
        for bodies in lives
        for number, body in enumerate(bodies)
    ]
    fresh = (told * (count // len(told) + 1))[: round(count * (1 - repeated))]
    sent = fresh + [dice.choice(fresh) for _ in range(count - len(fresh))]
    movable = dice.sample(range(len(sent)), round(len(sent) * shuffled))
    moved = [sent[place] for place in movable]
    dice.shuffle(moved)
    for place, hook in zip(movable, moved, strict=True):
        sent[place] = hook
    return sent


def deliver(place: Place, hooks: list[tuple[str, bytes]], *, connections: int = CONNECTIONS) -> Sent:
    """Send all hooks by so many kept connections at once."""
    secret = place.stack.inside("connection_facts", connection=place.connection)["hook"]
    sent, lock, waiting = Sent(), threading.Lock(), iter(hooks)

    def send() -> None:
        line = http.client.HTTPConnection("127.0.0.1", place.stack.web_port, timeout=30)
        while True:
            with lock:
                hook = next(waiting, None)
            if hook is None:
                line.close()
                return
            started = time.perf_counter()
            line.request(
                "POST", f"/hooks/insales/{secret}/{hook[0]}", hook[1], {"Content-Type": "application/json"}
            )
            answer = line.getresponse()
            answer.read()
            with lock:
                sent.statuses[answer.status] += 1
                sent.seconds.append(time.perf_counter() - started)

    threads = [threading.Thread(target=send) for _ in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent.lasted = time.perf_counter() - started
    return sent


def settle(place: Place, seconds: float) -> dict[str, int]:
    """Until no payload waits, not even for the shop's window of calls; how many ended in which state."""
    wait_for(
        lambda: "new" not in place.stack.inside("inbound_counts", programme=place.programme),
        seconds,
        "for hooks",
    )
    place.stack.settle(seconds, shop=place.shop)
    found: dict[str, int] = place.stack.inside("inbound_counts", programme=place.programme)
    return found


def expected(place: Place) -> dict[str, dict[str, int]]:
    """By order number: what the shop's last word owes to whom, counted without any code of the product."""
    owed: dict[str, dict[str, int]] = {}
    for order in all_orders(place):
        base = [round(line["full_total_price"] * 100) for line in order["order_lines"]]
        counts = order["custom_status"]["permalink"] == "delivered" and not order["archived"]
        mark = str(order["first_current_location"] or "").partition("aff=")[2]
        sums = {}
        if counts and mark:
            sums[f"{mark}/1"] = sum((minor * 10 + 50) // 100 for minor in base)
            if mark == place.mark("boris"):
                sums[f"{place.mark('anna')}/2"] = sum((minor * 3 + 50) // 100 for minor in base)
        owed[str(order["number"])] = {key: minor for key, minor in sums.items() if minor}
    return owed


def all_orders(place: Place) -> list[dict[str, Any]]:
    """Every order of the shop as it is now."""
    found: list[dict[str, Any]] = []
    for page in range(1, 1000):
        rows = place.shop.api("GET", f"/admin/orders.json?with_deleted=true&per_page=250&page={page}")
        if not rows:
            return found
        found += rows
    return found


def posted(place: Place) -> dict[str, dict[str, int]]:
    """By order number: what stands in the books."""
    rows = place.stack.inside("orders", programme=place.programme)
    return {
        number: {key: minor for key, minor in told["commissions"].items() if minor}
        for number, told in rows.items()
    }
