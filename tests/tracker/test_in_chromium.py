"""What a real browser makes of the tracker's answers: where it reads them to lead, and where it ends (T15)."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote, urlsplit

import pytest
from playwright.sync_api import Error, Page

from tests.tracker.addresses import ALLOWED, HOSTILE
from tests.tracker.conftest import TrackerProcess

READ = "found => found.map(one => new URL(one, 'https://go.example/r/anna-1').host)"
SAMPLE = HOSTILE[::5]
OWN = ["/каталог/мёд?вид=липа", "/tea?x=1&y=a+b#cups", "/search?q=50%25", "/a%2Fb", "/it's(ok)!"]


class Shop(BaseHTTPRequestHandler):
    """Answers every page and writes down which it was."""

    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"shop")

    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def shop() -> Iterator[tuple[str, list[str]]]:
    """A shop on a port of its own: its host, and the pages that were opened."""
    seen: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Shop,), {"seen": seen}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()


def test_a_browser_reads_every_answer_as_we_do(tracker: TrackerProcess, page: Page) -> None:
    led = [tracker.click(f"/r/anna-1?to={quote(address, safe='')}").location for address in HOSTILE]

    hosts = {host.removeprefix("www.") for host in page.evaluate(READ, led)}

    assert len(led) >= 100
    assert hosts - ALLOWED == set()


def test_a_browser_that_follows_stays_in_the_shop(
    make_tracker: Callable[..., TrackerProcess], shop: tuple[str, list[str]], page: Page
) -> None:
    host, seen = shop
    tracker = make_tracker(MOLVA_TRACKER_RATE="0")
    with closing(sqlite3.connect(tracker.data / "molva.db")) as connection, connection:
        connection.execute("UPDATE programmes_programme SET shop_hosts = json_array(?) WHERE id = 1", (host,))
        connection.execute(
            "UPDATE tracking_link SET target_url = ? WHERE id = 3", (f"http://{host}/own?aff=ANNA",)
        )
    tracker.start()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))

    for address in SAMPLE:
        try:
            page.goto(f"http://127.0.0.1:{tracker.port}/r/anna-1?to={quote(address, safe='')}")
        except Error as error:
            pytest.fail(f"{address!r} led to something that is not the shop: {error}")
        assert urlsplit(page.url).netloc == host
    strangers = len(seen)
    for wish in OWN:
        page.goto(f"http://127.0.0.1:{tracker.port}/r/anna-1?to={quote(wish, safe='')}")

    assert asked <= {host, f"127.0.0.1:{tracker.port}"}
    assert strangers >= len(SAMPLE)
    pages = [one for one in seen[strangers:] if not one.startswith("/favicon")]
    assert [unquote(one.partition("aff=")[0].rstrip("?&")) for one in pages] == [
        unquote(wish.partition("#")[0]) for wish in OWN
    ]
