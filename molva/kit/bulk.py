"""Thousands of plain rows in a few statements, for tables that are counted in tens of millions.

Rows are tuples of what the database takes as it is: whole numbers, texts, None, and days and moments as texts. SQLite
gets statements of many rows, prepared once; PostgreSQL gets COPY for new rows, and one array a column for sums.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from django.db import connection

# Rows in one statement of SQLite: it takes 32 766 values, and more rows at once gain nothing.
_ROWS = 250
# Signs that end a field or a row in COPY's own text form.
_COPY_SIGNS = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

Row = tuple[Any, ...]


def insert_plain(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """INSERT new rows; needs an open transaction to be all or nothing."""
    if not rows:
        return
    if connection.vendor == "postgresql":
        _copy(table, columns, rows)
    else:
        _insert(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ", "", rows)  # noqa: S608 - our own names


def add_plain(
    table: str, key: Mapping[str, str], also: Mapping[str, str], sums: Sequence[str], rows: Sequence[Row]
) -> None:
    """Add to whole-number columns of rows that are found by `key`, or make the rows with these figures.

    `key` and `also` name columns with their PostgreSQL types; a row has the values of `key`, of `also` and of `sums`.
    Rows differ in their keys. They are written in the order of these: neighbours share pages of the index.
    """
    if not rows:
        return
    rows = sorted(rows)
    columns = [*key, *also, *sums]
    head = f"INSERT INTO {table} ({', '.join(columns)}) "
    changes = ", ".join(f"{one} = {table}.{one} + excluded.{one}" for one in sums)
    tail = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
    if connection.vendor == "postgresql":
        types = [*key.values(), *also.values(), *["integer"] * len(sums)]
        arrays = ", ".join(f"%s::{one}[]" for one in types)
        with connection.cursor() as cursor:
            cursor.execute(
                f"{head}SELECT * FROM unnest({arrays}){tail}",  # noqa: S608 - our own names
                [list(column) for column in zip(*rows, strict=True)],
            )
    else:
        _insert(f"{head}VALUES ", tail, rows)


def any_of(values: Sequence[Any]) -> tuple[str, Any]:
    """SQL that follows a column, and its one parameter: whether it is among many values."""
    if connection.vendor == "postgresql":
        return "= ANY(%s)", list(values)
    return "IN (SELECT value FROM json_each(%s))", json.dumps(values)


def _insert(head: str, tail: str, rows: Sequence[Row]) -> None:
    """SQLite: whole statements go to the driver itself, which remembers them prepared."""
    connection.ensure_connection()
    driver: Any = connection.connection
    place = f"({', '.join('?' * len(rows[0]))})"
    full = f"{head}{', '.join([place] * _ROWS)}{tail}"
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        statement = full if len(part) == _ROWS else f"{head}{', '.join([place] * len(part))}{tail}"
        driver.execute(statement, list(chain.from_iterable(part)))


def _copy(table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    with connection.cursor() as cursor:
        driver: Any = cursor.cursor
        with driver.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as stream:
            stream.write(copy_lines(rows))


def copy_lines(rows: Sequence[Row]) -> str:
    """Rows in the text form of PostgreSQL's COPY."""
    return "".join(["\t".join([_field(value) for value in row]) + "\n" for row in rows])


def _field(value: Any) -> str:
    if value is None:
        return "\\N"
    return value.translate(_COPY_SIGNS) if isinstance(value, str) else str(value)
