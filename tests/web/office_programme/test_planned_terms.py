"""Terms for a day to come: planned, shown, changed, withdrawn before their moment, and in force from it on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from molva.commissions.admission import admit_partner
from molva.kit import clock
from molva.programmes.errors import TermsBegun
from molva.programmes.models import TermsVersion
from molva.programmes.queries import planned_terms, terms_version_at
from molva.programmes.services import publish_terms, withdraw_terms
from molva.workspaces.models import Event
from tests.web.office_programme.conftest import Company
from tests.web.office_programme.test_terms import FILLED, RULE

AsRole = Callable[[str], Client]
MOSCOW = ZoneInfo("Europe/Moscow")
ENGLISH = {"accept-language": "en"}


def moment(days: int = 5) -> datetime:
    """Midnight in the programme's zone, some days from now."""
    day = (clock.now() + timedelta(days=days)).astimezone(MOSCOW)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def typed(at: datetime) -> dict[str, str]:
    """The two fields of «from when», as the browser sends them."""
    return {"start": "later", "start_at": f"{at:%Y-%m-%dT%H:%M}"}


def plan(client: Client, company: Company, at: datetime, **change: Any) -> Any:
    """Publish the filled form for a moment."""
    form = {**FILLED, "first_value": "150.50", "based_on": "", **typed(at), **change}
    return client.post(company.url("terms_edit"), form, headers=ENGLISH)


def number_at(company: Company, at: datetime) -> int:
    return terms_version_at(company.programme, at).number


def test_a_plan_holds_from_its_moment_in_the_programmes_zone(company: Company, as_role: AsRole):
    at = moment()
    answer = plan(as_role("manager"), company, at)
    assert answer.status_code == 302, answer.context["form"].errors
    made = TermsVersion.objects.get(number=2)
    assert made.valid_from == at
    assert number_at(company, clock.now()) == 1
    assert number_at(company, at - timedelta(microseconds=1)) == 1
    assert number_at(company, at) == 2
    assert [one.number for one in planned_terms(company.programme, clock.now())] == [2]


@pytest.mark.parametrize(
    "change",
    [
        {"start": "later", "start_at": ""},
        {"start": "later", "start_at": "2020-01-01T00:00"},
        {"start": "later", "start_at": "soon"},
        {"start": "now", "start_at": "2999-01-01T00:00"},
    ],
)
def test_a_moment_that_cannot_be_is_told_next_to_the_field(
    company: Company, as_role: AsRole, change: dict[str, str]
):
    answer = as_role("owner").post(company.url("terms_edit"), {**FILLED, **change})
    assert "start_at" in answer.context["form"].errors
    assert TermsVersion.objects.count() == 1


def test_the_form_for_now_starts_from_what_is_in_force_not_from_the_plan(company: Company, as_role: AsRole):
    client = as_role("owner")
    plan(client, company, moment())
    page = client.get(company.url("terms_edit"), headers=ENGLISH)
    assert page.context["form"].initial["hold_days"] == 14
    assert "Version 2 is planned from" in page.content.decode()
    client.post(company.url("terms_edit"), {**FILLED, "based_on": 2, "hold_days": 3})
    assert number_at(company, clock.now()) == 3
    assert number_at(company, moment()) == 2
    assert (
        "was written before the present terms"
        in client.get(company.url("terms"), headers=ENGLISH).content.decode()
    )


def test_a_plan_is_changed_by_replacing_it(company: Company, as_role: AsRole):
    client, later = as_role("owner"), moment(9)
    plan(client, company, moment())
    url = f"{company.url('terms_edit')}?base=2"
    first = client.get(url).context["form"].initial
    assert (first["hold_days"], first["start"], first["start_at"]) == (7, "later", moment())
    client.post(url, {**FILLED, **typed(later), "based_on": 2, "hold_days": 21})
    assert [one.number for one in planned_terms(company.programme, clock.now())] == [3]
    assert number_at(company, moment()) == 1
    assert terms_version_at(company.programme, later).settings["accrual"]["hold_days"] == 21
    assert TermsVersion.objects.get(number=2).settings["accrual"]["hold_days"] == 7  # kept as it was written


def test_a_special_rule_is_planned_too_and_removed_from_the_plan(company: Company, as_role: AsRole):
    client, at = as_role("manager"), moment()
    client.post(company.url("rule_new"), {**RULE, **typed(at)})
    assert [len(terms_version_at(company.programme, one).rules) for one in (clock.now(), at)] == [1, 2]
    client.post(f"{company.url('rule_remove', RULE['name'])}?base=2", {"based_on": 2})
    assert [len(terms_version_at(company.programme, one).rules) for one in (clock.now(), at)] == [1, 1]
    assert [one.number for one in planned_terms(company.programme, clock.now())] == [3]


def test_a_plan_is_withdrawn_before_its_moment(company: Company, as_role: AsRole):
    client = as_role("owner")
    plan(client, company, moment())
    url = company.url("terms_withdraw", 2)
    assert "Withdraw the terms planned from" in client.get(url, headers=ENGLISH).content.decode()
    assert client.post(url).status_code == 302
    assert number_at(company, moment()) == 1
    assert Event.objects.filter(kind="terms.withdrawn").count() == 1
    page = client.get(company.url("terms_version", 2), headers=ENGLISH).content.decode()
    assert "it never held" in page
    assert client.get(url)["Location"] == company.url("terms")


def test_terms_in_force_are_not_withdrawn(company: Company, as_role: AsRole):
    client, at = as_role("owner"), moment()
    plan(client, company, at)
    version = TermsVersion.objects.get(number=2)
    with clock.pretend(at), pytest.raises(TermsBegun):
        withdraw_terms(version=version, actor=None)
    with clock.pretend(at):
        answer = client.post(company.url("terms_withdraw", 2), follow=True, headers=ENGLISH)
    assert "not a plan any more" in answer.content.decode()
    assert number_at(company, at) == 2


def test_the_accountant_plans_and_withdraws_nothing(company: Company, as_role: AsRole):
    plan(as_role("owner"), company, moment())
    client = as_role("accountant")
    assert plan(client, company, moment(7)).status_code == 403
    assert client.post(company.url("terms_withdraw", 2)).status_code == 403
    assert b"Withdraw" not in client.get(company.url("terms_version", 2), headers=ENGLISH).content
    assert [one.number for one in planned_terms(company.programme, clock.now())] == [2]


def test_partners_see_what_changes_and_from_when(company: Company, as_role: AsRole):
    partner = admit_partner(programme=company.programme, name="Kate", email="kate@example.org")
    first = TermsVersion.objects.get()
    settings = {**first.settings, "accrual": {**first.settings["accrual"], "hold_days": 30}}
    at = moment()
    publish_terms(
        programme=company.programme,
        settings=settings,
        rules=first.rules,
        actor=None,
        based_on=1,
        valid_from=at,
    )
    client = Client()
    client.force_login(partner.user)
    page = client.get("/cabinet/friends/terms/", headers=ENGLISH)
    [(since, changes)] = page.context["plans"]
    assert since.startswith(f"{at.day}")
    assert ":" not in since
    assert [clause.icon for clause in changes] == ["clock-pause"]
    assert "30" in changes[0].text
    assert f"From {since}: other terms" in client.get("/cabinet/friends/", headers=ENGLISH).content.decode()
    with clock.pretend(at):
        assert client.get("/cabinet/friends/terms/").context["plans"] == []
