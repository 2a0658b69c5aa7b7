"""The webhook sender: POSTs whole bodies from background threads, as unreliably as it is told.

Like the real one it signs nothing, names no topic and never tries again.
"""

import heapq
import itertools
import json
import random
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any

from molva.demo.shop.faults import Faults
from molva.demo.shop.outgoing import TIMEOUT, call
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp
from molva.demo.shop.xmlbody import to_xml

REMEMBERED = 2000
ROOTS = {"orders": "order", "products": "products", "client": "client"}


@dataclass
class Delivery:
    """One attempt to deliver one body: `outcome` is an HTTP code, «lost», or the words of the error."""

    webhook_id: int
    topic: str
    address: str
    object_id: int
    body: bytes
    kind: str = "application/json"
    outcome: str = ""
    at: str = ""
    milliseconds: int = 0


class HookSender:
    """A queue by due time and the threads that empty it. One thread keeps the order of events."""

    def __init__(self, faults: Faults, *, threads: int = 1, seed: int = 1) -> None:
        self.faults = faults
        self.deliveries: deque[Delivery] = deque(maxlen=REMEMBERED)
        self.paused = False
        self._random = random.Random(seed)  # noqa: S311 - faults must be repeatable, not secret
        self._queue: list[tuple[float, int, Delivery]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._busy = 0
        self._closed = False
        self._last_bodies: OrderedDict[tuple[str, int], Any] = OrderedDict()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def announce(self, topic: str, number: int, body: Any, webhooks: list[Row]) -> None:
        """Queue the body of a thing for every webhook of the topic, with the faults of this moment."""
        wanted = [hook for hook in webhooks if hook["topic"] == topic]
        if not wanted:
            return
        key = (topic.partition("/")[0], number)
        with self._wake:
            for hook in wanted:
                for _ in range(self._copies()):
                    self._push(hook, number, self._stale_or(key, body))
            self._last_bodies[key] = body
            self._last_bodies.move_to_end(key)
            if len(self._last_bodies) > REMEMBERED:
                self._last_bodies.popitem(last=False)
            self._wake.notify_all()

    def _hit(self, percent: int) -> bool:
        return percent > 0 and self._random.random() * 100 < percent

    def _copies(self) -> int:
        return 2 if self._hit(self.faults.hooks_repeated_percent) else 1

    def _stale_or(self, key: tuple[str, int], body: Any) -> Any:
        if self._hit(self.faults.hooks_stale_percent):
            return self._last_bodies.get(key, body)
        return body

    def _push(self, hook: Row, number: int, body: Any) -> None:
        as_xml = hook["format_type"] == "xml" or self._hit(self.faults.hooks_xml_percent)
        root = ROOTS[hook["topic"].partition("/")[0]]
        data = to_xml(root, body) if as_xml else json.dumps(body, ensure_ascii=False).encode()
        kind = f"application/{'xml' if as_xml else 'json'}"
        delivery = Delivery(hook["id"], hook["topic"], hook["address"], number, data, kind)
        if self._hit(self.faults.hooks_lost_percent):
            delivery.outcome, delivery.at = "lost", stamp(exact=True)
            self.deliveries.append(delivery)
            return
        due = time.monotonic() + self.faults.hooks_delay_seconds
        if self._hit(self.faults.hooks_shuffled_percent):
            due += self._random.random() * self.faults.hooks_shuffle_seconds
        heapq.heappush(self._queue, (due, next(self._order), delivery))

    def _work(self) -> None:
        while True:
            delivery = self._next()
            if delivery is None:
                return
            try:
                _deliver(delivery)
            finally:
                with self._wake:
                    self.deliveries.append(delivery)
                    self._busy -= 1
                    self._wake.notify_all()

    def _next(self) -> Delivery | None:
        with self._wake:
            while not self._closed:
                wait = self._queue[0][0] - time.monotonic() if self._queue and not self.paused else None
                if wait is not None and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._queue)[2]
                self._wake.wait(wait)
            return None

    def pause(self) -> None:
        """Keep everything in the queue until `resume`."""
        self.paused = True

    def resume(self) -> None:
        """Go on delivering."""
        with self._wake:
            self.paused = False
            self._wake.notify_all()

    def wait_idle(self, timeout: float = 10.0) -> bool:
        """Wait until the queue is empty and nothing is on its way; False when `timeout` seconds were not enough."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._queue and not self._busy, timeout)

    def close(self) -> None:
        """Stop the threads; what is still queued is lost, as it would be with the real one."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(TIMEOUT)


def _deliver(delivery: Delivery) -> None:
    """POST one body and note what came of it; whatever goes wrong is only an outcome."""
    delivery.at = stamp(exact=True)
    answer = call(delivery.address, delivery.body, kind=delivery.kind)
    delivery.outcome, delivery.milliseconds = answer.words, answer.milliseconds
