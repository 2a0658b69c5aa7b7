"""What the killed workers were doing."""

import time

from django.db import connection

from molva.jobs import job


def _effect(number: int, *, atomic: bool) -> None:
    time.sleep(0.004)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO effect (number, is_atomic) VALUES (%s, %s)", [number, int(atomic)])
    time.sleep(0.004)


@job(max_attempts=20)
def plain(*, number: int) -> None:
    """An effect that may come twice."""
    _effect(number, atomic=False)


@job(max_attempts=20, atomic=True)
def atomic(*, number: int) -> None:
    """An effect that comes once."""
    _effect(number, atomic=True)


@job(max_attempts=20, atomic=True)
def tick() -> None:
    """Fired by the clock, once in the whole run, whichever worker does it."""
    _effect(-1, atomic=True)
