"""Orders in the admin API beyond the plain ones: partial discounts, filters, odd bodies, acts of people."""

from typing import Any

import httpx2
import pytest

from molva.demo.shop import RunningShop
from molva.demo.shop.generator import KNOBS
from tests.demo.outside import ask, client_of


def order_of(shop: RunningShop, **wanted: Any) -> dict[str, Any]:
    return shop.add_order(**{"name": "Анна", "phone": "+79000000001", **wanted})


def put(api: httpx2.Client, order: dict[str, Any], **wanted: Any) -> httpx2.Response:
    return api.put(f"/admin/orders/{order['id']}.json", json={"order": wanted})


def test_discount_may_hold_for_one_of_two_equal_lines(shop: RunningShop, api: httpx2.Client) -> None:
    order = order_of(shop, items=[["MUG-BEAR", 1, "500.00"], ["MUG-BEAR", 1, "790.00"]])
    line = order["order_lines"][0]["id"]
    wanted = {"discount": 10, "description": "10% only", "discount_order_lines_ids": [line]}
    told = put(api, order, discounts_attributes=[wanted]).json()
    assert [row["full_total_price"] for row in told["order_lines"]] == [450.0, 790.0]
    discount = told["discounts"][0]
    names = ("type_id", "amount", "discount_order_lines_ids", "discount_products_ids", "reference_type")
    assert [discount[name] for name in names] == [
        1,
        50.0,
        [line],
        [order["order_lines"][0]["product_id"]],
        None,
    ]
    assert (told["items_price"], told["discount"]) == (1240.0, discount)
    gone = put(api, order, discounts_attributes=[{"id": discount["id"], "_destroy": 1}]).json()
    assert (gone["discounts"], gone["discount"], gone["items_price"]) == ([], None, 1290.0)


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"discount": 10, "discount_order_lines_ids": [1]}, 422),
        ({"discount": 0}, 422),
        ({"id": 1, "_destroy": 1}, 404),
    ],
)
def test_wrong_discount_is_refused(
    shop: RunningShop, api: httpx2.Client, wrong: dict[str, Any], status: int
) -> None:
    order = order_of(shop)
    assert put(api, order, discounts_attributes=[wrong]).status_code == status
    assert shop.get_order(order["id"])["discounts"] == []


def test_lines_are_added_and_repriced(shop: RunningShop, api: httpx2.Client) -> None:
    order = order_of(shop, items=[["MUG-BEAR", 1]])
    known = order["order_lines"][0]
    lines = [{"id": known["id"], "sale_price": 700}, {"variant_id": known["variant_id"], "quantity": 2}]
    told = put(api, order, order_lines_attributes=lines, client_attributes={"name": "Другая"}).json()
    assert [(row["sale_price"], row["quantity"]) for row in told["order_lines"]] == [(700.0, 1), (790.0, 2)]
    assert (told["client"]["name"], told["items_price"]) == ("Другая", 2280.0)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"status": "open"}, [1001]),
        ({"status": "closed"}, [1002, 1003]),
        ({"fulfillment_status": "declined"}, [1003]),
        ({"payment_status": "paid"}, [1002]),
        ({"payment_status": "not_paid"}, [1001, 1003]),
        ({"delivery_variant": "8470070"}, [1001, 1002, 1003]),
        ({"delivery_variant": "8470071"}, []),
        ({"per_page": "1000"}, [1001, 1002, 1003]),
    ],
)
def test_orders_are_filtered(
    shop: RunningShop, api: httpx2.Client, query: dict[str, str], numbers: list[int]
) -> None:
    for acts in ({}, {"status": "delivered", "paid": True}, {"status": "vozvrat"}):
        order_of(shop, **acts)
    assert [row["number"] for row in api.get("/admin/orders.json", params=query).json()] == numbers


def test_pages_have_fifty_and_at_most_250(shop: RunningShop, api: httpx2.Client) -> None:
    for _ in range(255):
        shop.add_order(tell=False)
    sizes = [len(api.get(f"/admin/orders.json{query}").json()) for query in ("", "?per_page=999", "?page=6")]
    assert sizes == [50, 250, 5]


def test_currency_of_new_orders(shop: RunningShop) -> None:
    assert order_of(shop)["currency_code"] == "RUR"
    ask(shop, "faults", currency_code="KZT")
    assert order_of(shop)["currency_code"] == "KZT"


def test_acts_of_people(shop: RunningShop) -> None:
    shop.add_row("field", office_title="Молва", handle="molva")
    order = order_of(shop, items=[["MUG-BEAR", 2]], promo_code="LES10")
    line = order["order_lines"][0]["id"]
    for acts in (
        {"quantity": {"line": line, "quantity": 3}},
        {"price": {"line": line, "price": "100.50"}},
        {"add": ["TEA-TAIGA", 1, "50.00"]},
        {"drop_discounts": True},
        {"discount": {"type_id": 2, "discount": 10}},
        {"client": {"email": "new@example.org"}},
        {"field": {"molva": "ANNA10"}},
        {"delete": True},
        {"restore": True},
    ):
        told = ask(shop, "order", id=order["id"], **acts)
    assert (told["items_price"], told["archived"], told["client"]["email"]) == (
        341.5,
        False,
        "new@example.org",
    )
    assert [row["value"] for row in told["fields_values"]] == ["ANNA10"]
    assert [row["action"] for row in told["order_changes"][:2]] == ["order_restored", "order_deleted"]
    wrong = ask(shop, "order", id=order["id"], nonsense=1)
    assert wrong == {"error": "ValueError: unknown act nonsense"}


def made(shop: RunningShop, knob: str) -> dict[str, Any]:
    told = ask(shop, "generate", knobs=[knob])
    assert told["knobs"] == [[knob]]
    return dict(told["orders"][0])


@pytest.mark.parametrize(
    ("knob", "path", "value"),
    [
        ("no_email", "client.email", None),
        ("empty_email", "client.email", ""),
        ("no_client", "client", None),
        ("word_phone", "client.phone", "нет телефона"),
        ("cookies_list", "cookies", []),
        ("cookies_null", "cookies", None),
        ("cookies_filled", "cookies.roistat_visit", "73666"),
        ("ip_text", "client.ip_addr", "192.0.2.10"),
        ("ip_object", "client.ip_addr.family", 2),
        ("ip_null", "client.ip_addr", None),
        ("numbers_as_texts", "delivery_info.price", "0.0"),
        ("texts_as_numbers", "margin", 0.0),
        ("delivery_price_null", "delivery_info.price", None),
        ("old_body", "custom_status", None),
        ("by_manager", "first_current_location", None),
        ("no_location", "current_location", None),
        ("slash_location", "first_current_location", "/"),
        ("full_discount", "items_price", 0.0),
        ("manual_discount", "discount.description", None),
        ("rule_discount", "discount.reference_type", "DiscountRule"),
        ("outer_discount", "discount.discount_code_id", None),
        ("outer_discount", "discount.description", "Скидка по карте"),
        ("margin", "margin", "10.0"),
        ("deleted", "archived", True),
        ("renamed_status", "custom_status.title", "Готов к выдаче"),
        ("renamed_status", "custom_status.permalink", "zhdyot-vydachi"),
        ("after_payment_location", "source_domain", "pay.bank.example"),
        ("markup_name", "client.name", "<script>alert(1)</script>"),
    ],
)
def test_knob_makes_what_it_says(shop: RunningShop, knob: str, path: str, value: object) -> None:
    found: Any = made(shop, knob)
    for step in path.split("."):
        found = found[step]
    assert (found, type(found)) == (value, type(value))


def test_knobs_of_a_life(shop: RunningShop) -> None:
    assert made(shop, "kilograms")["order_lines"][0]["unit"] == "kgm"
    assert isinstance(made(shop, "kilograms")["order_lines"][0]["quantity"], float)
    toggled = [row["value_is"] for row in made(shop, "paid_toggle")["order_changes"][:3]]
    assert toggled == ["paid", "pending", "paid"]
    bundle = made(shop, "bundle")
    lines = bundle["order_lines"]
    assert (lines[0]["variant_id"] == lines[1]["variant_id"], lines[0]["bundle_id"] is None) == (True, False)
    assert bundle["discounts"][0]["discount_order_lines_ids"] == [lines[0]["id"]]
    edited = made(shop, "edited_after_payment")
    assert (edited["financial_status"], len(edited["order_lines"])) == ("paid", 2)
    assert edited["client"]["name"] == "Другой Получатель"
    assert len(made(shop, "long_location")["current_location"]) > 1900
    assert 0 < made(shop, "almost_full_discount")["items_price"] < 10
    renamed = made(shop, "renamed_status")
    titles = [row["value_is"] for row in renamed["order_changes"] if row["action"] == "custom_status_changed"]
    assert titles == ["Ждёт выдачи"]


@pytest.mark.parametrize("knob", sorted(KNOBS))
def test_sums_hold_with_every_knob(shop: RunningShop, api: httpx2.Client, knob: str) -> None:
    order = made(shop, knob)
    kopecks = [round(line["full_total_price"] * 100) for line in order["order_lines"]]
    assert round(order["items_price"] * 100) == sum(kopecks)
    assert round(order["total_price"] * 100) == sum(kopecks) + round(order["full_delivery_price"] * 100)
    assert api.get(f"/admin/orders/{order['id']}.json").json() == order


def test_generator_repeats_itself_and_can_put_all_together(shop: RunningShop) -> None:
    first, second = (ask(shop, "generate", count=20, seed=7)["knobs"] for _ in range(2))
    assert first == second
    assert len({name for names in first for name in names}) > 10
    told = ask(shop, "generate", knobs=["no_email", "cookies_null", "margin"], together=True, count=2)
    assert told["knobs"] == [["no_email", "cookies_null", "margin"]] * 2
    order = told["orders"][1]
    assert (order["client"]["email"], order["cookies"], order["margin"]) == (None, None, "10.0")
    assert ask(shop, "generate", knobs=["nonsense"]) == {"error": "KeyError: 'nonsense'"}


def test_generator_has_a_page(shop: RunningShop) -> None:
    with client_of(shop) as browser:
        assert "edited_after_payment" in browser.get("/admin2/generate").text
        form = {"count": "3", "knob.no_client": "1", "knob.margin": "1"}
        assert browser.post("/admin2/generate", data=form).headers["Location"] == "/admin2/"
    bodies = [shop.get_order(number) for number in shop.store.orders]
    assert [(body["client"] is None, body["margin"]) for body in bodies] == [
        (True, "0.0"),
        (False, "10.0"),
        (True, "0.0"),
    ]
