"""JSON from files, strictly: no key twice in an object, no NaN, UTF-8 only; a BOM and blank lines are skipped."""

import json
from collections.abc import Iterator
from typing import Any

from molva.domain.reading import Path, Problem

_BOM = b"\xef\xbb\xbf"


class _Doubled(dict[str, Any]):
    """An object in which keys stand twice; `twice` names them."""

    twice: list[str]


class JsonReader:
    """Parses one document at a time."""

    def __init__(self) -> None:
        self._doubled = False
        self._plain = json.JSONDecoder(parse_constant=_refuse)
        self._watchful = json.JSONDecoder(object_pairs_hook=self._object, parse_constant=_refuse)

    def parse(self, raw: bytes) -> tuple[Any, list[Problem]]:
        """The value and what is wrong with it; of a text that is no JSON the value is None."""
        self._doubled = False
        try:
            text = raw.decode()
            line = raw.strip()
            if b" :" not in line and b"\t" not in line and b"\n" not in line and b"\r" not in line:
                value = self._plain.decode(text)
                # Every key ends with a quote and a colon here; as many keys as that, so none stands twice.
                if text.count('":') == _count_keys(value):
                    return value, []
            value = self._watchful.decode(text)
        except UnicodeDecodeError:
            return None, [Problem((), "is not UTF-8")]
        except RecursionError:
            return None, [Problem((), "is nested too deeply")]
        except ValueError as error:
            return None, [Problem((), f"is not JSON: {error}")]
        if self._doubled:
            return self._plain.decode(text), list(_find_doubled(value, ()))
        return value, []

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        self._doubled = True
        doubled = _Doubled(found)
        seen: set[str] = set()
        doubled.twice = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
        return doubled


def without_bom(raw: bytes) -> bytes:
    """A document, or the first line of one, without its BOM."""
    return raw.removeprefix(_BOM)


def canonical(value: Any) -> str:
    """A text that is the same for values equal as JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _count_keys(value: Any) -> int:
    """How many keys stand in an event where orders have them; others are not counted, so the watchful way is taken."""
    if type(value) is not dict:
        return -1
    count = len(value)
    order = value.get("order")
    if type(order) is dict:
        count += len(order)
        lines = order.get("lines")
        for line in lines if type(lines) is list else ():
            if type(line) is dict:
                count += len(line)
        value = order
    client = value.get("client")
    return count + len(client) if type(client) is dict else count


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")


def _find_doubled(value: Any, path: Path) -> Iterator[Problem]:
    if isinstance(value, _Doubled):
        for key in dict.fromkeys(value.twice):
            yield Problem((*path, key), "key stands twice")
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _find_doubled(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _find_doubled(inner, (*path, index))
