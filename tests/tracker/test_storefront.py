"""The storefront script in a real browser, on pages of a small shop, with a real tracker."""

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import BrowserContext, Page

from molva.domain.click_id import derive_key, make_click_id, make_token, read_token
from molva.kit.clock import now, to_micros
from tests.tracker.conftest import SECRET, TrackerProcess

KEY = derive_key(SECRET.encode())
SCRIPT = Path("molva/web/public/static/public/storefront.js")
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

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


def handler_for(shop: Shop) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/s.js":
                text = SCRIPT.read_text(encoding="utf-8").replace(
                    '"__MOLVA_CONFIG__"', json.dumps(shop.config)
                )
                self.reply(200, "text/javascript", text)
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
        """UPDATE programmes_programme SET shop_hosts = '["shop.example", "127.0.0.1:9"]' WHERE id = 1;
           DELETE FROM programmes_partner WHERE id = 9"""
    )
    time.sleep(1.5)


@pytest.fixture
def shop(shop_server: Shop, tracker: TrackerProcess) -> Shop:
    """The shop as it is by default, with nothing sent to it yet."""
    shop_server.fields.clear()
    shop_server.csrf, shop_server.status = CSRF, 200
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


def test_script_is_small() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) < 5 * 1024


def test_partner_parameter_becomes_a_click_and_reaches_the_order(
    page: Page, shop: Shop, tracker: TrackerProcess
) -> None:
    page.goto(shop.url("/tea?aff=ANNA&utm_source=vk"), referer="https://vk.com/wall")
    kept = wait_for_cookie(page)
    page.goto(shop.url("/cart_items"))
    wait_for_fields(page, shop, [field_of(kept["value"])])
    page.goto(shop.url("/new_order"))
    settle(page)

    token = read_token(kept["value"], KEY)
    assert token
    [row] = tracker.rows()
    assert (row["id"], row["partner"], row["page"]) == (token.click_id, 7, "/tea?aff=ANNA&utm_source=vk")
    assert (kept["path"], kept["sameSite"], kept["domain"]) == ("/", "Lax", "127.0.0.1")
    assert shop.fields == [field_of(kept["value"])]


def test_a_token_in_the_address_is_kept_without_a_message(
    page: Page, shop: Shop, tracker: TrackerProcess
) -> None:
    token = make_token(make_click_id(to_micros(now())), b"visitor!", KEY)

    page.goto(shop.url(f"/?aff=ANNA&mv={token}"))
    kept = wait_for_cookie(page)
    settle(page)

    assert kept["value"] == token
    assert tracker.rows() == []
    assert shop.fields == []


def test_an_address_that_was_passed_on_is_a_new_visitor(
    page: Page, shop: Shop, tracker: TrackerProcess
) -> None:
    old = make_token(make_click_id(to_micros(now()) - 2 * 3_600_000_000), b"visitor!", KEY)

    page.goto(shop.url(f"/?aff=ANNA&mv={old}"))
    found = read_token(wait_for_cookie(page)["value"], KEY)

    assert found
    assert found.click_id == tracker.rows()[0]["id"]
    assert tracker.rows()[0]["visitor"] != b"visitor!"


def test_another_partner_means_another_click_of_the_same_visitor(
    page: Page, shop: Shop, tracker: TrackerProcess
) -> None:
    page.goto(shop.url("/?from=anna"))
    first = wait_for_cookie(page)["value"]
    page.reload()
    settle(page)
    page.goto(shop.url("/?aff=VERA"))
    page.wait_for_function(f"document.cookie.indexOf('{first}') < 0")

    rows = tracker.rows()
    assert [row["partner"] for row in rows] == [7, 9]  # the reload told nothing new
    assert rows[0]["visitor"] == rows[1]["visitor"]


def test_www_and_the_bare_name_share_the_cookie(page: Page, shop: Shop) -> None:
    page.goto(shop.url("/?aff=anna", host="www.shop.localhost"))

    assert wait_for_cookie(page)["domain"] == ".shop.localhost"


def test_a_new_cart_gets_the_mark_again(page: Page, shop: Shop) -> None:
    page.goto(shop.url("/?aff=anna"))
    token = wait_for_cookie(page)["value"]
    page.goto(shop.url("/cart_items"))
    wait_for_fields(page, shop, [field_of(token)])
    for path in ("/cart_items", "/orders/abc", "/new_order"):
        page.goto(shop.url(path))
        settle(page)

    wait_for_fields(page, shop, [field_of(token)] * 2)


def test_a_refused_field_is_tried_on_the_next_page(page: Page, shop: Shop) -> None:
    page.goto(shop.url("/?aff=anna"))
    token = wait_for_cookie(page)["value"]
    shop.status = 422
    page.goto(shop.url("/cart_items"))
    wait_for_fields(page, shop, [field_of(token)])
    shop.status = 200
    page.goto(shop.url("/new_order"))
    wait_for_fields(page, shop, [field_of(token)] * 2)


def test_without_the_pages_own_secret_the_cart_is_left_alone(page: Page, shop: Shop) -> None:
    shop.csrf = ""
    page.goto(shop.url("/cart_items?aff=anna"))
    wait_for_cookie(page)
    settle(page)

    assert shop.fields == []


def test_a_tracker_that_was_away_is_told_later(page: Page, shop: Shop, tracker: TrackerProcess) -> None:
    page.route("**/t/touch", lambda route: route.abort())
    page.goto(shop.url("/tea?aff=anna"))
    settle(page)
    assert cookie(page) is None

    page.unroute("**/t/touch")
    page.goto(shop.url("/other"))
    wait_for_cookie(page)

    assert [row["page"] for row in tracker.rows()] == ["/tea?aff=anna"]


@pytest.mark.parametrize("path", ["/", "/?aff=nobody", "/?aff=%E0%A4%A", "/?mv=short"])
def test_pages_without_a_known_partner_stay_as_they_are(
    page: Page, shop: Shop, tracker: TrackerProcess, path: str
) -> None:
    page.goto(shop.url(path))
    settle(page)
    page.goto(shop.url("/cart_items"))
    settle(page)

    assert cookie(page) is None
    assert tracker.rows() == []
    assert shop.fields == []


def test_blocked_storage_harms_nothing(page: Page, shop: Shop) -> None:
    page.add_init_script(
        """for (const [owner, name] of [[document, "cookie"], [window, "sessionStorage"]])
             Object.defineProperty(owner, name, {
               get() { throw new DOMException("no", "SecurityError") },
               set() { throw new DOMException("no", "SecurityError") },
             })"""
    )
    for path in ("/?aff=anna", "/cart_items"):
        page.goto(shop.url(path))
        settle(page)
        assert page.evaluate("document.body.dataset.alive") == "yes"

    assert shop.fields == []


def test_a_browser_that_refuses_cookies_sees_the_shop(
    new_context: Callable[..., BrowserContext], shop: Shop
) -> None:
    tab = new_context().new_page()
    tab.add_init_script(
        """Object.defineProperty(document, "cookie", { get() { return "" }, set() {} });
           Storage.prototype.setItem = () => { throw new DOMException("no", "QuotaExceededError") }"""
    )
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    for path in ("/?aff=anna", "/cart_items"):
        tab.goto(shop.url(path))
        settle(tab)

    assert errors == []
    assert shop.fields == []


def test_a_frame_is_nobodys_visit(page: Page, shop: Shop, tracker: TrackerProcess) -> None:
    page.goto(shop.url("/"))
    page.evaluate(
        """url => new Promise(done => {
             const frame = document.createElement("iframe");
             frame.onload = done; frame.src = url; document.body.append(frame) })""",
        shop.url("/?aff=anna"),
    )
    settle(page)

    assert tracker.rows() == []
    assert cookie(page) is None


def test_without_configuration_nothing_happens(page: Page, shop: Shop, tracker: TrackerProcess) -> None:
    shop.config = {}
    page.goto(shop.url("/?aff=anna"))
    settle(page)

    assert tracker.rows() == []
