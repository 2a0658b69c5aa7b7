"""Molva registered as an application, and a fake shop that has it."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from molva.demo.shop import RunningShop
from molva.integrations.installs import PAUSES
from molva.integrations.models import AppInstall, Connection
from molva.jobs.models import Job
from molva.jobs.worker import Worker
from molva.kit import clock
from molva.programmes.models import Programme
from molva.workspaces.models import Event, Member, User, Workspace
from molva.workspaces.scoping import scope
from tests.integrations.conftest import fake_shop  # noqa: F401 (a fixture)

APP, SECRET = "molva", "mysecret"


def md5(*parts: str) -> str:
    """The shop's own arithmetic, written down once more."""
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def run_jobs() -> None:
    """Whatever may start now, as the worker would."""
    Worker(scope=scope, timetable=()).run_until_empty()


class Shop:
    """A fake shop, and what its servers and browsers do with the application."""

    def __init__(self, running: RunningShop) -> None:
        self.running = running
        self.host, self.id = running.host, str(running.account_id)
        self.password = ""

    def install(self, token: str = "token123", *, works: bool = True, **changed: str) -> Any:
        """Call the install address as the shop's servers do."""
        if works:
            self.password = md5(token, SECRET)
            self.running.store.settings["keys"][APP] = self.password
        query = {"shop": self.host, "token": token, "insales_id": self.id, **changed}
        return Client().get("/apps/insales/install", query)

    def uninstall(self, token: str | None = None, **changed: str) -> Any:
        """Call the uninstall address; the API is closed already."""
        password = self.password if token is None else token
        self.running.store.settings["keys"].pop(APP, None)
        query = {"shop": self.host, "token": password, "insales_id": self.id, **changed}
        return Client().get("/apps/insales/uninstall", query)

    def enter(self, client: Client, **hints: str) -> Any:
        """Press «Enter»."""
        return client.get("/apps/insales/entry", {"shop": self.host, "insales_id": self.id, **hints})

    def proof(self, token: str, **who: str) -> dict[str, str]:
        """What the back office sends with the browser; `None` parts are left out by the caller."""
        person = {
            "user_email": "anna@example.org", "user_name": "Анна Лесная", "user_id": "77", "email_confirmed": "true",
            **who,
        }  # fmt: skip
        names = ("user_email", "user_name", "user_id", "email_confirmed")
        return person | {"token3": md5(token, *(person[name] for name in names), self.password)}

    def come_in(self, client: Client, **who: str) -> Any:
        """Enter and come back with a true proof."""
        sent = self.enter(client)
        if "/admin/applications/" not in sent["Location"]:
            return sent
        return client.get("/apps/insales/login", self.proof(token_in(sent), **who))


def token_in(answer: Any) -> str:
    """The token that a browser is sent to the shop with."""
    return parse_qs(urlsplit(answer["Location"]).query)["token"][0]


@pytest.fixture
def application(settings: Any) -> None:
    """This installation is registered as an application of InSales."""
    settings.MOLVA_INSALES_APP, settings.MOLVA_INSALES_SECRET = APP, SECRET
    cache.clear()


@pytest.fixture
def shop(db: None, application: None, fake_shop: RunningShop) -> Shop:  # noqa: F811
    """A shop that could install it."""
    return Shop(fake_shop)


@pytest.fixture
def installed(shop: Shop) -> Shop:
    """A shop that has, and was proved."""
    assert shop.install().status_code == 200
    run_jobs()
    return shop


@pytest.fixture
def install_of() -> Callable[[Shop], AppInstall]:
    """The row of a shop, fresh."""
    return lambda shop: AppInstall.objects.select_related("connection__programme").get(external_id=shop.id)


Find = Callable[[Shop], AppInstall]


def connected(found: AppInstall) -> Connection:
    """The connection of an install that has one."""
    assert found.connection is not None
    return found.connection


def kinds(workspace: Workspace) -> list[str]:
    """What the journal says of shops, oldest first."""
    with scope(workspace):
        rows = Event.objects.filter(kind__regex="^(connection|install)").order_by("pk")
        return [row.kind for row in rows]


def prove_all() -> None:
    """Let the whole chain of tries pass, as the clock would."""
    for pause in (0, *PAUSES):
        with clock.pretend(clock.now() + timedelta(seconds=pause + 1)):
            run_jobs()
        Job.objects.filter(state="ready").update(run_after=clock.now())
    run_jobs()


LOGIN = "/apps/insales/login"
ANNA = "anna@example.org"


def reason(answer: Any) -> str:
    """Why a person was stopped, by the address of the page."""
    assert answer.status_code == 302
    return str(answer["Location"]).removeprefix("/apps/insales/stopped/")


def person_of(client: Client) -> str:
    """E-mail of whoever is signed in, empty for nobody."""
    found = User.objects.filter(pk=client.session.get("_auth_user_id", 0)).first()
    return found.email if found else ""


def role_of(email: str) -> str:
    return Member.unscoped.get(user__email=email).role


def office() -> str:
    return f"/office/{Programme.unscoped.get().code}/"


def enter_the_code(client: Client, email: str) -> Any:
    """Our own sign-in on the page «One more step»."""
    assert client.get("/apps/insales/confirm").status_code == 200
    client.post("/login/mail/", {"email": email, "next": "/apps/insales/finish"})
    letter = mail.outbox[-1]
    code = next(word for word in letter.body.split() if word.isdigit() and len(word) == 6)
    sent = client.post("/login/code/", {"code": code, "next": "/apps/insales/finish"})
    assert sent["Location"] == "/apps/insales/finish"
    return client.get(sent["Location"])
