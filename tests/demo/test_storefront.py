"""The fake storefront over HTTP, as a browser and as a script on its pages use it."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

import httpx2
import pytest

from molva.demo.shop import RunningShop
from molva.demo.shop.codes import WORDS

BUYER = {
    "client[name]": "Анна Иванова",
    "client[phone]": "+7 900 123-45-67",
    "client[consent_to_personal_data]": "1",
}


class Browser:
    """Cookies, the token of the last page, and forms that carry it."""

    def __init__(self, url: str) -> None:
        self.http = httpx2.Client(base_url=url, follow_redirects=True, trust_env=False, verify=False)
        self.token = ""

    def open(self, path: str, referer: str | None = None) -> httpx2.Response:
        answer = self.http.get(path, headers={"Referer": referer} if referer else {})
        found = re.search(r'csrf-token" content="(\w+)"', answer.text)
        self.token = found[1] if found else self.token
        return answer

    def send(self, path: str, **form: str) -> httpx2.Response:
        return self.http.post(path, data={**form, "authenticity_token": self.token})

    def buy(self, variant_id: int, **form: str) -> str:
        """Put one thing into the cart and order it; returns the order's key."""
        self.send("/cart_items", variant_id=str(variant_id))
        answer = self.send("/new_order", **BUYER, **form)
        assert answer.status_code == 200
        return answer.url.path.rpartition("/")[2]


@pytest.fixture
def browser_of(shop: RunningShop) -> Iterator[Browser]:
    browsing = Browser(shop.url)
    yield browsing
    browsing.http.close()


def variant(shop: RunningShop, sku: str) -> int:
    for product in shop.store.tables["product"].values():
        for one in product["variants"]:
            if one["sku"] == sku:
                return int(one["id"])
    raise LookupError(sku)


def order_by_key(shop: RunningShop, key: str) -> dict[str, object]:
    return shop.get_order(shop.store.order_by_key[key])


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/?aff=ANNA10&utm_source=vk",
        "/collection/all",
        "/collection/podarki/",
        "/collection/подарки",
        "/product/ivan-chay?aff=ANNA10&x=1",
        "/product/мёд-липовый/?aff=ANNA10#reviews",
        "/search?q=мёд",
        "/page/о-лавке/",
        "/cart_items",
        "/new_order",
        "/admin2/",
        "/admin2/statuses",
        "/admin2/codes",
        "/admin2/webhooks",
        "/admin2/faults",
        "/admin2/key",
        "/pictures/ivan-chay.svg",
        "/static/shop.css",
    ],
)
def test_page_opens(browser_of: Browser, path: str) -> None:
    assert browser_of.open(path).status_code == 200


@pytest.mark.parametrize("path", ["/nothing", "/product/нет", "/orders/0", "/pictures/x.svg", "/admin2/x"])
def test_unknown_page_is_404(browser_of: Browser, path: str) -> None:
    assert browser_of.open(path).status_code == 404


def test_first_and_present_entry_go_into_the_order(shop: RunningShop, browser_of: Browser) -> None:
    browser_of.open("/product/мёд-липовый/?aff=ANNA10&utm_content=сторис", "https://vk.com/anna")
    browser_of.open("/collection/all", f"{shop.url}/product/myod-lipovyy")
    browser_of.open("/?aff=BORIS", "https://t.me/boris")
    key = browser_of.buy(variant(shop, "MUG-BEAR"))
    order = order_by_key(shop, key)
    assert unquote(str(order["first_current_location"])) == (
        "/product/мёд-липовый/?aff=ANNA10&utm_content=сторис"
    )
    told = ("current_location", "first_referer", "referer", "source_domain", "source")
    assert [order[name] for name in told] == [
        "/?aff=BORIS",
        "https://vk.com/anna",
        "https://t.me/boris",
        "t.me",
        "Сайты",
    ]


def test_direct_visit_leaves_a_slash(shop: RunningShop, browser_of: Browser) -> None:
    browser_of.open("/")
    order = order_by_key(shop, browser_of.buy(variant(shop, "MUG-BEAR")))
    told = ("first_current_location", "current_location", "referer", "first_source")
    assert [order[name] for name in told] == ["/", "/", None, "Прямой трафик"]


def test_after_an_online_payment_the_next_order_names_the_old_one(
    shop: RunningShop, browser_of: Browser
) -> None:
    browser_of.open("/?aff=ANNA10")
    online = {"order[payment_gateway_id]": "6360124"}
    key = browser_of.buy(variant(shop, "MUG-BEAR"), **online)
    assert browser_of.send(f"/payments/{key}").url.path == f"/orders/{key}"
    assert order_by_key(shop, key)["financial_status"] == "paid"
    following = order_by_key(shop, browser_of.buy(variant(shop, "MUG-BEAR")))
    told = ("first_current_location", "current_location", "source_domain")
    assert [following[name] for name in told] == [
        "/?aff=ANNA10",
        f"/orders/{key}?success_payment=true",
        "pay.bank.example",
    ]


def test_promo_code_and_extra_field_end_in_the_order(shop: RunningShop, browser_of: Browser) -> None:
    field = shop.add_row("field", office_title="Молва", handle="molva")["id"]
    browser_of.open("/")
    browser_of.send("/cart_items", variant_id=str(variant(shop, "HONEY-BUCK")), quantity="2")
    names = {
        f"order[fields_values_attributes][{field}][{name}]": str(field) for name in ("field_id", "value")
    }
    names[f"order[fields_values_attributes][{field}][value]"] = "mark-1"
    browser_of.send("/cart_items", _method="put", **{"cart[coupon]": "les10"}, **names)
    cart = browser_of.http.get("/front_api/cart.json").json()
    assert (cart["total_price"], cart["errors"], cart["items_count"]) == (1152.9, [], 1)
    answer = browser_of.send("/new_order", **BUYER, **{"order[delivery_variant_id]": "8470071"})
    order = order_by_key(shop, answer.url.path.rpartition("/")[2])
    assert (order["items_price"], order["total_price"]) == (1152.9, 1452.9)
    assert [(row["handle"], row["value"]) for row in order["fields_values"]] == [("molva", "mark-1")]
    assert order["discounts"][0]["description"] == "Скидка по купону LES10"
    assert browser_of.http.get("/front_api/cart.json").json()["items"] == []


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ({"code": "OFF", "disabled": True}, "disabled"),
        ({"code": "OLD", "expired_at": "2020-01-01"}, "expired"),
        ({"code": "BIG", "min_price": "5000.0"}, "small"),
        ({"code": "TEA", "discount_collections": [53486014]}, "foreign"),
        (None, "unknown"),
    ],
)
def test_refused_promo_code_says_why(
    shop: RunningShop, browser_of: Browser, code: dict[str, object] | None, why: str
) -> None:
    if code:
        shop.add_row("code", type_id=1, discount=10, **code)
    browser_of.open("/")
    browser_of.send("/cart_items", variant_id=str(variant(shop, "MUG-BEAR")))
    page = browser_of.send(
        "/cart_items", _method="put", **{"cart[coupon]": str(code["code"] if code else "NONE")}
    )
    cart = browser_of.http.get("/front_api/cart.json").json()
    assert (cart["total_price"], cart["discounts"], len(cart["errors"])) == (790.0, [], 1)
    assert cart["errors"][0] in page.text
    assert why in WORDS


def test_one_time_code_works_once(shop: RunningShop, browser_of: Browser) -> None:
    shop.add_row("code", code="ONCE", type_id=2, discount=100, act_once=True)
    sums = []
    for _ in range(2):
        browser_of.open("/")
        browser_of.send("/cart_items", _method="put", **{"cart[coupon]": "ONCE"})
        sums.append(order_by_key(shop, browser_of.buy(variant(shop, "MUG-BEAR")))["items_price"])
    assert sums == [690.0, 790.0]


def test_forged_form_is_refused(shop: RunningShop, browser_of: Browser) -> None:
    browser_of.open("/")
    browser_of.token = "0" * 40
    assert browser_of.send("/cart_items", variant_id=str(variant(shop, "MUG-BEAR"))).status_code == 422
    assert shop.store.carts == {}


def test_checkout_says_what_is_missing(shop: RunningShop, browser_of: Browser) -> None:
    browser_of.open("/")
    browser_of.send("/cart_items", variant_id=str(variant(shop, "MUG-BEAR")))
    page = browser_of.send("/new_order", **{"client[name]": "<Анна>", "client[phone]": "12"})
    assert page.status_code == 422
    assert "&lt;Анна&gt;" in page.text
    answer = browser_of.http.post("/fast_checkout.json", headers={"X-CSRF-Token": browser_of.token})
    assert (answer.status_code, answer.json()["status"]) == (422, "unprocessable_entity")
    assert set(answer.json()["client_errors"]) == {"name", "phone", "consent_to_personal_data"}
    assert shop.store.orders == {}


def test_script_can_order_without_pages(shop: RunningShop, browser_of: Browser) -> None:
    browser_of.open("/")
    headers = {"X-CSRF-Token": browser_of.token}
    wanted = {"variant_id": variant(shop, "MUG-BEAR"), "quantity": 2}
    cart = browser_of.http.patch("/front_api/cart.json", json=wanted, headers=headers).json()
    assert cart["total_price"] == 1580.0
    told = browser_of.http.post("/fast_checkout.json", data=BUYER, headers=headers).json()
    assert told["status"] == "ok"
    assert browser_of.http.get(told["location"]).status_code == 200


def test_scripts_stand_on_every_page(shop: RunningShop, browser_of: Browser) -> None:
    shop.add_row("tag", type="JsTag::FileTag", content="https://molva.example/s/a.js?x=1&y=2", name="molva")
    shop.add_row("tag", type="JsTag::TextTag", content="window.molva = 1 < 2;", name="text")
    browser_of.open("/")
    browser_of.send("/cart_items", variant_id=str(variant(shop, "MUG-BEAR")))
    for path in ("/", "/product/ivan-chay", "/cart_items", "/new_order", "/nothing"):
        text = browser_of.open(path).text
        assert '<script async src="https://molva.example/s/a.js?x=1&amp;y=2"></script>' in text
        assert "<script>window.molva = 1 < 2;</script>" in text


def test_only_whitelisted_cookies_are_told(shop: RunningShop, browser_of: Browser) -> None:
    shop.store.settings["client_cookies_whitelist"] = "roistat_visit, molva"
    browser_of.open("/")
    browser_of.http.cookies.set("molva", "v1")
    browser_of.http.cookies.set("secret", "s")
    assert order_by_key(shop, browser_of.buy(variant(shop, "MUG-BEAR")))["cookies"] == {"molva": "v1"}


def test_back_office_buttons_do_what_they_say(shop: RunningShop, browser_of: Browser) -> None:
    made = shop.add_order(items=[["HONEY-BUCK", 2]], name="<b>Анна</b>")
    path = f"/admin2/orders/{made['id']}"
    line = str(made["order_lines"][0]["id"])
    for form in ({"status": "delivered"}, {"paid": "1"}, {"return": line}):
        assert browser_of.send(path, **form).status_code == 200
    told = shop.get_order(made["id"])
    assert (told["custom_status"]["permalink"], told["financial_status"], told["items_price"]) == (
        "delivered",
        "paid",
        640.5,
    )
    for form in ({"paid": ""}, {"decline": "1"}, {"remove": line}, {"delete": "1"}):
        page = browser_of.send(path, **form)
    told = shop.get_order(made["id"])
    assert (told["fulfillment_status"], told["financial_status"], told["order_lines"], told["archived"]) == (
        "declined",
        "pending",
        [],
        True,
    )
    assert "<b>Анна</b>" not in page.text


def test_back_office_keeps_its_lists(shop: RunningShop, browser_of: Browser) -> None:
    browser_of.send("/admin2/statuses", act="add", title="Ждём мёд", system_status="accepted")
    browser_of.send("/admin2/statuses", act="rename", permalink="zhdyom-myod", title="Ждём сбор")
    browser_of.send("/admin2/statuses", act="delete", permalink="vozvrat")
    assert browser_of.send("/admin2/statuses", act="delete", permalink="novyy").status_code == 422
    browser_of.send("/admin2/codes", code="НОВЫЙ", discount="7,5", type_id="1")
    browser_of.send("/admin2/key", office_title="Молва", handle="")
    browser_of.send("/admin2/faults", api_answer="504", hooks_lost_percent="30", limit_on="false")
    assert [row["permalink"] for row in shop.statuses()][-1] == "zhdyom-myod"
    assert shop.status("vozvrat") is None
    assert list(shop.store.tables["code"].values())[-1]["discount"] == "7.5"
    assert list(shop.store.tables["field"].values())[-1]["handle"] == "molva"
    assert (shop.faults.api_answer, shop.faults.hooks_lost_percent, shop.faults.limit_on) == (
        "504",
        30,
        False,
    )
    browser_of.send("/admin2/faults", act="reset")
    assert (shop.faults.api_answer, shop.faults.limit_on) == ("", True)


def test_form_of_another_site_is_refused(shop: RunningShop, browser_of: Browser) -> None:
    made = shop.add_order()
    answer = browser_of.http.post(
        f"/admin2/orders/{made['id']}", data={"delete": "1"}, headers={"Origin": "https://evil.example"}
    )
    assert (answer.status_code, shop.get_order(made["id"])["archived"]) == (403, False)
