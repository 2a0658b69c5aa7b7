"""What the shop says of a person: moved characters, odd values, missing ones. A true hash alone is not enough."""

from typing import Any

import pytest
from django.test import Client

from molva.workspaces.models import Member, User
from tests.web.apps.conftest import LOGIN, Shop, md5, office, person_of, reason, role_of, token_in

PARTS = ("user_email", "user_name", "user_id", "email_confirmed")


@pytest.mark.parametrize("border", range(3))
@pytest.mark.parametrize("moved", [1, -1])
@pytest.mark.parametrize("name", ["igor1", "igor", "Игорь"])
def test_moved_characters_open_nobodys_place(installed: Shop, border: int, moved: int, name: str) -> None:
    """The hash stays true; who it is about changes. Nobody becomes a known person, and a new one is only new."""
    victim = Client()
    installed.come_in(victim, user_name="igor", user_id="12", user_email="igor@example.org")
    client = Client()
    token = token_in(installed.enter(client))
    true = installed.proof(token, user_name=name, user_id="2", user_email="mallory@example.com")
    left, right = PARTS[border], PARTS[border + 1]
    whole, cut = true[left] + true[right], len(true[left]) + moved
    forged = {**true, left: whole[:cut], right: whole[cut:]}
    assert md5(token, *(forged[part] for part in PARTS), installed.password) == true["token3"]
    client.get(LOGIN, forged)
    assert person_of(client) in ("", forged["user_email"].lower())
    assert person_of(client) != "igor@example.org"
    assert role_of("igor@example.org") == "owner"
    assert Member.unscoped.filter(role="owner").count() == 1


def test_digits_moved_from_the_name_do_not_open_a_known_id(installed: Shop) -> None:
    """Name «igor1» with id 2 hashes like «igor» with id 12, who is somebody else."""
    installed.come_in(Client(), user_name="igor", user_id="12", user_email="igor@example.org")
    client = Client()
    forged = installed.proof(
        token_in(installed.enter(client)), user_name="igor", user_id="12", user_email="mallory@example.com"
    )
    assert client.get(LOGIN, forged)["Location"] == "/apps/insales/confirm"
    assert person_of(client) == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"user_id": "abc"}, {"user_id": ""}, {"user_id": "-1"}, {"user_id": "٧٧"}, {"user_id": "9" * 40},
        {"email_confirmed": "True"}, {"email_confirmed": ""}, {"email_confirmed": "1"},
        {"user_name": "N" * 301}, {"user_email": "a" * 300 + "@example.org"},
    ],
    ids=lambda changed: "-".join(changed),
)  # fmt: skip
def test_values_that_no_shop_sends_are_refused_even_with_a_true_hash(
    installed: Shop, changed: dict[str, str]
) -> None:
    client = Client()
    assert reason(installed.come_in(client, **changed)) == "odd"
    assert not User.objects.exists()


@pytest.mark.parametrize("missing", [*PARTS, "token3"])
def test_a_missing_value_is_empty(installed: Shop, missing: str) -> None:
    client = Client()
    token = token_in(installed.enter(client))
    proof = installed.proof(token) if missing == "token3" else installed.proof(token, **{missing: ""})
    del proof[missing]
    answer = client.get(LOGIN, proof)
    if missing == "user_name":
        assert answer["Location"] == office()
    else:
        assert reason(answer) == {"user_email": "mailless", "token3": "old"}.get(missing, "odd")


def test_a_value_that_comes_twice_is_refused(installed: Shop) -> None:
    client = Client()
    proof: dict[str, Any] = installed.proof(token_in(installed.enter(client)))
    assert reason(client.get(LOGIN, {**proof, "user_id": ["77", "1"]})) == "odd"
    proof = installed.proof(token_in(installed.enter(client)))
    assert reason(client.get(LOGIN, {**proof, "email_\u0441onfirmed": "false"})) == "odd"


def test_the_key_may_have_a_cyrillic_letter(installed: Shop) -> None:
    client = Client()
    proof = installed.proof(token_in(installed.enter(client)))
    proof["email_\u0441onfirmed"] = proof.pop("email_confirmed")
    assert client.get(LOGIN, proof)["Location"] == office()
