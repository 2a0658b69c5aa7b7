"""A small shop with the storefront script on its pages, known to a real tracker."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Page

from molva.domain.click_id import derive_key
from molva.web.public.script import source
from tests.tracker.conftest import HOSTS, SECRET, TrackerProcess

KEY = derive_key(SECRET.encode())
HTML = """<!doctype html><html><head><meta charset="utf-8">{csrf}<script src="/s.js" async></script></head>
<body><h1>Shop</h1><script>document.body.dataset.alive = "yes"</script></body></html>"""
CSRF = '<meta name="csrf-token" content="page-secret">'


@dataclass
class Shop:
    """What the pages are like, and what they were sent."""

    port: int = 0
    config: dict[str, Any] = field(default_factory=dict)
    csrf: str = CSRF
    fields: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    status: int = 200
    policy: str = ""

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


def handler_for(shop: Shop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/s.js":
                text = source().replace('"__MOLVA_CONFIG__"', json.dumps(shop.config))
                self.reply(200, "text/javascript", text)
            elif self.path.startswith("/offer.json"):
                self.reply(200, "application/json", '{"code": "ANNA10"}')
            else:
                self.reply(200, "text/html; charset=utf-8", HTML.format(csrf=shop.csrf))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            shop.fields.append((self.headers["X-CSRF-Token"], parse_qsl(body)))
            self.reply(shop.status, "text/html", "ok")

        def reply(self, status: int, kind: str, text: str) -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            if shop.policy:
                self.send_header("Content-Security-Policy", shop.policy)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    return Handler


@pytest.fixture(scope="module")
def shop_server(shared_tracker: TrackerProcess) -> Iterator[Shop]:
    """One shop for all tests, known to the tracker."""
    made = Shop()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(made))
    made.port = server.server_port
    hosts = json.dumps([f"{host}:{made.port}" for host in ("127.0.0.1", "www.shop.localhost")])
    shared_tracker.change(
        f"UPDATE programmes_programme SET shop_hosts = '{hosts}' WHERE id = 1;"  # noqa: S608 - ours
        "INSERT INTO programmes_partner VALUES (9, 1, 'vera')"
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    time.sleep(1.5)  # until the tracker has seen the change
    yield made
    server.shutdown()
    server.server_close()
    shared_tracker.change(
        f"UPDATE programmes_programme SET shop_hosts = '{HOSTS}' WHERE id = 1;"  # noqa: S608 - ours
        "DELETE FROM programmes_partner WHERE id = 9"
    )
    time.sleep(1.5)


@pytest.fixture
def shop(shop_server: Shop, tracker: TrackerProcess) -> Shop:
    """The shop as it is by default, with nothing sent to it yet."""
    shop_server.fields.clear()
    shop_server.csrf, shop_server.status, shop_server.policy = CSRF, 200, ""
    shop_server.config = {
        "programme": "herbs",
        "tracker": f"http://127.0.0.1:{tracker.port}",
        "param": "aff",
        "aliases": ["from"],
        "days": 30,
        "field": 55,
    }
    return shop_server


def cookie(page: Page) -> dict[str, Any] | None:
    found = [dict(one) for one in page.context.cookies() if one["name"] == "molva"]
    return found[0] if found else None


def wait_for_cookie(page: Page) -> dict[str, Any]:
    page.wait_for_function("/(^|; )molva=/.test(document.cookie)")
    found = cookie(page)
    assert found
    return found


def settle(page: Page) -> None:
    """Time enough for what a page does after it is shown; «network idle» never comes with keepalive messages."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(250)


def wait_for_fields(page: Page, shop: Shop, expected: list[tuple[str, list[tuple[str, str]]]]) -> None:
    """Until the shop has been sent that many; then a moment more, whether another one follows."""
    for _ in range(100):
        if len(shop.fields) >= len(expected):
            break
        page.wait_for_timeout(50)
    page.wait_for_timeout(100)
    assert shop.fields == expected


def field_of(token: str) -> tuple[str, list[tuple[str, str]]]:
    name = "order[fields_values_attributes][55]"
    return "page-secret", [("_method", "put"), (f"{name}[field_id]", "55"), (f"{name}[value]", token)]
