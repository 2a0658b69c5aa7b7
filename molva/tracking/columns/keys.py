"""Dimensions as values: how a row's key is computed, compared and written, the same in every store.

Times are whole units of the question's zone (days, hours, hours of a week), partners and links are numbers, everything
else is text. Stores compute and sort keys in that form; only the answer turns them into words.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

from molva.kit import clock
from molva.tracking.columns.questions import Dimension

Key = int | str
HOUR = 3_600_000_000  # µs
DAY = 24 * HOUR
_WEEK_HOURS = 168
# Hour 0 of 1970 was midnight of a Thursday: the hour of a week that begins on Monday is 72 more.
_FIRST_HOUR = 72
_PROBE = timedelta(hours=6)  # zones do not change twice within that
_EPOCH_DAY = date(1970, 1, 1).toordinal()

TIMES: tuple[Dimension, ...] = ("day", "hour", "weekday_hour")
NUMBERS: tuple[Dimension, ...] = ("partner", "link")
UTM: tuple[Dimension, ...] = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
SUBS: tuple[Dimension, ...] = ("sub1", "sub2", "sub3", "sub4", "sub5")
TEXTS: tuple[Dimension, ...] = (*SUBS, "referrer", *UTM, "device", "country")
DIMENSIONS: tuple[Dimension, ...] = (*TIMES, *NUMBERS, *TEXTS)


@dataclass(frozen=True, slots=True)
class LocalClock:
    """A zone's offsets in a period: `offsets[n]` (µs) holds before `changes[n]` (µs since 1970), the last one on."""

    offsets: tuple[int, ...]
    changes: tuple[int, ...] = ()

    def local(self, micros: int) -> int:
        """µs of the zone's own clock, counted from its midnight of 1 January 1970."""
        for offset, change in zip(self.offsets, self.changes, strict=False):
            if micros < change:
                return micros + offset
        return micros + self.offsets[-1]

    def expression(self, micros: str) -> str:
        """The same as SQL over an expression of µs since 1970; every figure in it is a whole number of ours."""
        if not self.changes:
            return f"({micros} + {int(self.offsets[0])})"
        cases = " ".join(
            f"WHEN {micros} < {int(change)} THEN {int(offset)}"
            for offset, change in zip(self.offsets, self.changes, strict=False)
        )
        return f"({micros} + CASE {cases} ELSE {int(self.offsets[-1])} END)"


def local_clock(zone: ZoneInfo | timezone, start: datetime, end: datetime) -> LocalClock:
    """The offsets of a zone from `start` to `end`."""
    moments = [start]
    while moments[-1] < end:
        moments.append(min(moments[-1] + _PROBE, end))
    offsets, changes = [_offset(zone, start)], []
    for before, after in pairwise(moments):
        if _offset(zone, before) != _offset(zone, after):
            changes.append(_change(zone, clock.to_micros(before), clock.to_micros(after)))
            offsets.append(_offset(zone, after))
    return LocalClock(tuple(offsets), tuple(changes))


def time_key(dimension: Dimension, local_micros: int) -> int:
    """The key of a moment of the local clock."""
    if dimension == "day":
        return local_micros // DAY
    hours = local_micros // HOUR
    return hours if dimension == "hour" else (hours + _FIRST_HOUR) % _WEEK_HOURS


def time_expression(dimension: Dimension, local: str, divide: str) -> str:
    """The same as SQL; `divide` is the dialect's whole division, «{} / {}»."""
    if dimension == "day":
        return divide.format(local, DAY)
    hours = divide.format(local, HOUR)
    return hours if dimension == "hour" else f"(({hours} + {_FIRST_HOUR}) % {_WEEK_HOURS})"


def word_of(dimension: Dimension, key: Key | None) -> str:
    """A key as the answer has it."""
    if key is None:
        return ""
    if dimension == "weekday_hour":
        return "{}-{:02d}".format(*divmod(int(key), 24))
    if dimension == "day":
        return date.fromordinal(_EPOCH_DAY + int(key)).isoformat()
    if dimension == "hour":
        day, hour = divmod(int(key), 24)
        return f"{date.fromordinal(_EPOCH_DAY + day).isoformat()} {hour:02d}"
    return str(key)


def key_of(dimension: Dimension, word: str) -> Key | None:
    """The key behind a word of an answer; None when no click can have it."""
    if dimension in TEXTS:
        return word
    try:
        return _parse(dimension, word)
    except ValueError:
        return None


def _parse(dimension: Dimension, word: str) -> int:
    if dimension == "day":
        key = date.fromisoformat(word).toordinal() - _EPOCH_DAY
    elif dimension == "hour":
        moment = datetime.strptime(word, "%Y-%m-%d %H").replace(tzinfo=UTC)
        key = clock.to_micros(moment) // HOUR
    elif dimension == "weekday_hour":
        weekday, _, hour = word.partition("-")
        key = int(weekday) * 24 + int(hour)
    else:
        key = int(word)
    if word_of(dimension, key) != word or not -(1 << 63) <= key < 1 << 63:
        raise ValueError(word)
    return key


def _offset(zone: ZoneInfo | timezone, moment: datetime) -> int:
    return (moment.astimezone(zone).utcoffset() or timedelta()) // timedelta(microseconds=1)


def _change(zone: ZoneInfo | timezone, low: int, high: int) -> int:
    """The first µs of the new offset, found by halves."""
    before = _offset(zone, clock.from_micros(low))
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, clock.from_micros(middle)) == before:
            low = middle
        else:
            high = middle
    return high
