"""`/readyz` part by part: each trouble is named, and one trouble is enough for 503."""

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.urls import get_resolver

from molva.config import health
from molva.jobs import enqueue
from molva.jobs.models import WorkerBeat
from molva.kit import clock
from tests.jobs import sample

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _everything_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_known", {"until": 0.0, "parts": {}, "schema": False})
    monkeypatch.setattr(health, "_check_tracker", lambda: {"ok": True})
    monkeypatch.setattr(health, "get_resolver", lambda: SimpleNamespace(url_patterns=["one"]))
    monkeypatch.setattr(health, "close_old_connections", lambda: None)  # the test's own must stay
    WorkerBeat.objects.create(worker="w")


def ask(check: Callable[[], health.Parts]) -> tuple[str, dict[str, Any]]:
    """Status line and JSON of an answer."""
    told: list[Any] = []
    body = b"".join(health.respond(check(), lambda status, headers: told.extend([status, headers])))
    assert dict(told[1])["Cache-Control"] == "no-store"
    return told[0], json.loads(body)


def bad_parts() -> list[str]:
    """Names of the parts that are not well."""
    status, answer = ask(health.ready)
    found = [name for name, part in answer.items() if name != "ok" and not part["ok"]]
    assert answer["ok"] is (not found)
    assert status == ("503 Service Unavailable" if found else "200 OK")
    return found


def test_alive() -> None:
    assert ask(health.alive) == ("200 OK", {"ok": True, "process": {"ok": True}})


def test_all_is_well() -> None:
    assert bad_parts() == []


def test_no_worker() -> None:
    WorkerBeat.objects.all().delete()
    assert bad_parts() == ["worker"]


def test_a_silent_worker() -> None:
    WorkerBeat.objects.update(seen_at=clock.now() - timedelta(seconds=31))
    assert bad_parts() == ["worker"]


def test_an_old_job() -> None:
    enqueue(sample.note, run_after=clock.now() - timedelta(seconds=301), what=1)
    assert bad_parts() == ["queue"]


def test_a_job_for_later_is_no_trouble() -> None:
    enqueue(sample.note, run_after=clock.now() + timedelta(hours=1), what=1)
    assert bad_parts() == []


def test_an_old_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "is_schema_current", lambda: False)
    assert bad_parts() == ["schema"]


def test_a_database_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> dict[str, Any]:
        raise DatabaseError("disk full")

    monkeypatch.setattr(health, "_check_database", refuse)
    assert bad_parts() == ["database"]
    assert "disk full" not in json.dumps(health.ready())


def test_a_tracker_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(health, "_known", {"until": 0.0, "parts": {}, "schema": False})
    monkeypatch.setattr(health, "get_resolver", lambda: SimpleNamespace(url_patterns=["one"]))
    monkeypatch.setattr(health, "close_old_connections", lambda: None)
    monkeypatch.setattr(settings, "MOLVA_TRACKER_BIND", "127.0.0.1:1")
    assert bad_parts() == ["tracker"]


def test_pages_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ROOT_URLCONF", "molva.no_such_module")
    monkeypatch.setattr(health, "get_resolver", get_resolver)
    assert bad_parts() == ["pages"]


def test_an_answer_is_remembered_for_a_second() -> None:
    assert bad_parts() == []
    WorkerBeat.objects.all().delete()
    assert bad_parts() == []
