"""Speed and memory of `molva simulate`: a month of a big platform, 450 000 orders with a touch each.

    python benchmarks/simulate_load.py [--orders 450000] [--clients 300000] [--folder DIR]

Writes the input files, runs the command on one core and prints seconds and the peak of memory. The bar: ≤ 60 s,
≤ 1.5 GiB.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 9, 1, tzinfo=UTC)
PARTNERS = 2_000
STATUSES = ("delivered", "delivered", "delivered", "cancelled", "new")


def programme() -> dict[str, Any]:
    """Terms with a bit of everything that costs time."""
    return {
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "attribution": {"policy": "last", "click_window_days": 30, "term_days": 90},
        "accrual": {"statuses": ["delivered"], "lost": ["cancelled"], "hold_days": 14},
        "levels": 2,
        "rules": [
            {"id": "default", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}}},
            {
                "id": "tea",
                "when": {"category": ["tea"]},
                "reward": {"1": {"percent": "12.5"}},
                "cap": "900.00",
            },
            {"id": "first", "when": {"sale_to": 1, "product": ["p1"]}, "reward": {"1": {"fixed": "150.00"}}},
            {"id": "vip", "when": {"group": ["vip"]}, "reward": {"1": {"percent": "15"}}, "paid_sales": 10},
        ],
        "partners": [
            {
                "id": f"P{i}",
                "invited_by": f"P{i // 10}" if i >= 10 else None,
                "groups": ["vip"] if i % 7 == 0 else [],
                "email": f"partner{i}@example.com",
            }
            for i in range(PARTNERS)
        ],
        "codes": [{"code": f"CODE{i}", "partner": f"P{i}"} for i in range(0, PARTNERS, 5)],
    }


def lines(chance: random.Random) -> list[dict[str, Any]]:
    """One to three lines of an order."""
    return [
        {
            "id": str(i),
            "product": f"p{chance.randrange(500)}",
            "categories": [chance.choice(("tea", "honey", "cups"))],
            "sku": f"S-{chance.randrange(900)}",
            "quantity": str(chance.randrange(1, 4)),
            "total": f"{chance.randrange(100, 9000)}.{chance.randrange(100):02d}",
        }
        for i in range(1, chance.randrange(2, 5))
    ]


def write_events(path: Path, orders: int, clients: int) -> None:
    """A touch and an order for each number; a third of the orders come a second time with a new status."""
    chance = random.Random(7)
    with path.open("w") as out:
        for i in range(orders):
            created = START + timedelta(seconds=i * 30 * 86400 / orders)
            client = chance.randrange(clients)
            touched = (created - timedelta(minutes=chance.randrange(1, 60))).isoformat()
            touch = {"type": "touch", "visitor": f"v{client}", "partner": f"P{chance.randrange(PARTNERS)}"}
            out.write(json.dumps({"at": touched, **touch, "kind": "link"}) + "\n")
            order = {
                "id": f"o{i}",
                "number": str(10_000 + i),
                "created_at": created.isoformat(),
                "client": {
                    "id": f"c{client}",
                    "email": f"client{client}@example.com",
                    "phone": f"+7 916 {client // 10000:03d}-{client // 100 % 100:02d}-{client % 100:02d}",
                },
                "visitor": f"v{client}",
                "codes": [f"code{chance.randrange(PARTNERS)}"] if i % 10 == 0 else [],
                "landing": f"/?utm_source=x&aff=P{chance.randrange(PARTNERS)}" if i % 5 == 0 else None,
                "discount": "100.00" if i % 4 == 0 else "0.00",
                "status": "new" if i % 3 == 0 else chance.choice(STATUSES),
                "lines": lines(chance),
            }
            out.write(
                json.dumps({"at": created.isoformat(), "type": "order", "seq": 1, "order": order}) + "\n"
            )
            if i % 3 == 0:
                later = (created + timedelta(days=chance.randrange(1, 5))).isoformat()
                order["status"] = chance.choice(STATUSES)
                out.write(json.dumps({"at": later, "type": "order", "seq": 2, "order": order}) + "\n")


def main() -> None:
    """Write, run, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=450_000)
    parser.add_argument("--clients", type=int, default=300_000)
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder: Path = given.folder or Path(spare)
        (folder / "programme.json").write_text(json.dumps(programme()))
        write_events(folder / "events.jsonl", given.orders, given.clients)
        command = [sys.executable, "-m", "molva.simulate"]
        files = ["--programme", str(folder / "programme.json"), "--events", str(folder / "events.jsonl")]
        started = time.perf_counter()
        with (folder / "answer.json").open("wb") as answer:
            subprocess.run([*command, *files], stdout=answer, check=True, preexec_fn=_one_core)
        seconds = time.perf_counter() - started
        size = (folder / "answer.json").stat().st_size
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    sys.stdout.write(
        f"{given.orders} orders: {seconds:.1f} s ({used.ru_utime + used.ru_stime:.1f} s of the core), "
        f"peak {used.ru_maxrss / 1024:.0f} MiB, answer {size / 2**20:.0f} MiB\n"
    )


def _one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


if __name__ == "__main__":
    main()
