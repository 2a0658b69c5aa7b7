"""The quick reading of usual lines and the full one tell the same, of good lines and of bad ones."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from molva.domain.reading import money, pointer
from molva.domain.terms import AccrualTerms, AttributionTerms, RuleSet, Terms
from molva.domain.wording import time_in_words
from molva.simulate.events import EventReader
from molva.simulate.output import Shape
from molva.simulate.quick import QuickReader
from molva.simulate.told import Events
from tests.oracle.histories import history
from tests.simulate_errors.table import IN_EVENTS, ORDER, TOUCH

DIGITS = {"JPY": 0, "RUB": 2, "KWD": 3}
RICH: dict[str, Any] = {
    "at": "2026-03-02T12:00:07.250000+03:00",
    "type": "order",
    "seq": 2,
    "order": {
        "id": "o1",
        "number": "1001",
        "created_at": "2026-03-02T09:00:00Z",
        "client": {"id": "c1", "email": " Anna@Mail.ru", "phone": "8 (916) 123-45-67"},
        "visitor": "v",
        "codes": ["anna10", " BEE "],
        "landing": "/?aff=B",
        "status": "new",
        "delivery": "300.00",
        "discount": "10",
        "lines": [
            {
                "id": "1",
                "product": "p",
                "categories": ["k", "l"],
                "sku": "S",
                "quantity": "1.5",
                "total": "10.00",
            },
            {"id": "2", "total": "5"},
        ],
    },
}
ODD: list[Any] = [
    None,
    "",
    " ",
    "x",
    "1",
    "1.005",
    "1.00",
    "-1.00",
    0,
    1,
    1.5,
    True,
    [],
    {},
    ["x"],
    [""],
    [1],
]
GOOD = [
    TOUCH,
    ORDER,
    RICH,
    {**RICH, "seq": None},
    {key: value for key, value in RICH.items() if key != "seq"},
]
TERMS = Terms(AttributionTerms("last"), AccrualTerms(frozenset()), 1, RuleSet.of([]))


def plain(value: Any) -> Any:
    """A value to compare: what stands in its slots, all the way down, with the types of the scalars."""
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    if type(value).__module__.startswith("molva.") and slots:
        return {name: plain(getattr(value, name)) for name in slots}
    return repr(value)


def both(lines: list[bytes], digits: int = 2) -> tuple[Events, Events]:
    """The lines as they are read, and as the full reader alone reads them."""
    full = EventReader(digits, None)
    for number, raw in enumerate(lines, 1):
        full._read_fully(raw, number)
    full.events.timed.sort(key=lambda event: (event.at, event.line))
    return EventReader(digits, None).read(lines), full.events


def changed(base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The event with each value in it replaced by each odd one, taken away, and with a key more."""
    ways = [*_ways(base, ())]
    for way in ways:
        for odd in [*ODD, "GONE", "MORE"]:
            made = copy.deepcopy(base)
            target: Any = made
            for step in way[:-1]:
                target = target[step]
            if odd == "GONE":
                del target[way[-1]]
            elif odd == "MORE":
                target[way[-1]] = {"more": 1, **target[way[-1]]} if type(target[way[-1]]) is dict else "more"
            else:
                target[way[-1]] = odd
            yield made


def _ways(value: Any, way: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if type(value) is dict else enumerate(value) if type(value) is list else ()
    for key, one in inner:
        yield (*way, key)
        yield from _ways(one, (*way, key))


def as_line(event: Any) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


@pytest.mark.parametrize("event", GOOD, ids=range(len(GOOD)))
def test_usual_lines_are_read_quickly(event: dict[str, Any]) -> None:
    """Whatever else holds, a good touch or order is not read twice."""
    quick = QuickReader(money(2))
    assert quick.read(as_line(event), 1) is not None
    assert quick.read(json.dumps(event, separators=(",", ":")).encode() + b"\r\n", 1) is not None


def test_good_histories_are_told_the_same() -> None:
    """Random valid histories in currencies of 0, 2 and 3 digits."""
    for seed in range(60):
        programme, events, _ = history(seed)
        quick, full = both([as_line(event) for event in events], DIGITS[programme["currency"]])
        assert full.problems == []
        assert plain(quick) == plain(full), seed


@pytest.mark.parametrize("base", [TOUCH, RICH], ids=["touch", "order"])
def test_odd_values_are_told_the_same(base: dict[str, Any]) -> None:
    """Every value of a touch and of an order made odd: the same facts or the same problems, word for word."""
    wrong = 0
    for event in changed(base):
        quick, full = both([as_line(event)])
        assert plain(quick) == plain(full), event
        wrong += bool(quick.problems)
    assert wrong > 50


def test_wrong_lines_are_told_the_same() -> None:
    """The table of wrong events, all in one file: lines, pointers and words."""
    lines = [as_line(one.made()) for one in IN_EVENTS]
    quick, full = both(lines)
    assert plain(quick) == plain(full)
    told = {pointer(problem.path): problem.what for _, problem in quick.problems}
    assert told["/order/lines/0/quantity"] == 'must be a number in a string such as "12.5"'
    assert told["/order/lines/1/id"] == "two lines with this id"
    assert told["/order/colour"] == "unknown key"


WHOLE = json.dumps(RICH)
RAW = [
    WHOLE.replace('"status": ', '"status" : '),
    WHOLE.replace('"status": ', '"status":\t'),
    WHOLE.replace('"status": "new"', '"status": "new", "status": "new"'),
    WHOLE.replace('"status": "new"', '"status" : "new", "status": "new"'),
    WHOLE.replace('"total": "5"', '"total": "5", "total": "6"'),
    WHOLE.replace('"id": "c1"', '"id": "c1", "\\u0069d": "c2"'),
    WHOLE.replace('"id": "c1"', '"id": "a\\":b"'),
    WHOLE.replace('"id": "c1"', '"id": "\\ud800"'),
    WHOLE.replace('"seq": 2', '"seq": NaN'),
    WHOLE.replace('"seq": 2', '"seq": 2.0'),
    WHOLE.replace('"seq": 2', '"seq": ' + "9" * 5000),
    WHOLE.replace('"10.00"', '"' + "9" * 5000 + '.00"'),
    WHOLE.replace('"10.00"', '"١.00"').encode().decode(),
    WHOLE + "\x0b",
    "\x0b" + WHOLE,
    "\ufeff" + WHOLE,
    WHOLE + WHOLE,
    WHOLE[:-1],
    "  " + WHOLE + " \r",
    "",
    " \t ",
    "null",
    "[]",
    '"order"',
    "[" * 100_000,
    '{"type": "order"}',
    '{"type": ["order"]}',
    '{"type": "order", "at": "2026-03-02T09:00:00Z", "order": []}',
]


@pytest.mark.parametrize("text", RAW, ids=range(len(RAW)))
def test_odd_texts_are_told_the_same(text: str) -> None:
    """Blanks in odd places, keys twice, what is no JSON: as the first line and as a later one."""
    raw = text.encode() + b"\n"
    quick, full = both([raw, raw])
    assert plain(quick) == plain(full)


def test_no_utf8_is_told_the_same() -> None:
    """Bytes that are no text."""
    quick, full = both([WHOLE.encode().replace(b"o1", b"\xff")])
    assert plain(quick) == plain(full)
    assert [problem.what for _, problem in quick.problems] == ["is not UTF-8"]


def test_times_are_written_by_their_minute_as_they_are() -> None:
    """In every zone, from the year 1900 on: what is looked up by the minute is what the calendar says."""
    chance = Random(1)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        shape = Shape(Terms(TERMS.attribution, TERMS.accrual, 1, TERMS.rules, timezone=name))
        for _ in range(10):
            at = chance.randrange(-2_200_000_000, 4_000_000_000) * 1_000_000 + chance.choice(
                (0, 0, 1, 500_000)
            )
            for moment in (at, at - at % 60_000_000):
                local = (epoch + timedelta(microseconds=moment)).astimezone(zone)
                assert shape.time(moment) == local.isoformat(), name
                assert time_in_words(moment, name)[0] == (
                    f"{local.day} {local:%B} {local.year}, {local.hour:02d}:{local.minute:02d}"
                ), name
