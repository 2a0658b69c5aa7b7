"""A new e-mail of a partner: it holds when it has answered, then the old one opens nothing; no place is stolen so."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from molva.jobs.models import Job
from molva.jobs.registry import find_job
from molva.kit import clock
from molva.programmes.email_change import email_token, waiting_email
from molva.programmes.models import EmailChange, Partner, PartnerVersion
from molva.programmes.services import register_partner
from molva.workspaces.models import User
from molva.workspaces.scoping import scope
from tests.factories import make_member
from tests.security.conftest import Twin

NEW = "new@example.org"
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _calm(db: None) -> None:
    cache.clear()


def run_mail(twin: Twin) -> list[Any]:
    """Send what waits in the queue of letters; the letters."""
    before = len(mail.outbox)
    with scope(twin.workspace):
        for job in Job.objects.filter(queue="mail").order_by("pk"):
            find_job(job.path)(**job.kwargs)
            job.delete()
    return mail.outbox[before:]


def ask_by_partner(twin: Twin, email: str = NEW) -> tuple[Client, Any]:
    """The partner asks in the cabinet."""
    client = Client()
    client.force_login(twin.seller.user)
    url = reverse("cabinet:email", args=[twin.programme.code])
    return client, client.post(url, {"email": email}, headers=ENGLISH)


def ask_by_office(twin: Twin, email: str, partner: Partner | None = None) -> Any:
    """A manager writes another e-mail into the card."""
    partner = partner or twin.seller
    client = Client()
    client.force_login(twin.people["manager"])
    url = reverse("office:partner_edit", args=[twin.programme.code, partner.pk])
    return client.post(url, {"name": partner.name, "email": email, "phone": partner.phone}, headers=ENGLISH)


def address_in(letter: Any) -> str:
    """Where the letter's button leads."""
    return re.findall(r"http://[^/]+(/mail/\S+)", letter.body)[0]


def can_open(email: str, programme: str) -> bool:
    """Whether the code that goes to an address opens the cabinet."""
    client, before = Client(), len(mail.outbox)
    client.post("/login/mail/", {"email": email}, headers=ENGLISH)
    codes = [code for one in mail.outbox[before:] for code in re.findall(r"\b\d{6}\b", one.body)]
    if not codes:
        return False
    client.post("/login/code/", {"code": codes[0]})
    return client.get(f"/cabinet/{programme}/").status_code == 200


def seller(twin: Twin) -> Partner:
    """As the database knows him now."""
    with scope(twin.workspace):
        return Partner.objects.select_related("user").get(pk=twin.seller.pk)


@pytest.mark.parametrize("way", ["partner", "office"])
def test_the_new_address_signs_in_when_it_has_answered(twins: tuple[Twin, Twin], way: str):
    ours, _theirs = twins
    old, session = ours.seller.email, Client()
    session.force_login(ours.seller.user)
    answer = ask_by_partner(ours)[1] if way == "partner" else ask_by_office(ours, NEW)
    assert answer.status_code == 302
    assert seller(ours).email == seller(ours).user.email == old
    assert can_open(old, "ours")
    assert not can_open(NEW, "ours")

    [letter] = run_mail(ours)
    assert letter.to == [NEW]
    assert Client().get(address_in(letter)).status_code == 200
    assert seller(ours).email == old
    assert Client().post(address_in(letter)).status_code == 200
    assert seller(ours).email == seller(ours).user.email == NEW
    [notice] = run_mail(ours)
    assert (notice.to, NEW in notice.body) == ([old], False)

    assert session.get("/cabinet/ours/").status_code == 302
    assert not can_open(old, "ours")
    assert can_open(NEW, "ours")
    with scope(ours.workspace):
        assert PartnerVersion.objects.filter(partner=ours.seller).latest("pk").state["email"] == NEW


def test_a_link_works_once_and_two_days(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    ask_by_partner(ours)
    url = address_in(run_mail(ours)[0])
    with clock.pretend(clock.now() + timedelta(days=2, seconds=1)):
        assert Client().post(url).status_code == 404
    assert Client().post(url).status_code == 200
    assert Client().post(url).status_code == 404
    assert Client().post(f"{url[:-2]}x/").status_code == 404


@pytest.mark.parametrize("way", ["partner", "office", "again"])
def test_a_change_can_be_called_off(twins: tuple[Twin, Twin], way: str):
    ours, _theirs = twins
    client, _answer = ask_by_partner(ours)
    url = address_in(run_mail(ours)[0])
    if way == "partner":
        client.post(reverse("cabinet:email_keep", args=["ours"]))
    elif way == "office":
        client.force_login(ours.people["owner"])
        client.post(reverse("office:partner_email_keep", args=["ours", ours.seller.pk]))
    else:
        ask_by_partner(ours, "newer@example.org")
    assert Client().post(url).status_code == 404
    assert seller(ours).email != NEW


@pytest.mark.parametrize("way", ["partner", "office"])
@pytest.mark.parametrize("whose", ["a partner's", "staff's", "another company's"])
def test_another_persons_address_is_refused_without_saying_whose(
    twins: tuple[Twin, Twin], way: str, whose: str
):
    ours, theirs = twins
    people = {
        "a partner's": ours.sibling.user,
        "staff's": ours.people["owner"],
        "another company's": theirs.seller.user,
    }
    email = people[whose].email
    answer = ask_by_partner(ours, email)[1] if way == "partner" else ask_by_office(ours, email)
    assert "email" in answer.context["form"].errors
    assert str(people[whose].name or "KANAREIKA") not in str(answer.context["form"].errors)
    assert run_mail(ours) == []
    assert seller(ours).email == ours.seller.email


def test_an_address_taken_meanwhile_is_refused_at_the_answer(twins: tuple[Twin, Twin]):
    ours, theirs = twins
    ask_by_partner(ours)
    url = address_in(run_mail(ours)[0])
    with scope(theirs.workspace):
        register_partner(programme=theirs.programme, name="Quick", email=NEW)
    assert Client().post(url).status_code == 409
    assert seller(ours).user.email == ours.seller.user.email
    assert User.objects.filter(email=NEW).count() == 1


def test_a_person_of_two_companies_moves_wholly_only_by_oneself(twins: tuple[Twin, Twin]):
    """One company must not decide how a person signs in to another."""
    ours, theirs = twins
    old = ours.seller.email
    with scope(theirs.workspace):
        twin_place = register_partner(programme=theirs.programme, name="Both", email=old)
    ask_by_office(ours, NEW)
    Client().post(address_in(run_mail(ours)[0]))
    assert can_open(NEW, "ours")
    assert not can_open(NEW, "theirs")
    assert can_open(old, "theirs")
    assert not can_open(old, "ours")

    client = Client()
    client.force_login(User.objects.get(email=old))
    client.post(reverse("cabinet:email", args=["theirs"]), {"email": "own@example.org"})
    Client().post(address_in(run_mail(theirs)[0]))
    assert can_open("own@example.org", "theirs")
    with scope(theirs.workspace):
        twin_place.refresh_from_db()
    assert twin_place.email == "own@example.org"


def test_staff_who_are_partners_keep_the_office_when_their_place_is_handed_over(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    with scope(ours.workspace):
        owner = make_member(ours.workspace)
        place = register_partner(programme=ours.programme, name="Owner", email=owner.email)
    ask_by_office(ours, NEW, place)
    Client().post(address_in(run_mail(ours)[0]))
    owner.refresh_from_db()
    assert owner.email != NEW
    client = Client()
    client.force_login(User.objects.get(email=NEW))
    assert client.get("/office/ours/").status_code == 404
    assert client.get("/cabinet/ours/").status_code == 200


def test_the_former_readers_password_does_not_come_along(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    user = ours.seller.user
    user.set_password("correct horse battery")
    user.save()
    ask_by_office(ours, NEW)
    Client().post(address_in(run_mail(ours)[0]))
    assert not User.objects.get(email=NEW).has_usable_password()


def test_a_code_sent_to_the_old_address_before_opens_nothing_after(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    client = Client()
    client.post("/login/mail/", {"email": ours.seller.email}, headers=ENGLISH)
    code = re.findall(r"\b\d{6}\b", mail.outbox[-1].body)[0]
    ask_by_partner(ours)
    Client().post(address_in(run_mail(ours)[0]))
    client.post("/login/code/", {"code": code})
    assert "_auth_user_id" not in client.session


def test_a_first_address_works_at_once_and_gets_the_link(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    with scope(ours.workspace):
        silent = register_partner(programme=ours.programme, name="Silent")
    assert ask_by_office(ours, NEW, silent).status_code == 302
    [letter] = run_mail(ours)
    assert (letter.to, "/cabinet/ours/" in letter.body) == ([NEW], True)
    assert can_open(NEW, "ours")


def test_the_office_cannot_leave_a_partner_without_an_address(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    assert "email" in ask_by_office(ours, "").context["form"].errors
    assert seller(ours).email == ours.seller.email


def test_letters_to_strangers_are_not_sent_without_end(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    answers = [ask_by_partner(ours, f"n{number}@example.org")[1].status_code for number in range(6)]
    assert answers == [302] * 5 + [422]


def test_one_change_waits_at_a_time(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    ask_by_partner(ours)
    ask_by_office(ours, "other@example.org")
    with scope(ours.workspace):
        assert EmailChange.objects.count() == 1
        change = waiting_email(ours.seller)
        assert change is not None
        assert (change.email, change.is_own) == ("other@example.org", False)
        assert email_token(change) != email_token(EmailChange(pk=change.pk + 1))
