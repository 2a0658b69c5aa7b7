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
from datetime import UTC, datetime
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
    parser.add_argument("--partners", type=int)
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
    )
    import django  # noqa: PLC0415 - reads the environment

    django.setup()
    from molva.config.setup import bring_schema, make_folders  # noqa: PLC0415 - needs the registry

    make_folders()
    bring_schema()


def make(options: argparse.Namespace) -> None:
    """People and their orders."""
    from month_orders import make_orders  # noqa: PLC0415 - needs the registry
    from month_world import make_world, read_world  # noqa: PLC0415 - needs the registry

    from molva.workspaces.models import Workspace  # noqa: PLC0415 - needs the registry

    began = time.perf_counter()
    world = read_world() if Workspace.objects.exists() else make_world(options.partners, until=UNTIL)
    print(f"{len(world.partners)} partners in {time.perf_counter() - began:.0f} s", flush=True)
    cpu = time.process_time()
    seconds = make_orders(world, options.orders, until=UNTIL)
    cpu = time.process_time() - cpu
    print(
        f"{options.orders} orders in {seconds:.0f} s, {1000 * cpu / options.orders:.2f} ms of processor each"
    )


PARTS = {"make": make}

if __name__ == "__main__":
    main()
