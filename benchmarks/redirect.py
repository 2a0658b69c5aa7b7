"""The durable redirect beside nginx, in turns on the same cores; see README.md for what the figures mean.

    python benchmarks/redirect.py [--connections 64 256] [--seconds 3] [--rounds 3] [--close]

Both servers run on core 0 with one process, wrk on core 1. nginx writes its access log and answers `return 302`;
the tracker stores every click with a commit before it answers. Needs wrk and nginx on PATH.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
HEADERS = [f"User-Agent: {AGENT}", "Accept-Language: ru-RU,ru;q=0.9", "Referer: https://vk.com/"]
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
    """A server that runs, pinned to core 0."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """Processor time of the process and its children so far."""
        pids = [self.process.pid, *children_of(self.process.pid)]
        ticks = 0
        for pid in pids:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run all rounds and print the table."""
    options = read_options()
    for tool in ("wrk", "nginx", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is needed on PATH")
    with tempfile.TemporaryDirectory(prefix="molva-bench-", dir=options.folder) as name:
        folder = Path(name)
        print(f"fsync anchor: {fsync_anchor(folder):.2f} ms (append 4 KiB and fdatasync, median)")
        servers = [start_nginx(folder), start_tracker(folder)]
        try:
            for connections in options.connections:
                compare(servers, connections, options)
        finally:
            for server in servers:
                server.process.send_signal(signal.SIGTERM)
                server.process.wait(20)
        report_files(folder)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Durable redirect against nginx")
    parser.add_argument("--connections", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--close", action="store_true", help="a new connection for each request")
    parser.add_argument("--folder", default=None, help="where the files go (default: the temporary folder)")
    return parser.parse_args()


def compare(servers: list[Server], connections: int, options: argparse.Namespace) -> None:
    """Turns of both servers; prints medians and the ratio of the second to the first."""
    results: dict[str, list[Result]] = {server.name: [] for server in servers}
    for _ in range(options.rounds):
        for server in servers:
            results[server.name].append(measure(server, connections, options))
    print(f"\n{connections} connections{', closed after each request' if options.close else ''}:")
    medians = []
    for name, rounds in results.items():
        median = Result(*(statistics.median(getattr(one, key) for one in rounds) for key in vars(rounds[0])))
        medians.append(median)
        print(
            f"  {name:8} {median.per_second:9,.0f} req/s   {median.per_cpu_second:9,.0f} per CPU second   "
            f"p50 {median.p50_ms:6.2f} ms   p99 {median.p99_ms:6.2f} ms"
        )
    base, ours = medians
    print(
        f"  ratio    {ours.per_second / base.per_second:9.2f}         "
        f"{ours.per_cpu_second / base.per_cpu_second:9.2f}"
    )


def measure(server: Server, connections: int, options: argparse.Namespace) -> Result:
    """One run of wrk on core 1."""
    headers = [*HEADERS, "Connection: close"] if options.close else HEADERS
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{options.seconds}s", "--latency"]
    for header in headers:
        command += ["-H", header]
    before = server.cpu_seconds()
    run = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}/r/anna"], capture_output=True, text=True, check=True
    )
    used = server.cpu_seconds() - before
    total = int(re.search(r"(\d+) requests in", run.stdout)[1])  # type: ignore[index]
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)[1])  # type: ignore[index]
    return Result(per_second, total / max(used, 0.01), latency(run.stdout, 50), latency(run.stdout, 99))


def latency(text: str, percent: int) -> float:
    """A percentile of wrk's table, in ms."""
    number, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)\b", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def start_nginx(folder: Path) -> Server:
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port), encoding="utf-8")
    process = subprocess.Popen(["taskset", "-c", "0", "nginx", "-p", str(folder), "-c", str(config)])
    return ready(Server("nginx", port, process))


def start_tracker(folder: Path) -> Server:
    port = free_port()
    connection = sqlite3.connect(folder / "molva.db")
    connection.executescript(SCHEMA)
    connection.close()
    env = {
        **os.environ,
        "MOLVA_DATA": str(folder),
        "MOLVA_TRACKER_BIND": f"127.0.0.1:{port}",
        "MOLVA_TRACKER_RATE": "0",
        "MOLVA_SECRET_KEY": "benchmark",
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


def report_files(folder: Path) -> None:
    """How big a stored click is, and that no id is there twice."""
    for path in sorted((folder / "clicks").glob("clicks-*.db")):
        connection = sqlite3.connect(path)
        rows, ids = connection.execute("SELECT count(*), count(DISTINCT id) FROM clicks").fetchone()
        connection.close()
        print(
            f"\n{path.name}: {rows:,} clicks, {ids:,} ids, {path.stat().st_size / max(rows, 1):.1f} bytes a click"
        )


def fsync_anchor(folder: Path) -> float:
    """Median time of a small durable append on this disk, in ms."""
    times = []
    with (folder / "anchor").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(bytes(4096))
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(word) for word in listed.split()]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    main()
