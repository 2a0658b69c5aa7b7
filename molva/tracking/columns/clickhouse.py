"""Questions to a ClickHouse server over plain HTTP: sealed days there, hot days sent along with the question.

Values travel as ClickHouse's own parameters, never in the text. The table has the columns of the sealed files, a
partition for each of them; one is brought into a table of its own, compared, and put in place in one move, so that it
is there whole or not at all, and bringing it again changes nothing.
"""

import json
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, timezone
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import httpx2

from molva.domain.click_id import MAX_NODE, NODE_BITS, click_micros
from molva.kit import clock
from molva.tracking.clickfile import NOT_A_TOUCH
from molva.tracking.columns.asking import Dialect, conditions, count_rows, counts_of, is_text, select_keys
from molva.tracking.columns.duckdb_engine import session
from molva.tracking.columns.errors import NoAnswerError
from molva.tracking.columns.hot import HotRows, by_file, once_more, time_word
from molva.tracking.columns.keys import NUMBERS, SUBS, TEXTS, TIMES, UTM, word_of
from molva.tracking.columns.questions import Answer, ClickQuestion, Dimension
from molva.tracking.columns.sealing import SEALED_COLUMNS
from molva.tracking.columns.shelf import HotPart, StoredDay, hot_parts, known_from, list_days
from molva.tracking.columns.words import Countries
from molva.tracking.sealedfile import stem_of

SECONDS = 20  # that one question may take
COPY_SECONDS = 900.0
TABLE, INCOMING = "molva_clicks", "molva_clicks_incoming"
_TOO_SLOW = ("TIMEOUT_EXCEEDED", "TOO_SLOW")
_MICROS = "toUnixTimestamp64Micro(clicked_at)"
_FEW_WORDS: tuple[Dimension, ...] = ("referrer", *UTM, "device", "country")
CREATE = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (programme UInt64, partner UInt64, clicked_at DateTime64(6, 'UTC'), node UInt16,
  link UInt64, visitor UInt64, flags UInt16, {", ".join(f"{sub} String" for sub in SUBS)},
  {", ".join(f"{name} LowCardinality(String)" for name in _FEW_WORDS)}, page String, file LowCardinality(String))
ENGINE = MergeTree PARTITION BY (file, toYYYYMMDD(clicked_at)) ORDER BY (programme, partner, clicked_at)
"""
# The columns of a sealed file as the server reads them.
STRUCTURE = (
    "programme Int64, partner Int64, clicked_at DateTime64(6, \\'UTC\\'), node UInt16, link Int64, visitor UInt64, "
    "flags UInt16, " + ", ".join(f"{name} Nullable(String)" for name in SEALED_COLUMNS[7:])
)
_PROOF = "count(*), sum(partner), sum(link), sum(flags)"
DIALECT = Dialect(
    micros=_MICROS,
    divide="intDiv({}, {})",
    columns={
        **{name: f"toInt64({name})" for name in NUMBERS},
        **{name: f"toString({name})" for name in TEXTS},
    },
    touch=f"if(bitAnd(flags, {NOT_A_TOUCH}) = 0, 1, 0)",
)


class ClickHouseError(NoAnswerError):
    """The server could not be reached, or refused."""


class ClickHouse:
    """A server by its address, `http://user:password@host:8123/database`. Wants to be closed (`with`)."""

    def __init__(self, address: str, *, seconds: float = SECONDS) -> None:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
        user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._base = f"{parts.scheme}://{parts.hostname}{port}/"
        self._settings = {"database": parts.path.strip("/") or "default"}
        self._client = httpx2.Client(
            auth=user, timeout=httpx2.Timeout(seconds, connect=5.0), trust_env=False, follow_redirects=False
        )

    def __enter__(self) -> "ClickHouse":
        return self

    def __exit__(self, *problem: object) -> None:
        self._client.close()

    def ask(
        self,
        sql: str,
        values: Mapping[str, str] | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        table: tuple[str, str, IO[bytes]] | None = None,
        body: IO[bytes] | None = None,
    ) -> list[list[Any]]:
        """Run a statement; rows of its answer. `table`: name, structure and TSV rows of a table sent along."""
        params = {**self._settings, **(settings or {}), "query": sql}
        params |= {f"param_{name}": value for name, value in (values or {}).items()}
        if table:
            name, structure, rows = table
            params |= {f"{name}_structure": structure, f"{name}_format": "TabSeparated"}
            request: dict[str, Any] = {"files": {name: ("rows.tsv", rows, "text/plain")}}
        else:
            request = {"content": body if body is not None else b""}
        try:
            response = self._client.post(self._base, params=params, **request)
        except httpx2.TimeoutException as problem:
            raise ClickHouseError("slow", str(problem)) from problem
        except httpx2.HTTPError as problem:
            raise ClickHouseError("away", str(problem)) from problem
        if response.status_code != 200:
            words = response.text[:500]
            raise ClickHouseError("slow" if any(word in words for word in _TOO_SLOW) else "away", words)
        return [json.loads(line) for line in response.text.splitlines()]

    def prepare(self) -> None:
        """Make the table when it is not there."""
        self.ask(CREATE)

    def days(self) -> dict[str, int]:
        """Sealed files that the server has, by what their names have in common with raw ones, each with the moment of
        its last click (µs since 1970). The server knows it from the bounds of its partitions and reads no rows for it.
        """
        last = "toString(toUnixTimestamp64Micro(max(clicked_at)))"
        sql = f"SELECT file, {last} FROM {TABLE} GROUP BY file FORMAT JSONCompactEachRow"  # noqa: S608 - no value
        return {name: int(micros) for name, micros in self.ask(sql)}

    def copy_day(self, name: str, sealed: Path) -> None:
        """Put a sealed day in the place of what the server has of it; nothing changes when the copy is not equal."""
        with session(sealed.parent) as duck:
            row = duck.execute(f"SELECT {_PROOF} FROM read_parquet($file)", {"file": str(sealed)}).fetchone()  # noqa: S608
        self.ask(f"DROP TABLE IF EXISTS {INCOMING}")
        self.ask(f"CREATE TABLE {INCOMING} AS {TABLE}")
        columns = ", ".join(SEALED_COLUMNS)
        words = ", ".join(SEALED_COLUMNS[:7]) + "".join(
            f", coalesce({one}, '')" for one in SEALED_COLUMNS[7:]
        )
        with sealed.open("rb") as file:
            self.ask(
                f"INSERT INTO {INCOMING} ({columns}, file) SELECT {words}, {{file:String}} "  # noqa: S608
                f"FROM input('{STRUCTURE}') FORMAT Parquet",
                {"file": name},
                body=file,
            )
        [found] = self.ask(f"SELECT {_PROOF} FROM {INCOMING} FORMAT JSONCompactEachRow")  # noqa: S608
        if [int(one) for one in found] != [int(one) for one in row or ()]:
            raise ClickHouseError("away", f"the copy of {sealed.name} is not equal to it")
        self.ask(f"ALTER TABLE {TABLE} REPLACE PARTITION {_partition(name)} FROM {INCOMING}")
        self.ask(f"DROP TABLE {INCOMING}")

    def drop_day(self, name: str) -> None:
        """Forget a day."""
        self.ask(f"ALTER TABLE {TABLE} DROP PARTITION {_partition(name)}")


class ClickHouseColumns:
    """The raw clicks of the days on the server and of the hot ones here."""

    def __init__(self, address: str, folder: Path, countries: Countries, *, seconds: int = SECONDS) -> None:
        self._address = address
        self._folder = folder
        self._countries = countries
        self._seconds = seconds

    @once_more
    def count(self, question: ClickQuestion) -> Answer:
        """Answer; raises NoAnswerError when the server is away or takes too long."""
        days = list_days(self._folder)
        limits = {"max_execution_time": str(self._seconds)}
        with ClickHouse(self._address, seconds=self._seconds + 5) as server:
            there = server.days()

            def covered(day: StoredDay) -> int:
                return there[day.name] << NODE_BITS | MAX_NODE if day.name in there else 0

            parts = hot_parts(days, question, covered)
            sql, values = _statement(question, is_hot=bool(parts))
            if parts:
                with self._hot(question, parts) as rows:
                    found = server.ask(
                        sql, values, settings=limits, table=("hot", _structure(question), rows)
                    )
            else:
                found = server.ask(sql, values, settings=limits)
        return Answer(counts_of(question, found), known_from(days, covered))

    def describe(
        self, click_ids: Collection[int], dimension: Dimension, *, zone: ZoneInfo | timezone = UTC
    ) -> dict[int, str]:
        """The word of single clicks; times are those of `zone`."""
        words: dict[int, str] = {}
        with ClickHouse(self._address, seconds=self._seconds + 5) as server:
            for name, ids in by_file(click_ids).items():
                words |= dict(_describe(server, stem_of(name) or "", ids, dimension, zone))
        left = [click_id for click_id in click_ids if click_id not in words]
        if left:
            with HotRows(self._countries, self._seconds) as rows:
                words |= rows.describe(self._folder, left, dimension, zone)
        return words

    @contextmanager
    def _hot(self, question: ClickQuestion, parts: list[HotPart]) -> Iterator[IO[bytes]]:
        """The hot rows as TSV in a file that is gone when closed."""
        with tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024) as file:
            with HotRows(self._countries, self._seconds) as rows:
                file.writelines(_lines(rows.stream(question, parts)))
            file.seek(0)
            yield file


def _partition(name: str) -> str:
    """The partition of a sealed file; the name has digits and a dash only (`sealedfile.stem_of`)."""
    return f"('{name}', {int(name[:8])})"


def _statement(question: ClickQuestion, *, is_hot: bool) -> tuple[str, dict[str, str]]:
    values: dict[str, str] = {}

    def put(value: int | str) -> str:
        name = f"p{len(values)}"
        values[name] = _parameter(value)
        return f"{{{name}:{'Int64' if isinstance(value, int) else 'String'}}}"

    limits = [
        f"programme = {put(question.programme)}",
        f"clicked_at >= fromUnixTimestamp64Micro({put(clock.to_micros(question.start))}, 'UTC')",
        f"clicked_at < fromUnixTimestamp64Micro({put(clock.to_micros(question.end))}, 'UTC')",
        *conditions(question, DIALECT, put),
    ]
    if question.partners is not None:
        values["partners"] = f"[{','.join(str(int(pk)) for pk in sorted(question.partners))}]"
        limits.append("partner IN {partners:Array(UInt64)}")
    source = f"SELECT {select_keys(question, DIALECT)}visitor, {DIALECT.touch} AS touch FROM {TABLE} WHERE "  # noqa: S608
    source += " AND ".join(limits)
    if is_hot:
        names = "".join(f"k{place}, " for place in range(len(question.by)))
        source += f" UNION ALL SELECT {names}visitor, touch FROM hot"  # noqa: S608 - no value
    return f"{count_rows(question, f'({source})')} FORMAT JSONCompactEachRow", values


def _structure(question: ClickQuestion) -> str:
    keys = "".join(
        f"k{place} {'String' if is_text(name) else 'Int64'}, " for place, name in enumerate(question.by)
    )
    return f"{keys}visitor UInt64, touch UInt8"


def _lines(rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    for *keys, visitor, touch in rows:
        values = [*map(_parameter, keys), str(int.from_bytes(visitor, "big")), str(touch)]
        yield ("\t".join(values) + "\n").encode()


def _parameter(value: int | str) -> str:
    """A value as ClickHouse reads parameters and TSV: with its escapes."""
    if isinstance(value, int):
        return str(value)
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _describe(
    server: ClickHouse, stem: str, ids: Sequence[int], dimension: Dimension, zone: ZoneInfo | timezone
) -> Iterator[tuple[int, str]]:
    expression = "''" if dimension in TIMES else DIALECT.columns[dimension]
    rows = server.ask(
        f"SELECT toString({_MICROS}), node, {expression} FROM {TABLE} WHERE file = {{file:String}} "  # noqa: S608
        f"AND {_MICROS} IN {{moments:Array(Int64)}} FORMAT JSONCompactEachRow",
        {
            "file": stem,
            "moments": f"[{','.join(str(click_micros(one)) for one in ids)}]",
        },
    )
    wanted = set(ids)
    for micros, node, key in rows:
        click_id = int(micros) << NODE_BITS | int(node)
        if click_id in wanted:
            yield (
                click_id,
                time_word(click_id, dimension, zone) if dimension in TIMES else word_of(dimension, key),
            )
