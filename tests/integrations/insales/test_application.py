"""The arithmetic of an application of InSales, by the vectors of its documents and of other programs."""

from typing import Any

import pytest

from molva.integrations.sources.insales.account import currency_of, timezone_of
from molva.integrations.sources.insales.application import (
    BadCall,
    Call,
    Claims,
    is_on,
    is_proof,
    login_address,
    may_be_shop,
    password_of,
    read_call,
    read_claims,
)

TOKEN = "3ad376b668c48c15d4beed467a567ef7"
PASSWORD = "4c3f4c197336eb97475506e71c839c71"
IGOR = Claims("user@myshop.ru", "igor", "1", "true", "5e3365c049cc78836c8dc940716cab42")


@pytest.mark.parametrize(
    ("token", "secret", "password"),
    [
        ("token123", "mysecret", PASSWORD),  # documentation
        ("12345", "12345", "8cfa2282b17de0a598c010f5f0109e7d"),  # another client's own test
    ],
)
def test_the_password_is_made_of_token_and_secret(
    settings: Any, token: str, secret: str, password: str
) -> None:
    settings.MOLVA_INSALES_SECRET = secret
    assert password_of(token) == password


def test_the_proof_of_a_visit() -> None:
    assert is_proof(IGOR, token=TOKEN, password=PASSWORD)
    assert not is_proof(IGOR, token=TOKEN[::-1], password=PASSWORD)
    assert not is_proof(IGOR, token=TOKEN, password="8cfa2282b17de0a598c010f5f0109e7d")


@pytest.mark.parametrize("proof", ["", "5e33", "я" * 32, "5E3365C049CC78836C8DC940716CAB43", "\x00"])
def test_what_is_no_proof(proof: str) -> None:
    assert not is_proof(Claims("user@myshop.ru", "igor", "1", "true", proof), token=TOKEN, password=PASSWORD)


def lists(**values: str) -> dict[str, list[str]]:
    return {key: [value] for key, value in values.items()}


def test_claims_are_read_as_they_are() -> None:
    sent = lists(
        user_email="user@myshop.ru", user_name="igor", user_id="1", email_confirmed="true", token3=IGOR.proof,
        token="x", token2="y",
    )  # fmt: skip
    assert read_claims(sent) == IGOR
    sent["email_\u0441onfirmed"] = sent.pop("email_confirmed")
    assert read_claims(sent) == IGOR
    sent["email_confirmed"] = ["true"]  # both at once: one of them is not the shop's
    with pytest.raises(BadCall):
        read_claims(sent)


@pytest.mark.parametrize(
    ("name", "is_clear"), [("igor", True), ("igor1", False), ("Ира ２", False), ("", True)]
)
def test_a_name_that_ends_in_a_digit_has_no_clear_border(name: str, is_clear: bool) -> None:
    assert Claims("a@b.ru", name, "1", "true", "").has_clear_border is is_clear


def test_a_call_is_read() -> None:
    sent = lists(shop=" Test.MyInSales.ru ", token="token123", insales_id="123")
    assert read_call(sent, has_token=True) == Call("test.myinsales.ru", "123", "token123")
    assert read_call(sent, has_token=False) == Call("test.myinsales.ru", "123")


def test_hosts_of_shops_are_a_setting(settings: Any) -> None:
    assert may_be_shop("my-shop2.myinsales.ru")
    for host in ("myinsales.ru", ".myinsales.ru", "a_b.myinsales.ru", "a.myinsales.ru.", "xmyinsales.ru"):
        assert not may_be_shop(host)
    settings.MOLVA_INSALES_HOSTS = r"[a-z0-9-]+\.insales\.io|[a-z0-9-]+\.myinsales\.ru"
    assert may_be_shop("a.insales.io")
    assert not may_be_shop("a.insales.io.evil.example")  # the whole host, whatever the expression says
    settings.MOLVA_ALLOW_PRIVATE_HOSTS = ["localhost:8010"]
    assert may_be_shop("localhost:8010")


def test_the_browser_goes_to_the_shop_over_https(settings: Any) -> None:
    settings.MOLVA_INSALES_APP = "molva"
    settings.MOLVA_ALLOW_PRIVATE_HOSTS = ["localhost:8010"]
    back = "https://molva.example/apps/insales/login"
    rest = (
        "/admin/applications/molva/login?token=T&login=https%3A%2F%2Fmolva.example%2Fapps%2Finsales%2Flogin"
    )
    assert login_address("a.myinsales.ru", token="T", back=back) == f"https://a.myinsales.ru{rest}"
    assert login_address("localhost:8010", token="T", back=back) == f"http://localhost:8010{rest}"


def test_both_settings_make_an_application(settings: Any) -> None:
    for app, secret, is_there in (
        ("", "", False),
        ("molva", "", False),
        ("", "s", False),
        ("molva", "s", True),
    ):
        settings.MOLVA_INSALES_APP, settings.MOLVA_INSALES_SECRET = app, secret
        assert is_on() is is_there


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Moscow", "Europe/Moscow"), ("Ekaterinburg", "Asia/Yekaterinburg"), ("Vladivostok", "Asia/Vladivostok"),
        ("Minsk", "Europe/Minsk"), ("Europe/Samara", "Europe/Samara"), ("Atlantis", "Europe/Moscow"),
        ("", "Europe/Moscow"), ("../etc/passwd", "Europe/Moscow"),
    ],
)  # fmt: skip
def test_names_of_zones(name: str, zone: str) -> None:
    assert timezone_of(name) == zone


@pytest.mark.parametrize(("code", "ours"), [("RUR", "RUB"), ("KZT", "KZT"), ("XXX", "RUB"), ("None", "RUB")])
def test_names_of_currencies(code: str, ours: str) -> None:
    assert currency_of(code) == ours
