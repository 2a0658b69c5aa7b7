"""Addresses to go back to: every door that reads one keeps its visitor on this host, whatever stands there (T15)."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from molva.workspaces.models import User
from tests.factories import make_user
from tests.security.conftest import Twin
from tests.security.doors import doors
from tests.security.test_isolation import _url
from tests.tracker.addresses import HOSTILE

PASSWORD = "correct horse battery"
OWN = ["/", "/cabinet/", "/office/?a=1&b=%D0%BC#x", "/p/friends/?ref=%D0%90", "/orders/%D1%87%D0%B0%D0%B9/"]


def is_here(answer: HttpResponse) -> bool:
    """Whether the answer leads nowhere, or to a path of this host that no browser takes for anything else."""
    location = answer.get("Location", "")
    parts = urlsplit(location)
    is_plain = location.isascii() and location.isprintable() and "\\" not in location
    return not location or (is_plain and not parts.scheme and not parts.netloc and location.startswith("/"))


def theme(client: Client, address: str) -> HttpResponse:
    return client.post("/ui/theme/", {"theme": "dark", "next": address})


def theme_by_referrer(client: Client, address: str) -> HttpResponse:
    clean = "".join(one for one in address if one.isprintable())  # no server passes on the rest
    return client.post(
        "/ui/theme/", {"theme": "dark"}, headers={"referer": quote(clean, safe=":/?#@%\\=&[]")}
    )


def language(client: Client, address: str) -> HttpResponse:
    return client.post("/ui/language/", {"language": "ru", "next": address})


def login(client: Client, address: str) -> HttpResponse:
    return client.get("/login/", {"next": address})


def login_by_mail(client: Client, address: str) -> HttpResponse:
    return client.get("/login/mail/", {"next": address})


def password(client: Client, address: str) -> HttpResponse:
    client.logout()
    cache.clear()
    form = {"login": "anna@example.org", "password": PASSWORD, "next": address}
    return client.post(f"/login/password/?next={quote(address, safe='')}", form)


def signing_up(client: Client, address: str) -> HttpResponse:
    return client.get("/login/new/", {"next": address})


def logout(client: Client, address: str) -> HttpResponse:
    return client.post("/logout/", {"next": address})


DOORS = [theme, theme_by_referrer, language, login, login_by_mail, password, signing_up, logout]


@pytest.fixture
def signed_in(client: Client, db: None) -> Client:
    """A person with a password, signed in."""
    user = make_user(email="anna@example.org")
    user.set_password(PASSWORD)
    user.save()
    client.force_login(user)
    return client


@pytest.mark.parametrize("door", DOORS)
def test_no_return_address_leads_away(
    signed_in: Client, door: Callable[[Client, str], HttpResponse], settings: Any
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    user = User.objects.get()
    user.set_password(PASSWORD)
    user.save()
    away = []
    for address in HOSTILE:
        signed_in.force_login(user)
        answer = door(signed_in, address)
        assert answer.status_code in {200, 302, 400}  # 400: a NUL is no text
        if not is_here(answer):
            away.append((address, answer["Location"]))
    assert away == []


@pytest.mark.parametrize("door", [theme, language, login, password])
def test_an_address_of_our_own_is_gone_back_to(
    signed_in: Client, door: Callable[[Client, str], HttpResponse]
) -> None:
    assert [door(signed_in, address)["Location"] for address in OWN] == OWN


@pytest.mark.parametrize("who", ["owner", "partner", "nobody"])
def test_no_door_at_all_reads_a_return_address_that_leads_away(
    twins: tuple[Twin, Twin], as_user: Callable[[User | None], Client], who: str
) -> None:
    """Every address of the resolver with the usual names of such a parameter, and with a stranger as referrer."""
    ours, _theirs = twins
    evil = "https://evil.example/"
    names = (
        "next",
        "back",
        "url",
        "to",
        "return",
        "return_to",
        "redirect",
        "redirect_to",
        "continue",
        "success_url",
    )
    data = dict.fromkeys(names, evil)
    led: dict[str, list[str]] = {}
    for door in doors():
        if set(door.params) - {"programme", "pk", "number", "rule", "topic", "link", "partner", "batch"}:
            continue  # tokens and keys that only a letter or a shop knows
        client = as_user(ours.users[who])
        url = _url(door, ours)
        answers = [ask(url, data, headers={"referer": evil}) for ask in (client.get, client.post)]
        led[door.name] = [answer.get("Location", "").partition("?")[0] for answer in answers]
    assert len(led) > 100
    assert {name: found for name, found in led.items() if "evil.example" in "".join(found)} == {}
