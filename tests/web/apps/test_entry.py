"""Coming in from the shop: one press for a person of it, a code where more is behind the door, a page for the rest."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client

from molva.programmes.models import Programme
from molva.workspaces.models import Member, User
from tests.web.apps.conftest import Shop

LOGIN = "/apps/insales/login"


def reason(answer: Any) -> str:
    """Why a person was stopped, by the address of the page."""
    assert answer.status_code == 302
    return answer["Location"].removeprefix("/apps/insales/stopped/")


def person_of(client: Client) -> str:
    """E-mail of whoever is signed in."""
    return User.objects.get(pk=client.session["_auth_user_id"]).email


def role_of(email: str) -> str:
    return Member.unscoped.get(user__email=email).role


def test_the_first_person_owns_the_company_and_the_next_one_helps(installed: Shop) -> None:
    owner, helper = Client(), Client()
    sent = installed.enter(owner)
    query = parse_qs(urlsplit(sent["Location"]).query)
    assert sent["Location"].startswith(f"http://{installed.host}/admin/applications/molva/login?")
    assert (len(query["token"][0]), query["login"]) == (32, ["http://127.0.0.1:9/apps/insales/login"])
    inside = owner.get(LOGIN, installed.proof(query["token"][0]))
    code = Programme.unscoped.get().code
    assert (inside.status_code, inside["Location"]) == (302, f"/office/{code}/")
    assert owner.get(inside["Location"]).status_code == 200
    assert person_of(owner) == "anna@example.org"
    installed.come_in(helper, user_id="78", user_email="boris@example.org", user_name="Борис")
    assert (role_of("anna@example.org"), role_of("boris@example.org")) == ("owner", "manager")
