"""Products, categories, collections, themes and pages in the admin API."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from molva.demo.shop import RunningShop
from tests.demo.outside import client_of

SAMPLES = Path(__file__).parents[1] / "integrations" / "insales" / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


@pytest.fixture
def made(api: httpx2.Client) -> dict[str, Any]:
    answer = api.post("/admin/products.json", json=PRODUCT)
    assert answer.status_code == 201
    return dict(answer.json())


PRODUCT = {
    "product": {
        "title": "docs-api-простой",
        "description": "<p>Короткое описание для примера</p>",
        "short_description": "Коротко",
        "variants_attributes": [
            {"price": 1500, "sku": "DOCS-SIMPLE", "barcode": "4600000000017", "quantity": 3}
        ],
    }
}


def test_product_is_made_as_documented(made: dict[str, Any]) -> None:
    told = {name: made[name] for name in ("permalink", "is_hidden", "archived", "category_id")}
    assert told == {
        "permalink": "docs-api-prostoy",
        "is_hidden": False,
        "archived": False,
        "category_id": 1,
    }
    variant = made["variants"][0]
    names = ("sku", "barcode", "price", "quantity", "quantity_at_warehouse0")
    assert [variant[name] for name in names] == ["DOCS-SIMPLE", "4600000000017", "1500.0", 3, "3.0"]
    assert made["collections_ids"] == []


def test_product_changes_and_hides(shop: RunningShop, api: httpx2.Client, made: dict[str, Any]) -> None:
    path, variant = f"/admin/products/{made['id']}.json", made["variants"][0]
    wanted = {
        "is_hidden": True,
        "title": "Другой",
        "variants_attributes": [{"id": variant["id"], "price": "99.9", "quantity": 1}, {"price": 5}],
    }
    changed = api.put(path, json={"product": wanted}).json()
    assert (changed["permalink"], changed["title"], changed["is_hidden"]) == (
        "docs-api-prostoy",
        "Другой",
        True,
    )
    assert [row["price"] for row in changed["variants"]] == ["99.9", "5.0"]
    assert changed == api.get(path).json()
    with client_of(shop) as browser:
        assert browser.get("/product/docs-api-prostoy").status_code == 404
    wrong = {"product": {"category_id": 53486014}}
    assert api.put(path, json=wrong).json() == {"category_id": ["Категория удалена или отсутствует."]}
    assert api.post("/admin/products.json", json={"product": {"title": "x"}}).status_code == 422


def test_deleted_product_is_archived_and_recovered(api: httpx2.Client, made: dict[str, Any]) -> None:
    path = f"/admin/products/{made['id']}.json"
    assert [api.delete(one).json() for one in (path, path, "/admin/products/1.json")] == [
        {"status": "ok"}
    ] * 3
    assert api.get(path).status_code == 404

    def counted(query: str) -> int:
        return int(api.get(f"/admin/products/count.json{query}").json()["count"])

    assert [counted(query) for query in ("", "?deleted=true", "?with_deleted=true")] == [16, 1, 17]
    gone = api.get("/admin/products.json?deleted=true").json()
    assert [(row["id"], row["archived"]) for row in gone] == [(made["id"], True)]
    said = api.post(f"/admin/products/{made['id']}/recover.json", json={}).json()
    assert (said["archived"], api.get(path).json()["archived"]) == (True, False)
    unsaid = api.post(f"/admin/products/{made['id']}/recover.json", headers={"Content-Type": "text/plain"})
    assert unsaid.status_code == 422


def test_products_are_found_by_title_and_by_change(api: httpx2.Client, made: dict[str, Any]) -> None:
    found = api.get("/admin/products.json", params={"filter[title]": "ПРОСТОЙ"}).json()
    assert [row["id"] for row in found] == [made["id"]]
    query = {"updated_since": made["updated_at"]}
    assert [row["id"] for row in api.get("/admin/products.json", params=query).json()] == [made["id"]]
    assert api.get("/admin/products.json", params={**query, "from_id": made["id"]}).json() == []
    assert api.get(f"/admin/products/{made['id']}/variants.json").json() == made["variants"]
    assert [row["id"] for row in api.get("/admin/products.json?per_page=10&page=2").json()][-1] == made["id"]


def test_product_stands_in_a_collection_and_its_parents(api: httpx2.Client, made: dict[str, Any]) -> None:
    parent = api.get("/admin/collections.json").json()[0]
    child = api.post(
        "/admin/collections.json", json={"collection": {"title": "Сборы", "parent_id": parent["id"]}}
    ).json()
    assert (child["permalink"], child["url"]) == ("sbory", "/collection/sbory")
    pair = {"product_id": made["id"], "collection_id": child["id"]}
    link = api.post("/admin/collects.json", json={"collect": pair})
    assert (link.status_code, set(link.json())) == (201, set(sample("collect_create_response_201.json")))
    assert api.get(f"/admin/products/{made['id']}.json").json()["collections_ids"] == [
        child["id"],
        parent["id"],
    ]
    assert api.post("/admin/collects.json", json={"collect": pair}).status_code == 422
    path = f"/admin/collects/{link.json()['id']}.json"
    assert api.put(path, json={"collect": {"position": 5}}).json()["position"] == 5
    assert api.delete(path).json() == {"status": "ok"}
    assert api.get(f"/admin/products/{made['id']}.json").json()["collections_ids"] == []
    wrong = {"collect": {"product_id": made["id"], "collection_id": 1}}
    assert api.post("/admin/collects.json", json=wrong).json() == {"collection_id": ["не найден"]}


def test_collections_by_change_do_not_leave_out_by_id(api: httpx2.Client) -> None:
    rows = api.get("/admin/collections.json").json()
    query = {"updated_since": rows[-1]["updated_at"], "from_id": rows[-1]["id"]}
    assert [row["id"] for row in api.get("/admin/collections.json", params=query).json()] == [
        row["id"] for row in rows
    ]


def test_categories_are_another_tree(api: httpx2.Client) -> None:
    made = api.post("/admin/categories.json", json={"category": {"title": "Полка", "parent_id": 1}})
    assert made.status_code == 201
    assert [row["title"] for row in api.get("/admin/categories.json").json()] == ["Склад", "Полка"]
    assert api.get(f"/admin/categories/{made.json()['id']}.json").json()["parent_id"] == 1


def test_theme_files_are_made_renamed_and_deleted(api: httpx2.Client) -> None:
    theme = api.get("/admin/themes.json").json()[0]
    assert (theme["is_published"], set(theme)) == (
        True,
        {
            "id",
            "title",
            "is_published",
            "is_mobile",
            "description",
            "errors_text",
            "created_at",
            "updated_at",
        },
    )
    assets = f"/admin/themes/{theme['id']}/assets"
    wanted = {"asset": {"name": "molva.liquid", "content": "<b>1</b>", "type": "Asset::Snippet"}}
    made = api.post(f"{assets}.json", json=wanted)
    assert (made.status_code, made.json()["file_size"]) == (201, 8)
    assert api.post(f"{assets}.json", json=wanted).status_code == 422
    one = f"{assets}/{made.json()['id']}"
    assert api.put(f"{one}.json", json={"asset": {"content": "<i>2</i>"}}).json()["content"] == "<i>2</i>"
    assert (
        api.put(f"{one}/rename.json", json={"asset": {"new_name": "m.liquid"}}).json()["name"] == "m.liquid"
    )
    assert (api.get(f"{one}/raw").text, len(api.get(f"{assets}.json").json())) == ("<i>2</i>", 4)
    assert api.delete(f"{one}.json").json() == {"status": "ok"}
    assert api.get(f"{one}.json").status_code == 404


def test_cheap_shop_refuses_changes_of_themes(shop: RunningShop, api: httpx2.Client) -> None:
    shop.faults.theme_locked = True
    theme = api.get("/admin/themes.json").json()[0]["id"]
    assert api.post(f"/admin/themes/{theme}/assets.json", json={"asset": {}}).status_code == 403


def test_page_of_text_opens_on_the_storefront(shop: RunningShop, api: httpx2.Client) -> None:
    wanted = {"page": {"title": "Друзьям", "content": "<p id='x'>Приведи друга</p>"}}
    made = api.post("/admin/pages.json", json=wanted)
    assert (made.status_code, made.json()["url"]) == (201, "/page/druzyam")
    assert api.post("/admin/pages.json", json=wanted).status_code == 422
    with client_of(shop) as browser:
        assert "<p id='x'>Приведи друга</p>" in browser.get("/page/druzyam").text
        api.put(f"/admin/pages/{made.json()['id']}.json", json={"page": {"is_hidden": True}})
        assert browser.get("/page/druzyam").status_code == 404
