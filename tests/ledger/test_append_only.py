"""The database refuses every change of what was written, whoever asks."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction

from molva.kit.triggers import guarded_tables
from molva.ledger import services
from molva.ledger.models import Account, Posting, Transaction
from molva.programmes.models import Partner, PartnerVersion, TermsVersion
from molva.workspaces import journal
from molva.workspaces.models import Event

AT = datetime(2026, 11, 1, tzinfo=UTC)
TABLES: dict[type[models.Model], str] = {
    Account: "kind",
    Transaction: "kind",
    Posting: "amount_minor",
    Event: "kind",
    TermsVersion: "note",
    PartnerVersion: "valid_from",
}


@pytest.fixture
def rows(partner: Partner) -> dict[type[models.Model], models.Model]:
    services.welcome(partner=partner, amount_minor=1, at=AT, is_payable=True)
    journal.record("test.happened", partner)
    terms = TermsVersion(programme=partner.programme, number=1, valid_from=AT, settings={}, rules=[])
    terms.save()
    version = PartnerVersion(
        partner=partner, programme_id_ref=partner.programme_id, valid_from=AT, state={"groups": []}
    )
    version.save()
    return {
        model: model.unscoped.get() if model is not Account else Account.objects.first() for model in TABLES
    }


def attempts(row: models.Model, field: str) -> list[Callable[[], Any]]:
    table = row._meta.db_table
    some = type(row).unscoped.filter(pk=row.pk)
    return [
        lambda: raw(f'UPDATE "{table}" SET "{field}" = "{field}"'),  # noqa: S608 (names of our own models)
        lambda: raw(f'DELETE FROM "{table}"'),  # noqa: S608 (the same)
        lambda: some.update(**{field: getattr(row, field)}),
        lambda: some._raw_delete(some.db),
        row.save,
    ]


def raw(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.label)
def test_rows_cannot_be_changed_or_removed(
    rows: dict[type[models.Model], models.Model], model: type[models.Model]
) -> None:
    for attempt in attempts(rows[model], TABLES[model]):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()

    assert model.unscoped.filter(pk=rows[model].pk).exists()


@pytest.mark.django_db
def test_truncate_is_refused_on_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        raw('TRUNCATE "ledger_posting"')


@pytest.mark.django_db
def test_every_such_table_is_guarded() -> None:
    expected = {model._meta.db_table for model in TABLES}

    assert expected <= set(guarded_tables(connection))
