"""Rows that are written together are those that Django would have written one by one."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DataError, connection
from django.db.models import Model

from molva.kit.rows import insert_each, update_each
from molva.workspaces.models import Event, Workspace
from molva.workspaces.scoping import scope
from tests.factories import make_customer, make_order, make_programme, make_workspace

MOMENT = datetime(2026, 11, 26, 9, 30, 15, 123456, tzinfo=UTC)
WORDS = [
    "",
    "Чай «Утро»",
    "it's 100 %",
    'a "b" \\n \\',
    "%s {} $1 ? :x",
    "line\nline\ttab",
    "🫖",
    "null",
    "[1]",
]


@pytest.fixture
def workspace(db: None) -> Iterator[Workspace]:
    made = make_workspace()
    with scope(made):
        yield made


def event(workspace: Workspace, word: str, **fields: Any) -> Event:
    data = {"word": word, "none": None, "list": [1, {"deep": True}], "big": 2**53 + 1, "text": f"«{word}»"}
    return Event(workspace=workspace, kind="test", object_label=word, at=MOMENT, data=data, **fields)


def stored(rows: Sequence[Model]) -> list[dict[str, Any]]:
    model: Any = type(rows[0])
    found = model.unscoped.in_bulk([row.pk for row in rows])
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    return [{name: getattr(found[row.pk], name) for name in names} for row in rows]


@pytest.mark.parametrize("count", [1, len(WORDS)])
def test_inserted_rows_are_those_that_save_stores(workspace: Workspace, count: int):
    together = [event(workspace, word, object_id=2**62) for word in WORDS[:count]]
    alone = [event(workspace, word, object_id=2**62) for word in WORDS[:count]]
    insert_each(together)
    for row in alone:
        Model.save(row)
    assert stored(together) == stored(alone)
    assert [row.pk for row in together] == sorted(row.pk for row in together)


@pytest.mark.parametrize("count", [1, len(WORDS)])
def test_updated_rows_keep_their_other_fields(workspace: Workspace, count: int):
    customer = make_customer(make_programme())
    rows = [
        make_order(customer.programme, customer, external_id=str(number), reached_at=MOMENT)
        for number in range(count + 1)
    ]
    before = stored(rows)
    changes = [
        {"number": word, "evidence": [{"word": word}], "created_at": MOMENT, "reached_at": None}
        for word in WORDS[:count]
    ]
    for row, change in zip(rows[:count], changes, strict=True):
        for name, value in change.items():
            setattr(row, name, value)
    update_each(rows[:count], ["number", "evidence", "created_at", "reached_at"])
    assert stored(rows) == [row | change for row, change in zip(before, [*changes, {}], strict=True)]


@pytest.mark.skipif("not os.environ.get('MOLVA_TEST_DATABASE')", reason="SQLite keeps every sign")
@pytest.mark.parametrize("word", ["a\x00b", "x" * 1000])
def test_what_a_column_cannot_keep_is_an_error_of_the_data(workspace: Workspace, word: str):
    with pytest.raises(DataError):
        insert_each([event(workspace, "good"), event(workspace, "bad", object_kind=word)])
    assert connection.vendor == "postgresql"
