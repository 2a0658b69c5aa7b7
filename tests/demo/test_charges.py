"""Charges of applications: single ones that a merchant pays or declines, and the monthly one."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import time_machine

from molva.demo.shop import RunningShop
from tests.demo.outside import Developer, ask, client_of

SAMPLES = Path(__file__).parents[2] / "tests" / "integrations" / "insales" / "samples"
MONTHLY = "/admin/recurring_application_charge"


@pytest.fixture
def own(shop: RunningShop, developer: Developer) -> Any:
    """The API by an installed application."""
    password = ask(shop, "install", identifier="molva")["password"]
    with client_of(shop, "molva", password) as client:
        yield client


def make(own: httpx2.Client, developer: Developer, **more: Any) -> dict[str, Any]:
    wanted = {"name": "Sms 200", "price": 180, "return_url": f"{developer.url}/paid/77", "test": True, **more}
    answer = own.post("/admin/application_charges.json", json={"application_charge": wanted})
    assert answer.status_code == 201
    return dict(answer.json())


def test_charge_looks_like_the_documented_one(
    shop: RunningShop, own: httpx2.Client, developer: Developer
) -> None:
    made = make(own, developer)
    times = (made.pop("created_at"), made.pop("updated_at"))
    assert times[0] == times[1]
    assert made == {
        "id": 1,
        "name": "Sms 200",
        "price": "180.0",
        "return_url": f"{developer.url}/paid/77",
        "test": True,
        "status": "pending",
        "confirmation_url": f"{shop.url}/admin/application_charges/1",
    }
    assert [row["id"] for row in own.get("/admin/application_charges.json").json()] == [1]


@pytest.mark.parametrize(("act", "status"), [("pay", "accepted"), ("decline", "declined")])
def test_merchant_decides_on_the_page_and_is_told_of_once(
    shop: RunningShop, own: httpx2.Client, developer: Developer, act: str, status: str
) -> None:
    made, developer.asked = make(own, developer), []
    with client_of(shop) as browser:
        assert "180" in browser.get(made["confirmation_url"]).text
        for _ in range(2):
            browser.post(f"/admin2/charges/{made['id']}", data={"act": act})
        assert 'value="pay"' not in browser.get(made["confirmation_url"]).text
    assert own.get(f"/admin/application_charges/{made['id']}.json").json()["status"] == status
    assert developer.asked == [("/paid/77", {})]


def test_application_may_read_the_charge_while_it_is_called(
    shop: RunningShop, own: httpx2.Client, developer: Developer
) -> None:
    made, seen = make(own, developer), []
    developer.between = lambda query: seen.append(
        own.get(f"/admin/application_charges/{made['id']}.json").json()["status"]
    )
    told = ask(shop, "charge", id=made["id"], act="pay")
    assert (seen, told) == (["accepted"], {"status": "accepted", "answer": "200"})


def test_the_only_call_may_be_lost(shop: RunningShop, own: httpx2.Client, developer: Developer) -> None:
    made, developer.asked = make(own, developer), []
    ask(shop, "faults", charge_silent=True)
    assert ask(shop, "charge", id=made["id"], act="pay") == {"status": "accepted", "answer": None}
    assert developer.asked == []


def test_pending_charge_is_declined_through_the_api(
    shop: RunningShop, own: httpx2.Client, api: httpx2.Client, developer: Developer
) -> None:
    first, second = make(own, developer), make(own, developer)
    assert own.post(f"/admin/application_charges/{first['id']}/decline.json").json()["status"] == "declined"
    ask(shop, "charge", id=second["id"], act="pay")
    assert own.post(f"/admin/application_charges/{second['id']}/decline.json").status_code == 422
    assert api.get(f"/admin/application_charges/{first['id']}.json").status_code == 404
    bad = {"application_charge": {"name": "x", "price": "x", "return_url": "http://a.example/"}}
    assert own.post("/admin/application_charges.json", json=bad).json() == {"price": ["не является числом"]}


def post_monthly(own: httpx2.Client, **wanted: Any) -> httpx2.Response:
    return own.post(f"{MONTHLY}.json", json={"recurring_application_charge": wanted})


def test_monthly_charge_begins_with_the_trial(shop: RunningShop, own: httpx2.Client) -> None:
    assert own.get(f"{MONTHLY}.json").status_code == 404
    with time_machine.travel("2026-09-26T10:00:00Z", tick=False):
        made = post_monthly(own, monthly=200)
    sample = json.loads((SAMPLES / "recurring_application_charge_201.json").read_text())
    assert (made.status_code, set(made.json())) == (201, set(sample))
    told = {name: made.json()[name] for name in ("monthly", "trial_expired_at", "paid_till", "blocked")}
    assert told == {
        "monthly": "200.0",
        "trial_expired_at": "2026-10-10",
        "paid_till": "2026-10-10",
        "blocked": False,
    }
    assert post_monthly(own, monthly=300).json() == {"base": ["уже существует"]}
    changed = own.put(f"{MONTHLY}.json", json={"recurring_application_charge": {"monthly": 250}}).json()
    assert (changed["monthly"], changed["trial_expired_at"]) == ("250.0", "2026-10-10")
    assert own.delete(f"{MONTHLY}.json").json() == {"status": "ok"}
    assert own.get(f"{MONTHLY}.json").status_code == 404


def test_days_pass_block_and_are_paid(shop: RunningShop, own: httpx2.Client) -> None:
    today = date.today()  # noqa: DTZ011 - only differences count
    post_monthly(own, monthly="199.5", trial_expired_at=(today + timedelta(days=5)).isoformat())
    free = own.patch(
        f"{MONTHLY}/add_free_days.json", json={"recurring_application_charge": {"days_count": 3}}
    ).json()
    assert date.fromisoformat(free["paid_till"]) - date.fromisoformat(free["trial_expired_at"]) == timedelta(
        3
    )
    assert ask(shop, "monthly", identifier="molva", act="pass", days=20)["blocked"] is True
    told = own.get(f"{MONTHLY}.json").json()
    assert (told["blocked"], told["paid_till"] < today.isoformat()) == (True, True)
    paid = ask(shop, "monthly", identifier="molva", act="pay")
    assert (paid["blocked"], paid["paid_till"] > today.isoformat()) == (False, True)
    assert ask(shop, "monthly", identifier="molva", act="block")["blocked"] is True
    with client_of(shop) as browser:
        page = browser.get("/admin2/charges").text
        assert ("Оплатить месяц" in page, "Разблокировать" in page) == (True, True)
        browser.post("/admin2/monthly/molva", data={"act": "unblock"})
        browser.post("/admin2/monthly/molva", data={"act": "pass", "days": "1"})
    told = own.get(f"{MONTHLY}.json").json()
    assert told["blocked"] is False
    assert date.fromisoformat(paid["paid_till"]) - date.fromisoformat(told["paid_till"]) == timedelta(1)
