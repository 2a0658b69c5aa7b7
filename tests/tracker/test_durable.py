"""What was answered is on the disk: after kill -9, at an orderly end, and when the disk fails or stalls."""

import http.client
import random
import re
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from molva.domain.click_id import derive_key, read_token
from tests.tracker.conftest import BROWSER, SECRET, Answer, TrackerProcess

KEY = derive_key(SECRET.encode())
BARE = "https://shop.example/tea?aff=ANNA#cups"
ROUNDS = 5
CLIENTS = 8


class Load:
    """Clients that click all the time and write down every click they were promised."""

    def __init__(self, tracker: TrackerProcess) -> None:
        self.promised: list[int] = []
        self.bare = 0
        self._tracker = tracker
        self._ends = threading.Event()
        self._pool = ThreadPoolExecutor(CLIENTS)
        self._running = [self._pool.submit(self._run) for _ in range(CLIENTS)]

    def end(self) -> None:
        self._ends.set()
        for running in self._running:
            running.result()
        self._pool.shutdown()

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                self._click_until_it_breaks()
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)

    def _click_until_it_breaks(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._tracker.port, timeout=10)
        with closing(connection):
            while not self._ends.is_set():
                connection.request("GET", "/r/anna-1", headers=BROWSER)
                response = connection.getresponse()
                response.read()
                found = re.search(r"mv=([a-z2-7]+)", response.getheader("Location") or "")
                token = read_token(found[1], KEY) if found else None
                if token:
                    self.promised.append(token.click_id)
                else:
                    self.bare += 1


def test_no_promised_click_is_lost_or_doubled_at_kill_9(make_tracker: Callable[..., TrackerProcess]) -> None:
    tracker = make_tracker(MOLVA_TRACKER_RATE="0")
    tracker.start()
    chance = random.Random(20261123)
    load = Load(tracker)

    for _ in range(ROUNDS):
        time.sleep(0.3 + chance.random() * 0.5)
        tracker.end(signal.SIGKILL)
        tracker.start()
    load.end()

    stored = [row["id"] for row in tracker.rows()]
    assert len(load.promised) > 100
    assert len(set(load.promised)) == len(load.promised)
    assert set(load.promised) - set(stored) == set()
    assert load.bare == 0


def test_an_orderly_end_answers_what_was_asked(make_tracker: Callable[..., TrackerProcess]) -> None:
    tracker = make_tracker(MOLVA_TRACKER_RATE="0")
    tracker.start()
    load = Load(tracker)
    time.sleep(0.3)

    code = tracker.end()
    load.end()

    assert code == 0
    assert sorted(load.promised) == [row["id"] for row in tracker.rows()]
    assert list((tracker.data / "clicks").glob("*-wal")) == []


def test_a_full_disk_sends_visitors_on_without_click_id(make_tracker: Callable[..., TrackerProcess]) -> None:
    tracker = make_tracker(MOLVA_TRACKER_RATE="0")
    tracker.start()
    assert tracker.process
    # No file of this process may grow: what a full disk does, and it can be undone.
    resource.prlimit(tracker.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))

    during = [tracker.click("/r/anna-1") for _ in range(3)]
    beacon = tracker.touch(programme="herbs", mark="anna", url="https://shop.example/")
    health = tracker.health()
    resource.prlimit(
        tracker.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    )
    wait_until(lambda: tracker.health()["status"] == "ok")  # by itself, without a visitor
    after = tracker.click("/r/anna-1")

    assert [(answer.status, answer.location) for answer in during] == [(302, BARE)] * 3
    assert all("set-cookie" not in answer.headers for answer in during)
    assert beacon.json() == {"visitor": None, "click": None, "token": None}
    assert health["lost_failed"] == health["lost"] == 4
    assert health["status"] != "ok"
    assert "mv=" in after.location
    assert len(tracker.rows()) == 1


@pytest.mark.parametrize("seconds", [7])
def test_a_locked_file_holds_nobody_for_a_second(
    make_tracker: Callable[..., TrackerProcess], seconds: int
) -> None:
    """Longer than SQLite's own patience of five seconds, so that the writer fails and is tried again."""
    tracker = make_tracker(MOLVA_TRACKER_RATE="0")
    tracker.start()
    tracker.click("/r/anna-1")
    [path] = (tracker.data / "clicks").glob("clicks-*.db")

    with closing(sqlite3.connect(path, isolation_level=None)) as locker:
        locker.execute("BEGIN IMMEDIATE")
        until = time.monotonic() + seconds
        timed = []
        while time.monotonic() < until:
            timed.append(timed_click(tracker))
            time.sleep(0.02)
        lost = tracker.health()["lost"]
        locker.execute("ROLLBACK")
    wait_until(lambda: tracker.health()["status"] == "ok")
    last = tracker.click("/r/anna-1")

    assert {answer.location for answer, _ in timed} == {BARE}
    assert len(timed) == lost > 30
    slow = [taken for _, taken in timed if taken > 0.5]
    assert len(slow) <= 3  # the one that met the lock, and what a loaded machine does
    assert max(taken for _, taken in timed) < 2.0
    assert "mv=" in last.location
    assert len(tracker.rows()) <= 3  # before and after, and the one that was with the writer


def test_a_reader_that_stays_open_makes_no_click_wait(make_tracker: Callable[..., TrackerProcess]) -> None:
    tracker = make_tracker(MOLVA_TRACKER_RATE="0")
    tracker.start()
    tracker.click("/r/anna-1")
    [path] = (tracker.data / "clicks").glob("clicks-*.db")

    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM clicks").fetchone()
        load = Load(tracker)
        time.sleep(1.0)
        load.end()

    assert (load.bare, len(load.promised) > 100) == (0, True)
    assert len(tracker.rows()) == len(load.promised) + 1


def test_a_locked_main_database_holds_no_known_link(make_tracker: Callable[..., TrackerProcess]) -> None:
    tracker = make_tracker(MOLVA_TRACKER_RATE="0")
    tracker.change("PRAGMA journal_mode=DELETE")  # where a writer shuts readers out; in WAL mode it cannot
    tracker.start()
    tracker.click("/r/anna-1")

    with closing(sqlite3.connect(tracker.data / "molva.db", isolation_level=None)) as locker:
        locker.execute("BEGIN EXCLUSIVE")
        locker.execute("UPDATE tracking_link SET target_url = 'https://shop.example/new' WHERE id = 3")
        timed = []
        until = time.monotonic() + 3
        while time.monotonic() < until:
            timed.append(timed_click(tracker))
            time.sleep(0.02)
        unknown = tracker.click("/r/never-asked")
        locker.execute("COMMIT")
    wait_until(lambda: tracker.click("/r/anna-1").location.startswith("https://shop.example/new"))

    assert {answer.location.partition("mv=")[0] for answer, _ in timed} == {BARE.replace("#cups", "&")}
    assert max(taken for _, taken in timed) < 1.0
    assert unknown.status == 503


def test_two_trackers_do_not_write_one_folder(
    make_tracker: Callable[..., TrackerProcess], tracker: TrackerProcess
) -> None:
    second = make_tracker(data=tracker.data)
    second.launch()
    time.sleep(1.0)

    assert second.process
    assert second.process.poll() is None  # it waits for the first one to end
    with pytest.raises(ConnectionRefusedError):
        second.health()

    second.process.kill()
    second.process.wait()


def timed_click(tracker: TrackerProcess) -> tuple[Answer, float]:
    """A click and how long its answer took, in seconds."""
    start = time.monotonic()
    return tracker.click("/r/anna-1"), time.monotonic() - start


def wait_until(is_so: Callable[[], bool], seconds: float = 10.0) -> None:
    """Until it is so; fails after that long."""
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.05)
