"""Preparing the data: what is refused, and what is not done twice."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from molva.config import setup


@pytest.mark.django_db
def test_a_newer_schema_is_refused() -> None:
    MigrationRecorder(connection).record_applied("ledger", "9999_of_tomorrow")
    with pytest.raises(setup.NewerSchemaError, match=r"ledger\.9999_of_tomorrow"):
        setup.bring_schema()


@pytest.mark.django_db
def test_tables_of_others_are_no_reason_to_refuse() -> None:
    MigrationRecorder(connection).record_applied("somebodys_plugin", "9999_of_tomorrow")
    setup.refuse_newer_schema(MigrationLoader(connection))


@pytest.mark.django_db
def test_the_schema_is_told_to_be_current() -> None:
    assert setup.is_schema_current() is True
    MigrationRecorder(connection).record_unapplied("jobs", "0001_initial")
    assert setup.is_schema_current() is False


def test_static_files_are_collected_only_when_a_source_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(settings, "STATIC_ROOT", tmp_path)
    monkeypatch.setattr(setup, "call_command", lambda name, **_: calls.append(name))
    setup.bring_static()
    setup.bring_static()
    assert calls == ["collectstatic"]
    monkeypatch.setattr(setup, "static_fingerprint", lambda: "something else")
    setup.bring_static()
    assert calls == ["collectstatic", "collectstatic"]
