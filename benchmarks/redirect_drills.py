"""What the tracker does for a minute, with a million links, under strace, when a link changes and when it is killed."""

import http.client
import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

from redirect_servers import HEADERS, ROOT, SECRET, Server, free_port, measure, start_tracker

sys.path.insert(0, str(ROOT))
from molva.domain.click_id import derive_key, read_token

KEY = derive_key(SECRET.encode())
STEP = 5  # seconds
CLIENTS = 32
SENT = dict(header.split(": ", 1) for header in HEADERS)


def soak(folder: Path, seconds: int, connections: int) -> None:
    """Full load: p99 of each five seconds, and how big the write-ahead log was at most, beside the file."""
    with start_tracker(folder) as server:
        steps = []
        for number in range(max(1, seconds // STEP)):
            peak = Peak(folder)
            found = measure(server, connections, STEP)
            wal, data = peak.end()
            steps.append((found.p99_ms, wal, data))
            print(
                f"  {number * STEP:3}–{number * STEP + STEP:3} s  {found.per_second:9,.0f} req/s   "
                f"p99 {found.p99_ms:7.2f} ms   WAL at most {wal / 1e6:6.1f} MB   file {data / 1e6:7.1f} MB"
            )
        p99 = [step[0] for step in steps]
        wal, data = max(step[1] for step in steps), steps[-1][2]
        print(
            f"p99 of the worst five seconds ÷ the first: {max(p99) / p99[0]:.2f}; of the last: {p99[-1] / p99[0]:.2f}"
        )
        print(f"WAL at most {wal / 1e6:.1f} MB; WAL ÷ file: {wal / max(data, 1):.2f}")
        print(f"memory at the end: {server.pss_mb():.0f} MB")


class Peak:
    """Watches the files of a folder ten times a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "clicks"
        self._wal = 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> tuple[int, int]:
        """The biggest write-ahead log, and the present size of the files, in bytes."""
        self._ends.set()
        self._thread.join()
        return self._wal, sum(path.stat().st_size for path in self._folder.glob("clicks-*.db"))

    def _run(self) -> None:
        while not self._ends.wait(0.1):
            sizes = [path.stat().st_size for path in self._folder.glob("clicks-*.db-wal")]
            self._wal = max(self._wal, *sizes, 0)


def memory(folder: Path, number: int) -> None:
    """So many links in the main database, then as many clicks on links at random, most of them on few."""
    with closing(sqlite3.connect(folder / "molva.db")) as connection, connection:
        connection.executemany(
            "INSERT INTO tracking_link VALUES (?, 1, ?, ?, ?, 1)",
            (
                (
                    link + 10,
                    link % 20_000,
                    f"c{link}",
                    f"https://shop.example/product/{link}?aff=P{link % 20_000}",
                )
                for link in range(number)
            ),
        )
    script = folder / "links.lua"
    # The square makes a half of the clicks fall on a quarter of the links; all of them are asked for sooner or later.
    script.write_text(
        f"request = function() return wrk.format(nil, '/r/c' .. math.floor({number} * math.random() ^ 2)) end\n"
    )
    with start_tracker(folder) as server:
        print(f"memory before: {server.pss_mb():.0f} MB")
        done = 0.0
        while done < number:
            found = measure(server, 64, STEP, script=script)
            done += found.per_second * STEP
            print(
                f"  {done:12,.0f} clicks  {found.per_second:9,.0f} req/s   p99 {found.p99_ms:6.2f} ms   "
                f"{server.pss_mb():.0f} MB"
            )
        print(f"memory after {done:,.0f} clicks on {number:,} links: {server.pss_mb():.0f} MB")


def order(folder: Path, number: int) -> None:
    """Whether each answer left after an fsync that had begun after its request."""
    with start_tracker(folder) as server:
        click(server)
        log = folder / "strace"
        trace = subprocess.Popen(
            [
                *(
                    "strace",
                    "-f",
                    "-qq",
                    "-s",
                    "64",
                    "-e",
                    "trace=fsync,fdatasync,write,writev,sendto,recvfrom,read",
                ),
                *("-p", str(server.process.pid), "-o", str(log)),
            ]
        )
        time.sleep(1)
        for _ in range(number):
            click(server)
        trace.send_signal(signal.SIGINT)
        trace.wait()
        print(f"answers after their fsync: {count_in_order(log.read_text(errors='replace'))} of {number}")


def count_in_order(text: str) -> int:
    """How many answers in a log of strace come after an fsync that ended after their request."""
    good, is_synced = 0, False
    for line in text.splitlines():
        if "GET /r/anna" in line:
            is_synced = False
        elif re.search(r"(fdatasync|fsync)(\(.*\)| resumed>.*) += 0", line):
            is_synced = True
        elif "HTTP/1.1 302" in line:
            good += is_synced
    return good


def refresh(folder: Path) -> None:
    """From the commit of a change to the first visitor who is led by it, ten times."""
    taken = []
    with start_tracker(folder) as server, closing(sqlite3.connect(folder / "molva.db")) as connection:
        for number in range(10):
            click(server)
            time.sleep(random.random())
            with connection:
                connection.execute(
                    "UPDATE tracking_link SET target_url = ? WHERE id = 3",
                    (f"https://shop.example/new{number}",),
                )
            start = time.perf_counter()
            while f"/new{number}" not in click(server):
                time.sleep(0.005)
            taken.append(time.perf_counter() - start)
    print(f"a changed link works after {min(taken):.2f} … {max(taken):.2f} s")


def kills(folder: Path, rounds: int) -> None:
    """Kill the tracker under load, again and again; every click that a visitor was promised must be stored once."""
    port = free_port()
    load = Load(port)
    chance = random.Random(7)
    for number in range(rounds):
        server = start_tracker(folder, port)
        time.sleep(0.2 + chance.random() * 0.6)
        server.process.kill()
        server.process.wait()
        if number % 10 == 9:
            print(f"  killed {number + 1} times, promised {len(load.promised):,}")
    with start_tracker(folder, port):
        time.sleep(0.5)
        load.end()
    print(f"killed {rounds} times: {verdict(load, folder)}")


def verdict(load: "Load", folder: Path) -> str:
    """What visitors were promised beside what is stored; ends the run when a promise was broken."""
    stored: list[int] = []
    for path in (folder / "clicks").glob("clicks-*.db"):
        with closing(sqlite3.connect(path)) as connection:
            stored += [row[0] for row in connection.execute("SELECT id FROM clicks")]
    lost = set(load.promised) - set(stored)
    doubled = len(load.promised) - len(set(load.promised)) + len(stored) - len(set(stored))
    words = (
        f"promised {len(load.promised):,}, stored {len(stored):,}, lost {len(lost)}, doubled {doubled}, "
        f"sent on uncounted {load.bare:,}"
    )
    return sys.exit(words) if lost or doubled else words


def full_disk(folder: Path) -> None:
    """The click files on a disk of 64 MiB, filled under load by somebody else, and emptied again, five times."""
    small = folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(small)], check=True)
    try:
        with start_tracker(folder, data=small) as server:
            load = Load(server.port)
            for number in range(5):
                time.sleep(1)
                before = load.bare
                fill(small / "ballast")
                time.sleep(3)
                state = health(server)
                print(
                    f"  full: {state['status']}; {load.bare - before:,} sent on uncounted, the last one in "
                    f"{load.last * 1000:.0f} ms, the slowest in {load.slowest * 1000:.0f} ms"
                )
                (small / "ballast").unlink()
                start = time.perf_counter()
                while health(server)["status"] != "ok":
                    time.sleep(0.02)
                print(f"  freed ({number + 1}): counts again after {time.perf_counter() - start:.2f} s")
            load.end()
        for path in (small / "clicks").glob("clicks-*.db"):
            with closing(sqlite3.connect(path)) as connection:
                print(f"{path.name}: integrity {connection.execute('PRAGMA integrity_check').fetchone()[0]}")
        print(f"full disk: {verdict(load, small)}")
    finally:
        subprocess.run(["umount", str(small)], check=True)


def locked(folder: Path, seconds: int) -> None:
    """Somebody holds the main database so long: as its writer, with readers shut out; then the click file."""
    main = folder / "molva.db"
    for name, mode, is_main in (
        ("main database, one writer (WAL)", "WAL", True),
        ("main database, readers shut out (no WAL)", "DELETE", True),
        ("click file", "WAL", False),
    ):
        with closing(sqlite3.connect(main)) as connection:
            connection.execute(f"PRAGMA journal_mode={mode}")
        with start_tracker(folder) as server:
            load = Load(server.port)
            time.sleep(1)
            held = main if is_main else max((folder / "clicks").glob("clicks-*.db"))
            hold(name, held, server, load, seconds)
            load.end()
        print(f"    {verdict(load, folder)}")


def hold(name: str, path: Path, server: Server, load: "Load", seconds: int) -> None:
    """Lock a database and tell what visitors saw meanwhile."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        before, bare, load.slowest = len(load.promised), load.bare, 0.0
        status, taken = never_asked(server)
        time.sleep(seconds - taken)
        print(
            f"  {name} held {seconds} s: {len(load.promised) - before:,} promised, "
            f"{load.bare - bare:,} sent on uncounted, the slowest in {load.slowest * 1000:.0f} ms; "
            f"a link never asked for: {status} in {taken * 1000:.0f} ms"
        )
        holder.execute("ROLLBACK")
    start = time.perf_counter()
    while health(server)["status"] != "ok":
        time.sleep(0.02)
    print(f"    counts again after {time.perf_counter() - start:.2f} s")


def never_asked(server: Server) -> tuple[int, float]:
    """The answer to a link that there is not and that nobody has asked for, and the seconds that it took."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        start = time.perf_counter()
        connection.request("GET", "/r/nobody", headers=SENT)
        return connection.getresponse().status, time.perf_counter() - start


def fill(path: Path) -> None:
    """Write until there is no room left."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(65536))


def health(server: Server) -> dict[str, object]:
    """What the tracker says of itself."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        connection.request("GET", "/healthz")
        found: dict[str, object] = json.loads(connection.getresponse().read())
    return found


class Load:
    """Clients that click all the time and write down every click they were promised."""

    def __init__(self, port: int) -> None:
        self.promised: list[int] = []
        self.bare = 0
        self.last = self.slowest = 0.0  # seconds that an answer took
        self._port = port
        self._ends = threading.Event()
        self._pool = ThreadPoolExecutor(CLIENTS)
        self._running = [self._pool.submit(self._run) for _ in range(CLIENTS)]

    def end(self) -> None:
        """Stop clicking and wait for the last answers."""
        self._ends.set()
        for running in self._running:
            running.result()

    def _run(self) -> None:
        while not self._ends.is_set():
            try:
                with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)) as connection:
                    while not self._ends.is_set():
                        start = time.perf_counter()
                        self._note(ask(connection))
                        self.last = time.perf_counter() - start
                        self.slowest = max(self.slowest, self.last)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)

    def _note(self, location: str) -> None:
        found = re.search(r"mv=([a-z2-7]+)", location)
        token = read_token(found[1], KEY) if found else None
        if token:
            self.promised.append(token.click_id)
        else:
            self.bare += 1


def click(server: Server) -> str:
    """Follow the link once, on a connection of its own; where it led."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        return ask(connection)


def ask(connection: http.client.HTTPConnection) -> str:
    """Follow the link once; where it led."""
    connection.request("GET", "/r/anna", headers=SENT)
    response = connection.getresponse()
    response.read()
    return response.getheader("Location") or ""
