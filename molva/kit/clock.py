"""The only clock of the product, and the two forms in which a moment travels.

Databases and faces use aware UTC datetimes; the pure rules and the tracker use integer microseconds since 1970 UTC.
Everything that needs the present moment asks `now()`, so that tests freeze one place.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of an aware moment, exactly (no floats)."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC moment of a number of microseconds since 1970-01-01 UTC."""
    return _EPOCH + timedelta(microseconds=micros)
