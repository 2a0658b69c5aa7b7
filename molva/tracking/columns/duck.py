"""Questions to sealed days by DuckDB, together with the hot days: what is counted, is counted once over both."""

from collections.abc import Collection
from datetime import UTC, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from molva.domain.click_id import NODE_BITS, click_micros
from molva.kit import clock
from molva.tracking.columns.asking import Dialect, conditions, count_rows, counts_of, is_text, select_keys
from molva.tracking.columns.duckdb_engine import SECONDS, session
from molva.tracking.columns.hot import HotRows, by_file, once_more, time_word
from molva.tracking.columns.keys import NUMBERS, TEXTS, TIMES, word_of
from molva.tracking.columns.questions import Answer, ClickQuestion, Dimension
from molva.tracking.columns.shelf import HotPart, StoredDay, hot_parts, known_from, list_days
from molva.tracking.columns.words import Countries
from molva.tracking.sealedfile import SEALED

if TYPE_CHECKING:
    import duckdb

_FEW = 200  # partners that stand in the text one by one, so that whole parts of a file are passed over
DIALECT = Dialect(
    micros="epoch_us(clicked_at)",
    divide="({} // {})",
    columns={
        **{name: f"CAST({name} AS BIGINT)" for name in NUMBERS},
        **{name: f"coalesce({name}, '')" for name in TEXTS},
    },
)


class DuckColumns:
    """The raw clicks of sealed and of hot days."""

    def __init__(self, folder: Path, countries: Countries, *, seconds: float = SECONDS) -> None:
        self._folder = folder
        self._countries = countries
        self._seconds = seconds

    @once_more
    def count(self, question: ClickQuestion) -> Answer:
        """Answer from the sealed files of the period and the raw ones that are not sealed yet.

        Raises NoAnswerError when it takes too long or needs too much memory.
        """
        days = list_days(self._folder)
        sealed = [day for day in days if day.sealed and day.overlaps(question.start, question.end)]
        parts = hot_parts(days, question, _covered)
        with session(self._folder, seconds=self._seconds) as duck:
            if parts:
                self._take_hot(duck, question, parts)
            sql, values = _statement(question, sealed, is_hot=bool(parts))
            found = duck.execute(sql, values).fetchall()
        return Answer(counts_of(question, found), known_from(days, _covered))

    def describe(
        self, click_ids: Collection[int], dimension: Dimension, *, zone: ZoneInfo | timezone = UTC
    ) -> dict[int, str]:
        """The word of single clicks; times are those of `zone`."""
        words: dict[int, str] = {}
        with session(self._folder, seconds=self._seconds) as duck:
            for name, ids in by_file(click_ids).items():
                path = (self._folder / name).with_suffix(SEALED)
                if path.exists():
                    words |= _describe(duck, path, ids, dimension, zone)
        left = [click_id for click_id in click_ids if click_id not in words]
        if left:
            with HotRows(self._countries, self._seconds) as rows:
                words |= rows.describe(self._folder, left, dimension, zone)
        return words

    def _take_hot(
        self, duck: "duckdb.DuckDBPyConnection", question: ClickQuestion, parts: list[HotPart]
    ) -> None:
        keys = "".join(
            f"k{place} {'VARCHAR' if is_text(name) else 'BIGINT'}, " for place, name in enumerate(question.by)
        )
        duck.execute(f"CREATE TEMP TABLE hot ({keys}visitor BLOB, touch BIGINT)")
        with HotRows(self._countries, self._seconds) as rows, duck.appender("hot") as hot:
            hot.append_rows(rows.stream(question, parts))


def _statement(question: ClickQuestion, days: list[StoredDay], *, is_hot: bool) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {}

    def put(value: object) -> str:
        values[f"p{len(values)}"] = value
        return f"$p{len(values) - 1}"

    names = "".join(f"k{place}, " for place in range(len(question.by)))
    inside = [day for day in days if question.start <= day.start and day.end <= question.end]
    edges = [day for day in days if day not in inside]
    sources = []
    if inside:  # their moments need not be read
        sources.append(_source(question, inside, [], put))
    if edges:
        limits = [f"clicked_at >= {put(question.start)}", f"clicked_at < {put(question.end)}"]
        sources.append(_source(question, edges, limits, put))
    if is_hot:
        number = "CAST('0x' || hex(visitor) AS UBIGINT)"
        sources.append(f"SELECT {names}{number} AS visitor, touch FROM hot")  # noqa: S608 - no value
    if not sources:
        empty = "".join(f"NULL AS k{place}, " for place in range(len(question.by)))
        sources.append(f"SELECT {empty}NULL AS visitor, 1 AS touch WHERE 1 = 0")
    return count_rows(question, f"({' UNION ALL '.join(sources)})"), values


def _source(question: ClickQuestion, days: list[StoredDay], limits: list[str], put: Any) -> str:
    """Selected rows of sealed files."""
    files = [str(day.sealed) for day in days]
    where = [
        f"programme = {put(question.programme)}",
        *_partners(question, put),
        *limits,
        *conditions(question, DIALECT, put),
    ]
    return (
        f"SELECT {select_keys(question, DIALECT)}visitor, {DIALECT.touch} AS touch "  # noqa: S608 - no value
        f"FROM read_parquet({put(files)}) WHERE {' AND '.join(where)}"
    )


def _partners(question: ClickQuestion, put: Any) -> list[str]:
    if question.partners is None:
        return []
    if not question.partners:
        return ["1 = 0"]
    if len(question.partners) <= _FEW:
        return [f"partner IN ({', '.join(put(pk) for pk in sorted(question.partners))})"]
    return [f"partner IN (SELECT unnest({put(sorted(question.partners))}))"]


def _describe(
    duck: "duckdb.DuckDBPyConnection",
    path: Path,
    ids: list[int],
    dimension: Dimension,
    zone: ZoneInfo | timezone,
) -> dict[int, str]:
    """Clicks of one file: found by their moments, told from others of the same microsecond by the node."""
    moments = [clock.from_micros(click_micros(click_id)) for click_id in ids]
    expression = "NULL" if dimension in TIMES else DIALECT.columns[dimension]
    rows = duck.execute(
        f"SELECT epoch_us(clicked_at) << {NODE_BITS} | node, {expression} FROM read_parquet($file) "  # noqa: S608
        "WHERE clicked_at >= $first AND clicked_at <= $last AND clicked_at IN (SELECT unnest($moments))",
        {"file": str(path), "first": moments[0], "last": moments[-1], "moments": moments},
    ).fetchall()
    wanted = set(ids)
    if dimension in TIMES:
        return {row[0]: time_word(row[0], dimension, zone) for row in rows if row[0] in wanted}
    return {row[0]: word_of(dimension, row[1]) for row in rows if row[0] in wanted}


def _covered(day: StoredDay) -> int:
    return day.sealed_last
