"""Click files: one SQLite file a UTC day, written by the tracker and read by the loader.

`<data>/clicks/clicks-YYYYMMDD.db` is in WAL mode with `synchronous=FULL`. The table of clicks has its primary
key only (every further index would cost two to four times in inserts); user agents and referrers are interned
beside it. Ids only grow inside a file, so a reader that remembers the last id it has seen misses nothing and
repeats nothing. A day that is over may be sealed into `clicks-YYYYMMDD.parquet` beside it (`columns.sealing`), which
names the last id in it in its footer; days whose clicks were dropped stand in the file `dropped` with theirs. A late
click of such a day gets an id above it. This module knows neither Django nor the network: both sides import it.
"""

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from molva.domain.click_id import click_micros, make_click_id
from molva.kit import clock

FLAG_BOT = 1  # a known crawler by its user agent
FLAG_PREFETCH = 2  # the browser or a messenger looks ahead, nobody has followed the link yet
FLAG_EMBEDDED = 4  # loaded as an image, a frame or a script (Sec-Fetch-Dest is not a document)
FLAG_HEAD = 8  # asked for headers only
FLAG_BEACON = 16  # told by the storefront script for a page opened with the partner parameter
FLAG_NO_LANGUAGE = 32  # no Accept-Language: kept as evidence, decides nothing alone
NOT_A_TOUCH = FLAG_BOT | FLAG_PREFETCH | FLAG_EMBEDDED | FLAG_HEAD

SUBS = ("sub1", "sub2", "sub3", "sub4", "sub5")
COLUMNS = ("id", "link", "partner", "visitor", "flags", "ip", "agent", "referrer", *SUBS, "utm", "page")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS clicks (
  id INTEGER PRIMARY KEY, link INTEGER NOT NULL, partner INTEGER NOT NULL, visitor BLOB NOT NULL,
  flags INTEGER NOT NULL, ip BLOB, agent INTEGER, referrer INTEGER,
  sub1 TEXT, sub2 TEXT, sub3 TEXT, sub4 TEXT, sub5 TEXT, utm TEXT, page TEXT);
"""
_SELECT = """
SELECT c.id, c.link, c.partner, c.visitor, c.flags, r.text,
  c.sub1, c.sub2, c.sub3, c.sub4, c.sub5, c.utm, c.page
FROM clicks c LEFT JOIN texts r ON r.id = c.referrer
WHERE c.id > ? AND c.id < ? ORDER BY c.id LIMIT ?
"""
_INSERT = f"INSERT INTO clicks ({','.join(COLUMNS)}) VALUES ({','.join('?' * len(COLUMNS))})"  # noqa: S608 - no value
_MAX_ID = (1 << 63) - 1
# How a sealed file names the last click id in it: so that it can be read without a Parquet library.
SEALED_KEY = "molva_sealed"
_SEALED_WORDS = "last_id={:019d};"
_SEALED_PATTERN = re.compile(rb"last_id=(\d{19});")
_DROPPED = "dropped"
_OPENINGS = 10  # a file is dropped at most once while it is being opened; more is a broken disk


class ClickFileMissingError(LookupError):
    """A click file that had been loaded is no longer there."""


class Extras(NamedTuple):
    """What only some clicks carry: the partner's own tags, the UTM part as a query string, the shop page."""

    sub1: str | None = None
    sub2: str | None = None
    sub3: str | None = None
    sub4: str | None = None
    sub5: str | None = None
    utm: str | None = None
    page: str | None = None


class RawClick(NamedTuple):
    """A click as the tracker hands it over to the writer; agent and referrer are still texts."""

    id: int
    link: int  # 0 for the bare partner parameter on a shop page
    partner: int
    visitor: bytes
    flags: int
    ip: bytes | None
    agent: str | None
    referrer: str | None
    extras: Extras | None


class StoredClick(NamedTuple):
    """A click as the loader reads it."""

    id: int
    link: int
    partner: int
    visitor: bytes
    flags: int
    referrer: str | None
    extras: Extras

    @property
    def is_touch(self) -> bool:
        """Whether a person followed the link: bots, prefetches and frames never set an attribution."""
        return not self.flags & NOT_A_TOUCH


def folder_of(data_dir: Path) -> Path:
    """Where the click files of an installation live."""
    return data_dir / "clicks"


def day_of(at_micros: int) -> str:
    """Name of the UTC day of a moment (µs since 1970), as file names have it: YYYYMMDD."""
    return clock.from_micros(at_micros).strftime("%Y%m%d")


def path_of(folder: Path, day: str) -> Path:
    """The click file of a day (YYYYMMDD)."""
    return folder / f"clicks-{day}.db"


def file_of(click_id: int) -> str:
    """Name of the file that a click belongs to."""
    return f"clicks-{day_of(click_micros(click_id))}.db"


def sealed_path_of(folder: Path, day: str) -> Path:
    """The sealed file of a day (YYYYMMDD)."""
    return folder / f"clicks-{day}.parquet"


def list_files(folder: Path) -> list[Path]:
    """All click files, the oldest first."""
    return sorted(folder.glob("clicks-????????.db"))


def open_for_writing(path: Path, *, busy_seconds: float) -> sqlite3.Connection:
    """The writer's connection; a new file is made durable together with its name in the folder.

    A sealed day's file may be dropped while it is being opened; the connection returned is never to a dropped one, and
    once it is open nobody drops it (`drop_file`).
    """
    for _ in range(_OPENINGS):
        is_new = not path.exists()
        connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, cached_statements=256)
        try:
            inode = path.stat().st_ino
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA wal_autocheckpoint=4000")  # pages of 4 KiB: every 16 MiB
            if is_new:
                connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
                sync_folder(path.parent)
            else:
                connection.executescript(_SCHEMA)
            if path.stat().st_ino == inode:
                return connection
        except FileNotFoundError:
            pass  # dropped meanwhile
        except sqlite3.Error:
            connection.close()
            raise
        connection.close()
    raise sqlite3.OperationalError(f"{path.name} vanishes whenever it is opened")


def drop_file(path: Path, *, last_id: int) -> bool:
    """Remove a click file with its -wal and -shm; False, and nothing is done, when another process has it open or it
    holds a click above `last_id`.

    Whoever has a file in WAL mode open keeps a shared lock on it, so only who is alone can leave that mode; the lock is
    then kept until the name is gone, and a writer who waits for it finds out in `open_for_writing`.
    """
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=1.0, isolation_level=None
    )
    try:
        if connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0] != "delete":
            return False
        connection.execute("BEGIN EXCLUSIVE")
        if _highest(connection) > last_id:
            return False
        path.unlink()
        for ending in (
            "-wal",
            "-shm",
        ):  # gone already when the mode was left; a copied folder may have strays
            path.with_name(path.name + ending).unlink(missing_ok=True)
        sync_folder(path.parent)
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True


def store_clicks(folder: Path, clicks: Sequence[RawClick]) -> None:
    """Store clicks that happened elsewhere or earlier (sample data, imports), each in the file of its own day.

    They are in the order of their ids. Not for the tracker's hot path, which has its own writer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in groupby(clicks, key=lambda click: file_of(click.id)):
        connection = open_for_writing(folder / name, busy_seconds=5.0)
        try:
            connection.execute("BEGIN IMMEDIATE")
            for click in part:
                texts = [
                    None if text is None else _text_id(connection, text)
                    for text in (click.agent, click.referrer)
                ]
                values = (*click[:6], *texts, *(click.extras or Extras()))
                connection.execute(_INSERT, values)
            connection.execute("COMMIT")
        finally:
            connection.close()


def _text_id(connection: sqlite3.Connection, text: str) -> int:
    connection.execute("INSERT INTO texts (text) VALUES (?) ON CONFLICT (text) DO NOTHING", (text,))
    return int(connection.execute("SELECT id FROM texts WHERE text = ?", (text,)).fetchone()[0])


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A read-only connection that waits at most five seconds."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)


def last_id(path: Path) -> int:
    """The highest click id that a day has ever had: in its file, in its sealed copy, or dropped; else 0."""
    day = path.name.removeprefix("clicks-").partition(".")[0]
    past = max(sealed_last_id(path.with_suffix(".parquet")), dropped_days(path.parent).get(day, 0))
    if not path.exists():
        return past
    connection = sqlite3.connect(path, timeout=5.0)
    try:
        return max(past, _highest(connection))
    finally:
        connection.close()


def first_id(path: Path) -> int:
    """The lowest click id of a file, 0 when it is empty."""
    connection = open_for_reading(path)
    try:
        return int(connection.execute("SELECT min(id) FROM clicks").fetchone()[0] or 0)
    finally:
        connection.close()


def _highest(connection: sqlite3.Connection) -> int:
    has_table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'clicks'").fetchone()
    return int(connection.execute("SELECT max(id) FROM clicks").fetchone()[0] or 0) if has_table else 0


def sealed_words(last: int) -> str:
    """What a sealed file whose highest id is `last` says under `SEALED_KEY`."""
    return _SEALED_WORDS.format(last)


def sealed_last_id(path: Path) -> int:
    """The highest click id of a sealed file by its footer, 0 when there is no such file; no library is needed.

    Raises ValueError when the file is not one of ours.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 8))
            tail = file.read(8)
            if tail[4:] != b"PAR1":
                raise ValueError(f"{path.name} is not a whole Parquet file")
            length = min(int.from_bytes(tail[:4], "little"), size - 8)
            file.seek(size - 8 - length)
            found = _SEALED_PATTERN.search(file.read(length))
    except FileNotFoundError:
        return 0
    if not found:
        raise ValueError(f"{path.name} does not say which clicks it holds")
    return int(found[1])


def dropped_days(folder: Path) -> dict[str, int]:
    """Days whose clicks were dropped, each with the highest id that it had."""
    try:
        lines = (folder / _DROPPED).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return {}
    return {day: int(last) for day, _, last in (line.partition(" ") for line in lines)}


def note_dropped(folder: Path, days: Mapping[str, int]) -> None:
    """Add days to the list of dropped ones, durably; call it before their files go."""
    draft = folder / f"{_DROPPED}.part"
    with draft.open("w", encoding="ascii") as file:
        file.writelines(f"{day} {last}\n" for day, last in sorted({**dropped_days(folder), **days}.items()))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / _DROPPED)
    sync_folder(folder)


def read_after(path: Path, after_id: int, limit: int, *, before_id: int = _MAX_ID) -> list[StoredClick]:
    """At most `limit` clicks of a file with `after_id < id < before_id`, in the order of their ids."""
    connection = open_for_reading(path)
    try:
        rows = connection.execute(_SELECT, (after_id, before_id, limit)).fetchall()
    finally:
        connection.close()
    return [StoredClick._make((*row[:6], Extras._make(row[6:]))) for row in rows]


def read_between(
    folder: Path, start: datetime, end: datetime, *, chunk: int = 5000
) -> Iterator[list[StoredClick]]:
    """All clicks with `start ≤ moment < end` from whichever files hold them, chunk by chunk."""
    low, high = make_click_id(clock.to_micros(start)) - 1, make_click_id(clock.to_micros(end))
    day: date = start.astimezone(UTC).date()
    while day <= end.astimezone(UTC).date():
        path = path_of(folder, day.strftime("%Y%m%d"))
        after = low
        while path.exists() and (rows := read_after(path, after, chunk, before_id=high)):
            yield rows
            after = rows[-1].id
        day += timedelta(days=1)


def moment_of(click_id: int) -> datetime:
    """The aware UTC moment of a click."""
    return clock.from_micros(click_micros(click_id))


def sync_folder(folder: Path) -> None:
    """A new file name survives a power cut only when its folder has been synced too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
