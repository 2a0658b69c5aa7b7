"""A session is worth what was proved: an e-mail typed into a form opens nobody else's place, now or later."""

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from molva.commissions.admission import admit_partner
from molva.workspaces.models import User
from molva.workspaces.scoping import scope
from molva.workspaces.services import make_setup_token, use_setup_token
from tests.security.conftest import Twin

VICTIM = "victim@example.org"
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr("molva.web.public.registration.LEAST_FILL_SECONDS", 0)
    cache.clear()


def register(client: Client, programme: str, email: str) -> Any:
    """Send the form of a landing."""
    started = client.get(f"/p/{programme}/").context["form"]["started"].value()
    form = {"name": "N", "email": email, "started": started}
    return client.post(f"/p/{programme}/", form, headers=ENGLISH)


def sign_in(client: Client, email: str) -> None:
    """By the code of the letter."""
    client.post("/login/mail/", {"email": email}, headers=ENGLISH)
    code = re.findall(r"\d{6}", mail.outbox[-1].body)[0]
    client.post("/login/code/", {"code": code})
    assert "_auth_user_id" in client.session


def is_in(client: Client, programme: str) -> bool:
    """Whether the cabinet opens."""
    return client.get(f"/cabinet/{programme}/").status_code == 200


def test_a_known_email_signs_nobody_in(twins: tuple[Twin, Twin]):
    ours, theirs = twins
    for user in (ours.people["owner"], ours.seller.user, theirs.people["owner"], theirs.seller.user):
        client = Client()
        answer = register(client, "ours", user.email)
        assert (answer.status_code, answer["Location"]) == (302, "/p/ours/thanks/")
        assert "_auth_user_id" not in client.session
        text = client.get("/p/ours/thanks/").content.decode()
        assert ours.seller.code not in text
        assert theirs.seller.code not in text


def test_known_and_unknown_emails_get_one_answer(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    answers = {
        (answer.status_code, answer["Location"])
        for email in (ours.seller.user.email, VICTIM)
        for answer in [register(Client(), "ours", email)]
    }
    assert len(answers) == 1


def test_whoever_took_a_foreign_email_is_out_when_its_owner_comes(twins: tuple[Twin, Twin]):
    thief, owner = Client(), Client()
    register(thief, "ours", VICTIM)
    assert is_in(thief, "ours")
    sign_in(owner, VICTIM)
    assert is_in(owner, "ours")
    assert not is_in(thief, "ours")


def test_a_proved_person_stays_in_everywhere(twins: tuple[Twin, Twin]):
    first, second = Client(), Client()
    register(Client(), "ours", VICTIM)
    sign_in(first, VICTIM)
    sign_in(second, VICTIM)
    assert is_in(first, "ours")
    assert is_in(second, "ours")


@pytest.mark.parametrize("way", ["landing", "office", "setup"])
def test_a_new_place_is_not_open_to_a_session_without_proof(twins: tuple[Twin, Twin], way: str):
    _ours, theirs = twins
    thief = Client()
    register(thief, "ours", VICTIM)
    if way == "landing":
        register(Client(), "theirs", VICTIM)
    elif way == "office":
        with scope(theirs.workspace):
            admit_partner(programme=theirs.programme, name="V", email=VICTIM)
    else:
        person = User.objects.get(email=VICTIM)
        person.set_password("x" * 20)  # as its owner does, by a letter
        person.save()
        use_setup_token(
            token=make_setup_token(), email=VICTIM, name="V", password="x" * 20, company="C", language="ru"
        )
    assert not is_in(thief, "theirs")
    assert thief.get("/office/")["Location"].startswith("/login/")


def test_signing_in_makes_a_new_session(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    client = Client()
    client.get("/p/ours/")
    client.session["x"] = 1
    before = client.session.session_key
    sign_in(client, ours.seller.user.email)
    assert client.session.session_key != before


def test_a_signed_in_person_stays_who_he_is(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    client = Client()
    client.force_login(ours.people["manager"])
    register(client, "ours", VICTIM)
    assert client.session["_auth_user_id"] == str(ours.people["manager"].pk)


def test_codes_are_not_asked_for_without_end(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    for _try in range(8):
        answer = Client().post("/login/mail/", {"email": ours.seller.user.email}, headers=ENGLISH)
    assert answer.status_code in (200, 302, 429)
    assert len(mail.outbox) <= 3


def test_the_host_of_a_letter_is_ours(twins: tuple[Twin, Twin]):
    ours, _theirs = twins
    user = User.objects.get(pk=ours.seller.user.pk)
    client = Client()
    assert (
        client.post("/login/reset/", {"email": user.email}, headers={"host": "evil.example"}).status_code
        == 400
    )
    assert mail.outbox == []
