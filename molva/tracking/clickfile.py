"""Click files: one SQLite file a UTC day, written by the tracker and read by the loader.

`<data>/clicks/clicks-YYYYMMDD.db` (of node 5: `clicks-YYYYMMDD-5.db`, so that a name means one file among those of
all machines) is in WAL mode with `synchronous=FULL`. The table of clicks has its primary key only (every further
index would cost two to four times in inserts); user agents and referrers are interned beside it, and so is UTM that
comes again (its column has the text itself, or the number of one). Ids only grow inside a file, so a reader that
remembers the last id it has seen misses nothing and repeats nothing. What becomes of a file when its day is over:
`sealedfile`. This module knows neither Django nor the network: both sides import it.
"""

import re
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from molva.domain.click_id import click_micros, click_node
from molva.kit import clock
from molva.tracking.sealedfile import past_last_id, sync_folder

FLAG_BOT = 1  # a known crawler by its user agent
FLAG_PREFETCH = 2  # the browser or a messenger looks ahead, nobody has followed the link yet
FLAG_EMBEDDED = 4  # loaded as an image, a frame or a script (Sec-Fetch-Dest is not a document)
FLAG_HEAD = 8  # asked for headers only
FLAG_BEACON = 16  # told by the storefront script for a page opened with the partner parameter
FLAG_NO_LANGUAGE = 32  # no Accept-Language: kept as evidence, decides nothing alone
FLAG_QR = 64  # came by a QR picture of ours
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
# id, link, partner, visitor, flags, referrer, the five tags, UTM, page
PlainClick = tuple[Any, ...]
_SELECT = """
SELECT c.id, c.link, c.partner, c.visitor, c.flags, r.text,
  c.sub1, c.sub2, c.sub3, c.sub4, c.sub5, coalesce(u.text, c.utm), c.page
FROM clicks c LEFT JOIN texts r ON r.id = c.referrer LEFT JOIN texts u ON u.id = c.utm
WHERE c.id > ? AND c.id < ? ORDER BY c.id LIMIT ?
"""
_INSERT = f"INSERT INTO clicks ({','.join(COLUMNS)}) VALUES ({','.join('?' * len(COLUMNS))})"  # noqa: S608 - no value
_MAX_ID = (1 << 63) - 1
_NAME = re.compile(r"clicks-(\d{8})(?:-(\d{1,4}))?\.db")
_OPENINGS = 10  # a file is dropped at most once while it is being opened; more is a broken disk


class ClickFileMissingError(LookupError):
    """A click file that had been loaded is no longer there."""


class Extras(NamedTuple):
    """What only some clicks carry: the partner's own tags, the advertising part as a query string (UTM and `erid`, the
    number under which an advertisement is registered in Russia), the shop page.
    """

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


def folder_of(data_dir: Path) -> Path:
    """Where the click files of an installation live."""
    return data_dir / "clicks"


def day_of(at_micros: int) -> str:
    """Name of the UTC day of a moment (µs since 1970), as file names have it: YYYYMMDD."""
    return clock.from_micros(at_micros).strftime("%Y%m%d")


def path_of(folder: Path, day: str, node: int = 0) -> Path:
    """The click file of a day (YYYYMMDD) and a tracker node."""
    return folder / (f"clicks-{day}-{node}.db" if node else f"clicks-{day}.db")


def file_of(click_id: int) -> str:
    """Name of the file that a click belongs to."""
    return path_of(Path(), day_of(click_micros(click_id)), click_node(click_id)).name


def named(name: str) -> tuple[str, int] | None:
    """Day and node of a click file by its name; None for another name."""
    found = _NAME.fullmatch(name)
    return (found[1], int(found[2] or 0)) if found else None


def list_files(folder: Path) -> list[Path]:
    """All click files, the oldest day first."""
    return sorted(path for path in folder.glob("clicks-*.db") if named(path.name))


def open_for_writing(path: Path, *, busy_seconds: float) -> sqlite3.Connection:
    """The writer's connection; a new file is made durable together with its name in the folder.

    A file of a past day may be dropped while it is being opened: then it is opened anew. While it is open nobody drops
    it (`sealedfile.drop_file`).
    """
    for _ in range(_OPENINGS):
        connection = _open_once(path, busy_seconds)
        if connection:
            return connection
    raise sqlite3.OperationalError(f"{path.name} vanishes whenever it is opened")


def _open_once(path: Path, busy_seconds: float) -> sqlite3.Connection | None:
    """None when the name came to mean another file, or none, before this one was locked."""
    is_new = not path.exists()
    connection = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, cached_statements=256)
    try:
        inode = path.stat().st_ino
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=2000")  # pages of 4 KiB: every 8 MiB
        if is_new:
            connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
            sync_folder(path.parent)
        else:
            connection.executescript(_SCHEMA)
        if path.stat().st_ino == inode:
            return connection
    except FileNotFoundError:
        pass
    except sqlite3.Error:
        connection.close()
        raise
    connection.close()
    return None


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
    """The highest click id that a file has or ever had (some may be sealed or dropped), 0 when there was none."""
    past = past_last_id(path)
    if not path.exists():
        return past
    connection = sqlite3.connect(path, timeout=5.0)
    try:
        has_table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'clicks'").fetchone()
        found = connection.execute("SELECT max(id) FROM clicks").fetchone()[0] if has_table else 0
        return max(past, int(found or 0))
    finally:
        connection.close()


def first_id(path: Path) -> int:
    """The lowest click id in a file, 0 when it is empty."""
    connection = open_for_reading(path)
    try:
        return int(connection.execute("SELECT min(id) FROM clicks").fetchone()[0] or 0)
    finally:
        connection.close()


def read_after(path: Path, after_id: int, limit: int, *, before_id: int = _MAX_ID) -> list[StoredClick]:
    """At most `limit` clicks of a file with `after_id < id < before_id`, in the order of their ids."""
    rows = read_plain(path, after_id, limit, before_id=before_id)
    return [StoredClick._make((*row[:6], Extras._make(row[6:]))) for row in rows]


def read_plain(path: Path, after_id: int, limit: int, *, before_id: int = _MAX_ID) -> list[PlainClick]:
    """The same as plain tuples, for the loader: names for millions of rows cost more than reading them."""
    connection = open_for_reading(path)
    try:
        return connection.execute(_SELECT, (after_id, before_id, limit)).fetchall()
    finally:
        connection.close()


def moment_of(click_id: int) -> datetime:
    """The aware UTC moment of a click."""
    return clock.from_micros(click_micros(click_id))
