"""Servers to measure, and how: the tracker and nginx on core 0, wrk on core 1. Used by `redirect.py`."""

import os
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[1]
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
HEADERS = [f"User-Agent: {AGENT}", "Accept-Language: ru-RU,ru;q=0.9", "Referer: https://vk.com/"]
SECRET = "benchmark"  # noqa: S105 - of nothing
NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log {folder}/access.log; keepalive_requests 100000000; keepalive_timeout 75s;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /r/ {{
      add_header Set-Cookie "mv=$request_id; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax" always;
      return 302 https://shop.example/tea?aff=ANNA&mv=$request_id;
    }}
  }}
}}
"""
SCHEMA = """
PRAGMA journal_mode=WAL;
CREATE TABLE programmes_programme (id INTEGER PRIMARY KEY, code TEXT, shop_hosts TEXT, mark_param TEXT);
CREATE TABLE tracking_link (id INTEGER PRIMARY KEY, programme_id INTEGER, partner_id INTEGER,
  code_folded TEXT UNIQUE, target_url TEXT, is_active BOOLEAN);
INSERT INTO programmes_programme VALUES (1, 'herbs', '["shop.example"]', 'aff');
INSERT INTO tracking_link VALUES (3, 1, 7, 'anna', 'https://shop.example/tea?aff=ANNA', 1);
"""


@dataclass
class Result:
    """One run of wrk."""

    per_second: float
    per_cpu_second: float  # requests a second of the server's processor time
    p50_ms: float
    p99_ms: float


@dataclass
class Server:
    """A server that runs, pinned to core 0; ends with its block."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def pids(self) -> list[int]:
        """The process and its children."""
        return [self.process.pid, *children_of(self.process.pid)]

    def cpu_seconds(self) -> float:
        """Processor time of the process and its children so far."""
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def pss_mb(self) -> float:
        """Memory of the process and its children, what is shared counted by parts, in MB of 10⁶ bytes."""
        total = 0
        for pid in self.pids():
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
            total += int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1])  # type: ignore[index]
        return total * 1024 / 1e6


def measure(
    server: Server, connections: int, seconds: int, *, close: bool = False, script: Path | None = None
) -> Result:
    """One run of wrk on core 1; `script` chooses the requests, otherwise all are for one link."""
    headers = [*HEADERS, "Connection: close"] if close else HEADERS
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for header in headers:
        command += ["-H", header]
    command += ["-s", str(script)] if script else []
    before = server.cpu_seconds()
    run = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}/r/anna"], capture_output=True, text=True, check=True
    )
    used = server.cpu_seconds() - before
    if errors := re.search(r"Non-2xx or 3xx responses: (\d+)", run.stdout):
        sys.exit(f"{server.name} answered {errors[1]} times with an error")
    total = int(re.search(r"(\d+) requests in", run.stdout)[1])  # type: ignore[index]
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)[1])  # type: ignore[index]
    return Result(per_second, total / max(used, 0.01), latency(run.stdout, 50), latency(run.stdout, 99))


def latency(text: str, percent: int) -> float:
    """A percentile of wrk's table, in ms."""
    number, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)\b", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def start_nginx(folder: Path) -> Server:
    """nginx that answers 302 and writes its access log."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port), encoding="utf-8")
    process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-p", str(folder), "-c", str(config)])
    return ready(Server("nginx", port, process))


def make_database(folder: Path) -> Path:
    """A main database with one link, as the tracker sees it."""
    path = folder / "molva.db"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA)
    connection.close()
    return path


def start_tracker(folder: Path, port: int = 0, *, data: Path | None = None) -> Server:
    """The tracker on the main database of `folder`, its clicks in `data` if given; without the limit a minute."""
    port = port or free_port()
    env = {
        **os.environ,
        "MOLVA_DATA": str(data or folder),
        "MOLVA_TRACKER_BIND": f"127.0.0.1:{port}",
        "MOLVA_TRACKER_RATE": "0",
        "MOLVA_SECRET_KEY": SECRET,
        "MOLVA_LOG_LEVEL": "WARNING",
        "DATABASE_URL": f"sqlite:///{folder / 'molva.db'}",
    }
    command = ["taskset", "-c", "0", sys.executable, "-m", "molva.tracker"]
    return ready(Server("tracker", port, subprocess.Popen(command, env=env, cwd=ROOT)))


def ready(server: Server) -> Server:
    """Wait until the port is open."""
    until = time.monotonic() + 20
    while time.monotonic() < until and server.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return server
    sys.exit(f"{server.name} did not start")


def fsync_anchor(folder: Path) -> str:
    """Times of a small durable append on this disk: half of them and 99 of 100 take at most so long."""
    times = []
    with (folder / "anchor").open("wb", buffering=0) as file:
        for _ in range(400):
            file.write(bytes(4096))
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    cuts = statistics.quantiles(times, n=100)
    return f"fsync anchor: p50 {cuts[49]:.2f} ms, p99 {cuts[98]:.2f} ms (append 4 KiB and fdatasync)"


def children_of(pid: int) -> list[int]:
    """Processes that this one has started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(word) for word in listed.split()]


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
