"""Outer discounts: kept by the admin API, asked by the storefront, competing with promo codes."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from molva.demo.shop import RunningShop
from tests.demo.outside import Developer
from tests.demo.test_storefront import BUYER, Browser, order_by_key, variant

SAMPLES = Path(__file__).parents[1] / "integrations" / "insales" / "samples"


def make(api: httpx2.Client, url: str, **more: Any) -> httpx2.Response:
    wanted = {
        "url": url,
        "description": "Скидка по карте",
        "order_lines_depend": True,
        "active": True,
        **more,
    }
    return api.post("/admin/external_discounts.json", json={"external_discount": wanted})


@pytest.fixture
def outer(shop: RunningShop, api: httpx2.Client, developer: Developer) -> dict[str, Any]:
    shop.faults.private_addresses = True
    made = make(api, f"{developer.url}/calculate")
    assert made.status_code == 201
    return dict(made.json())


@pytest.fixture
def buyer(shop: RunningShop) -> Any:
    browser = Browser(shop.url)
    browser.open("/?aff=ANNA10")
    yield browser
    browser.http.close()


def cart_with(shop: RunningShop, buyer: Browser, developer: Developer, answer: object) -> dict[str, Any]:
    developer.answer = json.dumps(answer).encode()
    buyer.send("/cart_items", variant_id=str(variant(shop, "MUG-BEAR")))
    return dict(buyer.http.get("/front_api/cart.json").json())


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://localhost:8000/",
        "http://10.0.0.1/",
        "http://intranet/",
        "ftp://a.example/",
        "x",
    ],
)
def test_private_and_wrong_addresses_are_refused(api: httpx2.Client, url: str) -> None:
    answer = make(api, url)
    assert (answer.status_code, answer.json()) == (422, {"url": ["Недопустимый URL"]})


def test_addresses_are_unique_and_descriptions_short(api: httpx2.Client) -> None:
    made = make(api, "https://discount.example/calculate", observed_fields=[185])
    wanted = json.loads((SAMPLES / "external_discount_create_request.json").read_text())["external_discount"]
    assert (made.status_code, {name: made.json()[name] for name in wanted}) == (201, wanted)
    duplicate = json.loads((SAMPLES / "external_discount_422_duplicate_url.json").read_text())
    assert make(api, "https://discount.example/calculate").json() == duplicate
    assert set(make(api, "https://other.example/", description="x" * 201).json()) == {"description"}
    path = f"/admin/external_discounts/{made.json()['id']}.json"
    assert api.put(path, json={"external_discount": {"active": False}}).json()["active"] is False
    assert api.delete(path).json() == {"status": "ok"}
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("answer", "total", "title"),
    [
        ({"discount": 100, "discount_type": "MONEY", "title": "Карта"}, 690.0, "Карта"),
        ({"discount": 100, "discount_type": "MONEY"}, 690.0, "Скидка по карте"),
        ({"discount": 9.3, "discount_type": "PERCENT", "title": "П"}, 717.0, "П"),
        ({"discount": 10000, "discount_type": "MONEY", "title": "Всё"}, 0.0, "Всё"),
        ({"discount": 0, "discount_type": "MONEY", "title": "Карта принята"}, 790.0, "Карта принята"),
        ({"discount": 0, "discount_type": "MONEY", "title": ""}, 790.0, None),
    ],
)
def test_answer_changes_the_cart(
    shop: RunningShop,
    outer: dict[str, Any],
    buyer: Browser,
    developer: Developer,
    answer: object,
    total: float,
    title: str | None,
) -> None:
    cart = cart_with(shop, buyer, developer, answer)
    assert (cart["total_price"], cart["discount_description"]) == (total, title)


def test_cart_is_told_as_an_order_without_numbers(
    shop: RunningShop, outer: dict[str, Any], buyer: Browser, developer: Developer
) -> None:
    cart_with(shop, buyer, developer, {"errors": ["Карта не найдена"]})
    body = developer.bodies[0]
    sample = json.loads((SAMPLES / "external_discount_request_cart.json").read_text())
    assert set(sample) <= set(body)
    assert set(sample["order_lines"][0]) <= set(body["order_lines"][0])
    told = ("id", "number", "key", "first_current_location", "items_price")
    assert [body[name] for name in told] == [None, None, None, "/?aff=ANNA10", 790.0]
    assert body["client"]["id"] is None
    assert "Карта не найдена" in buyer.open("/cart_items").text


def test_answer_is_remembered_until_the_goods_change(
    shop: RunningShop, outer: dict[str, Any], buyer: Browser, developer: Developer
) -> None:
    cart_with(shop, buyer, developer, {"discount": 1, "discount_type": "MONEY"})
    for _ in range(3):
        buyer.open("/cart_items")
    buyer.open("/gocheckout")
    assert len(developer.bodies) == 1
    buyer.send("/cart_items", variant_id=str(variant(shop, "MUG-BEAR")))
    buyer.open("/cart_items")
    assert len(developer.bodies) == 2
    buyer.open("/new_order")
    assert len(developer.bodies) == 3


def test_discount_of_a_field_waits_for_the_field(
    shop: RunningShop, api: httpx2.Client, buyer: Browser, developer: Developer
) -> None:
    shop.faults.private_addresses = True
    field = shop.add_row("field", office_title="Номер карты")["id"]
    make(api, f"{developer.url}/card", order_lines_depend=False, observed_fields=[field])
    cart_with(shop, buyer, developer, {"discount": 40, "discount_type": "MONEY", "title": "Карта"})
    assert developer.bodies == []
    names = {f"order[fields_values_attributes][{field}][value]": "CARD-42"}
    buyer.send("/cart_items", _method="put", **names)
    assert buyer.http.get("/front_api/cart.json").json()["total_price"] == 750.0
    value = developer.bodies[0]["fields_values"][0]
    assert (value["field_id"], value["value"], value["name"]) == (field, "CARD-42", "Номер карты")


def test_bigger_of_code_and_outer_discount_wins_and_ends_in_the_order(
    shop: RunningShop, outer: dict[str, Any], buyer: Browser, developer: Developer
) -> None:
    sums = []
    for size in (30, 100):
        answer = {"discount": size, "discount_type": "MONEY", "title": "Карта на чекауте"}
        cart_with(shop, buyer, developer, answer)
        buyer.send("/cart_items", _method="put", **{"cart[coupon]": "LES10"})
        page = buyer.send("/new_order", **BUYER)
        order: dict[str, Any] = order_by_key(shop, page.url.path.rpartition("/")[2])
        discount = order["discounts"][0]
        sums.append((order["items_price"], discount["description"], discount["discount_code_id"] is None))
        assert developer.bodies[-1]["client"]["phone"] == BUYER["client[phone]"]
        shop.store.tables["client"].clear()
        shop.store.client_by_contact.clear()
    assert sums == [(711.0, "Скидка по купону LES10", False), (690.0, "Карта на чекауте", True)]
    assert (discount["type_id"], discount["discount"], discount["amount"]) == (2, "100.0", 100.0)


def test_other_status_is_passed_over_and_bad_json_breaks_the_cart(
    shop: RunningShop, outer: dict[str, Any], buyer: Browser, developer: Developer
) -> None:
    developer.status = 500
    assert cart_with(shop, buyer, developer, {"discount": 1})["total_price"] == 790.0
    developer.status = 200
    for broken in (b"", b"{", b"[]", b'{"discount": "x"}'):
        developer.answer = broken
        buyer.send("/cart_items", variant_id=str(variant(shop, "MUG-BEAR")))
        assert buyer.open("/cart_items").status_code == 500
    shop.faults.reset()
    shop.store.tables["outer"].clear()
    assert buyer.open("/cart_items").status_code == 200


def test_shop_answers_others_while_it_waits(
    shop: RunningShop, outer: dict[str, Any], api: httpx2.Client, buyer: Browser, developer: Developer
) -> None:
    seen: list[int] = []
    developer.between = lambda query: seen.append(api.get("/admin/account.json").status_code)
    cart_with(shop, buyer, developer, {"discount": 5, "discount_type": "MONEY"})
    assert seen == [200]
