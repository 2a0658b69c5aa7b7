"""First run: a one-time link makes the owner; there is no default password and no second use."""

from datetime import timedelta

import pytest
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
