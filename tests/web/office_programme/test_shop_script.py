"""The page of the storefront script, what the script is told, and whose code it may type."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from molva.integrations.models import Connection, ShopCode
from molva.programmes.models import Programme
from molva.tracking.models import PromoCode
from molva.workspaces.models import Event
from tests.factories import make_partner
from tests.web.office_programme.conftest import Company

AsRole = Callable[[str], Client]


def config(programme: Programme) -> dict[str, Any]:
    text = Client().get(f"/s/{programme.code}.js").content.decode()
    found = re.search(r"\}\)\((\{.*\})\);", text)
    assert found
    return dict(json.loads(found.group(1)))


def test_what_is_chosen_reaches_the_pages_of_the_shop(company: Company, as_role: AsRole) -> None:
    assert config(company.programme)["consent"] == {"mode": "off"}
    wish = {"cookie_notice": "shop", "consent_cookie": " agreed=all ", "applies_code": "on"}

    answer = as_role("manager").post(company.url("shop_script"), wish)

    assert answer.status_code == 302
    told = config(company.programme)
    assert told["consent"] == {"mode": "shop", "cookie": "agreed=all"}
    assert told["offer"].endswith("/s/friends/offer.json")
    assert Event.objects.get(kind="programme.changed").data["changes"] == {
        "cookie_notice": ["off", "shop"],
        "consent_cookie": ["", "agreed=all"],
        "applies_code": [False, True],
    }


def test_the_notice_speaks_the_language_of_the_company(company: Company) -> None:
    company.programme.cookie_notice = "ask"
    company.programme.documents = {"privacy": "https://shop.example/privacy"}
    company.programme.save()

    with override("en"):  # the language of whoever asked first must not matter
        told = config(company.programme)["consent"]

    assert (told["mode"], told["yes"], told["more_url"]) == ("ask", "Да", "https://shop.example/privacy")


@pytest.mark.parametrize(
    ("cookie", "words"), [("", "Назовите cookie"), ("a;b", "не имя cookie"), ("я=1", "не имя cookie")]
)
def test_a_cookie_that_cannot_be_is_refused(
    company: Company, as_role: AsRole, cookie: str, words: str
) -> None:
    answer = as_role("owner").post(
        company.url("shop_script"), {"cookie_notice": "shop", "consent_cookie": cookie}
    )

    assert words in answer.content.decode()
    company.programme.refresh_from_db()
    assert company.programme.cookie_notice == "off"


@pytest.mark.parametrize(("role", "status"), [("accountant", 403), ("stranger", 404), ("nobody", 302)])
def test_others_change_nothing(company: Company, as_role: AsRole, role: str, status: int) -> None:
    answer = as_role(role).post(company.url("shop_script"), {"cookie_notice": "ask"})

    assert answer.status_code == status
    company.programme.refresh_from_db()
    assert company.programme.cookie_notice == "off"


@pytest.fixture
def anna(company: Company) -> PromoCode:
    """A code in the shop, of a partner; the programme lets the script type it."""
    company.programme.applies_code = True
    company.programme.save()
    partner = make_partner(company.programme, code="anna")
    code = PromoCode(programme=company.programme, partner=partner, code="ANNA10")
    code.save()
    shop = Connection(programme=company.programme, kind="insales", name="Shop", external_id="1")
    shop.save()
    ShopCode(connection=shop, promo_code=code, external_id="77", state="there").save()
    return code


@pytest.mark.parametrize("mark", ["anna", "ANNA", "anna10"])
def test_a_mark_brings_the_partners_code(anna: PromoCode, mark: str) -> None:
    answer = Client().get("/s/friends/offer.json", {"mark": mark}, headers={"Origin": "https://shop.example"})

    assert answer.json() == {"code": "ANNA10"}
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Origin" in answer["Vary"]


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"is_private": True}, {"expires_date": date(2026, 1, 1)}],
)
def test_a_code_that_the_shop_would_refuse_is_not_told(anna: PromoCode, change: dict[str, Any]) -> None:
    PromoCode.objects.filter(pk=anna.pk).update(**change)

    assert Client().get("/s/friends/offer.json", {"mark": "anna"}).json() == {"code": ""}


@pytest.mark.parametrize("state", ["off", "refused", "drifted", "gone"])
def test_a_code_that_does_not_work_in_the_shop_is_not_told(anna: PromoCode, state: str) -> None:
    ShopCode.objects.update(state=state)

    assert Client().get("/s/friends/offer.json", {"mark": "anna"}).json() == {"code": ""}


def test_a_programme_that_does_not_want_it_tells_nothing(anna: PromoCode, company: Company) -> None:
    Programme.objects.update(applies_code=False)

    assert Client().get("/s/friends/offer.json", {"mark": "anna"}).json() == {"code": ""}


def test_a_blocked_partner_has_no_offer(anna: PromoCode) -> None:
    anna.partner.status = "blocked"
    anna.partner.save()

    assert Client().get("/s/friends/offer.json", {"mark": "anna"}).json() == {"code": ""}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://shop.example.evil", "https://[", ""]
)
def test_other_sites_may_not_read_it(anna: PromoCode, origin: str) -> None:
    answer = Client().get("/s/friends/offer.json", {"mark": "anna"}, headers={"Origin": origin})

    assert "Access-Control-Allow-Origin" not in answer


def test_unknown_programme_and_odd_marks_are_empty(anna: PromoCode) -> None:
    for path, mark in (("nowhere", "anna"), ("friends", "x" * 500), ("friends", "")):
        answer = Client().get(f"/s/{path}/offer.json", {"mark": mark})
        assert (answer.status_code, answer.json()) == (200, {"code": ""})
