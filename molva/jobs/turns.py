"""Who may write next on SQLite, which has one writer: short writes that people or shops wait for, and long ones."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from molva.kit.turns import in_turn


@contextmanager
def writing_turn() -> Iterator[None]:
    """Wrap a transaction in it, from outside. Only SQLite needs it; inside a transaction the turn is had already."""
    if connection.features.has_select_for_update or connection.in_atomic_block:
        yield
        return
    with in_turn(settings.DATA_DIR / "writing"):
        yield
