"""A running fake shop for each test, an API client with its key, and a receiver of its webhooks."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from molva.demo.shop import RunningShop, start_shop
from tests.demo.outside import Developer


class Receiver:
    """Remembers the bodies that webhooks bring, with the path they came to; answers `status`."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, json.loads(body)))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def shop() -> Iterator[RunningShop]:
    with start_shop() as running:
        yield running


@pytest.fixture
def api(shop: RunningShop) -> Iterator[httpx2.Client]:
    """The admin API as an application calls it."""
    with httpx2.Client(
        base_url=shop.url,
        auth=(shop.api_key, shop.api_password),
        headers={"Content-Type": "application/json"},
        trust_env=False,
        verify=False,
    ) as client:
        yield client


@pytest.fixture
def receiver(shop: RunningShop) -> Iterator[Receiver]:
    """Gets all three order topics."""
    listening = Receiver()
    for topic in ("orders/create", "orders/update", "orders/destroy"):
        shop.add_row("webhook", address=f"{listening.url}/{topic}", topic=topic, format_type="json")
    yield listening
    listening.close()


@pytest.fixture
def developer(shop: RunningShop) -> Iterator[Developer]:
    listening = Developer()
    shop.register(**listening.addresses())
    yield listening
    listening.close()
