"""Clients and extra fields in the admin API."""

import json
from pathlib import Path

import httpx2
import pytest

from molva.demo.shop import RunningShop

SAMPLES = Path(__file__).parents[1] / "integrations" / "insales" / "samples"


@pytest.fixture
def people(shop: RunningShop) -> dict[str, int]:
    """Ids by name."""
    wanted = [("Анна", "+79000000001", "anna@example.org"), ("Борис", "8 (900) 000-00-02", None)]
    return {
        name: shop.add_row("client", name=name, phone=phone, email=email)["id"]
        for name, phone, email in wanted
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Анна", "Борис"]),
        ({"q": "анн"}, ["Анна"]),
        ({"q": "example.org"}, ["Анна"]),
        ({"phone": "+79000000002"}, ["Борис"]),
        ({"phone": "89000000001"}, ["Анна"]),
        ({"email": "ANNA@example.org"}, ["Анна"]),
        ({"email": "anna@example"}, []),
        ({"deleted": "true"}, []),
    ],
)
def test_clients_are_searched(
    api: httpx2.Client, people: dict[str, int], query: dict[str, str], found: list[str]
) -> None:
    assert [row["name"] for row in api.get("/admin/clients.json", params=query).json()] == found


def test_client_is_like_the_one_of_an_order(
    shop: RunningShop, api: httpx2.Client, people: dict[str, int]
) -> None:
    order = shop.add_order(phone="+79000000001", name="Анна")
    assert api.get(f"/admin/clients/{people['Анна']}.json").json() == order["client"]


def test_client_changes_contacts_and_frees_the_old_ones(api: httpx2.Client, people: dict[str, int]) -> None:
    path = f"/admin/clients/{people['Анна']}.json"
    wanted = {"client": {"phone": "+79000000009", "bonus_points": 5}}
    changed = api.put(path, json=wanted).json()
    assert (changed["phone"], changed["bonus_points"], changed["email"]) == (
        "+79000000009",
        0,
        "anna@example.org",
    )
    taken = api.post("/admin/clients.json", json={"client": {"phone": "89000000009"}})
    assert (taken.status_code, taken.json()) == (422, {"phone": ["уже существует"]})
    assert api.post("/admin/clients.json", json={"client": {"phone": "89000000001"}}).status_code == 201
    assert api.post("/admin/clients.json", json={"client": {}}).status_code == 422


def test_deleted_client_stays_in_the_orders(
    shop: RunningShop, api: httpx2.Client, people: dict[str, int]
) -> None:
    order = shop.add_order(phone="+79000000001", name="Анна")
    assert api.delete(f"/admin/clients/{people['Анна']}.json").json() == {"status": "ok"}
    assert [row["name"] for row in api.get("/admin/clients.json").json()] == ["Борис"]
    gone = api.get("/admin/clients.json", params={"deleted": "true"}).json()
    assert [row["id"] for row in gone] == [people["Анна"]]
    assert shop.get_order(order["id"])["client"]["id"] == people["Анна"]
    assert shop.add_order(phone="+79000000001")["client"]["id"] != people["Анна"]


def test_changed_clients_are_read_by_change(api: httpx2.Client, people: dict[str, int]) -> None:
    moment = api.get(f"/admin/clients/{people['Борис']}.json").json()["updated_at"]
    query = {"updated_since": moment, "from_id": people["Борис"]}
    assert api.get("/admin/clients.json", params={"updated_since": moment}).json() != []
    assert api.get("/admin/clients.json", params=query).json() == []


def test_bonus_points_are_given_as_often_as_asked(api: httpx2.Client, people: dict[str, int]) -> None:
    path = f"/admin/clients/{people['Анна']}/bonus_system_transactions.json"
    wanted = {"bonus_system_transaction": {"bonus_points": 100, "description": "За друга"}}
    made = [api.post(path, json=wanted) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json()["id"] != made[1].json()["id"]
    assert api.get(f"/admin/clients/{people['Анна']}.json").json()["bonus_points"] == 200
    assert [row["description"] for row in api.get(path).json()] == ["За друга"] * 2
    wanted["bonus_system_transaction"]["bonus_points"] = -300
    assert api.post(path, json=wanted).status_code == 422
    assert api.get(f"/admin/clients/{people['Борис']}/bonus_system_transactions.json").json() == []
    assert api.get("/admin/clients/1/bonus_system_transactions.json").status_code == 404
    assert api.get("/admin/client_groups.json").json() == []


def test_fields_of_the_system_look_like_the_documented_ones(api: httpx2.Client) -> None:
    sample = json.loads((SAMPLES / "fields_list_from_xml.json").read_text())
    rows = api.get("/admin/fields.json").json()
    known = {(row["destiny"], row["system_name"]) for row in rows}
    assert {(row["destiny"], row["system_name"]) for row in sample if row["system_name"]} <= known
    assert api.get("/admin/orders/fields.json").json() == []


def test_order_field_can_be_made_the_other_way(api: httpx2.Client) -> None:
    wanted = {"order_field": {"title": "Партнёр", "type": "OrderField::TextField"}}
    made = api.post("/admin/order_fields.json", json=wanted)
    told = {name: made.json()[name] for name in ("office_title", "destiny", "type")}
    assert (made.status_code, told) == (
        201,
        {"office_title": "Партнёр", "destiny": 3, "type": "Field::TextField"},
    )
    assert api.get("/admin/order_fields.json").json() == [made.json()]
    path = f"/admin/fields/{made.json()['id']}.json"
    wrong = {"field": {"office_title": "x", "destiny": 4}}
    assert api.post("/admin/fields.json", json=wrong).status_code == 422
    hidden = {"field": {"for_buyer": False, "hide_in_backoffice": True, "handle": "molva_ref"}}
    changed = api.put(path, json=hidden).json()
    assert (changed["for_buyer"], changed["handle"], changed["office_title"]) == (
        False,
        "molva_ref",
        "Партнёр",
    )
    assert api.delete(path).json() == {"status": "ok"}
