"""The storefront script in a real browser, on pages of a small shop, with a real tracker."""

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from molva.domain.click_id import make_click_id, make_token, read_token
from molva.kit.clock import now, to_micros
from molva.web.public.script import source
from tests.tracker.conftest import TrackerProcess
from tests.tracker.storefront.conftest import (
    KEY,
    Shop,
    cookie,
    field_of,
    settle,
    wait_for_cookie,
    wait_for_fields,
)


def test_script_is_small() -> None:
    assert len(gzip.compress(source().encode(), 9)) < 5 * 1024


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
