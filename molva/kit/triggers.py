"""Append-only tables: triggers by which the database itself refuses to change or to remove a row.

They are installed by migrations and hold for everyone, raw SQL of our own included. On SQLite a migration
that rebuilds a table drops its triggers, so such a migration must install them again; `molva check` names a
table that has none.
"""

from collections.abc import Callable, Iterable

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.state import StateApps

SqlMaker = Callable[[str, str], list[str]]

_PREFIX = "append_only_"

# 23000 is an integrity violation, so that Django raises IntegrityError here as it does for SQLite's ABORT.
_POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION molva_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = '23000';
END $body$
"""


def install_sql(vendor: str, table: str) -> list[str]:
    """Statements that make `table` append-only in a database of this vendor; harmless when repeated."""
    if vendor == "postgresql":
        name = f"{_PREFIX}{table}"
        return [
            _POSTGRES_FUNCTION,
            f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"',
            f'CREATE TRIGGER "{name}" BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION molva_append_only()",
        ]
    return [
        f'CREATE TRIGGER IF NOT EXISTS "{_PREFIX}{table}_{verb.lower()}" BEFORE {verb} ON "{table}" '
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {verb} refused'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def remove_sql(vendor: str, table: str) -> list[str]:
    """Statements that undo `install_sql`."""
    if vendor == "postgresql":
        return [f'DROP TRIGGER IF EXISTS "{_PREFIX}{table}" ON "{table}"']
    return [f'DROP TRIGGER IF EXISTS "{_PREFIX}{table}_{verb}"' for verb in ("update", "delete")]


def append_only(*tables: str) -> RunPython:
    """The migration operation that makes these tables append-only."""

    def forwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        run(editor.connection, tables, install_sql)

    def backwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        run(editor.connection, tables, remove_sql)

    return RunPython(forwards, backwards)


def run(connection: BaseDatabaseWrapper, tables: Iterable[str], make_sql: SqlMaker) -> None:
    """Execute what `make_sql` (`install_sql` or `remove_sql`) says for each table."""
    with connection.cursor() as cursor:
        for table in tables:
            for statement in make_sql(connection.vendor, table):
                cursor.execute(statement)


def guarded_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables in which this database refuses every change: all triggers are there and switched on."""
    if connection.vendor == "postgresql":
        query = (
            "SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        )
    else:
        query = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = set(cursor.fetchall())
    tables = sorted({table for table, _ in present})
    return [
        table
        for table in tables
        if all((table, name) in present for name in _names(connection.vendor, table))
    ]


def _names(vendor: str, table: str) -> list[str]:
    if vendor == "postgresql":
        return [f"{_PREFIX}{table}"]
    return [f"{_PREFIX}{table}_update", f"{_PREFIX}{table}_delete"]
