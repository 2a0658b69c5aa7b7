"""The different values of an indexed column, found by leaping from one to the next.

`SELECT DISTINCT` reads every row; of a million orders that takes a second to find four statuses.
"""

from typing import Any

from django.db import connection, models


def different_values(model: type[models.Model], programme: int, column: str) -> list[Any]:
    """Every value but empty text that `column` has in a programme, in order. Needs an index that begins with
    (programme, column).
    """
    quote = connection.ops.quote_name
    table, name = quote(model._meta.db_table), quote(model._meta.get_field(column).column)
    statement = f"""
        WITH RECURSIVE leap(value) AS (
            SELECT min({name}) FROM {table} WHERE programme_id = %s AND {name} > %s
            UNION ALL
            SELECT (SELECT min({name}) FROM {table} WHERE programme_id = %s AND {name} > leap.value)
            FROM leap WHERE leap.value IS NOT NULL
        ) SELECT value FROM leap WHERE value IS NOT NULL
    """  # noqa: S608 - names of our own models
    with connection.cursor() as cursor:
        cursor.execute(statement, [programme, "", programme])
        return [value for (value,) in cursor.fetchall()]
