"""Indexes of single columns taken away without rewriting their table, as Django would on SQLite."""

from collections.abc import Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AlterField, RunPython, SeparateDatabaseAndState
from django.db.migrations.state import StateApps


def without_index(
    fields: Sequence[AlterField], *, table: str, columns: Sequence[str]
) -> SeparateDatabaseAndState:
    """The migration operation for keys that get `db_index=False`: their indexes are dropped, nothing else is done.

    Going back makes them again.
    """

    def forwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for name in _plain_indexes(editor, table, columns):
            editor.execute(f"DROP INDEX {editor.connection.ops.quote_name(name)}")

    def backwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for column in columns:
            editor.execute(f"CREATE INDEX {table}_{column} ON {table} ({column})")

    return SeparateDatabaseAndState(
        database_operations=[RunPython(forwards, backwards)], state_operations=list(fields)
    )


def _plain_indexes(editor: BaseDatabaseSchemaEditor, table: str, columns: Sequence[str]) -> list[str]:
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, table)
    return [
        name
        for name, one in found.items()
        if one["index"] and not one["unique"] and len(one["columns"]) == 1 and one["columns"][0] in columns
    ]
