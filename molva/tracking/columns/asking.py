"""The one question in the words of three engines: what differs is told by a `Dialect`, the rest is the same text.

A store selects rows of clicks, «k0, k1, …, visitor, touch» (touch: 1 for a person, 0 for a machine), from wherever it
has them, and counts them in one go, so that a visitor of two days or two stores is one visitor. No value of a question
is ever a part of the text: it is bound.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from molva.tracking.clickfile import NOT_A_TOUCH
from molva.tracking.columns.keys import (
    NUMBERS,
    TIMES,
    LocalClock,
    key_of,
    local_clock,
    time_expression,
    word_of,
)
from molva.tracking.columns.questions import ClickCount, ClickQuestion, Dimension

Put = Callable[[int | str], str]  # binds a value, returns its place in the text


@dataclass(frozen=True)
class Dialect:
    """How an engine names things."""

    micros: str  # µs since 1970 of a row
    divide: str  # whole division
    columns: Mapping[Dimension, str]  # expressions of numbers and texts; a text that is not given is empty
    touch: str = f"CASE WHEN (flags & {NOT_A_TOUCH}) = 0 THEN 1 ELSE 0 END"  # 1: a person clicked

    def key(self, dimension: Dimension, local: LocalClock) -> str:
        """The expression of a dimension's key."""
        if dimension in TIMES:
            return time_expression(dimension, local.expression(self.micros), self.divide)
        return self.columns[dimension]


def clock_of(question: ClickQuestion) -> LocalClock:
    """The clock of a question's zone in its period."""
    return local_clock(question.zone, question.start, question.end)


def select_keys(question: ClickQuestion, dialect: Dialect) -> str:
    """«key AS k0, key AS k1, » of a question, with its closing comma."""
    local = clock_of(question)
    return "".join(f"{dialect.key(name, local)} AS k{place}, " for place, name in enumerate(question.by))


def conditions(question: ClickQuestion, dialect: Dialect, put: Put) -> list[str]:
    """What `where` asks for; a word that no click can have leaves nothing."""
    local = clock_of(question)
    found = []
    for name, word in question.where.items():
        key = key_of(name, word)
        found.append("1 = 0" if key is None else f"{dialect.key(name, local)} = {put(key)}")
    return found


def count_rows(question: ClickQuestion, source: str, *, places: str = "k{}") -> str:
    """The counting of selected rows; `source` is a table or a select in brackets."""
    keys = [places.format(place) for place in range(len(question.by))]
    # people and machines: not the names of columns, which some engines would put in their place
    figures = (
        "coalesce(sum(touch), 0) AS people, count(DISTINCT CASE WHEN touch = 1 THEN visitor END) AS visitors, "
        "count(*) - coalesce(sum(touch), 0) AS machines"
    )
    group = f" GROUP BY {', '.join(keys)}" if keys else ""
    order = ", ".join(["people DESC", "machines DESC", *keys])
    return (
        f"SELECT {''.join(f'{key}, ' for key in keys)}{figures} FROM {source}{group} "  # noqa: S608 - no value
        f"ORDER BY {order} LIMIT {max(0, int(question.limit))}"
    )


def counts_of(question: ClickQuestion, rows: Sequence[Sequence[Any]]) -> list[ClickCount]:
    """Rows of `count_rows` as an answer has them."""
    size = len(question.by)
    return [
        ClickCount(
            tuple(word_of(name, key) for name, key in zip(question.by, row[:size], strict=True)),
            *(int(figure) for figure in row[size:]),
        )
        for row in rows
    ]


def needed(question: ClickQuestion) -> set[Dimension]:
    """All dimensions that a question speaks of."""
    return {*question.by, *question.where}


def is_text(dimension: Dimension) -> bool:
    """Whether the keys of a dimension are texts, not whole numbers."""
    return dimension not in TIMES and dimension not in NUMBERS
