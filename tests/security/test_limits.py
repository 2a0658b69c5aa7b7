"""Tries are counted where all processes see them: for the e-mail and the address, not for the session."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory

from molva.kit import clock
from molva.web.ui.limits import address_of, may
from tests.security.conftest import Twin

ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _empty(db: None) -> None:
    cache.clear()


def ask(email: str, address: str = "192.0.2.1") -> Client:
    """A new session that has asked for a code."""
    client = Client(REMOTE_ADDR=address)
    client.post("/login/mail/", {"email": email}, headers=ENGLISH)
    return client


def code_in(letter: Any) -> str:
    return re.findall(r"\b\d{6}\b", letter.body)[0]


def wrong(letter: Any) -> str:
    """A code that is not the one of the letter."""
    return "000000" if code_in(letter) != "000000" else "111111"


def guess(client: Client, code: str) -> Any:
    return client.post("/login/code/", {"code": code}, headers=ENGLISH)


def test_fresh_sessions_do_not_give_fresh_tries(twins: tuple[Twin, Twin]):
    email = twins[0].seller.email
    first, second = ask(email, "192.0.2.1"), ask(email, "192.0.2.2")
    for client in (first, first, first, second, second):
        assert guess(client, wrong(mail.outbox[-1])).status_code == 200
    answer = guess(second, code_in(mail.outbox[-1]))
    assert answer.status_code == 429
    assert "Wait five minutes" in answer.content.decode()
    assert "_auth_user_id" not in second.session


def test_the_lock_ends_by_itself(twins: tuple[Twin, Twin]):
    email = twins[0].seller.email
    first, second = ask(email), ask(email)
    for client in (first, first, first, second, second):
        guess(client, wrong(mail.outbox[-1]))
    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=1), tick=False):
        assert guess(second, code_in(mail.outbox[-1])).status_code == 302
    assert "_auth_user_id" in second.session


def test_right_codes_cost_nothing(twins: tuple[Twin, Twin], settings: Any):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "request_login_code": None}
    for _time in range(7):
        client = ask(twins[0].seller.email)
        assert guess(client, code_in(mail.outbox[-1])).status_code == 302


def test_known_and_unknown_addresses_are_locked_alike(twins: tuple[Twin, Twin]):
    said = []
    for email in (twins[0].seller.email, "nobody@example.org"):
        first, second = ask(email), ask(email)
        answers = [
            guess(client, "000000").status_code for client in (first, first, first, second, second, second)
        ]
        said.append(answers)
        cache.clear()
    assert said[0] == said[1] == [200] * 5 + [429]


def test_an_address_cannot_go_through_many_emails(twins: tuple[Twin, Twin], settings: Any):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "request_login_code": None}
    answers = []
    for number in range(6):
        client = ask(f"n{number}@example.org")
        answers += [guess(client, "000000").status_code for _try in range(4)]
    assert answers == [200] * 20 + [429] * 4


def test_new_codes_by_the_button_count_as_asked_for(twins: tuple[Twin, Twin]):
    client = ask(twins[0].seller.email)
    answers = [
        client.post("/login/code/", {"action": "resend"}, headers=ENGLISH).status_code for _time in range(3)
    ]
    ask(twins[0].seller.email)
    assert len(mail.outbox) <= 3
    assert answers[0] == 302


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::5", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::5", "2001:db8:1:3::5", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_limits_of_ipv6_hold_for_the_network(one: str, other: str, is_same: bool):
    make = RequestFactory()
    tries = [may(make.post("/", REMOTE_ADDR=one), "register") for _time in range(10)]
    assert tries == [True] * 10
    assert not may(make.post("/", REMOTE_ADDR=one), "register")
    assert may(make.post("/", REMOTE_ADDR=other), "register") is not is_same


def test_the_record_of_a_consent_keeps_the_whole_address():
    assert address_of(RequestFactory().get("/", REMOTE_ADDR="2001:db8:1:2::5")) == "2001:db8:1:2::5"


def test_a_proxy_is_believed_only_when_it_is_ours(settings: Any):
    forged = RequestFactory().get(
        "/", REMOTE_ADDR="192.0.2.1", headers={"x-forwarded-for": "1.1.1.1, 2.2.2.2"}
    )
    assert address_of(forged) == "192.0.2.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert address_of(forged) == "2.2.2.2"


def test_the_cache_has_room_for_the_counts():
    """Django's usual 300 rows would let a flood of strangers push the count of a locked address out."""
    assert django_settings.CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 100_000
