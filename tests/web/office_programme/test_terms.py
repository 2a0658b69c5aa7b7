"""Terms: what a person fills in is what the rules pay by; versions are only added, and can come back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from molva.programmes.models import TermsVersion
from molva.programmes.services import DEFAULT_RULES, publish_terms
from tests.web.office_programme.conftest import Company

FILLED: dict[str, Any] = {
    "based_on": 1,
    "statuses": ["delivered", "paid"],
    "lost": ["cancelled"],
    "hold_days": 7,
    "first_kind": "fixed",
    "first_value": "150,50",
    "second_kind": "percent",
    "second_value": "2.5",
    "per": "order",
    "paid_sales": 3,
    "term_days": 30,
    "term_mode": "fixed",
    "hand_over": "on",
    "click_window_days": "",
    "welcome": "200",
    "is_welcome_payable": "on",
    "note": "autumn",
}


def latest() -> TermsVersion:
    return TermsVersion.objects.latest("number")


def test_every_field_reaches_the_rules(company: Company, as_role: Callable[[str], Client]):
    answer = as_role("manager").post(company.url("terms_edit"), FILLED)
    assert answer.status_code == 302
    version = latest()
    assert (version.number, version.note) == (2, "autumn")
    assert version.settings == {
        "attribution": {
            "policy": "last",
            "code_over_link": False,
            "click_window_days": None,
            "term_days": 30,
            "term_mode": "fixed",
            "own_purchases": False,
        },
        "accrual": {"statuses": ["delivered", "paid"], "lost": ["cancelled"], "hold_days": 7},
        "levels": 2,
    }
    assert version.rules == [
        {
            "id": "default",
            "reward": {"1": {"fixed": "150.50"}, "2": {"percent": "2.5"}},
            "per": "order",
            "paid_sales": 3,
        }
    ]
    company.programme.refresh_from_db()
    assert (company.programme.welcome_minor, company.programme.is_welcome_payable) == (20_000, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first_value": "101", "first_kind": "percent"}, "first_value"),
        ({"first_value": "many"}, "first_value"),
        ({"statuses": []}, "statuses"),
        ({"statuses": ["delivered"], "lost": ["delivered"]}, "lost"),
        ({"hold_days": "-1"}, "hold_days"),
        ({"second_value": ""}, "second_value"),
        ({"term_days": "year"}, "term_days"),
    ],
)
def test_a_wrong_field_is_told_next_to_it_and_nothing_is_published(
    company: Company, as_role: Callable[[str], Client], change: dict[str, Any], field: str
):
    answer = as_role("owner").post(company.url("terms_edit"), {**FILLED, **change})
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert latest().number == 1


def test_two_people_at_once_are_told(company: Company, as_role: Callable[[str], Client]):
    first = latest()
    publish_terms(
        programme=company.programme,
        settings={**first.settings, "levels": 1},
        rules=DEFAULT_RULES,
        actor=None,
        based_on=1,
    )
    answer = as_role("owner").post(company.url("terms_edit"), FILLED)
    assert answer.context["form"].non_field_errors()
    assert latest().number == 2


def test_a_former_version_comes_back_as_a_new_one(company: Company, as_role: Callable[[str], Client]):
    client = as_role("owner")
    client.post(company.url("terms_edit"), FILLED)
    client.post(company.url("terms_restore", 1))
    version, first = latest(), TermsVersion.objects.get(number=1)
    assert (version.number, version.settings, version.rules) == (3, first.settings, first.rules)


RULE: dict[str, Any] = {
    "based_on": 1,
    "name": "Autumn teas",
    "partner": "kate, boris",
    "category": "12",
    "first_kind": "percent",
    "first_value": "15",
    "second_kind": "none",
    "per": "line",
    "paid_sales": 0,
    "priority": 0,
    "day_from": "2026-11-01",
    "day_to": "2026-11-30",
    "order_total_from": "1000",
}


def test_a_special_rule_is_added_changed_and_removed(company: Company, as_role: Callable[[str], Client]):
    client = as_role("owner")
    assert client.post(company.url("rule_new"), RULE).status_code == 302
    rule = latest().rules[1]
    assert rule["when"] == {
        "partner": ["kate", "boris"],
        "category": ["12"],
        "order_total_from": "1000.00",
        "valid_from": "2026-11-01T00:00:00+03:00",
        "valid_to": "2026-12-01T00:00:00+03:00",
    }
    assert rule["reward"] == {"1": {"percent": "15"}, "2": {"none": True}}

    shown = client.get(company.url("terms")).content.decode()
    assert "с 1\u00a0ноября" in shown
    assert "по 30\u00a0ноября включительно" in shown
    page = client.get(company.url("rule_edit", "Autumn teas"))
    assert page.context["form"].initial["day_to"].isoformat() == "2026-11-30"
    client.post(company.url("rule_edit", "Autumn teas"), {**RULE, "based_on": 2, "first_value": "20"})
    assert latest().rules[1]["reward"]["1"] == {"percent": "20"}

    client.post(company.url("rule_remove", "Autumn teas"), {"based_on": 3})
    assert [one["id"] for one in latest().rules] == ["default"]
    assert TermsVersion.objects.count() == 4


def test_a_rule_for_everybody_is_no_special_rule(company: Company, as_role: Callable[[str], Client]):
    empty = dict.fromkeys(("partner", "category", "day_from", "day_to", "order_total_from"), "")
    answer = as_role("owner").post(company.url("rule_new"), {**RULE, **empty})
    assert answer.context["form"].non_field_errors()
    assert latest().number == 1


def test_the_page_says_the_terms_in_words_in_both_languages(
    company: Company, as_role: Callable[[str], Client]
):
    client = as_role("owner")
    client.cookies["django_language"] = "en"
    english = client.get(company.url("terms")).content.decode()
    assert "10% of your clients&#x27; purchases and 3% of the purchases of partners you invited." in english
    client.cookies["django_language"] = "ru"
    russian = client.get(company.url("terms")).content.decode()
    assert (
        "10\u00a0% с покупок ваших клиентов и 3\u00a0% с покупок у партнёров, которых вы пригласили."
        in russian
    )
