"""`molva to-postgres`: an installation that outgrew its SQLite file goes on in PostgreSQL, with every row and number.

All or nothing: one transaction of PostgreSQL takes all tables, and the SQLite file is only read. Rows go over as they
are stored, so hashes of the books, ids and secrets stay what they were. Triggers of ours sleep meanwhile: what they
would add up is copied, too.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, LiteralString

import click
import psycopg
from django.apps import apps
from django.conf import settings
from django.db import connection
from psycopg import sql

from molva.config.setup import is_schema_current
from molva.kit.bulk import copy_lines

# Filled by the migrations of the new database itself; they are replaced by the old ones.
_REPLACED = ("auth_permission", "django_content_type")
_BRING_SCHEMA = "import django; django.setup(); from molva.config.setup import bring_schema; bring_schema()"
_PIECE = 5000  # rows read and sent together
Target = psycopg.Connection[Any]
Turn = Callable[[Any], Any]


class MovingError(Exception):
    """The move is impossible; the text says why, to the operator."""


@click.command(name="to-postgres")
@click.argument("url", metavar="postgres://…", envvar="MOLVA_MOVE_TO")
def to_postgres(url: str) -> None:
    """Copy everything from the SQLite database in use into an empty PostgreSQL database, and prove it.

    Stop Molva first. The SQLite file is not changed: when something goes wrong, start Molva as before. The variable
    MOLVA_MOVE_TO may hold the address instead: others on the machine see the words of a command, and its password.
    """
    try:
        _refuse_what_cannot_be(url)
        click.echo("Making the tables …")
        _run(url, "-c", _BRING_SCHEMA)
        count = _copy_all(url)
    except (MovingError, psycopg.Error, sqlite3.Error) as problem:
        raise click.ClickException(
            f"{problem}\nNothing was moved; the SQLite database is as it was."
        ) from problem
    click.echo(f"{count} rows copied. Checking the books there …")
    try:
        _run(url, "-m", "molva", "check")
    except MovingError as problem:
        raise click.ClickException(f"{problem}\nDo not go on with the new database.") from problem
    click.echo("Everything holds there. Set DATABASE_URL to this address and start Molva.")


def _refuse_what_cannot_be(url: str) -> None:
    if connection.vendor != "sqlite":
        raise MovingError("DATABASE_URL does not name an SQLite database: there is nothing to move.")
    if not url.startswith(("postgres://", "postgresql://")):
        raise MovingError("The address must begin with postgres://")
    if not is_schema_current():
        raise MovingError("The database is of an older Molva: run `molva migrate` first.")
    with psycopg.connect(url) as target:
        there = target.execute("SELECT to_regclass('workspaces_workspace')").fetchone()
        if there and there[0]:
            used = target.execute(
                "SELECT 1 FROM workspaces_workspace UNION ALL SELECT 1 FROM workspaces_user LIMIT 1"
            )
            if used.fetchone():
                raise MovingError("A Molva lives in that database already: give an empty one.")


def _run(url: str, *arguments: str) -> None:
    """Something of Molva on the new database, in a process of its own: settings are read once in a process."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, *arguments],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MovingError(f"The new database:\n{done.stdout}{done.stderr}".strip())


def _copy_all(url: str) -> int:
    """Every table in one transaction; how many rows there were."""
    names = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    path = settings.DATABASES["default"]["NAME"]
    with closing(sqlite3.connect(path)) as source, psycopg.connect(url) as target:
        source.execute("BEGIN IMMEDIATE")  # whoever still runs cannot write what would be left behind
        _on_each(target, names, "ALTER TABLE {} DISABLE TRIGGER USER")
        _on_each(target, _REPLACED, "DELETE FROM {}")
        count = sum(_copy_table(source, target, name) for name in names)
        target.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what refers to nothing is refused here
        _on_each(target, names, "ALTER TABLE {} ENABLE TRIGGER USER")
    return count


def _on_each(target: Target, names: Sequence[str], statement: LiteralString) -> None:
    for name in names:
        target.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _copy_table(source: sqlite3.Connection, target: Target, name: str) -> int:
    found = target.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
        [name],
    )
    kinds = dict(found.fetchall())
    turns = [_TURNS.get(kind, _as_it_is) for kind in kinds.values()]
    quoted = ", ".join(f'"{column}"' for column in kinds)
    rows = source.execute(f'SELECT {quoted} FROM "{name}"')  # noqa: S608 - names of our own tables
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, kinds))
    )
    count = 0
    with target.cursor().copy(into) as stream:
        while piece := rows.fetchmany(_PIECE):
            stream.write(copy_lines([_turned(row, turns) for row in piece]))
            count += len(piece)
    arrived = target.execute(sql.SQL("SELECT COUNT(*) FROM {}").format(sql.Identifier(name))).fetchone()
    if arrived != (count,):
        raise MovingError(f"{name}: {count} rows were sent, {arrived and arrived[0]} have arrived.")
    _move_sequences(target, name, list(kinds))
    if count:
        click.echo(f"  {name}: {count}")
    return count


def _turned(row: Sequence[Any], turns: Sequence[Turn]) -> tuple[Any, ...]:
    return tuple(None if value is None else turn(value) for value, turn in zip(row, turns, strict=True))


def _as_it_is(value: Any) -> Any:
    return value


# How a value of SQLite is written for a type of PostgreSQL.
_TURNS: dict[str, Turn] = {
    "boolean": lambda value: "t" if value else "f",
    "timestamp with time zone": lambda value: f"{value}+00",  # Django stores UTC without saying so
    "bytea": lambda value: f"\\x{bytes(value).hex()}",
}


def _move_sequences(target: Target, name: str, columns: Sequence[str]) -> None:
    """New rows get numbers after those that have come."""
    for column in columns:
        found = target.execute("SELECT pg_get_serial_sequence(%s, %s)", [name, column]).fetchone()
        if found and found[0]:
            last = sql.SQL("SELECT setval({}, MAX({})) FROM {} HAVING MAX({}) IS NOT NULL").format(
                sql.Literal(found[0]), sql.Identifier(column), sql.Identifier(name), sql.Identifier(column)
            )
            target.execute(last)
