"""Lets the test runner empty append-only tables: it lifts their triggers, flushes, and puts them back."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import TransactionTestCase

from molva.kit.triggers import guarded_tables, install_sql, remove_sql, run


@pytest.fixture(scope="session", autouse=True)
def flushable_tables() -> Iterator[None]:
    """Tests inside a transaction roll back; the others end with a flush, which triggers would refuse."""
    flush = TransactionTestCase._fixture_teardown

    def teardown(self: TransactionTestCase) -> None:
        tables = guarded_tables(connection)
        run(connection, tables, remove_sql)
        try:
            flush(self)
        finally:
            run(connection, tables, install_sql)

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = flush
