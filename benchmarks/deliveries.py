"""Ten thousand deliveries of a thousand orders at the doors of a running Molva, then the books against the shop.

    python benchmarks/deliveries.py [--orders 1000] [--deliveries 10000] [--connections 16] [--database URL]

`molva serve` and the demo shop run as processes of their own; the shop's limit of 500 calls in 5 minutes is in force.
30 % of the hooks are repeats, 20 % come out of their order. Printed: how long acceptance took, how soon everything was
settled. It fails when any answer is not 200, when 99 % were not accepted within a
second, or when one kopeck differs from the shop's last word.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.flows.deliveries import deliver, deliveries, expected, make_orders, posted, settle  # noqa: E402 - see above
from tests.flows.places import Place, open_place  # noqa: E402 - the same
from tests.flows.stack import prepare_once, running_stack  # noqa: E402 - the same

ACCEPTED_WITHIN = 1.0  # seconds, for 99 of 100


def main() -> None:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--database", default="", help="URL of a PostgreSQL server; SQLite without it")
    options = parser.parse_args()
    if options.database:
        os.environ["MOLVA_TEST_DATABASE"] = options.database
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        (folder / "prepared").mkdir()
        (folder / "stack").mkdir()
        with (
            running_stack(folder / "stack", prepare_once(folder / "prepared")) as stack,
            open_place(stack) as place,
        ):
            run(place, options)


def run(place: Place, options: argparse.Namespace) -> None:
    """Make, deliver, wait, compare."""
    dice = random.Random(1)
    lives = make_orders(place, options.orders, dice)
    hooks = deliveries(lives, options.deliveries, dice, repeated=0.3, shuffled=0.2)
    sent = deliver(place, hooks, connections=options.connections)
    figures = f"{sent.lasted:.1f} s, {options.deliveries / sent.lasted:.0f} a second"
    print(
        f"{options.deliveries} hooks of {options.orders} orders by {options.connections} connections: {figures}"
    )
    half, most, longest = (
        1000 * seconds for seconds in (sent.at_most(0.5), sent.at_most(0.99), max(sent.seconds))
    )
    print(f"  accepted within: half {half:.0f} ms, 99 % {most:.0f} ms, all {longest:.0f} ms")
    started = time.perf_counter()
    states = settle(place, 3600)
    print(f"  all settled {time.perf_counter() - started:.0f} s later")
    print(f"  received {sum(states.values())}: {states}")
    assert set(sent.statuses) == {200}, sent.statuses
    assert sum(states.values()) == options.deliveries, states
    assert set(states) <= {"applied", "repeated"}, states
    assert posted(place) == expected(place)
    assert place.stack.inside("check") == []
    assert sent.at_most(0.99) <= ACCEPTED_WITHIN, sent.at_most(0.99)
    print("  the books are those of the shop's last word")


if __name__ == "__main__":
    main()
