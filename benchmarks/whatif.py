"""A what-if over the month of all InSales: seconds, processor and memory, from the database and from rows in memory.

    python benchmarks/month.py make --folder F      # 450 000 orders; then
    python benchmarks/whatif.py --folder F [--orders 5400000] [--judged 20000]

Four proposals over the newest `--from-database` orders that are stored: other rates for all, another rate for one
partner, for goods of one product, and a limit on paid purchases, for which people have to be judged (only `--judged`
orders of it). Then `--orders` orders in memory: the stored rows again and again, as a year would be when its rows are
read. Nothing is written. Use a copy of a folder that others need: the schema is brought up to date.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

Rules = list[dict[str, Any]]


def main() -> None:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--database", default="")
    parser.add_argument("--from-database", type=int, default=450_000)
    parser.add_argument("--orders", type=int, default=5_400_000)
    parser.add_argument("--judged", type=int, default=20_000)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from month import enter  # noqa: PLC0415 - stands beside this file

    enter(options.folder, options.database)
    from molva.programmes.models import Programme  # noqa: PLC0415 - needs the registry
    from molva.workspaces.scoping import scope  # noqa: PLC0415 - needs the registry

    programme = Programme.unscoped.get(code="month")
    with scope(programme.workspace_id):
        run_all(programme, options)


def run_all(programme: Any, options: argparse.Namespace) -> None:
    """All cases, a line each."""
    from molva.orders.models import Order  # noqa: PLC0415 - needs the registry

    moments = (
        Order.objects.filter(programme=programme).order_by("-created_at").values_list("created_at", flat=True)
    )
    end = moments[0] + timedelta(microseconds=1)
    stored = moments.count()
    start = moments[min(options.from_database, stored) - 1]
    few = moments[min(options.judged, stored) - 1]
    terms = programme.terms.latest("number")
    general = terms.rules[0]
    product = _some_product(programme)
    cases: list[tuple[str, Rules, datetime]] = [
        (
            "other rates for all",
            [{**general, "reward": {"1": {"percent": "12"}, "2": {"percent": "2.5"}}}],
            start,
        ),
        ("one partner", [general, _rule({"partner": ["p00017"]})], start),
        ("goods", [general, _rule({"product": [product]})], start),
        ("paid purchases, judged", [{**general, "paid_sales": 3}], few),
    ]
    print(
        f"{'from the database':36} {'orders':>9} {'seconds':>8} {'CPU':>7} {'µs each':>8} {'MiB':>9}  changed"
    )
    for name, rules, since in cases:
        _from_database(name, programme, (terms.settings, rules), since, end)
    print(f"{'rows in memory':36}")
    for name, rules, _since in cases[:3]:
        _in_memory(name, programme, (terms.settings, rules), start, end, options.orders)


def _rule(when: dict[str, Any]) -> dict[str, Any]:
    return {"id": "special", "reward": {"1": {"percent": "15"}, "2": {"percent": "3"}}, "when": when}


def _some_product(programme: Any) -> str:
    from molva.orders.models import OrderLine  # noqa: PLC0415 - needs the registry

    return str(OrderLine.objects.filter(order__programme=programme).order_by("-pk")[0].product)


def _engine(programme: Any, proposed: tuple[dict[str, Any], Rules], start: datetime, end: datetime) -> Any:
    from molva.programmes.terms import to_domain  # noqa: PLC0415 - needs the registry
    from molva.whatif.engine import Engine, Question  # noqa: PLC0415 - needs the registry

    terms = to_domain(*proposed, currency=programme.currency, timezone=programme.timezone)
    return Engine(Question(programme, terms, start, end, datetime.now(UTC)))


def _from_database(
    name: str, programme: Any, proposed: tuple[dict[str, Any], Rules], start: datetime, end: datetime
) -> None:
    from molva.whatif.rows import count_orders  # noqa: PLC0415 - needs the registry

    def work() -> tuple[int, int]:
        count = count_orders(programme, start, end)
        tally = _engine(programme, proposed, start, end).run(count, lambda done: None)
        return count, tally.changed

    _time(name, work)


def _in_memory(
    name: str,
    programme: Any,
    proposed: tuple[dict[str, Any], Rules],
    start: datetime,
    end: datetime,
    orders: int,
) -> None:
    from molva.whatif import rows  # noqa: PLC0415 - needs the registry

    engine = _engine(programme, proposed, start, end)
    quick = engine._quick
    known = rows.orders_between(programme, start, end)
    booked = rows.booked_between(programme, start, end)
    lines = rows.lines_between(programme, start, end, with_goods=quick.asks_goods)

    def work() -> tuple[int, int]:
        done = 0
        while done < orders:
            piece = known[: orders - done]
            if quick.take(piece, lines, booked):
                raise SystemExit("some orders would have to be judged")
            done += len(piece)
        return done, engine.tally.changed

    _time(name, work)


def _time(name: str, work: Callable[[], tuple[int, int]]) -> None:
    began, processor = time.perf_counter(), time.process_time()
    count, changed = work()
    spent, used = time.perf_counter() - began, time.process_time() - processor
    peak = _own_memory()
    each = used / count * 1_000_000
    print(f"{name:36} {count:9} {spent:8.2f} {used:7.2f} {each:8.2f} {peak:9.0f}  {changed}", flush=True)


def _own_memory() -> float:
    """MiB of this process now, without the pages of the database's file that SQLite maps."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon"))) / 1024


if __name__ == "__main__":
    main()
