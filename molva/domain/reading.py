"""Reading of untrusted JSON values into facts and terms: every problem is collected with its place.

A path is a tuple of keys and indexes; `pointer` writes it as a JSON pointer. A missing key and null are the same.
Keys that are not documented are problems: a typing slip must not change money.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from molva.kit.codes import fold
from molva.kit.money import parse_minor

T = TypeVar("T")
Path = tuple[str | int, ...]

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])",
    re.ASCII,
)
_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = (
    -62_135_424_000_000_000
)  # the third day of the year 1: earlier ones have no local time in some zones
_MICROSECOND = timedelta(microseconds=1)
_SECONDS = {f"{second:02d}": second * 1_000_000 for second in range(60)}  # as written → microseconds


_MANY = 10_000  # spellings of whole sums that are kept
_NO_OBJECT: dict[str, Any] = {}  # what is read instead of a value that should be an object


class Problem(NamedTuple):
    """What is wrong and where."""

    path: Path
    what: str


class Wrong(ValueError):
    """A scalar is not what it should be; the text says what is wrong."""


class WrongInput(ValueError):
    """Values that cannot be read; `problems` tells all of them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{pointer(problem.path)}: {problem.what}" for problem in problems))
        self.problems = problems


def pointer(path: Path) -> str:
    """A path as a JSON pointer."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


class Reader:
    """Reads objects field by field and collects the problems; a field with a problem reads as None."""

    __slots__ = ("problems",)

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, path: Path, what: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(path, what))

    def object(self, value: Any, path: Path, known: frozenset[str]) -> dict[str, Any]:
        """The value as an object with known keys only; an empty one when it is none."""
        if type(value) is not dict:
            self.wrong(path, "must be an object")
            return _NO_OBJECT
        if not value.keys() <= known:
            for key in value:
                if key not in known:
                    self.wrong((*path, key), "unknown key")
        return value

    def part(self, fields: dict[str, Any], key: str, path: Path, known: frozenset[str]) -> dict[str, Any]:
        """An object inside; a missing one is empty, so that what it must have is told by its own name."""
        value = fields.get(key)
        if value is None:
            return fields if fields is _NO_OBJECT else {}
        return self.object(value, (*path, key), known)

    def missing(self, fields: dict[str, Any], key: str, path: Path) -> None:
        """Note a missing key, unless the whole is no object: that is told already."""
        if fields is not _NO_OBJECT:
            self.wrong((*path, key), "is required")

    def need(self, fields: dict[str, Any], key: str, path: Path, parse: Callable[[Any], T]) -> T | None:
        """A field that must be there."""
        value = fields.get(key)
        if value is None:
            self.missing(fields, key, path)
            return None
        try:
            return parse(value)
        except Wrong as wrong:
            self.wrong((*path, key), str(wrong))
            return None

    def take(self, fields: dict[str, Any], key: str, path: Path, parse: Callable[[Any], T], default: T) -> T:
        """A field that may be missing or null."""
        value = fields.get(key)
        if value is None:
            return default
        try:
            return parse(value)
        except Wrong as wrong:
            self.wrong((*path, key), str(wrong))
            return default

    def maybe(self, fields: dict[str, Any], key: str, path: Path, parse: Callable[[Any], T]) -> T | None:
        """A field that is None when missing."""
        value = fields.get(key)
        if value is None:
            return None
        try:
            return parse(value)
        except Wrong as wrong:
            self.wrong((*path, key), str(wrong))
            return None

    def items(self, fields: dict[str, Any], key: str, path: Path) -> list[Any]:
        """A list that may be missing."""
        value = fields.get(key)
        if value is None:
            return []
        if type(value) is not list:
            self.wrong((*path, key), "must be a list")
            return []
        return value

    def needed_items(self, fields: dict[str, Any], key: str, path: Path) -> list[Any]:
        """A list that must be there."""
        if fields.get(key) is None:
            self.missing(fields, key, path)
            return []
        return self.items(fields, key, path)

    def texts(
        self, fields: dict[str, Any], key: str, path: Path, parse: Callable[[Any], str]
    ) -> tuple[str, ...]:
        """A list of texts that may be missing."""
        if not fields.get(key) and type(fields.get(key, [])) is list:
            return ()
        read: list[str] = []
        for index, value in enumerate(self.items(fields, key, path)):
            try:
                read.append(parse(value))
            except Wrong as wrong:
                self.wrong((*path, key, index), str(wrong))
        return tuple(read)


def text(value: Any) -> str:
    """Any text."""
    if type(value) is not str:
        raise Wrong("must be a string")
    return value


def name(value: Any) -> str:
    """An id: a text that is not empty, kept exactly."""
    if type(value) is not str:
        raise Wrong("must be a string")
    if not value:
        raise Wrong("must not be empty")
    return value


def code(value: Any) -> str:
    """A promo code, folded."""
    folded = fold(name(value))
    if not folded:
        raise Wrong("must not be empty")
    return folded


def flag(value: Any) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise Wrong("must be true or false")
    return value


def whole(value: Any) -> int:
    """A whole number, not below zero."""
    if type(value) is not int or value < 0:
        raise Wrong("must be a whole number, 0 or more")
    return value


def signed(value: Any) -> int:
    """A whole number of any sign."""
    if type(value) is not int:
        raise Wrong("must be a whole number")
    return value


def one_of(*allowed: str) -> Callable[[Any], str]:
    """A parser of one of the words."""

    def parse(value: Any) -> str:
        if type(value) is not str or value not in allowed:
            raise Wrong("must be one of: " + ", ".join(allowed))
        return value

    return parse


def moment(value: Any) -> int:
    """A time with its offset, in microseconds UTC."""
    if type(value) is not str:
        raise Wrong("must be a time such as 2026-03-01T12:00:00+03:00")
    micros = _SECONDS.get(value[17:19])
    if micros is None or value[16] != ":":
        return _moment(value)
    rest = value[19:]
    fraction = rest[1:7]
    if rest[:1] == "." and fraction.isdigit() and fraction.isascii() and len(fraction) == 6:
        micros += int(fraction)
        rest = rest[7:]
    return _moment(f"{value[:17]}00{rest}") + micros


@lru_cache(maxsize=4096)
def _moment(value: str) -> int:
    """Kept for a while, the seconds apart: what comes together is often of one minute."""
    if not _MOMENT.fullmatch(value):
        raise Wrong("must be a time such as 2026-03-01T12:00:00+03:00")
    try:
        read = (datetime.fromisoformat(value) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        raise Wrong("no such day or time") from None
    if read < _EARLIEST:
        raise Wrong("is too long ago")
    return read


def decimal(value: Any) -> int | Fraction:
    """A plain decimal number in a string, exact."""
    if type(value) is not str or not _DECIMAL.fullmatch(value):
        raise Wrong('must be a number in a string such as "12.5"')
    try:
        if "." not in value:
            return int(value)
        exact = Fraction(value)
    except ValueError:
        raise Wrong("has too many digits") from None
    return exact.numerator if exact.denominator == 1 else exact


def money(digits: int) -> Callable[[Any], int]:
    """A parser of sums of a currency with so many digits of fraction."""
    # A sum is nearly always a whole that was met before and a point with all the digits: both are only looked up.
    wholes: dict[str, int] = {}
    rests = {f".{rest:0{digits}d}": rest for rest in range(10**digits)} if digits else {"": 0}
    width = digits + 1 if digits else 0

    def parse(value: Any) -> int:
        if type(value) is not str:
            raise Wrong('must be a sum in a string such as "150.00"')
        place = len(value) - width
        try:
            return wholes[value[:place]] + rests[value[place:]]
        except KeyError:
            return parse_new(value, place)

    def parse_new(value: str, place: int) -> int:
        try:
            read = parse_minor(value, digits)
        except ValueError as error:
            raise Wrong(str(error)) from None
        if value[place:] in rests and len(wholes) < _MANY:
            wholes[value[:place]] = read - rests[value[place:]]
        return read

    return parse
