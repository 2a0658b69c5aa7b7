"""What the office decides about an application reaches the person in their language, unless it was taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from molva.commissions.admission import admit_partner
from molva.jobs.models import Job
from molva.jobs.registry import find_job
from molva.kit import clock
from molva.ledger.queries import balances
from molva.messaging.decisions import decide_partners
from molva.programmes.models import Partner, PartnerStatus
from tests.web.office_programme.conftest import Company

AsRole = Callable[[str], Client]


@pytest.fixture
def kate(company: Company) -> Partner:
    """She waits for acceptance; her language is English, the company's is Russian."""
    company.programme.welcome_minor = 50_000
    company.programme.support_email = "help@shop.example"
    company.programme.save()
    return admit_partner(
        programme=company.programme,
        name="Kate",
        email="kate@example.org",
        language="en",
        status=PartnerStatus.PENDING,
    )


def letters(minutes: int = 3) -> list[Any]:
    """Send what is due in so many minutes."""
    before = len(mail.outbox)
    for job in Job.objects.filter(queue="mail", run_after__lte=clock.now() + timedelta(minutes=minutes)):
        find_job(job.path)(**job.kwargs)
        job.delete()
    return mail.outbox[before:]


def press(client: Client, company: Company, deed: str, partner: Partner, **data: str) -> Any:
    """The button of the office."""
    return client.post(f"{company.url('partners_bulk')}?do={deed}&ids={partner.pk}", data)


def test_an_accepted_partner_gets_the_link_and_the_way_in(company: Company, as_role: AsRole, kate: Partner):
    assert press(as_role("manager"), company, "accept", kate).status_code == 302
    assert letters(minutes=1) == []
    [letter] = letters()
    kate.refresh_from_db()
    assert (letter.to, letter.subject) == (["kate@example.org"], "You are accepted: Friends")
    assert f"/r/{kate.links.get().code}" in letter.body
    assert "/cabinet/friends/" in letter.body
    assert "with a code" in letter.body
    assert kate.links.get().code in letter.alternatives[0][0]


def test_a_letter_without_a_chosen_language_is_in_the_companys(
    company: Company, as_role: AsRole, kate: Partner
):
    assert kate.user is not None
    kate.user.language = ""
    kate.user.save()
    press(as_role("manager"), company, "accept", kate)
    assert "Вас приняли" in letters()[0].subject


def test_a_refused_person_gets_the_reason_as_typed(company: Company, as_role: AsRole, kate: Partner):
    client = as_role("owner")
    assert b'name="reason"' in client.get(f"{company.url('partners_bulk')}?do=refuse&ids={kate.pk}").content
    press(client, company, "refuse", kate, reason="We look for <bakers> only")
    [letter] = letters()
    assert "We look for <bakers> only" in letter.body
    assert "We look for &lt;bakers&gt; only" in letter.alternatives[0][0]
    assert "help@shop.example" in letter.body
    assert "/r/" not in letter.body
    kate.refresh_from_db()
    assert (kate.status, kate.is_blocked, kate.links.count()) == ("refused", True, 0)
    client.force_login(kate.user)  # type: ignore[arg-type]
    assert "We look for &lt;bakers&gt; only" in client.get("/cabinet/friends/links/").content.decode()


def test_without_a_reason_the_letter_gives_none(company: Company, as_role: AsRole, kate: Partner):
    press(as_role("owner"), company, "refuse", kate, reason="")
    assert "The reason" not in letters()[0].body


@pytest.mark.parametrize("deed", ["accept", "refuse"])
def test_a_step_taken_back_at_once_brings_no_letter(
    company: Company,
    as_role: AsRole,
    kate: Partner,
    deed: str,
):
    client = as_role("owner")
    press(client, company, deed, kate, reason="x")
    press(client, company, "wait", kate)
    assert letters() == []
    kate.refresh_from_db()
    assert (kate.status, kate.refusal) == ("pending", "")


def test_two_decisions_in_two_minutes_are_one_letter(company: Company, as_role: AsRole, kate: Partner):
    client = as_role("owner")
    for deed in ("refuse", "wait", "accept"):
        press(client, company, deed, kate)
    assert [letter.subject for letter in letters()] == ["You are accepted: Friends"]


def test_whoever_was_refused_can_be_accepted_with_everything(
    company: Company, as_role: AsRole, kate: Partner
):
    client = as_role("owner")
    press(client, company, "refuse", kate, reason="Not now")
    letters()
    press(client, company, "accept", kate)
    assert letters()[0].subject == "You are accepted: Friends"
    kate.refresh_from_db()
    assert (kate.status, kate.refusal, kate.links.count()) == ("active", "", 1)
    assert balances(kate).bonus == 50_000


def test_only_whoever_waits_is_refused(company: Company, kate: Partner):
    owner = company.people["owner"]
    active = admit_partner(programme=company.programme, name="A", email="a@example.org")
    done = decide_partners(partners=[active, kate], status=PartnerStatus.REFUSED, actor=owner, reason="x")
    assert done == [kate]
    active.refresh_from_db()
    assert (active.status, active.refusal) == ("active", "")


def test_blocking_and_unblocking_bring_no_letter(company: Company, as_role: AsRole):
    partner = admit_partner(programme=company.programme, name="A", email="a@example.org")
    for deed in ("block", "accept"):
        press(as_role("owner"), company, deed, partner)
    assert letters() == []


def test_a_partner_written_down_by_the_office_gets_the_letter(company: Company, as_role: AsRole):
    as_role("manager").post(company.url("partner_add"), {"name": "Nina", "email": "nina@example.org"})
    [letter] = letters()
    code = Partner.objects.get(email="nina@example.org").links.get().code
    assert (letter.to, f"/r/{code}" in letter.body) == (["nina@example.org"], True)
    as_role("manager").post(company.url("partner_add"), {"name": "Silent"})
    assert letters() == []


def test_whoever_may_not_decide_changes_nothing(company: Company, as_role: AsRole, kate: Partner):
    for role, status in (("accountant", 403), ("stranger", 404), ("nobody", 302)):
        assert press(as_role(role), company, "refuse", kate, reason="x").status_code == status
    kate.refresh_from_db()
    assert (kate.status, Job.objects.count()) == ("pending", 0)
