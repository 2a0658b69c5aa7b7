"""Runs of the self-test: one at a time, broken ones say where, daily ones alarm, twins stay hidden."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from molva.integrations.base import PlugError
from molva.integrations.models import Connection
from molva.integrations.rehearsal import is_test_address, make_test_address, programme_of
from molva.jobs.models import Job
from molva.kit import clock
from molva.programmes.models import Programme, TermsVersion
from molva.programmes.queries import terms_version_at
from molva.programmes.services import create_programme, publish_terms
from molva.selftest import runs
from molva.selftest.alarm import send_alarm
from molva.selftest.models import SelfTest
from molva.selftest.sandbox import sandbox_for
from molva.selftest.steps import Walk, clean, partner
from molva.web.office.access import places_of
from molva.web.public.access import find_programme
from molva.workspaces.models import Event, Role
from molva.workspaces.scoping import scope
from tests.factories import make_member, make_workspace


@pytest.fixture
def programme(db: None) -> Iterator[Programme]:
    """A programme in its open scope, without a shop's connection."""
    with scope(make_workspace()):
        yield create_programme(name="Friends", code="friends", shop_url="https://shop.example")


def test_two_presses_are_one_run(programme: Programme) -> None:
    first = runs.start(programme=programme, actor=None, with_order=False)
    second = runs.start(programme=programme, actor=None, with_order=True)

    assert second.pk == first.pk
    assert not runs.has_failed(programme)
    assert Job.objects.filter(path="molva.selftest.runs:advance").count() == 1


def test_a_molva_that_does_not_answer_is_told_of(programme: Programme) -> None:
    run = runs.start(programme=programme, actor=None, with_order=False)
    runs.advance(run_id=run.pk)  # MOLVA_URL of tests leads nowhere

    run.refresh_from_db()
    assert run.state == "failed"
    assert [(step["key"], step["state"]) for step in run.steps] == [("landing", "failed")]
    assert run.steps[0]["reason"].startswith("no answer")
    assert runs.has_failed(programme)
    assert Event.objects.get(kind="self_test.failed").data["step"] == "landing"
    assert not Job.objects.filter(path="molva.selftest.alarm:send_alarm").exists()  # a person is looking


def test_a_failed_daily_run_writes_to_owner_and_manager(programme: Programme) -> None:
    people = {role: make_member(programme.workspace, role) for role in Role.values}
    people["manager"].language = "en"
    people["manager"].save()
    programme.tests_daily = True
    programme.save()
    runs.run_daily()
    run = SelfTest.objects.get()
    runs.advance(run_id=run.pk)
    send_alarm(run_id=run.pk)

    assert [letter.to for letter in mail.outbox] == [[people["owner"].email], [people["manager"].email]]
    assert "Ежедневная проверка" in mail.outbox[0].subject
    assert "The daily test found a defect" in mail.outbox[1].subject
    assert "MOLVA_URL" in mail.outbox[1].body


def test_daily_runs_are_for_those_who_wish(programme: Programme) -> None:
    runs.run_daily()

    assert not SelfTest.objects.exists()


def test_a_step_waits_a_minute_and_not_longer(programme: Programme, monkeypatch: Any) -> None:
    run = runs.start(programme=programme, actor=None, with_order=False)

    def waits(walk: Walk) -> None:
        raise runs.NotYet("nothing came")

    monkeypatch.setitem(runs.STEPS, "landing", waits)
    runs.advance(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.steps[-1]["state"]) == ("running", "running")

    with clock.pretend(clock.now() + timedelta(seconds=runs.STEP_SECONDS + 1)):
        runs.advance(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.steps[-1]["reason"]) == ("failed", "nothing came")


def test_a_defect_of_ours_is_shown_as_such(programme: Programme, monkeypatch: Any) -> None:
    run = runs.start(programme=programme, actor=None, with_order=False)

    def breaks(walk: Walk) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setitem(runs.STEPS, "landing", breaks)
    runs.advance(run_id=run.pk)

    run.refresh_from_db()
    assert (run.state, run.steps[-1]["reason"]) == ("failed", "ZeroDivisionError: ours")


def test_a_killed_worker_goes_on_with_the_same_partner(programme: Programme) -> None:
    run = runs.start(programme=programme, actor=None, with_order=False)
    walk = Walk(run, programme, sandbox_for(programme), None)
    partner(walk)
    first = walk.notes["partner"]
    partner(walk)

    assert walk.notes["partner"] == first
    assert walk.twin.partners.count() == 2


def test_the_twin_follows_the_terms_and_is_met_by_nobody(programme: Programme) -> None:
    owner = make_member(programme.workspace, Role.OWNER)
    twin = sandbox_for(programme)
    now = terms_version_at(programme, clock.now())
    dearer = [{**now.rules[0], "reward": {"1": {"percent": "25"}}}]
    publish_terms(programme=programme, settings=now.settings, rules=dearer, actor=None, based_on=now.number)

    assert sandbox_for(programme).pk == twin.pk
    assert terms_version_at(twin, clock.now()).rules == dearer
    assert sandbox_for(programme).pk == twin.pk
    assert TermsVersion.objects.filter(programme=twin).count() == 2  # the same terms are not published again
    assert find_programme(twin.code) is None
    assert [programme.code for _workspace, programme in places_of(owner)] == ["friends"]


def test_only_our_own_address_leads_into_the_twin(programme: Programme) -> None:
    twin = sandbox_for(programme)
    connection = Connection(programme=programme, kind="insales")
    ours = make_test_address()

    assert is_test_address(ours.upper())
    for email in (
        None,
        "",
        "molva-selftest@x.invalid",
        "molva-selftest+" + "0" * 30 + "@x.invalid",
        "a" + ours,
    ):
        assert not is_test_address(email)

    class Told:
        class client:  # noqa: N801 - stands for an order's field
            email = ours

    assert programme_of(connection, Told()) == twin  # type: ignore[arg-type]


def test_what_cannot_be_removed_from_the_shop_is_said(programme: Programme, monkeypatch: Any) -> None:
    run = runs.start(programme=programme, actor=None, with_order=True)
    run.notes = {"kept": {"id": 5}, "order_id": "5"}
    run.save()

    def refuses(walk: Walk) -> None:
        raise PlugError("the shop does not answer: no")

    monkeypatch.setattr(runs, "clean", refuses)
    runs.stop(run=run, actor=make_member(programme.workspace, Role.OWNER))

    run.refresh_from_db()
    assert (run.state, run.notes["left_behind"]) == ("stopped", "the shop does not answer: no")
    assert clean is not refuses
