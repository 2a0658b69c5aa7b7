"""The durable redirect beside nginx, in turns on the same cores, and its drills; README.md says what the figures mean.

    python benchmarks/redirect.py [--connections 64 256] [--seconds 3] [--rounds 3] [--close]
    python benchmarks/redirect.py --soak 60 | --memory | --strace 20 | --refresh | --kills 50 | --full-disk |
        --locked 30

Both servers run on core 0 with one process, wrk on core 1. nginx writes its access log and answers `return 302`;
the tracker stores every click with a commit before it answers. Needs wrk and nginx on PATH, `--strace` strace.
"""

import argparse
import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import redirect_drills as drills
from redirect_servers import (
    Result,
    Server,
    fsync_anchor,
    make_database,
    measure,
    start_nginx,
    start_tracker,
)


def main() -> None:
    """One comparison, or one drill."""
    options = read_options()
    for tool in ("wrk", "nginx", "taskset"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is needed on PATH")
    with tempfile.TemporaryDirectory(prefix="molva-bench-", dir=options.folder) as name:
        folder = Path(name)
        print(fsync_anchor(folder))
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}; Python {sys.version.split()[0]}")
        make_database(folder)
        if options.soak:
            drills.soak(folder, options.soak, options.connections[0])
        elif options.memory:
            drills.memory(folder, options.memory)
        elif options.strace:
            drills.order(folder, options.strace)
        elif options.refresh:
            drills.refresh(folder)
        elif options.full_disk:
            drills.full_disk(folder)
        elif options.locked:
            drills.locked(folder, options.locked)
        elif options.kills:
            drills.kills(folder, options.kills)
        else:
            run_comparison(folder, options)
        report_files(folder)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Durable redirect against nginx, and its drills")
    parser.add_argument("--connections", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--close", action="store_true", help="a new connection for each request")
    parser.add_argument("--folder", default=None, help="where the files go (default: the temporary folder)")
    parser.add_argument("--soak", type=int, default=0, help="seconds of full load: WAL and p99 of each five")
    parser.add_argument("--memory", type=int, nargs="?", const=1_000_000, default=0, help="links and clicks")
    parser.add_argument(
        "--strace", type=int, default=0, help="clicks whose fsync and answer are put in order"
    )
    parser.add_argument("--refresh", action="store_true", help="how soon a changed link works")
    parser.add_argument("--full-disk", action="store_true", help="a disk of 64 MiB that fills up; needs root")
    parser.add_argument("--kills", type=int, default=0, help="how often the tracker is killed under load")
    parser.add_argument("--locked", type=int, default=0, help="seconds for which each database is held")
    return parser.parse_args()


def run_comparison(folder: Path, options: argparse.Namespace) -> None:
    """Both servers in turns, for each number of connections."""
    with ExitStack() as stack:
        servers = [stack.enter_context(start_nginx(folder)), stack.enter_context(start_tracker(folder))]
        for connections in options.connections:
            compare(servers, connections, options)


def compare(servers: list[Server], connections: int, options: argparse.Namespace) -> None:
    """Turns of both servers; prints medians and the ratio of the second to the first."""
    results: dict[str, list[Result]] = {server.name: [] for server in servers}
    for _ in range(options.rounds):
        for server in servers:
            results[server.name].append(measure(server, connections, options.seconds, close=options.close))
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


def report_files(folder: Path) -> None:
    """How big a stored click is, and that no id is there twice."""
    for path in sorted((folder / "clicks").glob("clicks-*.db")):
        connection = sqlite3.connect(path)
        rows, ids = connection.execute("SELECT count(*), count(DISTINCT id) FROM clicks").fetchone()
        connection.close()
        print(
            f"\n{path.name}: {rows:,} clicks, {ids:,} ids, {path.stat().st_size / max(rows, 1):.1f} bytes a click"
        )


if __name__ == "__main__":
    main()
