"""A tracker process on real sockets, and a small main database with the tables that it reads."""

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SECRET = "tracker-test-secret"
BROWSER = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0",
    "Accept-Language": "ru-RU,ru;q=0.9",
    "Sec-Fetch-Dest": "document",
}
HOSTS = '["shop.example", "127.0.0.1:9", "магазин.рф"]'  # of the first programme
SCHEMA = f"""
CREATE TABLE programmes_programme (id INTEGER PRIMARY KEY, code TEXT, shop_hosts TEXT, mark_param TEXT);
CREATE TABLE programmes_partner (id INTEGER PRIMARY KEY, programme_id INTEGER, code_folded TEXT);
CREATE TABLE tracking_link (id INTEGER PRIMARY KEY, programme_id INTEGER, partner_id INTEGER,
  code_folded TEXT UNIQUE, target_url TEXT, is_active BOOLEAN);
CREATE TABLE tracking_promocode (id INTEGER PRIMARY KEY, programme_id INTEGER, partner_id INTEGER,
  code_folded TEXT, is_active BOOLEAN);
INSERT INTO programmes_programme VALUES
  (1, 'herbs', '{HOSTS}', 'aff'), (2, 'other', '[]', 'aff');
INSERT INTO programmes_partner VALUES (7, 1, 'anna'), (8, 2, 'boris');
INSERT INTO tracking_link VALUES
  (3, 1, 7, 'anna-1', 'https://shop.example/tea?aff=ANNA#cups', 1),
  (4, 1, 7, 'anna-off', 'https://shop.example/?aff=ANNA', 0),
  (5, 1, 7, 'anna-bad', 'javascript:alert(1)', 1),
  (6, 1, 7, 'мёд', 'https://магазин.рф/мёд?aff=ANNA&utm_source=shop', 1);
INSERT INTO tracking_promocode VALUES (1, 1, 7, 'anna10', 1);
"""  # noqa: S608 - ours


@dataclass
class Answer:
    """A whole HTTP answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers["location"]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class TrackerProcess:
    """A running tracker."""

    data: Path
    port: int
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    before: dict[str, Any] = field(default_factory=dict)
    seen: int = 0  # the last click id before the test

    def launch(self) -> None:
        """Start and do not wait."""
        command = [sys.executable, "-m", "molva.tracker"]
        self.process = subprocess.Popen(command, env={**os.environ, **self.env})

    def start(self) -> None:
        """Start and wait until it answers."""
        self.launch()
        assert self.process
        until = time.monotonic() + 15
        while time.monotonic() < until:
            assert self.process.poll() is None, "the tracker has ended"
            try:
                self.ask("GET", "/healthz")
            except OSError:
                time.sleep(0.03)
            else:
                return
        raise AssertionError("the tracker does not answer")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; returns the exit code."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(20)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request on a connection of its own, with exactly the given headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def click(self, path: str, **headers: str) -> Answer:
        """Follow a link as a browser does."""
        return self.ask("GET", path, **{**BROWSER, **headers})

    def touch(self, origin: str | None = "https://shop.example", **message: object) -> Answer:
        """Send what the storefront script sends."""
        headers = {**BROWSER, "Sec-Fetch-Dest": "empty", "Content-Type": "text/plain;charset=UTF-8"}
        if origin:
            headers["Origin"] = origin
        return self.ask("POST", "/t/touch", json.dumps(message).encode(), **headers)

    def health(self) -> dict[str, Any]:
        """The figures of /healthz."""
        found: dict[str, Any] = self.ask("GET", "/healthz").json()
        return found

    def counted(self, name: str) -> int:
        """How much a figure of /healthz has grown since the test began."""
        return int(self.health()[name]) - int(self.before.get(name, 0))

    def begin(self) -> None:
        """From here on `rows` and `counted` tell of what is new."""
        self.before = self.health()
        self.seen = max((row["id"] for row in self.rows()), default=self.seen)

    def rows(self) -> list[dict[str, Any]]:
        """The stored clicks since the test began, in the order of their ids."""
        found: list[dict[str, Any]] = []
        for path in sorted((self.data / "clicks").glob("clicks-*.db")):
            connection = sqlite3.connect(path)
            connection.row_factory = sqlite3.Row
            found += map(
                dict, connection.execute("SELECT * FROM clicks WHERE id > ? ORDER BY id", (self.seen,))
            )
            connection.close()
        return found

    def change(self, sql: str) -> None:
        """Change the main database as the web process would."""
        connection = sqlite3.connect(self.data / "molva.db")
        connection.executescript(sql)
        connection.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _made(folder: Path, **env: str) -> TrackerProcess:
    """A tracker with its own data folder, not yet started."""
    folder.mkdir(exist_ok=True)
    if not (folder / "molva.db").exists():
        connection = sqlite3.connect(folder / "molva.db")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(SCHEMA)
        connection.close()
    port = free_port()
    settings = {
        "MOLVA_DATA": str(folder),
        "MOLVA_TRACKER_BIND": f"127.0.0.1:{port}",
        "MOLVA_SECRET_KEY": SECRET,
        "DATABASE_URL": f"sqlite:///{folder / 'molva.db'}",
        **env,
    }
    return TrackerProcess(folder, port, settings)


def _kill(tracker: TrackerProcess) -> None:
    if tracker.process and tracker.process.poll() is None:
        tracker.process.kill()
        tracker.process.wait()


@pytest.fixture
def make_tracker(tmp_path: Path) -> Iterator[Callable[..., TrackerProcess]]:
    """Makes trackers (not yet started) with their own data folders; ends them after the test."""
    made: list[TrackerProcess] = []

    def make(data: Path | None = None, **env: str) -> TrackerProcess:
        made.append(_made(data or tmp_path / f"data{len(made)}", **env))
        return made[-1]

    yield make
    for tracker in made:
        _kill(tracker)


@pytest.fixture(scope="session")
def shared_tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackerProcess]:
    """One tracker for all tests that leave it as it was; without limit a minute, since they share it."""
    made = _made(tmp_path_factory.mktemp("tracker"), MOLVA_TRACKER_RATE="0")
    made.start()
    yield made
    _kill(made)


@pytest.fixture
def tracker(shared_tracker: TrackerProcess) -> TrackerProcess:
    """The shared tracker; rows and figures are counted from here."""
    shared_tracker.begin()
    return shared_tracker
