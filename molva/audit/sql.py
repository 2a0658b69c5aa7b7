"""Plain SQL for checks: it must not lean on the code whose work it proves."""

from typing import Any

from django.db import connection


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of a query; `values` stand for its %s."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def quoted(name: str) -> str:
    """The name of a table or column as SQL."""
    return connection.ops.quote_name(name)
