"""The main database as the tracker sees it: links and marks, read only, from SQLite or PostgreSQL.

All methods block and are called from the reading thread alone. A reader that fails is closed by its caller
and opens anew at the next call, so a restarted database is picked up by itself.
"""

import json
import logging
import sqlite3
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

import psycopg

from molva.tracker.target import Site
from molva.tracking.notices import CHANNEL, TABLES, TRIGGER

logger = logging.getLogger("molva.tracker")
DatabaseProblem = (sqlite3.Error, psycopg.Error, OSError)


class LinkRow(NamedTuple):
    """An active link."""

    link: int
    partner: int
    target_url: str
    site: Site


class MarkKey(NamedTuple):
    """What the storefront script asks for: the programme's code and the folded mark of its page's address."""

    programme: str
    mark: str


class MarkRow(NamedTuple):
    """Whose mark it is (link and partner 0: nobody's), and the hosts of the programme's shop."""

    link: int
    partner: int
    hosts: tuple[str, ...]


class Reader(Protocol):
    """One main database."""

    def find_links(self, codes: Sequence[str]) -> dict[str, LinkRow]:
        """Active links by folded code."""

    def find_marks(self, keys: Sequence[MarkKey]) -> dict[MarkKey, MarkRow]:
        """Marks of known programmes: a partner's code, a link's code or a promo code, in this order."""

    def find_hosts(self, hosts: Sequence[str]) -> dict[str, bool]:
        """Which of the hosts belong to a shop of any programme."""

    def has_changed(self) -> bool:
        """Whether anything may have changed since the last call."""

    def close(self) -> None:
        """Let the connection go."""


LOOK_ANYWAY_SECONDS = 60.0
_LINKS = """
SELECT l.code_folded, l.id, l.partner_id, l.target_url, p.shop_hosts, p.mark_param
FROM tracking_link l JOIN programmes_programme p ON p.id = l.programme_id
WHERE l.is_active AND l.code_folded {in_codes}
"""
_TRIGGERS = """
SELECT 1 FROM pg_trigger WHERE tgname = %s AND tgenabled IN ('O', 'A') AND tgrelid = ANY(%s::regclass[])
"""
_PROGRAMME = "SELECT id, shop_hosts FROM programmes_programme WHERE code = {p}"
_MARK = """
SELECT 1 AS place, 0 AS link, id AS partner FROM programmes_partner
  WHERE programme_id = {p} AND code_folded = {p}
UNION ALL
SELECT 2, id, partner_id FROM tracking_link
  WHERE is_active AND programme_id = {p} AND code_folded = {p}
UNION ALL
SELECT 3, 0, partner_id FROM tracking_promocode
  WHERE is_active AND programme_id = {p} AND code_folded = {p}
ORDER BY place LIMIT 1
"""
_SQLITE_HOST = "SELECT 1 FROM programmes_programme p, json_each(p.shop_hosts) h WHERE h.value = ? LIMIT 1"
_POSTGRES_HOST = "SELECT 1 FROM programmes_programme WHERE shop_hosts @> %s::jsonb LIMIT 1"


class SqliteReader:
    """Reads a SQLite file; changes are seen by `PRAGMA data_version`, a replaced file by its inode."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._seen: tuple[int, int] | None = None

    def find_links(self, codes: Sequence[str]) -> dict[str, LinkRow]:
        sql = _LINKS.format(in_codes=f"IN ({','.join('?' * len(codes))})")
        rows = self._open().execute(sql, tuple(codes))
        return {
            code: LinkRow(link, partner, url, _site(hosts, param))
            for code, link, partner, url, hosts, param in rows
        }

    def find_marks(self, keys: Sequence[MarkKey]) -> dict[MarkKey, MarkRow]:
        found = {}
        for key in keys:
            programme = self._open().execute(_PROGRAMME.format(p="?"), (key.programme,)).fetchone()
            if programme:
                params = (programme[0], key.mark) * 3
                row = self._open().execute(_MARK.format(p="?"), params).fetchone()
                found[key] = _mark_row(json.loads(programme[1]), row)
        return found

    def find_hosts(self, hosts: Sequence[str]) -> dict[str, bool]:
        return {host: self._open().execute(_SQLITE_HOST, (host,)).fetchone() is not None for host in hosts}

    def has_changed(self) -> bool:
        inode = self._path.stat().st_ino
        if self._seen is not None and self._seen[0] != inode:
            self.close()
        version = self._open().execute("PRAGMA data_version").fetchone()[0]
        before, self._seen = self._seen, (inode, version)
        return before != self._seen

    def close(self) -> None:
        connection, self._connection, self._seen = self._connection, None, None
        if connection:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            uri = f"{self._path.resolve().as_uri()}?mode=ro"
            # Opened in one thread and, when the process stops, closed in another.
            self._connection = sqlite3.connect(uri, uri=True, timeout=1.0, check_same_thread=False)
        return self._connection


class PostgresReader:
    """Reads PostgreSQL; changes are told by NOTIFY, which triggers of the tables send.

    Where that does not work (a pool between us that shares connections, a trigger that is switched off) every look
    counts as a change; and once a minute it does so in any case.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._heard = 0  # notices so far, our own greeting included
        self._seen = 0
        self._is_told = False
        self._look_at = 0.0

    def find_links(self, codes: Sequence[str]) -> dict[str, LinkRow]:
        rows = self._rows(_LINKS.format(in_codes="= ANY(%s)"), (list(codes),))
        return {
            str(code): LinkRow(
                _number(link), _number(partner), str(url), _site(json.dumps(hosts), str(param))
            )
            for code, link, partner, url, hosts, param in rows
        }

    def find_marks(self, keys: Sequence[MarkKey]) -> dict[MarkKey, MarkRow]:
        found = {}
        for key in keys:
            for number, hosts in self._rows(_PROGRAMME.format(p="%s"), (key.programme,)):
                rows = self._rows(_MARK.format(p="%s"), (number, key.mark) * 3)
                row = tuple(map(_number, rows[0])) if rows else None
                found[key] = _mark_row(hosts, row)
        return found

    def find_hosts(self, hosts: Sequence[str]) -> dict[str, bool]:
        return {host: bool(self._rows(_POSTGRES_HOST, (json.dumps([host]),))) for host in hosts}

    def has_changed(self) -> bool:
        self._rows("SELECT 1", ())  # notices arrive with any answer
        is_due = time.monotonic() >= self._look_at
        if is_due:
            self._look_at = time.monotonic() + LOOK_ANYWAY_SECONDS
        before, self._seen = self._seen, self._heard
        return is_due or not self._is_told or before != self._seen

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _rows(self, sql: str, params: tuple[object, ...]) -> list[tuple[object, ...]]:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection.execute(sql.encode(), params).fetchall()

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        connection = psycopg.connect(
            self._url, autocommit=True, connect_timeout=3, options="-c statement_timeout=2000"
        )
        self._look_at = 0.0  # what was told before we listened is not known
        connection.add_notify_handler(self._note)
        before = self._heard
        connection.execute(f"LISTEN {CHANNEL}".encode())
        connection.execute("SELECT pg_notify(%s, 'greeting')", (CHANNEL,))
        connection.execute("SELECT 1")
        triggers = connection.execute(_TRIGGERS, (TRIGGER, list(TABLES))).fetchall()
        self._is_told = self._heard > before and len(triggers) == len(TABLES)
        if not self._is_told:
            logger.warning("PostgreSQL tells no changes of links: they are asked for again at every look")
        return connection

    def _note(self, notice: psycopg.Notify) -> None:
        self._heard += 1


def open_reader(database: str) -> SqliteReader | PostgresReader:
    """The reader for a `postgres://` or `sqlite://` URL or a plain path."""
    scheme = urlsplit(database).scheme
    if scheme in {"postgres", "postgresql", "psql", "pgsql"}:
        return PostgresReader("postgresql" + database[len(scheme) :])
    # sqlite:////abs/file and sqlite:///rel/file: the first slash after the empty host is the separator
    path = unquote(urlsplit(database).path)[1:] if scheme == "sqlite" else database
    return SqliteReader(Path(path))


@lru_cache(maxsize=4096)
def _site(hosts: str, mark_param: str) -> Site:
    """One object for all links of a programme."""
    return Site(tuple(str(host).lower() for host in json.loads(hosts)), mark_param)


def _mark_row(hosts: object, row: tuple[int, ...] | None) -> MarkRow:
    names = tuple(str(host).lower() for host in hosts) if isinstance(hosts, list) else ()
    return MarkRow(row[1], row[2], names) if row else MarkRow(0, 0, names)


def _number(value: object) -> int:
    return int(str(value))
