"""Signing in: by code, by password, with mistakes, as nobody; and the bare address."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from molva.programmes.models import Programme
from molva.workspaces.models import User, Workspace
from tests.factories import make_member, make_user

ENGLISH = {"accept-language": "en"}


def ask(client: Client, email: str) -> Any:
    """Ask for a code."""
    return client.post("/login/mail/", {"email": email}, headers=ENGLISH)


def code_in(letter: Any) -> str:
    """The code of a letter."""
    return re.findall(r"\d{6}", letter.body)[0]


def test_a_partner_comes_in_by_the_code(client: Client, programme: Programme) -> None:
    assert ask(client, "Boris@example.org")["Location"] == "/login/code/"
    assert mail.outbox[0].to == ["boris@example.org"]
    answer = client.post("/login/code/", {"code": code_in(mail.outbox[0])})
    assert (answer.status_code, answer["Location"]) == (302, "/cabinet/")
    assert client.get("/cabinet/")["Location"] == "/cabinet/friends/"


def test_the_page_that_was_wanted_is_opened_after_the_code(client: Client, programme: Programme) -> None:
    wanted = "/cabinet/friends/money/"
    assert client.get(wanted)["Location"] == f"/login/?next={wanted}"
    client.post(f"/login/mail/?next={wanted}", {"email": "boris@example.org", "next": wanted})
    answer = client.post("/login/code/", {"code": code_in(mail.outbox[0]), "next": wanted})
    assert answer["Location"] == wanted


def test_a_wrong_code_says_how_many_tries_are_left(client: Client, programme: Programme) -> None:
    ask(client, "boris@example.org")
    page = client.post("/login/code/", {"code": "000000"}, headers=ENGLISH).content.decode()
    assert "4 attempts left" in page
    for _ in range(3):
        client.post("/login/code/", {"code": "000000"})
    assert client.post("/login/code/", {"code": "000000"})["Location"] == "/login/mail/"
    assert client.post("/login/code/", {"code": code_in(mail.outbox[0])}).status_code == 302
    assert "_auth_user_id" not in client.session


def test_nobody_learns_who_is_known(programme: Programme) -> None:
    pages = []
    for email in ("boris@example.org", "stranger@example.org"):
        client = Client()
        assert ask(client, email)["Location"] == "/login/code/"
        page = client.post("/login/code/", {"code": "000000"}, headers=ENGLISH).content.decode()
        pages.append(re.sub(r'value="\w{64}"|X-CSRFToken": "\w+', "", page.replace(email, "…")))
    assert pages[0] == pages[1]
    assert not re.search(r"\d{6}", mail.outbox[1].body)


def test_a_new_code_can_be_asked_for(client: Client, programme: Programme) -> None:
    ask(client, "boris@example.org")
    assert client.post("/login/code/", {"action": "resend"}).status_code == 302
    assert len(mail.outbox) == 2
    assert client.post("/login/code/", {"code": code_in(mail.outbox[1])})["Location"] == "/cabinet/"


def test_only_the_demo_shows_the_code(client: Client, programme: Programme, settings: Any) -> None:
    ask(client, "boris@example.org")
    code = code_in(mail.outbox[0])
    assert code not in client.get("/login/code/").content.decode()
    settings.MOLVA_DEMO = True
    assert code in client.get("/login/code/").content.decode()


def test_dead_mail_is_said_and_breaks_nothing(client: Client, programme: Programme, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = ask(client, "boris@example.org")
    assert answer.status_code == 302
    assert "our mail does not answer" in client.get(answer["Location"], headers=ENGLISH).content.decode()


def test_staff_may_use_a_password(client: Client, programme: Programme) -> None:
    owner = make_member(programme.workspace)
    owner.set_password("correct horse battery")
    owner.save()
    wrong = client.post("/login/password/", {"login": owner.email, "password": "wrong"}, headers=ENGLISH)
    assert "E-mail and password do not fit together" in wrong.content.decode()
    right = client.post("/login/password/", {"login": owner.email, "password": "correct horse battery"})
    assert (right.status_code, right["Location"]) == (302, "/office/")


def test_a_forgotten_password_is_set_anew(client: Client, programme: Programme) -> None:
    owner = make_member(programme.workspace)
    assert client.post("/login/reset/", {"email": owner.email})["Location"] == "/login/reset/sent/"
    path = re.findall(r"http://[^/]+(/login/reset/\S+)", mail.outbox[0].body)[0]
    form = client.get(path)["Location"]
    assert client.get(form).status_code == 200
    done = client.post(form, {"password1": "correct horse battery", "password2": "correct horse battery"})
    assert done["Location"] == "/login/reset/done/"
    assert User.objects.get(pk=owner.pk).check_password("correct horse battery")


@pytest.mark.parametrize(
    "path",
    ["/login/", "/login/mail/", "/login/password/", "/login/new/", "/login/closed/", "/login/reset/sent/"],
)
def test_the_pages_open(client: Client, programme: Programme, path: str) -> None:
    assert client.get(path).status_code == 200


def test_signing_out_asks_on_a_plain_link_and_obeys_a_press(client: Client, programme: Programme) -> None:
    client.force_login(User.objects.get(email="boris@example.org"))
    assert client.get("/logout/").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_the_bare_address_before_the_first_workspace(client: Client) -> None:
    assert not Workspace.objects.exists()
    assert b"molva setup-link" in client.get("/").content


def test_the_bare_address_leads_everybody_to_work(client: Client, programme: Programme) -> None:
    assert client.get("/")["Location"] == "/login/"
    client.force_login(User.objects.get(email="boris@example.org"))
    assert client.get("/")["Location"] == "/cabinet/"
    client.force_login(make_member(programme.workspace))
    assert client.get("/")["Location"] == "/office/"
    nobody = make_user(email="nobody@example.org")
    client.force_login(nobody)
    assert client.get("/")["Location"] == "/welcome/"
    assert b"nobody@example.org" in client.get("/welcome/").content
    assert client.get("/login/")["Location"] == "/welcome/"


def test_an_address_that_tries_too_often_waits(client: Client, programme: Programme) -> None:
    wrong = {"login": "boris@example.org", "password": "wrong"}
    answers = [client.post("/login/password/", wrong, headers=ENGLISH) for _ in range(40)]
    assert answers[-1].status_code == 429
    assert "Too many tries" in answers[-1].content.decode()
