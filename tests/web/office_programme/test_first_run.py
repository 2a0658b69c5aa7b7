"""First run: a one-time link makes the owner; there is no default password and no second use."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from molva.kit import clock
from molva.programmes.models import Programme
from molva.workspaces.models import Member, User
from molva.workspaces.services import make_setup_token

FILLED = {"company": "Лавка", "name": "Ирина", "email": "irina@example.org", "password": "травы мёд и чай 7"}


@pytest.mark.django_db
def test_the_owner_comes_in_makes_a_programme_and_is_in_the_office():
    client, token = Client(), make_setup_token()
    assert client.get(f"/setup/{token}/").status_code == 200
    answer = client.post(f"/setup/{token}/", FILLED)
    assert (answer.status_code, answer["Location"]) == (302, "/office/new/")
    member = Member.unscoped.get()
    assert (member.role, member.user.email) == ("owner", "irina@example.org")

    answer = client.post(
        "/office/new/",
        {"name": "Лесная лавка", "shop_url": "", "currency": "RUB", "timezone": "Europe/Moscow"},
    )
    assert answer["Location"] == "/office/lesnaya-lavka/shop/"
    assert Programme.unscoped.get().currency == "RUB"
    assert client.get("/office/").headers["Location"] == "/office/lesnaya-lavka/"


@pytest.mark.django_db
def test_a_link_works_once():
    token = make_setup_token()
    Client().post(f"/setup/{token}/", FILLED)
    again = Client().post(f"/setup/{token}/", {**FILLED, "email": "thief@example.org"})
    assert again.status_code == 404
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_new_link_ends_the_old_and_time_ends_both():
    old, new = make_setup_token(), make_setup_token()
    assert Client().get(f"/setup/{old}/").status_code == 404
    with clock.pretend(clock.now() + timedelta(hours=48, seconds=1)):
        assert Client().get(f"/setup/{new}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "password1234", "irina@example.org"])
def test_a_weak_password_is_refused(password: str):
    token = make_setup_token()
    answer = Client().post(f"/setup/{token}/", {**FILLED, "password": password})
    assert answer.status_code == 200
    assert "password" in answer.context["form"].errors
    assert User.objects.count() == 0


def known(password: str | None) -> User:
    """Somebody who has a place here already, by the e-mail of the form."""
    return User.objects.create_user(FILLED["email"], password, name="Ира")


@pytest.mark.django_db
@pytest.mark.parametrize("has", [None, "another phrase of words"])
def test_a_password_for_a_known_e_mail_is_never_ignored(has: str | None):
    cache.clear()
    person, token, client = known(has), make_setup_token(), Client()
    answer = client.post(f"/setup/{token}/", FILLED, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert "has a place here already" in answer.context["form"].errors["password"][0]
    assert "_auth_user_id" not in client.session
    person.refresh_from_db()
    assert not person.check_password(FILLED["password"])
    assert not Member.unscoped.exists()
    assert client.get(f"/setup/{token}/").status_code == 200  # the link is not spent


@pytest.mark.django_db
def test_a_known_person_comes_in_with_the_own_password():
    cache.clear()
    person, client = known(FILLED["password"]), Client()
    answer = client.post(f"/setup/{make_setup_token()}/", FILLED)
    assert (answer.status_code, answer["Location"]) == (302, "/office/new/")
    assert Member.unscoped.get().user == person
    person.refresh_from_db()
    assert person.name == "Ирина"


@pytest.mark.django_db
def test_passwords_are_not_guessed_by_the_link():
    cache.clear()
    known("another phrase of words")
    url = f"/setup/{make_setup_token()}/"
    for _try in range(5):
        Client().post(url, FILLED)
    answer = Client().post(
        url, {**FILLED, "password": "another phrase of words"}, headers={"accept-language": "en"}
    )
    assert answer.context["form"].errors["password"] == ["Too many tries. Wait five minutes."]
    assert not Member.unscoped.exists()
