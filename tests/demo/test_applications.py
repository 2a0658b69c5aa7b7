"""The life of an application in the fake shop: offered, installed, entered, installed again, removed."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from molva.demo.shop import RunningShop, start_shop
from molva.demo.shop.applications import md5
from tests.demo.outside import Developer, ask, client_of


def status_of(shop: RunningShop, password: str) -> int:
    with client_of(shop, "molva", password) as client:
        return client.get("/admin/account.json").status_code


def password_of(shop: RunningShop) -> str:
    return str(next(iter(shop.store.tables["application"].values()))["password"])


def test_the_formula_is_the_documented_one() -> None:
    assert md5("token123", "mysecret") == "4c3f4c197336eb97475506e71c839c71"
    assert md5("12345", "12345") == "8cfa2282b17de0a598c010f5f0109e7d"
    token3 = ("user@myshop.ru", "igor", 1, "true", "4c3f4c197336eb97475506e71c839c71")
    assert md5("3ad376b668c48c15d4beed467a567ef7", *token3) == "5e3365c049cc78836c8dc940716cab42"


def test_install_calls_with_a_token_that_makes_the_password(shop: RunningShop, developer: Developer) -> None:
    told = ask(shop, "install", identifier="molva")
    ((path, query),) = developer.asked
    assert (path, query["shop"], query["insales_id"]) == ("/install", shop.host, str(shop.account_id))
    assert told == {"installed": True, "answer": "200", "password": md5(query["token"], "mysecret")}
    assert (status_of(shop, told["password"]), status_of(shop, "x")) == (200, 401)


@pytest.mark.parametrize(("mode", "during"), [("after_answer", 401), ("at_once", 200)])
def test_password_works_after_the_answer_or_at_once(
    shop: RunningShop, developer: Developer, mode: str, during: int
) -> None:
    shop.faults.install_mode = mode
    seen: list[int] = []
    developer.between = lambda query: seen.append(status_of(shop, md5(query["token"], "mysecret")))
    password = ask(shop, "install", identifier="molva")["password"]
    assert (seen, status_of(shop, password)) == ([during], 200)


@pytest.mark.parametrize("status", [210, 201, 302, 500])
@pytest.mark.parametrize("mode", ["after_answer", "at_once"])
def test_any_other_answer_is_no_installation(
    shop: RunningShop, developer: Developer, status: int, mode: str
) -> None:
    shop.faults.install_mode, developer.status = mode, status
    told = ask(shop, "install", identifier="molva")
    assert told == {"installed": False, "answer": str(status), "password": None}
    assert status_of(shop, md5(developer.asked[0][1]["token"], "mysecret")) == 401


def test_failed_installation_leaves_the_old_one(shop: RunningShop, developer: Developer) -> None:
    password = ask(shop, "install", identifier="molva")["password"]
    developer.status = 503
    assert ask(shop, "install", identifier="molva")["installed"] is False
    assert status_of(shop, password) == 200


def test_installing_again_gives_a_new_password(shop: RunningShop, developer: Developer) -> None:
    first, second = (ask(shop, "install", identifier="molva")["password"] for _ in range(2))
    assert (status_of(shop, first), status_of(shop, second)) == (401, 200)
    assert {query["insales_id"] for _, query in developer.asked} == {str(shop.account_id)}


def make_things(shop: RunningShop) -> None:
    with client_of(shop, "molva", password_of(shop)) as client:
        hook = {"address": "http://127.0.0.1:9/x", "topic": "orders/update"}
        tag = {"type": "JsTag::TextTag", "content": "1", "name": "x"}
        assert client.post("/admin/webhooks.json", json={"webhook": hook}).status_code == 201
        assert client.post("/admin/js_tags.json", json={"js_tag": tag}).status_code == 201


def test_removal_tells_the_password_and_takes_everything_away(
    shop: RunningShop, developer: Developer
) -> None:
    password = ask(shop, "install", identifier="molva")["password"]
    make_things(shop)
    seen: list[int] = []
    developer.between = lambda query: seen.append(status_of(shop, query["token"]))
    developer.status = 500
    assert ask(shop, "uninstall", identifier="molva") == {"answer": "500"}
    assert developer.asked[-1] == (
        "/uninstall",
        {"shop": shop.host, "token": password, "insales_id": str(shop.account_id)},
    )
    assert (seen, status_of(shop, password)) == ([401], 401)
    assert (shop.store.tables["webhook"], shop.store.tables["tag"]) == ({}, {})


def test_removal_may_leave_things_behind(shop: RunningShop, developer: Developer) -> None:
    ask(shop, "install", identifier="molva")
    make_things(shop)
    ask(shop, "faults", uninstall_leaves_webhooks=True, uninstall_leaves_tags=True)
    ask(shop, "uninstall", identifier="molva")
    again = ask(shop, "install", identifier="molva")["password"]
    with client_of(shop, "molva", again) as client:
        found = [len(client.get(f"/admin/{name}.json").json()) for name in ("webhooks", "js_tags")]
    assert found == [1, 1]


def test_entry_carries_hints_only(shop: RunningShop, developer: Developer) -> None:
    ask(shop, "install", identifier="molva")
    with client_of(shop) as browser:
        entered = browser.get("/admin2/applications/molva/enter")
    wanted = {"shop": shop.host, "insales_id": str(shop.account_id), "user_id": "1"}
    assert dict(parse_qsl(urlsplit(entered.headers["Location"]).query)) == wanted
    told = ask(shop, "enter", identifier="molva", user_id=2)["url"]
    assert dict(parse_qsl(urlsplit(told).query)) == {**wanted, "user_id": "2"}


def test_login_asks_who_it_is_and_proves_it(shop: RunningShop, developer: Developer) -> None:
    password = ask(shop, "install", identifier="molva")["password"]
    person = ask(shop, "staff", name="Игорь +1", email="igor@example.org", email_confirmed=False)
    query = {"token": "t0ken", "login": f"{developer.url}/autologin?a=1"}
    with client_of(shop) as browser:
        first = browser.get("/admin/applications/molva/login", params=query)
        assert first.headers["Location"].startswith("/admin2/login?next=")
        chooser = browser.get(first.headers["Location"])
        assert "igor@example.org" in chooser.text
        back = dict(parse_qsl(urlsplit(first.headers["Location"]).query))["next"]
        logged = browser.post("/admin2/login", data={"staff": str(person["id"]), "next": back})
        sent = browser.get(logged.headers["Location"]).headers["Location"]
    assert sent.startswith(f"{developer.url}/autologin?a=1&token=")
    told = dict(parse_qsl(urlsplit(sent).query))
    del told["a"], told["token2"]
    assert told == {
        "token": md5("t0ken", password),
        "token3": md5("t0ken", "igor@example.org", "Игорь +1", person["id"], "false", password),
        "user_email": "igor@example.org",
        "user_name": "Игорь +1",
        "user_id": str(person["id"]),
        "email_confirmed": "false",
    }


def test_login_may_write_a_cyrillic_key(shop: RunningShop, developer: Developer) -> None:
    ask(shop, "install", identifier="molva")
    shop.faults.login_cyrillic_key = True
    with client_of(shop) as browser:
        browser.post("/admin2/login", data={"staff": "1"})
        query = {"token": "t", "login": f"{developer.url}/autologin"}
        sent = browser.get("/admin/applications/molva/login", params=query).headers["Location"]
    assert dict(parse_qsl(urlsplit(sent).query))["email_\u0441onfirmed"] == "true"


@pytest.mark.parametrize("login", ["http://evil.example/autologin", "javascript:alert(1)", ""])
def test_login_goes_to_the_entry_domain_only(shop: RunningShop, developer: Developer, login: str) -> None:
    ask(shop, "install", identifier="molva")
    with client_of(shop) as browser:
        browser.post("/admin2/login", data={"staff": "1"})
        answer = browser.get("/admin/applications/molva/login", params={"token": "t", "login": login})
    assert answer.status_code == 403


def test_login_needs_an_installed_application(shop: RunningShop, developer: Developer) -> None:
    query = {"token": "t", "login": f"{developer.url}/autologin"}
    with client_of(shop) as browser:
        browser.post("/admin2/login", data={"staff": "1"})
        assert browser.get("/admin/applications/molva/login", params=query).status_code == 403
        assert browser.get("/admin/applications/other/login", params=query).status_code == 404
        assert browser.get("/admin2/applications/molva/enter").status_code == 404


def test_chooser_sends_nobody_away(shop: RunningShop) -> None:
    with client_of(shop) as browser:
        for back in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
            answer = browser.post("/admin2/login", data={"staff": "1", "next": back})
            assert answer.headers["Location"] == "/admin2/"
        assert browser.post("/admin2/login", data={"staff": "99"}).status_code == 404


def test_back_office_buttons_install_and_remove(shop: RunningShop, developer: Developer) -> None:
    with client_of(shop) as browser:
        path = "/admin2/applications/molva"
        assert browser.post(path, data={"act": "install"}).headers["Location"] == "/admin2/applications"
        page = browser.get("/admin2/applications").text
        assert ("Установить заново" in page, "Вход" in page, password_of(shop) in page) == (True,) * 3
        browser.post(path, data={"act": "uninstall"})
        assert "Вход" not in browser.get("/admin2/applications").text.partition("Разработчикам")[0]
        developer.status = 500
        failed = browser.post(path, data={"act": "install"})
        assert (failed.status_code, "Адрес установки ответил: 500" in failed.text) == (502, True)
        assert browser.post("/admin2/applications/none", data={"act": "install"}).status_code == 404


def test_application_is_registered_by_hand(shop: RunningShop, developer: Developer) -> None:
    with client_of(shop) as browser:
        browser.post("/admin2/applications", data=developer.addresses(identifier="second", secret=""))
        bad = browser.post("/admin2/applications", data=developer.addresses(identifier="имя"))
        query = browser.post("/admin2/applications", data=developer.addresses(install_url="http://a/?b=1"))
    assert (bad.status_code, query.status_code) == (422, 422)
    told = {row["identifier"]: row for row in shop.store.tables["application"].values()}
    assert (set(told), len(told["second"]["secret"])) == ({"molva", "second"}, 32)


def test_two_shops_of_one_server(shop: RunningShop, developer: Developer) -> None:
    told = ask(shop, "shops")
    other = shop.shops[told["account_id"]]
    assert isinstance(other, RunningShop)
    assert (other.account_id, other.url) == (shop.account_id + 1, told["url"])
    assert [row["identifier"] for row in told["applications"]] == ["molva"]
    first, second = (ask(one, "install", identifier="molva")["password"] for one in (shop, other))
    assert [query["insales_id"] for _, query in developer.asked] == [
        str(shop.account_id),
        str(other.account_id),
    ]
    assert [status_of(shop, second), status_of(other, first)] == [401, 401]
    assert [status_of(shop, first), status_of(other, second)] == [200, 200]
    orders = [one.add_order() for one in (shop, other)]
    assert (orders[0]["number"] == orders[1]["number"], orders[0]["id"] == orders[1]["id"]) == (True, False)
    assert orders[1]["account_id"] == other.account_id


def test_other_shops_and_applications_are_kept(tmp_path: Path) -> None:
    listening = Developer()
    with start_shop(data=tmp_path) as shop:
        shop.register(**listening.addresses())
        other = shop.open_shop()
        assert other.install("molva").status == 200
        made, password, url = other.add_order(), password_of(other), other.url
    with start_shop(data=tmp_path) as shop:
        again = shop.shops[other.account_id]
        assert isinstance(again, RunningShop)
        assert (again.url, again.get_order(made["id"])) == (url, made)
        assert (status_of(again, password), status_of(shop, password)) == (200, 401)
    listening.close()
