"""Questions to the day files as the tracker writes them: plain SQLite, a file at a time, no index but time.

Only loaded clicks count, so that the figures agree with the rollups. Different visitors are counted over all files
together in a temporary table that SQLite keeps on the disk when it grows, so memory stays small.
"""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, timezone
from functools import wraps
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from molva.domain.click_id import NODE_BITS
from molva.kit import clock
from molva.programmes.models import Partner
from molva.tracking import clickfile
from molva.tracking.columns.asking import Dialect, conditions, count_rows, counts_of, needed, select_keys
from molva.tracking.columns.errors import NoAnswerError
from molva.tracking.columns.keys import SUBS, TIMES, UTM, local_clock, time_key, word_of
from molva.tracking.columns.questions import Answer, ClickQuestion, Dimension
from molva.tracking.columns.shelf import HotPart, StoredDay, hot_parts, known_from, list_days
from molva.tracking.columns.words import Countries, device_of, host_of, utm_of

Count = Callable[[Any, ClickQuestion], Answer]
SECONDS = 20.0  # that one question may take
_STEPS = 20_000  # of SQLite's machine between two looks at the clock
DIALECT = Dialect(
    micros=f"(c.id >> {NODE_BITS})",
    divide="({} / {})",
    columns={
        "partner": "c.partner",
        "link": "c.link",
        **{sub: f"coalesce(c.{sub}, '')" for sub in SUBS},
        "referrer": "host(r.text)",
        **{name: f"utm(coalesce(u.text, c.utm), {place})" for place, name in enumerate(UTM)},
        "device": "device(a.text)",
        "country": "country(c.ip)",
    },
)


class FileSealedError(Exception):
    """A raw file went away, sealed or dropped, after the days had been listed."""


def once_more(count: Count) -> Count:
    """Ask again, with the days as they are now, when a file was sealed under a question; it happens once a day."""

    @wraps(count)
    def ask(columns: Any, question: ClickQuestion) -> Answer:
        try:
            return count(columns, question)
        except FileSealedError:
            return count(columns, question)

    return ask


class HotColumns:
    """The raw clicks of the day files alone."""

    def __init__(self, folder: Path, countries: Countries, *, seconds: float = SECONDS) -> None:
        self._folder = folder
        self._countries = countries
        self._seconds = seconds

    @once_more
    def count(self, question: ClickQuestion) -> Answer:
        """Answer from the files that are there; raises NoAnswerError when it takes too long."""
        days = list_days(self._folder)
        with HotRows(self._countries, self._seconds) as rows:
            found = rows.count(question, hot_parts(days, question, _covered))
        return Answer(counts_of(question, found), known_from(days, _covered))

    def describe(
        self, click_ids: Collection[int], dimension: Dimension, *, zone: ZoneInfo | timezone = UTC
    ) -> dict[int, str]:
        """The word of single clicks; times are those of `zone`."""
        with HotRows(self._countries, self._seconds) as rows:
            return rows.describe(self._folder, click_ids, dimension, zone)


class HotRows:
    """Clicks of raw files, one file after another, as rows of a question. Wants to be closed (`with`)."""

    def __init__(self, countries: Countries, seconds: float = SECONDS) -> None:
        self._deadline = time.monotonic() + seconds
        # the empty name: a database of its own that lives in memory and, when it grows, in a temporary file
        self._connection = sqlite3.connect("", uri=True, isolation_level=None)
        make = self._connection.create_function
        make("device", 1, device_of, deterministic=True)
        make("host", 1, host_of, deterministic=True)
        make("utm", 2, lambda stored, place: utm_of(stored)[place], deterministic=True)
        make("country", 1, countries.country_of, deterministic=True)
        self._connection.set_progress_handler(lambda: int(time.monotonic() > self._deadline), _STEPS)

    def __enter__(self) -> "HotRows":
        return self

    def __exit__(self, *problem: object) -> None:
        self._connection.close()

    def count(self, question: ClickQuestion, parts: list[HotPart]) -> list[Any]:
        """Rows of `count_rows`."""
        names = "".join(f"k{place}, " for place in range(len(question.by)))
        with _limited():
            self._take_partners(question)
            self._connection.execute(f"CREATE TABLE found ({names}visitor, touch)")
            for part in parts:
                with self._attached(part.path):
                    sql, values = _select(question, part)
                    self._connection.execute(f"INSERT INTO found {sql}", values)
            return self._connection.execute(count_rows(question, "found")).fetchall()

    def stream(self, question: ClickQuestion, parts: list[HotPart]) -> Iterator[tuple[Any, ...]]:
        """Selected rows as they come, for a store that counts them with its own."""
        with _limited():
            self._take_partners(question)
            for part in parts:
                with self._attached(part.path):
                    yield from self._connection.execute(*_select(question, part))

    def describe(
        self, folder: Path, click_ids: Collection[int], dimension: Dimension, zone: ZoneInfo | timezone = UTC
    ) -> dict[int, str]:
        """Words of those clicks that are in raw files."""
        words: dict[int, str] = {}
        with _limited():
            for name, ids in by_file(click_ids).items():
                if (folder / name).exists():
                    with self._attached(folder / name):
                        words |= self._describe(ids, dimension, zone)
        return words

    def _describe(
        self, ids: list[int], dimension: Dimension, zone: ZoneInfo | timezone
    ) -> Iterator[tuple[int, str]]:
        expression = "NULL" if dimension in TIMES else DIALECT.columns[dimension]
        sql = f"SELECT c.id, {expression} FROM {_tables({dimension})} WHERE c.id = ?"  # noqa: S608 - no value
        for one in ids:
            for click_id, key in self._connection.execute(sql, (one,)):
                yield (
                    click_id,
                    time_word(click_id, dimension, zone) if dimension in TIMES else word_of(dimension, key),
                )

    def _take_partners(self, question: ClickQuestion) -> None:
        self._connection.execute("CREATE TABLE partners (id INTEGER PRIMARY KEY)")
        self._connection.executemany(
            "INSERT INTO partners VALUES (?)", [(pk,) for pk in _partners_of(question)]
        )

    @contextmanager
    def _attached(self, path: Path) -> Iterator[None]:
        try:
            self._connection.execute("ATTACH ? AS day", (f"{path.resolve().as_uri()}?mode=ro",))
        except sqlite3.OperationalError as problem:
            if path.exists():
                raise
            raise FileSealedError(path.name) from problem
        yield  # after an error the connection is closed anyway
        self._connection.execute("DETACH day")


def by_file(click_ids: Iterable[int]) -> dict[str, list[int]]:
    """Click ids, each once and in order, by the names of the raw files that they belong to."""
    found: dict[str, list[int]] = {}
    for click_id in sorted(set(click_ids)):
        found.setdefault(clickfile.file_of(click_id), []).append(click_id)
    return found


def time_word(click_id: int, dimension: Dimension, zone: ZoneInfo | timezone) -> str:
    """The day, hour or hour of the week of a click."""
    moment = clickfile.moment_of(click_id)
    return word_of(
        dimension, time_key(dimension, local_clock(zone, moment, moment).local(clock.to_micros(moment)))
    )


def _select(question: ClickQuestion, part: HotPart) -> tuple[str, list[int | str]]:
    values: list[int | str] = []

    def put(value: int | str) -> str:
        values.append(value)
        return f"?{len(values)}"

    limits = [
        f"c.id > {put(part.after)}",
        f"c.id < {put(part.before)}",
        "c.partner IN (SELECT id FROM partners)",
    ]
    where = " AND ".join([*limits, *conditions(question, DIALECT, put)])
    keys = select_keys(question, DIALECT)
    return (
        f"SELECT {keys}c.visitor, {DIALECT.touch} FROM {_tables(needed(question))} WHERE {where}",  # noqa: S608
        values,
    )


def _tables(dimensions: set[Dimension]) -> str:
    tables = "day.clicks c"
    if "device" in dimensions:
        tables += " LEFT JOIN day.texts a ON a.id = c.agent"
    if "referrer" in dimensions:
        tables += " LEFT JOIN day.texts r ON r.id = c.referrer"
    if dimensions.intersection(UTM):
        tables += " LEFT JOIN day.texts u ON u.id = c.utm"
    return tables


def _partners_of(question: ClickQuestion) -> list[int]:
    """The programme's partners, of those that are asked for: nobody else's clicks are ever counted."""
    found = Partner.unscoped.filter(programme_id=question.programme).values_list("pk", flat=True)
    if question.partners is None:
        return list(found)
    wanted = set(question.partners)
    return [pk for pk in found if pk in wanted]


def _covered(day: StoredDay) -> int:
    """Nothing of a day is anywhere else for who has raw files only."""
    return 0


@contextmanager
def _limited() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as problem:
        if "interrupted" in str(problem):
            raise NoAnswerError("slow") from problem
        raise
