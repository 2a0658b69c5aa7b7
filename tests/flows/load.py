"""People and a shop that never stop: clicks, hooks and changes of orders, with a log of all that was acknowledged."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from molva.domain.click_id import derive_key, read_token
from tests.flows.stack import Shop, Stack

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
STATUSES = ("v-obrabotke", "otgruzhen", "delivered", "otmenen", "delivered", "vozvrat")


class Load:
    """Three threads that go on through every outage; what Molva confirmed stands in `clicks` and `hooks`."""

    def __init__(
        self, stack: Stack, shop: Shop, *, link: str, hook_path: str, orders: Sequence[dict[str, Any]]
    ) -> None:
        self.stack, self.shop = stack, shop
        self.link, self.hook_path, self.orders = link, hook_path, list(orders)
        self.clicks: set[int] = set()
        self.hooks: set[str] = set()
        self.problems: list[str] = []
        self._key = derive_key(stack.environ["MOLVA_SECRET_KEY"].encode())
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(act, pause), daemon=True)
            for act, pause in (
                (self._click, 0.01),
                (self._click, 0.01),
                (self._hook, 0.1),
                (self._change, 0.2),
            )
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; the shop tells what it still has to tell."""
        self._over.set()
        for thread in self._threads:
            thread.join(30)
        assert not self.problems, self.problems[:5]

    def acknowledged(self) -> int:
        """How much has been confirmed so far."""
        return len(self.clicks) + len(self.hooks)

    def _repeat(self, act: Callable[[random.Random, int], None], pause: float) -> None:
        dice, number = random.Random(id(act)), 0
        while not self._over.wait(pause):
            number += 1
            try:
                act(dice, number)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)  # Molva is away
            except Exception as error:
                self.problems.append(repr(error))

    def _request(
        self, method: str, path: str, body: bytes | None, **headers: str
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.web_port, timeout=10)
        try:
            connection.request(method, path, body, {"User-Agent": AGENT, "Accept-Language": "ru", **headers})
            answer = connection.getresponse()
            answer.read()
            return answer
        finally:
            connection.close()

    def _click(self, dice: random.Random, number: int) -> None:
        answer = self._request("GET", f"/r/{self.link}?sub1={number}", None)
        if answer.status != 302:
            return
        tokens = parse_qs(urlsplit(answer.headers["Location"]).query).get("mv", [])
        for token in tokens:  # none: the disk was slow, and the visitor was let go without a promise
            found = read_token(token, self._key)
            assert found, token
            self.clicks.add(found.click_id)

    def _hook(self, dice: random.Random, number: int) -> None:
        marker = f"hook-{number}-{dice.getrandbits(64):x}"
        body = json.dumps({"id": dice.choice(self.orders)["id"], "marker": marker}).encode()
        answer = self._request("POST", self.hook_path, body, **{"Content-Type": "application/json"})
        if answer.status == 200:
            self.hooks.add(marker)

    def _change(self, dice: random.Random, number: int) -> None:
        self.shop.change(dice.choice(self.orders), status=dice.choice(STATUSES))
