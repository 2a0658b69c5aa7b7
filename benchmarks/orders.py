"""Orders a second: hooks accepted, then read again from the shop, recorded, attributed and settled by workers.

    python benchmarks/orders.py [--orders 300] [--database URL] [--workers 1] [--profile]

Everything is real: the demo shop in a process of its own answers the API, `molva worker` processes do the jobs, every
order accrues to a partner and to the partner's inviter. Printed beside the disk's own speed: figures of a shared
machine mean little alone. `--profile` runs the jobs in this process and prints where the time goes.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import psycopg  # noqa: E402 - the line above makes our own modules importable

from tests.flows.stack import Shop, wait_for  # noqa: E402

PROGRAMME = "bench"


def main() -> None:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=300)
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
    accepted = accept(connection, workspace, made)
    settled, cpu = profile() if options.profile else work(options.workers, len(made))
    verify(len(made), workspace)
    anchor = fsync_anchor(folder)
    kind = "PostgreSQL" if options.database else "SQLite"
    print(f"{kind}, {options.workers} worker(s), {len(made)} orders")
    print(f"  accepted  {len(made) / accepted:7.0f} hooks/s    (one connection, one after another)")
    print(f"  settled   {len(made) / settled:7.0f} orders/s   ({1000 * settled / len(made):.1f} ms each, "
          f"{1000 * cpu / len(made):.1f} ms of processor)")  # fmt: skip
    print(f"  the disk  {anchor:7.0f} fsync/s")


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


def accept(connection: int, workspace: int, orders: list[dict[str, Any]]) -> float:
    """Store every hook; seconds."""
    from molva.integrations.inbound import accept_hook  # noqa: PLC0415 - needs the registry
    from molva.integrations.models import Connection  # noqa: PLC0415 - needs the registry
    from molva.workspaces.scoping import scope  # noqa: PLC0415 - needs the registry

    bodies = [json.dumps(order, ensure_ascii=False).encode() for order in orders]
    with scope(workspace):
        found = Connection.objects.get(pk=connection)
        started = time.perf_counter()
        for body in bodies:
            accept_hook(connection=found, topic="orders-create", body=body, content_type="application/json")
        return time.perf_counter() - started


def work(workers: int, count: int) -> tuple[float, float]:
    """Let workers do everything; seconds from the first job's start to the last one's end, and processor seconds."""
    from django.db.models import Max, Min  # noqa: PLC0415 - needs the registry

    from molva.jobs.models import Job, JobState  # noqa: PLC0415 - needs the registry

    command = [sys.executable, "-m", "molva", "worker"]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(workers)]
    jobs = Job.objects.filter(path="molva.integrations.inbound:process_inbound")
    try:
        wait_for(lambda: jobs.filter(state=JobState.DONE).exists(), 60)
        before = sum(cpu_seconds(process.pid) for process in running)
        wait_for(lambda: jobs.filter(state=JobState.DONE).count() == count, 600)
        cpu = sum(cpu_seconds(process.pid) for process in running) - before
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait()
    times = jobs.aggregate(first=Min("started_at"), last=Max("finished_at"))
    return float((times["last"] - times["first"]).total_seconds()), cpu


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def profile() -> tuple[float, float]:
    """Do the jobs here, with the profiler; seconds, and processor seconds."""
    from molva.jobs.worker import Worker  # noqa: PLC0415 - needs the registry
    from molva.workspaces.scoping import scope  # noqa: PLC0415 - needs the registry

    worker, profiler = Worker(scope=scope), cProfile.Profile()
    started, cpu = time.perf_counter(), time.process_time()
    profiler.runcall(worker.run_until_empty)
    spent, cpu = time.perf_counter() - started, time.process_time() - cpu
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(60)
    return spent, cpu


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
