"""Hooks lost, repeated and out of order, at the doors of running processes: the books follow the shop's last word."""

import random
from collections.abc import Iterator

import pytest

from tests.flows.deliveries import deliver, deliveries, expected, make_orders, posted, settle
from tests.flows.places import Place, open_place
from tests.flows.stack import Stack


@pytest.fixture
def place(stack: Stack) -> Iterator[Place]:
    with open_place(stack) as made:
        yield made


def test_a_flood_of_repeated_and_shuffled_hooks_ends_in_the_right_books(place: Place) -> None:
    """The small one; `benchmarks/deliveries.py` sends ten thousand and measures."""
    dice = random.Random(7)
    lives = make_orders(place, 40, dice)
    sent = deliver(place, deliveries(lives, 400, dice, repeated=0.3, shuffled=0.2))
    assert sent.statuses == {200: 400}
    assert sent.at_most(0.99) < 5  # a loose bound for a busy machine
    states = settle(place, 120)
    assert posted(place) == expected(place)
    assert (sum(states.values()), set(states)) == (400, {"applied", "repeated"})
    assert place.stack.inside("check") == []


def test_a_fifth_of_the_hooks_lost_is_found_by_one_polling(place: Place) -> None:
    place.shop.ask(
        "faults", {"hooks_lost_percent": 20, "hooks_repeated_percent": 30, "hooks_shuffled_percent": 20}
    )
    made = [
        place.order(location=f"/?aff={place.mark('boris')}", status="delivered", items=[["ivan-chay", 1]])
        for _ in range(60)
    ]
    place.settle()
    assert len(posted(place)) <= len(made)
    place.stack.inside("poll", connection=place.connection)
    place.settle()
    assert len(posted(place)) == len(made)
    assert posted(place) == expected(place)
