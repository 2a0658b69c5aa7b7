"""Twenty events of three orders, replayed and shuffled with repeats, end in the same ledger (row S2.49)."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from molva.audit.runner import run_checks
from molva.commissions.admission import admit_partner
from molva.commissions.models import Commission
from molva.demo.shop import RunningShop, start_shop
from molva.domain.inbound import InboundOrder
from molva.integrations.sources.insales.parse import parse_order
from molva.integrations.telling import tell
from molva.kit import clock
from molva.ledger.queries import balances_for
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.programmes.services import create_programme
from molva.tracking.services import add_promo_code
from molva.workspaces.scoping import scope
from tests.factories import make_workspace

SHUFFLES = int(os.environ.get("MOLVA_TEST_SHUFFLES", "50"))
REPEATS = 8
START = datetime(2026, 9, 1, 9, tzinfo=UTC)
SETTINGS: dict[str, Any] = {
    "attribution": {"policy": "first", "term_days": 60, "term_mode": "sliding"},
    "accrual": {"statuses": ["delivered"], "lost": ["otmenen", "vozvrat"], "hold_days": 14},
    "levels": 2,
}
RULES = [{"id": "general", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}}, "paid_sales": 1}]
# What the shop's people do to each order, one act after another; each is an event of its own.
ACTS: tuple[tuple[dict[str, Any], ...], ...] = (
    (
        {"status": "v-obrabotke"}, {"status": "delivered"}, {"paid": True}, {"return": 0}, {"remove": 1},
        {"status": "vozvrat"},
    ),
    ({"status": "otgruzhen"}, {"status": "delivered"}, {"status": "vozvrat"}, {"status": "delivered"}, {"return": 0}),
    (
        {"paid": True}, {"status": "delivered"}, {"decline": True}, {"status": "v-obrabotke"},
        {"status": "delivered"}, {"delete": True},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One state of an order as the shop's hook would tell it."""

    at: datetime
    order: InboundOrder


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """Twenty events: three orders, two of one buyer."""
    with start_shop() as shop:
        code = shop.add_row("code", code="CLARA5", type_id=1, discount="5.0")
        buyers: tuple[dict[str, Any], ...] = (
            {"email": "one@example.com", "phone": "+79000000001", "location": "/?aff=boris"},
            {"phone": "+79000000001", "name": "Анна"},
            {"email": "two@example.com", "location": "/?aff=boris", "promo_code": "CLARA5"},
        )
        told = [
            event
            for number, buyer in enumerate(buyers)
            for event in _life(shop, number, buyer, {str(code["id"]): "CLARA5"})
        ]
    assert len(told) == 20
    return sorted(told, key=lambda event: event.at)


def _life(shop: RunningShop, number: int, buyer: dict[str, Any], codes: dict[str, str]) -> Iterator[Event]:
    at = START + timedelta(hours=number)
    body = shop.add_order(items=[("ivan-chay", 3), ("myod-lipovyy", 2)], at=at, **buyer)
    yield Event(at, parse_order(body, codes))
    lines = [line["id"] for line in body["order_lines"]]
    for act in ACTS[number]:
        at += timedelta(hours=7)
        [(name, value)] = act.items()
        done = {name: lines[value] if name in {"return", "remove"} else value}
        yield Event(at, parse_order(_change(shop, body["id"], at, done), codes))


def _change(shop: RunningShop, order_id: int, at: datetime, acts: dict[str, Any]) -> dict[str, Any]:
    names = {"return": "return_one", "remove": "remove_line"}
    return shop.change_order(
        order_id, at=at, **{names.get(name, name): value for name, value in acts.items()}
    )


def make_programme(code: str) -> Programme:
    """Anna invited Boris; Clara has a promo code."""
    with clock.pretend(START - timedelta(days=30)):
        programme = create_programme(name=code, code=code, settings=SETTINGS, rules=RULES)
        anna = admit_partner(programme=programme, name="Anna", email="anna@example.org", code="anna")
        admit_partner(
            programme=programme, name="Boris", email="boris@example.org", code="boris", invited_by=anna
        )
        clara = admit_partner(programme=programme, name="Clara", email="clara@example.org", code="clara")
        add_promo_code(partner=clara, code="CLARA5")
    return programme


def outcome(programme: Programme) -> dict[str, Any]:
    """Everything that money is: posted sums by order, partner and level, balances, verdicts."""
    codes = dict(Partner.objects.filter(programme=programme).values_list("pk", "code"))
    rows = Commission.objects.filter(programme=programme).values_list(
        "order__external_id", "partner__code", "level", "posted_minor", "owed_minor", "expected_minor"
    )
    orders = Order.objects.filter(programme=programme).values_list(
        "external_id", "partner__code", "reason", "unpaid", "status", "total_minor"
    )
    books = {codes[pk]: (one.held, one.available) for pk, one in balances_for(programme).items()}
    return {
        "commissions": sorted(row for row in rows if any(row[3:])),
        "orders": sorted(orders),
        "balances": {code: sums for code, sums in books.items() if any(sums)},
    }


def test_any_order_of_events_ends_in_the_same_ledger(events: list[Event], db: None) -> None:
    with scope(make_workspace()):
        calm = make_programme("calm")
        for event in events:
            with clock.pretend(event.at):
                tell(programme=calm, source="insales:1", one=event.order)
        expected = outcome(calm)
        # only the buyer's second order still counts: two packets of tea and two jars of honey, 1278.00
        assert expected["balances"] == {"anna": (3834, 0), "boris": (12780, 0)}
        dice = random.Random(20)
        for number in range(SHUFFLES):
            mixed = [*events, *dice.choices(events, k=REPEATS)]
            dice.shuffle(mixed)
            programme = make_programme(f"mixed-{number}")
            for event in mixed:
                tell(programme=programme, source="insales:1", one=event.order)
            assert outcome(programme) == expected, [events.index(event) for event in mixed]
        assert run_checks() == []
