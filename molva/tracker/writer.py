"""The one thread that writes clicks: a batch is one transaction a day file, reported after its COMMIT.

Statements take many rows at once; `executemany` would hand the interpreter lock to and fro for every row. The
WAL is put back by this thread alone: beside a busy writer an outside checkpoint never lets the WAL restart.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue

from molva.domain.click_id import click_micros
from molva.kit import clock
from molva.tracking import clickfile
from molva.tracking.clickfile import COLUMNS, Extras, RawClick

ROWS_A_STATEMENT = 64
WAL_LIMIT_BYTES = 64 * 1024 * 1024
RETRY_BYTES = 16 * 1024 * 1024
_TEXTS_KEPT = 50_000
_DAY_MICROS = 86_400_000_000
PLAIN_COLUMNS = COLUMNS[:8]  # of a click without tags: half the values to bind
Report = Callable[[BaseException | None], None]


class DayFile:
    """An open click file and the texts whose numbers are already known."""

    def __init__(self, folder: Path, day: int, *, node: int = 0, busy_seconds: float) -> None:
        self.day = day
        self.path = clickfile.path_of(folder, clickfile.day_of(day * _DAY_MICROS), node)
        self.connection = clickfile.open_for_writing(self.path, busy_seconds=busy_seconds)
        self._wal = self.path.with_name(self.path.name + "-wal")
        self._texts: dict[str, int] = {}
        self._once: set[str] = set()  # UTM that has come once
        self._busy_seconds = busy_seconds
        self._cut_at = WAL_LIMIT_BYTES

    def write(self, clicks: Sequence[RawClick]) -> None:
        """Store the clicks in one transaction; on any error nothing of them stays."""
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            plain = [click for click in clicks if click.extras is None]
            self._insert(plain, PLAIN_COLUMNS)
            if len(plain) < len(clicks):
                self._insert([click for click in clicks if click.extras is not None], COLUMNS)
            execute("COMMIT")
        except BaseException:
            self._texts.clear()  # numbers given inside the lost transaction are void
            if self.connection.in_transaction:
                execute("ROLLBACK")
            raise
        for kept in (self._texts, self._once):
            if len(kept) > _TEXTS_KEPT:
                kept.clear()

    def probe(self) -> None:
        """Write something durable that changes nothing: raises when the file is locked or the disk full."""
        self.connection.execute("PRAGMA user_version = 1")

    def keep_wal_small(self) -> None:
        """Above 64 MiB wait shortly for readers and cut the WAL; the next try is 16 MiB later.

        Below that SQLite's own checkpoint at a commit of this thread suffices: it reuses the WAL from its
        start whenever no reader holds it.
        """
        size = self.wal_bytes()
        if size < self._cut_at:
            return
        self.connection.execute("PRAGMA busy_timeout=100")
        blocked = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        self.connection.execute(f"PRAGMA busy_timeout={int(self._busy_seconds * 1000)}")
        self._cut_at = size + RETRY_BYTES if blocked else WAL_LIMIT_BYTES

    def wal_bytes(self) -> int:
        """Present size of the write-ahead log, in bytes."""
        return self._wal.stat().st_size if self._wal.exists() else 0

    def close(self) -> None:
        """Close; the last one to leave moves the WAL into the file."""
        self.connection.close()

    def _insert(self, clicks: Sequence[RawClick], columns: tuple[str, ...]) -> None:
        for start in range(0, len(clicks), ROWS_A_STATEMENT):
            values: list[object] = []
            part = clicks[start : start + ROWS_A_STATEMENT]
            for click in part:
                agent, referrer = click[6], click[7]
                values += click[:6]
                values.append(None if agent is None else self._texts.get(agent) or self._intern(agent))
                values.append(
                    None if referrer is None else self._texts.get(referrer) or self._intern(referrer)
                )
                if click[8] is not None:
                    values += self._shortened(click[8])
            self.connection.execute(_statement(len(part), columns), values)

    def _shortened(self, extras: Extras) -> Extras:
        """UTM that comes again is stored once; what comes once only, as numbers of advertisers do, is left alone."""
        utm = extras.utm
        if utm is None:
            return extras
        number = self._texts.get(utm)
        if number is None:
            if utm not in self._once:
                self._once.add(utm)
                return extras
            number = self._intern(utm)
        return extras._replace(utm=str(number))

    def _intern(self, text: str) -> int:
        execute = self.connection.execute
        execute("INSERT INTO texts (text) VALUES (?) ON CONFLICT (text) DO NOTHING", (text,))
        number = int(execute("SELECT id FROM texts WHERE text = ?", (text,)).fetchone()[0])
        self._texts[text] = number
        return number


class ClickWriter(threading.Thread):
    """Takes batches one after another; reports each in this thread, with None after its commit."""

    def __init__(self, folder: Path, *, node: int = 0, busy_seconds: float = 5.0) -> None:
        super().__init__(name="click-writer", daemon=True)
        self._folder = folder
        self._node = node
        self._busy_seconds = busy_seconds
        self._batches: SimpleQueue[tuple[Sequence[RawClick], Report] | None] = SimpleQueue()
        self._file: DayFile | None = None

    def submit(self, clicks: Sequence[RawClick], report: Report) -> None:
        """Queue a batch; clicks are in the order of their ids. Without clicks only try whether it could be stored."""
        self._batches.put((clicks, report))

    def stop(self) -> None:
        """Finish what is queued, close the file and end."""
        self._batches.put(None)

    def run(self) -> None:
        while (job := self._batches.get()) is not None:
            clicks, report = job
            try:
                self._write(clicks)
            except (sqlite3.Error, OSError) as problem:
                self._close()
                report(problem)
            else:
                report(None)
                self._tidy()
        self._close()

    @property
    def wal_bytes(self) -> int:
        """Size of the present file's write-ahead log, in bytes."""
        file = self._file
        return file.wal_bytes() if file else 0

    def _write(self, clicks: Sequence[RawClick]) -> None:
        if not clicks:
            self._open(clock.now_micros() // _DAY_MICROS).probe()
        for day, part in groupby(clicks, key=_day_of_click):
            self._open(day).write(list(part))

    def _open(self, day: int) -> DayFile:
        if self._file is None or self._file.day != day:
            self._close()
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = DayFile(self._folder, day, node=self._node, busy_seconds=self._busy_seconds)
        return self._file

    def _tidy(self) -> None:
        """A failed checkpoint loses nothing: a broken disk shows at the next batch."""
        try:
            if self._file:
                self._file.keep_wal_small()
        except (sqlite3.Error, OSError):
            self._close()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file:
            try:
                file.close()
            except sqlite3.Error:
                return


def _day_of_click(click: RawClick) -> int:
    return click_micros(click.id) // _DAY_MICROS


@lru_cache(maxsize=2 * ROWS_A_STATEMENT)
def _statement(rows: int, columns: tuple[str, ...]) -> str:
    one = f"({','.join('?' * len(columns))})"
    return f"INSERT INTO clicks ({','.join(columns)}) VALUES {','.join([one] * rows)}"  # noqa: S608 - no value
