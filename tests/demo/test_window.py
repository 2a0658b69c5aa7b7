"""Knobs of the storefront: where scripts stand, the content policy, the banner, domains, settings of the owner."""

from typing import Any

import httpx2
import pytest

from molva.demo.shop import RunningShop
from tests.demo.outside import ask, client_of
from tests.demo.test_storefront import BUYER, Browser, order_by_key, variant

TAG = '<script async src="https://molva.example/s.js"></script>'


@pytest.fixture
def buyer(shop: RunningShop) -> Any:
    browser = Browser(shop.url)
    browser.open("/?aff=ANNA10")
    browser.send("/cart_items", variant_id=str(variant(shop, "MUG-BEAR")))
    yield browser
    browser.http.close()


def test_scripts_may_stay_away_from_the_checkout(shop: RunningShop, buyer: Browser) -> None:
    shop.add_row("tag", type="JsTag::FileTag", content="https://molva.example/s.js")

    def seen() -> list[bool]:
        return [TAG in buyer.open(path).text for path in ("/", "/cart_items", "/new_order", "/gocheckout")]

    assert seen() == [True] * 4
    ask(shop, "faults", tags_on_checkout=False)
    assert seen() == [True, True, False, False]


def test_old_theme_has_no_common_script(shop: RunningShop, buyer: Browser) -> None:
    assert "common.v2.js" in buyer.open("/").text
    ask(shop, "faults", old_theme=True)
    assert "common.v2.js" not in buyer.open("/").text
    assert 'name="csrf-token"' in buyer.open("/").text


def test_content_policy_lets_in_nothing_or_file_tags(shop: RunningShop, buyer: Browser) -> None:
    shop.add_row("tag", type="JsTag::FileTag", content="https://molva.example:8443/s.js")
    assert "Content-Security-Policy" not in buyer.open("/").headers
    ask(shop, "faults", content_policy="strict")
    assert buyer.open("/").headers["Content-Security-Policy"] == (
        "default-src 'self'; script-src 'self'; connect-src 'self'"
    )
    ask(shop, "faults", content_policy="files")
    assert buyer.open("/").headers["Content-Security-Policy"] == (
        "default-src 'self'; script-src 'self' https://molva.example:8443; "
        "connect-src 'self' https://molva.example:8443"
    )


def test_banner_goes_away_with_the_answer(shop: RunningShop, buyer: Browser) -> None:
    assert "data-consent" not in buyer.open("/").text
    ask(shop, "faults", consent_banner=True)
    assert "data-consent" in buyer.open("/").text
    buyer.http.cookies.set("cookie_consent", "no")
    assert "data-consent" not in buyer.open("/").text


def test_settings_are_told_by_the_account(shop: RunningShop, api: httpx2.Client) -> None:
    other = shop.host.replace("127.0.0.1", "localhost")
    told = ask(
        shop,
        "settings",
        extra_domains=[other],
        main_host=other,
        client_cookies_whitelist="molva",
        paid_till="2026-12-31",
        blocked=True,
        title="Погребок",
    )
    account = api.get("/admin/account.json").json()
    assert {name: account[name] for name in told if name in account} == {
        "title": "Погребок",
        "client_cookies_whitelist": "molva",
        "main_host": other,
        "paid_till": "2026-12-31",
        "blocked": True,
    }
    domains = api.get("/admin/domains.json").json()
    assert [(row["domain"], row["main"]) for row in domains] == [(shop.host, False), (other, True)]
    assert ask(shop, "settings", main_host="x.example") == {"error": {"main_host": ["нет среди доменов"]}}
    assert ask(shop, "settings", nonsense=1) == {"error": {"nonsense": ["неизвестно"]}}
    assert ask(shop, "settings", extra_domains=[])["main_host"] is None


def test_domains_do_not_share_cookies(shop: RunningShop) -> None:
    first, second = Browser(shop.url), Browser(shop.url.replace("127.0.0.1", "localhost"))
    first.open("/?aff=ANNA10")
    second.http.cookies = first.http.cookies
    second.open("/")
    key = second.buy(variant(shop, "MUG-BEAR"))
    assert order_by_key(shop, key)["first_current_location"] == "/"
    first.http.close()
    second.http.close()


def test_owner_changes_settings_by_hand(shop: RunningShop) -> None:
    with client_of(shop) as browser:
        assert browser.get("/admin2/settings").status_code == 200
        form = {
            "title": "Новое имя",
            "extra_domains": "a.example\r\nb.example",
            "main_host": "a.example",
            "client_cookies_whitelist": "",
            "paid_till": "2030-01-01",
            "blocked": "",
        }
        assert browser.post("/admin2/settings", data=form).status_code == 303
        page = browser.get("/admin2/settings").text
        assert browser.post("/admin2/settings", data={"paid_till": "завтра"}).status_code == 422
    assert (shop.hosts[1:], shop.main_host) == (["a.example", "b.example"], "a.example")
    assert (shop.store.settings["title"], shop.store.settings["blocked"]) == ("Новое имя", False)
    assert '<option value="a.example" selected>' in page


def test_comment_of_a_line_ends_in_the_order(shop: RunningShop, buyer: Browser) -> None:
    number = variant(shop, "MUG-BEAR")
    headers = {"X-CSRF-Token": buyer.token}
    wanted = {"variant_id": number, "quantity": 1, "comment": "с бантом", "coupon": "les10"}
    cart = buyer.http.patch("/front_api/cart.json", json=wanted, headers=headers).json()
    assert [(row["quantity"], row["comment"]) for row in cart["items"]] == [(2, "с бантом")]
    assert cart["total_price"] == 1422.0
    assert cart == buyer.http.get("/cart_items/v2.json").json()
    told = buyer.http.post("/quick_checkout.json", data=BUYER, headers=headers).json()
    order: dict[str, Any] = order_by_key(shop, told["order"]["key"])
    assert order["order_lines"][0]["comment"] == "с бантом"


def test_nobody_is_logged_in(buyer: Browser) -> None:
    told = buyer.http.get("/client_account/contacts.json").json()
    assert (told["status"], told["message"]) == ("error", "Not authorized")


def test_code_once_for_a_client_is_for_that_client(shop: RunningShop, buyer: Browser) -> None:
    shop.add_row("code", code="FIRST", type_id=1, discount=50, act_once_for_client=True)
    sums = []
    for phone in ("+7 900 123-45-67", "+7 900 123-45-67", "+7 900 123-45-68"):
        buyer.send("/cart_items", _method="put", **{"cart[coupon]": "FIRST"})
        page = buyer.send("/new_order", **{**BUYER, "client[phone]": phone})
        sums.append(order_by_key(shop, page.url.path.rpartition("/")[2])["items_price"])
        buyer.send("/cart_items", variant_id=str(variant(shop, "MUG-BEAR")))
    assert sums == [395.0, 790.0, 395.0]


def test_limit_may_keep_silent_about_its_end(shop: RunningShop, api: httpx2.Client) -> None:
    shop.faults.update({"limit_calls": 1, "limit_answer": 429, "limit_retry_after": False})
    answers = [api.get("/admin/account.json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert "Retry-After" not in answers[1].headers


@pytest.mark.parametrize("answer", ["401", "403", "404"])
def test_other_refusals_can_be_ordered(shop: RunningShop, api: httpx2.Client, answer: str) -> None:
    ask(shop, "faults", api_answer=answer, api_left=1)
    assert [api.get("/admin/account.json").status_code for _ in range(2)] == [int(answer), 200]
    assert ask(shop, "faults", api_answer="418")["refused"].keys() == {"api_answer"}


def test_every_page_of_the_back_office_opens(shop: RunningShop) -> None:
    number = next(iter(shop.store.tables["product"]))
    pages = ("products", f"products/{number}", "applications", "charges", "settings", "generate", "login")
    with client_of(shop) as browser:
        assert [browser.get(f"/admin2/{page}").status_code for page in pages] == [200] * len(pages)
