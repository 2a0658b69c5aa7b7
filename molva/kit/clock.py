"""The only clock of the product, and the two forms in which a moment travels.

Databases and faces use aware UTC datetimes; the pure rules and the tracker use integer microseconds since 1970 UTC.
Everything that needs the present moment asks `now()`, so that tests freeze one place.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _pretended.get() or datetime.now(UTC)


def now_micros() -> int:
    """The present moment in microseconds since 1970-01-01 UTC; the quick form, for every click asks it."""
    pretended = _pretended.get()
    return time.time_ns() // 1000 if pretended is None else to_micros(pretended)


@contextmanager
def pretend(moment: datetime) -> Iterator[None]:
    """Let `now()` answer `moment` inside the block: for telling a past in its own time (sample data, imports)."""
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of an aware moment, exactly (no floats)."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC moment of a number of microseconds since 1970-01-01 UTC."""
    return _EPOCH + timedelta(microseconds=micros)
