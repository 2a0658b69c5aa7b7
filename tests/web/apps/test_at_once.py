"""Installs, entries and removals at the same moment: one place for each, whatever comes first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection as database
from django.test import Client

from molva.demo.shop import RunningShop
from molva.integrations.installs import prove_install
from molva.integrations.models import AppInstall, Connection
from molva.jobs.models import Job
from molva.programmes.models import Programme
from molva.workspaces.models import Member, User, Workspace
from tests.web.apps.conftest import Shop, md5, run_jobs, token_in

pytestmark = pytest.mark.django_db(transaction=True)
LOGIN = "/apps/insales/login"


@pytest.fixture(autouse=True)
def _postgresql_only() -> None:
    if database.vendor == "sqlite":
        pytest.skip("SQLite in memory has one writer: nothing runs at once")


@pytest.fixture
def here(transactional_db: None, application: None, fake_shop: RunningShop) -> Shop:
    """A shop that could install it, seen by all threads."""
    cache.clear()
    return Shop(fake_shop)


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Run several things at the same time; any failure is raised here."""

    def run(one: Callable[[], Any]) -> Any:
        try:
            return one()
        finally:
            database.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def test_one_shop_that_installs_eight_times_is_one_shop(here: Shop) -> None:
    answers = at_once(*(lambda n=n: here.install(f"t{n}", works=False).status_code for n in range(8)))
    assert answers == [200] * 8
    install = AppInstall.objects.get()
    assert [one["number"] for one in install.candidates] == [4, 5, 6, 7, 8]


def test_the_same_proof_twice_makes_one_company(here: Shop) -> None:
    here.install()
    job = Job.objects.get()
    at_once(*(lambda: prove_install(**job.kwargs),) * 4)
    counts = [model.objects.count() for model in (Workspace, AppInstall)]
    assert (counts, Connection.unscoped.count(), Programme.unscoped.count()) == ([1, 1], 1, 1)


def test_two_shops_do_not_both_take_the_only_place(here: Shop, settings: Any) -> None:
    other = Shop(here.running.open_shop())
    settings.MOLVA_ALLOW_PRIVATE_HOSTS = [here.host, other.host]
    here.install("one")
    other.install("two")
    at_once(*(lambda job=job: prove_install(**job.kwargs) for job in Job.objects.all()))
    assert sorted(AppInstall.objects.values_list("state", flat=True)) == ["active", "waiting"]
    assert (Workspace.objects.count(), Connection.unscoped.count()) == (1, 1)


def test_two_first_people_make_one_owner(here: Shop) -> None:
    here.install()
    run_jobs()
    people = [
        {"user_id": str(n), "user_email": f"p{n}@example.org", "user_name": "Анна"} for n in range(1, 5)
    ]
    browsers = [Client() for _one in people]
    proofs = [
        here.proof(token_in(here.enter(browser)), **one)
        for browser, one in zip(browsers, people, strict=True)
    ]
    at_once(*(lambda b=b, p=p: b.get(LOGIN, p) for b, p in zip(browsers, proofs, strict=True)))
    roles = sorted(Member.unscoped.values_list("role", flat=True))
    assert (roles, User.objects.count()) == (["manager"] * 3 + ["owner"], 4)


def test_the_same_person_in_two_windows_is_one_person(here: Shop) -> None:
    here.install()
    run_jobs()
    browsers = [Client(), Client()]
    proofs = [here.proof(token_in(here.enter(browser))) for browser in browsers]
    answers = at_once(*(lambda b=b, p=p: b.get(LOGIN, p) for b, p in zip(browsers, proofs, strict=True)))
    assert len({answer["Location"] for answer in answers}) == 1
    assert (User.objects.count(), Member.unscoped.count()) == (1, 1)


def test_a_removal_and_an_install_at_once_end_in_one_of_both_orders(here: Shop) -> None:
    here.install()
    run_jobs()
    old, new = here.password, md5("new", "mysecret")
    at_once(lambda: here.uninstall(old), lambda: here.install("new"))
    here.running.store.settings["keys"]["molva"] = new
    run_jobs()
    Job.objects.filter(state="ready").update(run_after="2020-01-01T00:00:00Z")
    run_jobs()
    install = AppInstall.objects.get()
    assert (install.state, install.secrets["password"]) == ("active", new)
