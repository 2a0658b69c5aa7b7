"""The widget where it lives: in a frame of the fake back office, on another host than Molva's, in a real browser.

With MOLVA_TEST_SHOTS=<folder> every screen is also written there as a picture, to be looked at.
"""

import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect

from molva.demo.shop import RunningShop
from molva.integrations.models import Connection
from molva.integrations.polling import poll_shop
from molva.orders.models import Order
from tests.house.tree import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

AXE = (ROOT / "tests/vendor/axe.min.js").read_text(encoding="utf-8")
SHOTS = os.environ.get("MOLVA_TEST_SHOTS", "")


@pytest.fixture
def placed(live_server: Any, settings: Any, request: pytest.FixtureRequest) -> Connection:
    """The shop is set up with the address of the running Molva."""
    settings.MOLVA_URL = live_server.url
    found: Connection = request.getfixturevalue("connection")
    return found


@pytest.fixture
def foreign() -> Iterator[Callable[[str], str]]:
    """Serves a page of somebody else's on another port; gives its address."""
    pages: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(pages[-1])

        def log_message(self, *args: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()

    def serve(body: str) -> str:
        pages.append(f"<!doctype html>{body}".encode())
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield serve
    server.shutdown()
    server.server_close()


def inside(tab: Page) -> FrameLocator:
    """Molva's frame in the widget's frame in the page of the order."""
    return tab.frame_locator(".widget iframe").frame_locator("iframe")


def shot(tab: Page, name: str) -> None:
    if SHOTS:
        tab.locator(".widget").scroll_into_view_if_needed()
        tab.wait_for_timeout(300)
        tab.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


@pytest.mark.parametrize("width", [390, 1440])
def test_before_and_after_the_order_is_read(
    placed: Connection, fake_shop: RunningShop, new_context: Callable[..., BrowserContext], width: int
):
    tab = new_context(viewport={"width": width, "height": 900}, bypass_csp=True).new_page()
    told = fake_shop.add_order(location="/?aff=boris", status="delivered", tell=False)
    tab.goto(f"{fake_shop.url}/admin2/orders/{told['id']}")
    expect(inside(tab).locator("main")).to_contain_text("ещё не прочитала этот заказ")
    shot(tab, f"widget-before-{width}")
    poll_shop(connection_id=placed.pk)
    tab.reload()
    main = inside(tab).locator("main")
    expect(main).to_contain_text("Boris")
    expect(main).to_contain_text("Ждёт срока до")
    link = inside(tab).get_by_role("link", name="Открыть в Молве")
    expect(link).to_have_attribute("target", "_blank")
    frame = next(one for one in tab.frames if "/apps/widget/" in one.url)
    assert frame.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    shot(tab, f"widget-after-{width}")
    frame.evaluate(AXE)
    broken = frame.evaluate("axe.run(document).then(r => r.violations.map(v => v.id))")
    assert broken == []
    with tab.context.expect_page() as opened:
        link.click()
    opened.value.wait_for_url("**/login/**")  # whoever is not signed in is asked to
    assert f"/orders/{Order.objects.get().pk}/" in opened.value.url


def test_another_site_gets_nothing_with_the_same_code(
    placed: Connection, fake_shop: RunningShop, page: Page, foreign: Callable[[str], str]
):
    told = fake_shop.add_order(location="/?aff=boris", tell=False)
    poll_shop(connection_id=placed.pk)
    (row,) = fake_shop.store.tables["widget"].values()
    globals_ = f"window.order_info = {{id: {told['id']}}}; window.account_id = {fake_shop.account_id};"
    page.goto(foreign(f"<script>{globals_}</script>{row['code']}"))
    expect(page.locator("#molva-order")).to_contain_text("Молва не отвечает")
    assert [one.url for one in page.frames if "/apps/" in one.url] == []


def test_a_stolen_reference_is_not_shown_in_a_foreign_frame(
    placed: Connection, fake_shop: RunningShop, page: Page, foreign: Callable[[str], str]
):
    told = fake_shop.add_order(location="/?aff=boris", tell=False)
    poll_shop(connection_id=placed.pk)
    page.goto(f"{fake_shop.url}/admin2/orders/{told['id']}")
    expect(inside(page).locator("main")).to_contain_text("Boris")
    stolen = next(one.url for one in page.frames if "/apps/widget/" in one.url)
    address = foreign(f'<iframe src="{stolen}"></iframe>')
    with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        page.goto(address)
    assert [one.url for one in page.frames if one.url == stolen] == []


def test_a_molva_that_is_away_is_a_sentence(placed: Connection, fake_shop: RunningShop, page: Page):
    told = fake_shop.add_order(tell=False)
    page.route("**/apps/widget/", lambda route: route.abort())
    page.goto(f"{fake_shop.url}/admin2/orders/{told['id']}")
    place = page.frame_locator(".widget iframe").locator("#molva-order")
    expect(place).to_contain_text("Молва не отвечает")
