"""A month of all InSales on one machine: 450 000 orders, 80 million visits, 20 000 partners. See README.md.

    python benchmarks/month.py make  --folder DIR [--orders N] [--partners N] [--scale 0.1]
    python benchmarks/month.py load  --folder DIR [--clicks N]
    python benchmarks/month.py pages --folder DIR

Everything comes from one seed. Each part goes on with what the one before has left in the folder.
"""

import argparse
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

UNTIL = datetime(2026, 11, 26, 9, tzinfo=UTC)  # the last moment of the month
MONTH_CLICKS = 80_000_000


def main() -> None:
    """Do the parts that were asked for."""
    options = read_options()
    enter(options.folder, options.database)
    for part in options.parts:
        PARTS[part](options)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", choices=list(PARTS))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument(
        "--database", default="", help="URL of an empty PostgreSQL database; SQLite without it"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="of the month, where no number is given")
    parser.add_argument("--orders", type=int)
    parser.add_argument(
        "--settled", type=int, help="settled by the engine, the others are copies; all without it"
    )
    parser.add_argument("--partners", type=int)
    parser.add_argument("--times", type=int, default=10, help="how often each page is asked for")
    parser.add_argument("--only", default="", help="pages with this in their names")
    parser.add_argument("--clicks", type=int, help="that are loaded (0.0125 of the month by default)")
    options = parser.parse_args()
    options.orders = options.orders or int(450_000 * options.scale)
    options.partners = options.partners or max(100, int(20_000 * options.scale))
    options.clicks = options.clicks or int(MONTH_CLICKS * min(options.scale, 0.0125))
    return options


def enter(folder: Path, database: str) -> None:
    """Settings of this process; the schema."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        MOLVA_DATA=str(folder),
        MOLVA_SECRET_KEY="only-for-figures-" * 4,
        MOLVA_LOG_LEVEL="WARNING",
        DATABASE_URL=database or f"sqlite:///{folder / 'molva.db'}",
        DJANGO_SETTINGS_MODULE="molva.config.settings",
        MOLVA_HOSTS="testserver",
    )
    import django  # noqa: PLC0415 - reads the environment

    django.setup()
    from molva.config.setup import bring_schema, bring_static, make_folders  # noqa: PLC0415 - needs the registry

    make_folders()
    bring_schema()
    bring_static()


def make(options: argparse.Namespace) -> None:
    """People and their orders."""
    from month_copies import make_copies  # noqa: PLC0415 - needs the registry
    from month_orders import A_STEP, make_orders  # noqa: PLC0415 - needs the registry
    from month_world import make_world, read_world  # noqa: PLC0415 - needs the registry

    from molva.workspaces.models import Workspace  # noqa: PLC0415 - needs the registry

    began = time.perf_counter()
    world = read_world() if Workspace.objects.exists() else make_world(options.partners, until=UNTIL)
    print(f"{len(world.partners)} partners in {time.perf_counter() - began:.0f} s", flush=True)
    settled = options.settled or options.orders
    begin, ready = UNTIL - options.orders * A_STEP, settled * A_STEP
    cpu = time.process_time()
    seconds = make_orders(world, settled, until=begin + ready)
    cpu = time.process_time() - cpu
    print(f"{settled} orders in {seconds:.0f} s, {1000 * cpu / settled:.2f} ms of processor each", flush=True)
    if settled < options.orders:
        seconds = make_copies(world, settled, options.orders, ready)
        print(f"{options.orders // settled - 1} copies in {seconds:.0f} s", flush=True)
        seconds = make_orders(world, options.orders, until=UNTIL)
        print(f"the last {options.orders % settled} orders in {seconds:.0f} s")


def load(options: argparse.Namespace) -> None:
    """Write a part of the month's clicks and load it, alone and as fast as it goes."""
    from month_clicks import write_clicks  # noqa: PLC0415 - needs the registry
    from month_world import read_world  # noqa: PLC0415 - needs the registry

    from molva.commissions.jobs import ask_settlements  # noqa: PLC0415 - needs the registry
    from molva.tracking.ingest import click_folder, ingest_clicks  # noqa: PLC0415 - needs the registry

    days = 30 * options.clicks / MONTH_CLICKS
    first = datetime(2026, 11, 25, tzinfo=UTC) - timedelta(days=int(days))
    seconds = write_clicks(read_world(), click_folder(), options.clicks, first=first, days=days)
    print(f"{options.clicks} clicks written in {seconds:.0f} s")
    wall, cpu = time.perf_counter(), time.process_time()
    count = ingest_clicks(react=ask_settlements, is_alone=True)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{count} clicks loaded in {wall:.1f} s: {count / wall:.0f} a second, {1e6 * cpu / count:.1f} µs of processor"
    )


def counts(options: argparse.Namespace) -> None:
    """Click counts of the month, whatever part of its clicks is loaded."""
    from month_counts import write_counts, write_totals  # noqa: PLC0415 - needs the registry
    from month_world import read_world  # noqa: PLC0415 - needs the registry

    clicks = int(MONTH_CLICKS * options.scale)
    by_day, by_hour, seconds = write_counts(
        read_world(), clicks, last=last_moment().date() - timedelta(days=1)
    )
    print(f"counts of {clicks} clicks: {by_day} rows by day, {by_hour} by hour, in {seconds:.0f} s")
    print(f"their sums in {write_totals(read_world()):.0f} s")


def sums(options: argparse.Namespace) -> None:
    """Kept sums of all orders, as `molva recount` makes them: copies have none yet."""
    from month_world import read_world  # noqa: PLC0415 - needs the registry

    from molva.commissions.recount import recount  # noqa: PLC0415 - needs the registry
    from molva.ledger.recount import recount_days  # noqa: PLC0415 - needs the registry
    from molva.programmes.models import Programme  # noqa: PLC0415 - needs the registry
    from molva.workspaces.scoping import scope  # noqa: PLC0415 - needs the registry

    world = read_world()
    began = time.perf_counter()
    with scope(world.workspace):
        recount_days(Programme.objects.get())
        people = recount(Programme.objects.get())
    print(f"orders of {people} customers counted in {time.perf_counter() - began:.0f} s", flush=True)


def last_moment() -> datetime:
    """That of the last order: copies may end a little earlier than the month."""
    from molva.orders.models import Order  # noqa: PLC0415 - needs the registry

    found = Order.unscoped.order_by("-created_at").values_list("created_at", flat=True).first()
    return found or UNTIL


def pages(options: argparse.Namespace) -> None:
    """Time the pages, by the clock of the month's last moment."""
    from month_pages import time_pages  # noqa: PLC0415 - needs the registry
    from month_world import read_world  # noqa: PLC0415 - needs the registry

    from molva.kit.clock import pretend  # noqa: PLC0415 - needs the registry

    with pretend(last_moment()):
        time_pages(read_world(), times=options.times, only=options.only)


PARTS = {"make": make, "counts": counts, "load": load, "sums": sums, "pages": pages}

if __name__ == "__main__":
    main()
