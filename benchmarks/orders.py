"""Orders a second: hooks accepted, then read again from the shop, recorded, attributed and settled by workers.

    python benchmarks/orders.py [--orders 1000] [--rate 200] [--workers 1] [--database URL] [--profile]

Everything is real: the demo shop in a process of its own answers the API, `molva worker` processes do the jobs while
hooks go on arriving at the given rate, every order accrues to a partner and to the partner's inviter. Printed beside
the disk's own speed: figures of a shared machine mean little alone. `--profile` runs the jobs in this process, after
all hooks, and prints where the time goes.
"""

import argparse
import cProfile
import json
import os
import pstats
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import psycopg  # noqa: E402 - the line above makes our own modules importable

from tests.flows.stack import Shop, wait_for  # noqa: E402

PROGRAMME = "bench"


def main() -> None:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument(
        "--rate", type=int, default=200, help="hooks a second; 0: one after another, at full speed"
    )
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--database", default="", help="URL of a PostgreSQL server; SQLite without it")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as text, database_of(options.database, Path(text)) as database:
        folder = Path(text)
        shop = Shop(folder)
        try:
            run(folder, database, shop, options)
        finally:
            shop.stop()


def run(folder: Path, database: str, shop: Shop, options: argparse.Namespace) -> None:
    """Prepare, accept all hooks, work them off."""
    enter(folder, database, shop)
    wait_for(shop.is_there, 30)
    shop.ask("faults", {"limit_on": False})
    connection, workspace = prepare(shop)
    wanted = [{"location": "/?aff=boris-x", "email": f"b{n}@example.com", "status": "delivered", "tell": False}
              for n in range(options.orders)]  # fmt: skip
    made = [
        order
        for start in range(0, len(wanted), 50)
        for order in shop.ask("orders", wanted[start : start + 50])
    ]
    anchor = fsync_anchor(folder)
    if options.profile:
        waits = accept(connection, workspace, made, rate=0)
        profile()
    else:
        figures, waits = work(options, shop, lambda: accept(connection, workspace, made, rate=options.rate))
    verify(len(made), workspace)
    kind = "PostgreSQL" if options.database else "SQLite"
    print(
        f"{kind}, {options.workers} worker(s), {len(made)} orders, {options.rate or 'any number of'} hooks/s offered"
    )
    print(f"  accepted  p50 {1000 * median(waits):.1f} ms, p99 {1000 * quantiles(waits, n=100)[98]:.1f} ms")
    if not options.profile:
        print(f"  settled   {figures.pop('speed'):.0f} orders/s, from the first hook to the last settlement")
        for name, seconds in figures.items():
            print(f"  {name:9} {1000 * seconds / len(made):.1f} ms of processor an order")
    print(f"  the disk  {anchor:.0f} fsync/s")


@contextmanager
def database_of(server: str, folder: Path) -> Iterator[str]:
    """An empty database, gone afterwards."""
    if not server:
        yield f"sqlite:///{folder / 'molva.db'}"
        return
    name = f"molva_bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def enter(folder: Path, database: str, shop: Shop) -> None:
    """Settings of this process and of the workers; the schema."""
    os.environ.update(
        MOLVA_DATA=str(folder),
        MOLVA_ALLOW_PRIVATE_HOSTS=shop.host,
        MOLVA_SECRET_KEY="only-for-figures-" * 4,
        MOLVA_LOG_LEVEL="WARNING",
        DATABASE_URL=database,
        DJANGO_SETTINGS_MODULE="molva.config.settings",
    )
    import django  # noqa: PLC0415 - reads the environment

    django.setup()
    from molva.config.setup import bring_schema, make_folders  # noqa: PLC0415 - needs the registry

    make_folders()
    bring_schema()


def prepare(shop: Shop) -> tuple[int, int]:
    """A programme with an inviter and an invited partner, connected to the shop; ids of connection and workspace."""
    from molva.integrations.models import Connection  # noqa: PLC0415 - needs the registry
    from molva.jobs.worker import Worker  # noqa: PLC0415 - needs the registry
    from molva.workspaces.scoping import scope  # noqa: PLC0415 - needs the registry
    from tests.flows import inside  # noqa: PLC0415 - needs the registry

    programme = inside.make_programme(PROGRAMME, shop.url, mark="x")
    state = shop.ask("state")
    connection = inside.connect(programme, shop.host, state["api_key"], state["api_password"])
    Worker(scope=scope).run_until_empty()
    return connection, Connection.unscoped.get(pk=connection).workspace_id


def accept(connection: int, workspace: int, orders: list[dict[str, Any]], *, rate: int) -> list[float]:
    """Store every hook, so many a second; the seconds that each one took."""
    from molva.integrations.inbound import accept_hook  # noqa: PLC0415 - needs the registry
    from molva.integrations.models import Connection  # noqa: PLC0415 - needs the registry
    from molva.workspaces.scoping import scope  # noqa: PLC0415 - needs the registry

    bodies = [json.dumps(order, ensure_ascii=False).encode() for order in orders]
    waits = []
    with scope(workspace):
        found = Connection.objects.get(pk=connection)
        start = time.perf_counter()
        for number, body in enumerate(bodies):
            if rate:
                time.sleep(max(0, start + number / rate - time.perf_counter()))
            began = time.perf_counter()
            accept_hook(connection=found, topic="orders-create", body=body, content_type="application/json")
            waits.append(time.perf_counter() - began)
    return waits


def work(
    options: argparse.Namespace, shop: Shop, give: Callable[[], list[float]]
) -> tuple[dict[str, float], list[float]]:
    """Start workers, give them the hooks, wait for the last order; figures, and what `give` gave."""
    from django.db.models import Max, Min  # noqa: PLC0415 - needs the registry

    from molva.jobs.models import Job, JobState, WorkerBeat  # noqa: PLC0415 - needs the registry

    jobs = Job.objects.filter(path="molva.integrations.inbound:process_inbound")
    command = [sys.executable, "-m", "molva", "worker"]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(options.workers)]
    try:
        wait_for(lambda: WorkerBeat.objects.count() == options.workers, 60)
        before = [[cpu_seconds(process.pid) for process in running], cpu_seconds(shop.process.pid)]
        mine = time.process_time()
        waits = give()
        mine = time.process_time() - mine
        wait_for(lambda: jobs.filter(state=JobState.DONE).count() == options.orders, 900)
        after = [[cpu_seconds(process.pid) for process in running], cpu_seconds(shop.process.pid)]
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait()
    times = jobs.aggregate(first=Min("created_at"), last=Max("finished_at"))
    figures = {
        "speed": options.orders / (times["last"] - times["first"]).total_seconds(),
        "workers": sum(after[0]) - sum(before[0]),
        "the shop": after[1] - before[1],
        "accepting": mine,
    }
    return figures, waits


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def profile() -> None:
    """Do the jobs here, with the profiler."""
    from molva.jobs.worker import Worker  # noqa: PLC0415 - needs the registry
    from molva.workspaces.scoping import scope  # noqa: PLC0415 - needs the registry

    worker, profiler = Worker(scope=scope), cProfile.Profile()
    profiler.runcall(worker.run_until_empty)
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(80)


def verify(count: int, workspace: int) -> None:
    """Figures of wrong work are worth nothing."""
    from molva.audit.runner import run_checks  # noqa: PLC0415 - needs the registry
    from molva.commissions.models import Commission  # noqa: PLC0415 - needs the registry

    assert Commission.unscoped.filter(posted_minor__gt=0).count() == 2 * count
    breaches = run_checks(workspace)
    assert not breaches, breaches[:5]


def fsync_anchor(folder: Path) -> float:
    """How often a second this disk makes 4 KiB durable."""
    with (folder / "anchor").open("wb") as file:
        started, count = time.perf_counter(), 0
        while time.perf_counter() - started < 1:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            count += 1
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
