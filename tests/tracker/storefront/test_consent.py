"""What the storefront script keeps before and after a consent, the promo code it types, and a tracker that hangs."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from molva.domain.click_id import read_token
from tests.tracker.conftest import TrackerProcess
from tests.tracker.storefront.conftest import KEY, Shop, settle, wait_for_cookie

ASK = {
    "mode": "ask",
    "title": "Cookies",
    "text": "May we?",
    "yes": "Yes",
    "no": "No",
    "more": "More",
    "more_url": "",
}


def stored(page: Page) -> list[str]:
    """Everything of ours that the browser keeps."""
    names = [str(one["name"]) for one in page.context.cookies() if str(one["name"]).startswith("molva")]
    return sorted(names) + list(page.evaluate("Object.keys(sessionStorage)"))


def test_before_a_yes_nothing_is_kept_and_the_click_counts_once(
    page: Page, shop: Shop, tracker: TrackerProcess
) -> None:
    shop.config["consent"] = ASK
    page.goto(shop.url("/tea?aff=ANNA"))
    page.locator("#molva-notice").wait_for()
    page.reload()
    settle(page)

    assert stored(page) == []
    assert [row["partner"] for row in tracker.rows()] == [7]


def test_a_yes_keeps_the_click_of_this_page(page: Page, shop: Shop, tracker: TrackerProcess) -> None:
    shop.config["consent"] = ASK
    page.goto(shop.url("/tea?aff=ANNA"))
    page.get_by_role("button", name="Yes").click()
    token = read_token(wait_for_cookie(page)["value"], KEY)
    assert page.locator("#molva-notice").count() == 0
    page.goto(shop.url("/cart_items"))
    settle(page)

    assert token
    assert [row["id"] for row in tracker.rows()] == [token.click_id]
    assert len(shop.fields) == 1
    assert page.locator("#molva-notice").count() == 0


def test_a_no_is_kept_and_nothing_else(page: Page, shop: Shop, tracker: TrackerProcess) -> None:
    shop.config["consent"] = ASK
    page.goto(shop.url("/tea?aff=ANNA"))
    page.get_by_role("button", name="No").click()
    page.goto(shop.url("/cart_items?aff=VERA"))
    settle(page)

    assert stored(page) == ["molva_ok"]
    assert page.locator("#molva-notice").count() == 0
    assert [row["partner"] for row in tracker.rows()] == [7, 9]  # counted on the server, without a memory


def test_visitors_who_were_not_sent_by_a_partner_are_not_asked(page: Page, shop: Shop) -> None:
    shop.config["consent"] = ASK
    page.goto(shop.url("/"))
    settle(page)

    assert page.locator("#molva-notice").count() == 0


def test_the_shops_own_notice_is_heard_without_a_reload(page: Page, shop: Shop) -> None:
    shop.config["consent"] = {"mode": "shop", "cookie": "agreed=all"}
    page.goto(shop.url("/tea?aff=ANNA"))
    settle(page)
    assert stored(page) == []

    page.evaluate("document.cookie = 'agreed=all; path=/'")
    wait_for_cookie(page)


def test_a_withdrawn_consent_forgets(page: Page, shop: Shop) -> None:
    shop.config["consent"] = {"mode": "shop", "cookie": "agreed"}
    page.goto(shop.url("/tea?aff=ANNA"))
    tell = "said => document.dispatchEvent(new CustomEvent('molva:consent', {detail: said}))"
    settle(page)
    page.evaluate(tell, True)
    wait_for_cookie(page)
    page.evaluate(tell, False)

    assert stored(page) == []


def test_the_notice_stands_under_a_strict_policy_and_on_a_phone(
    new_context: Callable[..., BrowserContext], shop: Shop
) -> None:
    tab = new_context(viewport={"width": 390, "height": 700}).new_page()
    shop.config["consent"] = ASK | {
        "text": "May the shop remember who recommended it? " * 4,
        "more_url": "/privacy",
    }
    shop.policy = (
        f"default-src 'self'; script-src 'self'; style-src 'self'; connect-src {shop.config['tracker']}"
    )
    tab.goto(shop.url("/tea?aff=ANNA"))
    box = tab.locator("#molva-notice").bounding_box()

    assert box
    assert (box["x"], box["width"]) == (16, 358)
    assert box["y"] + box["height"] == 684
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


CART = """window.typed = []; window.state = {order_lines: [{}], coupon: null, discounts: []};
window.Cart = {order: {get: () => window.state}, setCoupon: wish => window.typed.push(wish.coupon)}"""
BUS = """; window.heard = []; window.state.order_lines = [];
window.EventBus = {subscribe: (name, act) => window.heard.push(act)};
window.Cart.setCoupon = wish => { window.typed.push(wish.coupon); window.heard.forEach(act => act(window.state)) };
addEventListener("load", () => { window.state.order_lines = [{}]; window.heard.forEach(act => act(window.state)) })"""
# A field of the cart in which the buyer has typed a code of his own.
OWN = """; addEventListener("DOMContentLoaded", () => {
  const field = document.createElement("input"); field.name = "cart[coupon]"; field.value = "MINE";
  document.body.append(field) })"""


@pytest.mark.parametrize(
    ("theme", "typed"),
    [
        (CART, ["ANNA10"]),
        (CART + BUS, ["ANNA10"]),
        (CART + BUS + "; window.state.coupon = 'MINE'", []),
        (CART + BUS + OWN, []),
        (CART + "; window.state.order_lines = []", []),
        (CART + "; window.state.coupon = 'MINE'", []),
        (CART + "; window.state.discounts = [{}]", []),
        ("", None),  # an old theme has no such function
        (CART + "; window.Cart.setCoupon = () => { throw new Error('theme') }", []),
    ],
)
def test_the_partners_code_is_typed_once_into_an_untouched_cart(
    page: Page, shop: Shop, theme: str, typed: list[str] | None
) -> None:
    shop.config["offer"] = shop.url("/offer.json")
    page.add_init_script(theme)
    page.goto(shop.url("/tea?aff=ANNA"))
    wait_for_cookie(page)
    settle(page)
    page.goto(shop.url("/cart_items"))
    settle(page)
    assert page.evaluate("window.typed") == typed
    page.goto(shop.url("/cart_items"))
    settle(page)

    assert page.evaluate("window.typed") == ([] if typed else typed)  # a page's own list: nothing new
    assert page.evaluate("document.body.dataset.alive") == "yes"


def test_a_tracker_that_hangs_does_not_hold_the_page(page: Page, shop: Shop) -> None:
    page.route("**/t/touch", lambda route: None)  # never answered
    page.goto(shop.url("/tea?aff=anna"))
    page.wait_for_timeout(4_300)
    page.unroute_all(behavior="ignoreErrors")
    page.goto(shop.url("/other"))

    wait_for_cookie(page)
