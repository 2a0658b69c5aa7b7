"""The fake shop's admin API: its door, its lists, its orders and resources."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import time_machine

from molva.demo.shop import RunningShop

SAMPLES = Path(__file__).parents[1] / "integrations" / "insales" / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def order_of(shop: RunningShop, **wanted: Any) -> dict[str, Any]:
    return shop.add_order(**{"name": "Анна", "phone": "+79000000001", **wanted})


def kinds(value: Any) -> Any:
    """The shape of a body: names and JSON types, nulls and lists left open."""
    if isinstance(value, dict):
        return {name: kinds(inner) for name, inner in value.items() if inner is not None}
    return type(value).__name__


def test_auth_refuses_wrong_password_and_accepts_right_one(shop: RunningShop, api: httpx2.Client) -> None:
    wrong = httpx2.get(
        f"{shop.url}/admin/account.json", auth=(shop.api_key, "x"), trust_env=False, verify=False
    )
    none = httpx2.get(f"{shop.url}/admin/account.json", trust_env=False, verify=False)
    right = api.get("/admin/account.json")
    assert (wrong.status_code, none.status_code, right.status_code) == (401, 401, 200)
    assert right.json()["id"] == shop.account_id
    assert set(sample("account.json")) == set(right.json())


def test_every_answer_counts_calls(api: httpx2.Client) -> None:
    counts = [api.get("/admin/account.json").headers["API-Usage-Limit"] for _ in range(3)]
    assert counts == ["1/500", "2/500", "3/500"]


@pytest.mark.parametrize("answer", [503, 429])
def test_limit_refuses_until_its_window_ends(shop: RunningShop, api: httpx2.Client, answer: int) -> None:
    shop.faults.limit_calls, shop.faults.limit_answer = 2, answer
    with time_machine.travel("2026-10-01T12:00:00Z", tick=False) as traveller:
        assert [api.get("/admin/account.json").status_code for _ in range(3)] == [200, 200, answer]
        traveller.shift(100)
        late = api.get("/admin/account.json")
        assert (late.status_code, late.headers["Retry-After"]) == (answer, "201")
        traveller.shift(200)
        assert api.get("/admin/account.json").headers["API-Usage-Limit"] == "1/2"


def test_writing_needs_the_json_content_type(api: httpx2.Client) -> None:
    refused = api.post("/admin/webhooks.json", content=b"{}", headers={"Content-Type": "text/plain"})
    assert (refused.status_code, refused.json()) == (422, sample("error_422_content_type.json"))


@pytest.mark.parametrize("path", ["/admin/nothing.json", "/admin/orders/1.json", "/admin/orders/x.json"])
def test_missing_is_an_html_page(api: httpx2.Client, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.text.startswith("<!DOCTYPE html>")) == (404, True)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"order": 1}', b"\xff"])
def test_malformed_body_is_400(api: httpx2.Client, body: bytes) -> None:
    assert api.post("/admin/orders.json", content=body).status_code == 400


def test_order_has_the_shape_of_a_real_one(shop: RunningShop) -> None:
    real, ours = sample("order_webhook_2024_paid_toggle.json"), order_of(shop, status="delivered", paid=True)
    assert set(ours) == set(real)
    for part in ("client", "shipping_address", "delivery_info"):
        assert set(ours[part]) == set(real[part])
    assert set(ours["order_lines"][0]) == set(real["order_lines"][0])
    assert set(ours["order_changes"][0]) == set(real["order_changes"][0])
    known = kinds(real)
    differ = {name for name, kind in kinds(ours).items() if name in known and not isinstance(kind, dict)}
    assert {name: kinds(ours)[name] for name in differ} == {name: known[name] for name in differ}
    assert ours["currency_code"] == "RUR"


def test_code_leaves_a_discount_like_a_real_one(shop: RunningShop) -> None:
    ours = order_of(shop, items=[["HONEY-BUCK", 2]], promo_code="les10")
    real = sample("order_webhook_2024_paid_toggle.json")["discounts"][0]
    discount = ours["discounts"][0]
    assert set(discount) == set(real)
    assert ours["discount"] == discount
    told = {name: discount[name] for name in ("description", "percent", "amount", "reference_type")}
    assert told == {
        "description": "Скидка по купону LES10",
        "percent": "10.0",
        "amount": 128.1,
        "reference_type": "DiscountCode",
    }
    assert (ours["items_price"], discount["discount_code_id"]) == (1152.9, discount["reference_id"])


@pytest.mark.parametrize("per_page", [1, 2, 3, 250])
def test_changed_orders_are_read_without_gap_or_repeat(
    shop: RunningShop, api: httpx2.Client, per_page: int
) -> None:
    moments = (
        ["2026-09-01T10:00:00+03:00"] * 3 + ["2026-09-01T10:00:01+03:00"] * 2 + ["2026-09-02T00:00:00+03:00"]
    )
    made = [order_of(shop, at=moment)["id"] for moment in reversed(moments)]
    before = order_of(shop, at="2026-08-31T23:59:59+03:00")["id"]
    wanted = sorted(made, key=lambda number: (shop.get_order(number)["updated_at"], number))
    anchor, read = ("2026-09-01 00:00:00 +0300", 0), []
    while True:
        query = {"updated_since": anchor[0], "from_id": anchor[1], "per_page": per_page}
        page = api.get("/admin/orders.json", params=query).json()
        if not page:
            break
        read += [order["id"] for order in page]
        anchor = (page[-1]["updated_at"], page[-1]["id"])
    assert read == wanted
    assert before not in read


def test_updated_since_is_inclusive_and_checked(shop: RunningShop, api: httpx2.Client) -> None:
    made = order_of(shop, at="2026-09-01T10:00:00+03:00")
    assert len(api.get("/admin/orders.json", params={"updated_since": made["updated_at"]}).json()) == 1
    assert api.get("/admin/orders.json", params={"updated_since": "yesterday"}).status_code == 400
    # A plus sign that nobody encoded arrives as a space.
    assert api.get("/admin/orders.json?updated_since=2026-09-01T10:00:00+03:00").status_code == 400


def test_orders_page_by_page(shop: RunningShop, api: httpx2.Client) -> None:
    made = [order_of(shop)["id"] for _ in range(5)]
    pages = [api.get(f"/admin/orders.json?page={page}&per_page=2").json() for page in (1, 2, 3, 4)]
    assert [[order["id"] for order in page] for page in pages] == [made[:2], made[2:4], made[4:], []]


def test_order_is_made_through_the_api(api: httpx2.Client) -> None:
    variant = api.get("/admin/products.json").json()[0]["variants"][0]
    wanted = {
        "client": {"name": "Вася", "phone": "+7 900 000 33 44"},
        "order_lines_attributes": [{"variant_id": variant["id"], "quantity": 2}],
        "shipping_address": {"address": "Лесная, 7"},
    }
    answer = api.post("/admin/orders.json", json={"order": wanted})
    made = answer.json()
    assert answer.status_code == 201
    assert made["order_lines"][0]["total_price"] == 2 * float(variant["price"])
    assert (made["first_current_location"], made["current_location"]) == (None, None)
    assert made["fulfillment_status"] == "new"
    empty = api.post("/admin/orders.json", json={"order": {}})
    assert (empty.status_code, empty.json()) == (422, {"order_lines": ["не может быть пустым"]})


def test_put_changes_status_payment_fields_and_lines(shop: RunningShop, api: httpx2.Client) -> None:
    shop.add_row("field", office_title="Партнёр", handle="molva")
    made = order_of(shop, items=[["HONEY-BUCK", 2], ["MUG-BEAR", 1]])
    lines = made["order_lines"]
    wanted = {
        "custom_status_permalink": "zakaz-vypolnen",
        "financial_status": "paid",
        "manager_comment": "позвонить",
        "fields_values_attributes": [{"handle": "molva", "value": "ANNA10"}],
        "order_lines_attributes": [
            {"id": lines[0]["id"], "quantity": 1},
            {"id": lines[1]["id"], "_destroy": True},
        ],
    }
    told = api.put(f"/admin/orders/{made['id']}.json", json={"order": wanted}).json()
    assert told["custom_status"] == {"permalink": "zakaz-vypolnen", "title": "Заказ выполнен"}
    assert (told["fulfillment_status"], told["financial_status"]) == ("delivered", "paid")
    assert (told["items_price"], len(told["order_lines"])) == (640.5, 1)
    assert [(row["handle"], row["value"], row["type"]) for row in told["fields_values"]] == [
        ("molva", "ANNA10", "Текст")
    ]
    actions = [change["action"] for change in told["order_changes"]]
    assert actions == [
        "financial_status_changed",
        "fulfillment_status_changed",
        "custom_status_changed",
        "order_line_changed",
        "order_line_changed",
        "order_changed",
        "order_created",
    ]


def test_refused_put_changes_nothing(shop: RunningShop, api: httpx2.Client) -> None:
    made = order_of(shop)
    wanted = {"manager_comment": "x", "custom_status_permalink": "net-takogo"}
    answer = api.put(f"/admin/orders/{made['id']}.json", json={"order": wanted})
    assert (answer.status_code, shop.get_order(made["id"])) == (422, made)


def test_deleted_order_is_archived_or_missing(shop: RunningShop, api: httpx2.Client) -> None:
    kept, gone = order_of(shop)["id"], order_of(shop)["id"]
    assert api.delete(f"/admin/orders/{gone}.json").json() == {"status": "ok"}

    def listed(query: str) -> list[int]:
        return [order["id"] for order in api.get(f"/admin/orders.json{query}").json()]

    assert [listed(query) for query in ("", "?deleted=true", "?with_deleted=true")] == [
        [kept],
        [gone],
        [kept, gone],
    ]
    assert api.get(f"/admin/orders/{gone}.json").json()["archived"] is True
    shop.faults.deleted_orders = "missing"
    assert api.get(f"/admin/orders/{gone}.json").status_code == 404


def test_custom_statuses_live_by_permalink(shop: RunningShop, api: httpx2.Client) -> None:
    shown = api.get("/admin/custom_statuses.json").json()
    assert [set(row) for row in shown] == [set(sample("custom_statuses_list.CONSTRUCTED.json")[0])] * 8
    wanted = {"custom_status": {"title": "Самый новый", "system_status": "new"}}
    made = api.post("/admin/custom_statuses.json", json=wanted)
    assert (made.status_code, made.json()["permalink"]) == (201, "samyy-novyy")
    order = order_of(shop, status="samyy-novyy")
    renamed = api.put("/admin/custom_statuses/samyy-novyy.json", json={"custom_status": {"title": "Свежий"}})
    assert renamed.json()["permalink"] == "samyy-novyy"
    assert shop.get_order(order["id"])["custom_status"] == {"permalink": "samyy-novyy", "title": "Свежий"}
    assert api.delete("/admin/custom_statuses/samyy-novyy.json").json() == {"status": "ok"}
    assert shop.get_order(order["id"])["custom_status"]["permalink"] == "novyy"
    assert api.get("/admin/custom_statuses/samyy-novyy.json").status_code == 404
    assert api.delete("/admin/custom_statuses/novyy.json").status_code == 422


def test_webhook_pair_is_unique_within_a_key(shop: RunningShop, api: httpx2.Client) -> None:
    wanted = {"webhook": {"address": "http://127.0.0.1:9/x", "topic": "orders/update", "format_type": "json"}}
    made = api.post("/admin/webhooks.json", json=wanted)
    assert made.status_code == 201
    assert set(sample("webhook_create_response_201.CONSTRUCTED.json")) <= set(made.json())
    assert api.post("/admin/webhooks.json", json=wanted).status_code == 422
    shop.store.settings["keys"]["other"] = "password"
    with httpx2.Client(base_url=shop.url, auth=("other", "password"), trust_env=False, verify=False) as other:
        assert other.get("/admin/webhooks.json").json() == []
        assert other.get(f"/admin/webhooks/{made.json()['id']}.json").status_code == 404
        assert other.post("/admin/webhooks.json", json=wanted).status_code == 201
    assert api.delete(f"/admin/webhooks/{made.json()['id']}.json").json() == {"status": "ok"}
    assert api.get("/admin/webhooks.json").json() == []


def test_discount_codes_are_made_changed_and_read_by_change(api: httpx2.Client) -> None:
    made = api.post("/admin/discount_codes.json", json=sample("discount_code_create_request.json"))
    body = made.json()
    assert (made.status_code, body["discount"], body["worked"]) == (201, "10.0", False)
    assert set(sample("discount_codes_list_from_xml.json")[0]) <= set(body)
    again = {"discount_code": {"code": "FRANDOM2", "type_id": 1, "discount": 5}}
    assert api.post("/admin/discount_codes.json", json=again).status_code == 422
    changed = api.put(f"/admin/discount_codes/{body['id']}.json", json={"discount_code": {"disabled": True}})
    assert changed.json()["disabled"] is True
    query = {"updated_since": changed.json()["updated_at"]}
    assert [row["id"] for row in api.get("/admin/discount_codes.json", params=query).json()] == [body["id"]]
    query["from_id"] = body["id"]
    assert api.get("/admin/discount_codes.json", params=query).json() == []


def test_clients_are_unique_by_contact(shop: RunningShop, api: httpx2.Client) -> None:
    order = order_of(shop, email="anna@example.com")
    taken = {"client": {"name": "Другая", "email": "ANNA@example.com"}}
    assert api.post("/admin/clients.json", json=taken).status_code == 422
    made = api.post("/admin/clients.json", json={"client": {"name": "Олег", "phone": "8 (900) 000-00-02"}})
    assert made.status_code == 201
    same = order_of(shop, phone="+79000000002", name=None)
    assert same["client"]["id"] == made.json()["id"] != order["client"]["id"]


def test_goods_are_readable(api: httpx2.Client) -> None:
    products = api.get("/admin/products.json?per_page=1").json()
    assert len(products) == 10
    assert api.get("/admin/products/count.json").json() == {"count": 16}
    ids = [product["id"] for product in products[:2]]
    picked = api.get("/admin/products/by_ids.json", params={"product_ids": f"{ids[1]},{ids[0]},1"}).json()
    assert [product["id"] for product in picked] == ids[::-1]
    collects = api.get("/admin/collects.json", params={"product_id": ids[0]}).json()
    assert [row["collection_id"] for row in collects] == products[0]["collections_ids"]
    assert [row["permalink"] for row in api.get("/admin/collections.json").json()][-1] == "podarki"


def test_order_fields_are_made_and_listed(api: httpx2.Client) -> None:
    wanted = {"field": {"type": "Field::TextField", "office_title": "Молва", "destiny": 3, "handle": "molva"}}
    made = api.post("/admin/fields.json", json=wanted)
    assert made.status_code == 201
    assert [row["id"] for row in api.get("/admin/orders/fields.json").json()] == [made.json()["id"]]
    assert set(sample("fields_list_from_xml.json")[0]) <= set(made.json())


@pytest.mark.parametrize(
    ("answer", "status"), [("503", 503), ("429", 429), ("504", 504), ("500", 500), ("html", 200)]
)
def test_ordered_faults_replace_answers(
    shop: RunningShop, api: httpx2.Client, answer: str, status: int
) -> None:
    shop.faults.api_answer, shop.faults.api_left, shop.faults.api_path = answer, 1, "/orders"
    assert api.get("/admin/account.json").status_code == 200
    broken = api.get("/admin/orders.json")
    assert (broken.status_code, broken.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert broken.headers.get("Retry-After") == ("5" if status in {503, 429} else None)
    assert api.get("/admin/orders.json").status_code == 200


def test_wrong_json_is_cut_in_the_middle(shop: RunningShop, api: httpx2.Client) -> None:
    shop.faults.api_answer = "wrong_json"
    with pytest.raises(json.JSONDecodeError):
        api.get("/admin/account.json").json()
