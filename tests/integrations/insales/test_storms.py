"""Bad days of a shop, by a fake clock: storms, forged hooks, mutated bodies. Nothing is lost, nothing is doubled."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import Count
from django.test import Client

from molva.config.timetable import TIMETABLE
from molva.demo.shop import RunningShop
from molva.demo.shop.admin import orders as admin_orders
from molva.demo.shop.bodies import order_body
from molva.integrations.inbound import accept_hook, process_together
from molva.integrations.models import ApiWindow, Connection, InboundEvent, InboundState
from molva.jobs.models import Job, JobState
from molva.jobs.schedules import fire_due
from molva.jobs.worker import Worker
from molva.ledger.models import Transaction
from molva.orders.models import Order
from molva.programmes.models import Programme
from molva.workspaces.scoping import scope

POLLING = [every for every in TIMETABLE if every.path.endswith(":poll_shops")]
STEP = timedelta(seconds=30)


@pytest.fixture
def refusals(fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Calls beyond the quota that the shop had to refuse."""
    real, found = fake_shop.count_call, []

    def counted(login: str) -> tuple[int, int]:
        calls, wait = real(login)
        if wait:
            found.append(calls)
        return calls, wait

    monkeypatch.setattr(fake_shop, "count_call", counted)
    return found


def hook(connection: Connection, body: Any, topic: str = "orders-update") -> InboundEvent:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return accept_hook(connection=connection, topic=topic, body=raw, content_type="application/json")


@pytest.mark.slow
def test_half_an_hour_of_storm_is_caught_up_with_in_ten_minutes(
    connection: Connection, fake_shop: RunningShop, refusals: list[int]
):
    dice, worker, fired = random.Random(3), Worker(scope=scope), {}
    started = datetime.now(UTC) + timedelta(minutes=1)
    Job.objects.all().delete()
    fire_due(POLLING, fired)
    with time_machine.travel(started, tick=False) as clock:
        made = 0
        for step in range(80):  # thirty minutes of storm, ten of calm
            clock.shift(STEP)
            is_storm = step < 60
            if is_storm:
                fake_shop.faults.update(
                    {"api_answer": dice.choice(["503", "504", "html", "429", "wrong_json"])}
                )
                order = fake_shop.add_order(location="/?aff=boris", status="delivered", tell=False)
                made += 1
                if dice.random() > 0.2:  # the rest of the hooks is lost
                    hook(connection, order)
            else:
                fake_shop.faults.update({"api_answer": ""})
            fire_due(POLLING, fired)
            worker.run_until_empty()
    assert (Order.objects.count(), made) == (60, 60)
    assert not InboundEvent.objects.filter(state=InboundState.NEW).exists()
    assert not Job.objects.filter(state=JobState.DEAD).exists()
    assert refusals == []
    assert ApiWindow.objects.get().failures == 0
    connection.refresh_from_db()
    assert connection.state == "active"


@pytest.mark.slow
def test_a_flood_of_orders_stays_within_the_quota(
    connection: Connection, fake_shop: RunningShop, refusals: list[int]
):
    fake_shop.faults.update({"limit_calls": 40})
    fake_shop.windows.clear()
    worker, started = Worker(scope=scope), datetime.now(UTC) + timedelta(minutes=1)
    Job.objects.all().delete()
    with time_machine.travel(started, tick=False) as clock:
        for number in range(80):
            # hints that only a single reading can follow: the dearest hooks there are
            order = fake_shop.add_order(at=started - timedelta(days=number + 1), tell=False)
            hook(connection, {"id": order["id"]})
        ApiWindow.objects.update(allowed=40, used=0, started_at=started - timedelta(hours=1))
        for _step in range(60):
            clock.shift(STEP)
            worker.run_until_empty()
    assert Order.objects.count() == 80
    assert refusals == []
    assert not Job.objects.filter(state=JobState.DEAD).exists()


FORGED: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("another sum", lambda body: {**body, "items_price": 1_000_000, "total_price": 1_000_000}),
    ("another status", lambda body: {**body, "custom_status": {"permalink": "vozvrat", "title": "x"}}),
    (
        "another partner",
        lambda body: {**body, "first_current_location": "/?aff=boris", "current_location": "/?aff=boris"},
    ),
    (
        "a later version",
        lambda body: {**body, "updated_at": "2099-01-01T00:00:00.000+03:00", "archived": True},
    ),
    ("an order of nobody", lambda body: {**body, "id": 987654321}),
    ("another shop", lambda body: {**body, "account_id": 999}),
    ("another shop's id as the order", lambda body: {**body, "id": body["account_id"]}),
    ("only an id and a wish", lambda body: {"id": body["id"], "financial_status": "paid", "archived": True}),
    ("an id with a path", lambda body: {**body, "id": f"{body['id']}/../../account"}),
    ("a replay", lambda body: body),
]


def test_forged_and_replayed_hooks_leave_the_books_as_they_are(
    connection: Connection, fake_shop: RunningShop, programme: Programme
):
    order = fake_shop.add_order(location="/?aff=boris", status="delivered", tell=False)
    stranger = fake_shop.add_order(location="/", status="delivered", tell=False)
    process_together([{"event_id": hook(connection, body).pk} for body in (order, stranger)])
    books = list(Transaction.objects.order_by("pk").values())
    orders = list(Order.objects.order_by("pk").values())
    assert books
    door, client = f"/hooks/insales/{connection.secrets['hook']}", Client()
    for topic in ("orders-create", "orders-update", "orders-destroy"):
        for _name, forge in FORGED:
            for body in (order, stranger):
                raw = json.dumps(forge(body))
                assert client.post(f"{door}/{topic}", raw, content_type="application/json").status_code == 200
                wrong = f"/hooks/insales/{'x' * 43}/{topic}"
                assert client.post(wrong, raw, content_type="application/json").status_code == 404
    Worker(scope=scope).run_until_empty()
    assert list(Transaction.objects.order_by("pk").values()) == books
    assert list(Order.objects.order_by("pk").values()) == orders


def _mutate(body: Any, dice: random.Random) -> Any:
    """The body with one to four things wrong somewhere in it."""
    copy = json.loads(json.dumps(body))
    for _ in range(dice.randint(1, 4)):
        place = copy
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = dice.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and dice.random() < 0.6:
                place = place[key]
                continue
            if dice.random() < 0.25 and key != "id":
                del place[key]
            elif not (place is copy and key == "id"):
                place[key] = json.loads(json.dumps(dice.choice(WRONG)))
            break
    return copy


def _sendable(body: Any) -> Any:
    """Without the half sign that the fake shop itself could not send; hooks have it."""
    return json.loads(json.dumps(body).replace("\\ud800", "?"))


WRONG: list[Any] = [
    None, "", 0, -1, 1e308, "1e999", "abc", "\x00", "\ud800", "я" * 3000, [], {}, [[]], [None], {"id": None}, True,
    "2026-13-45", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00", 10**30, "NaN", "-0", "0.0000001",
    {"a": {"b": {"c": []}}}, [1, "2", {"id": 3}], "<script>", "' OR 1=1 --",
]  # fmt: skip


@pytest.mark.slow
def test_a_thousand_mutated_bodies_are_all_accounted_for(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    """What hooks say and what the API tells is mutated alike: the worst that a shop could do."""
    dice, worker = random.Random(1000), Worker(scope=scope)
    Job.objects.all().delete()
    fake_shop.faults.update({"limit_on": False})
    ApiWindow.objects.update(allowed=1_000_000)
    numbers = [
        fake_shop.add_order(location="/?aff=boris", status="delivered", tell=False)["id"] for _ in range(40)
    ]
    door, client = (
        f"/hooks/insales/{connection.secrets['hook']}/orders-update",
        Client(raise_request_exception=True),
    )
    wrong: dict[int, Any] = {}
    monkeypatch.setattr(
        admin_orders, "order_body", lambda store, order: wrong.get(order.id) or order_body(store, order)
    )
    for _round in range(25):
        for number in numbers:
            real = order_body(fake_shop.store, fake_shop.store.orders[number])
            wrong[number] = _sendable(_mutate(real, dice))
            raw = json.dumps(_mutate(real, dice) if dice.random() < 0.5 else wrong[number])
            assert client.post(door, raw, content_type="application/json").status_code == 200
        worker.run_until_empty()
    counts = dict(InboundEvent.objects.values_list("state").annotate(n=Count("pk")).order_by())
    assert sum(counts.values()) == 1000
    assert set(counts) <= {"applied", "repeated", "dead"}
    assert min(counts.values()) > 20  # each way was gone
    assert (
        not Job.objects.filter(state__in=(JobState.DEAD, JobState.READY))
        .exclude(dedupe__isnull=False)
        .exists()
    )
    # and the shop that comes to its senses is understood whole
    wrong.clear()
    for number in numbers:
        hook(connection, {"id": number})
    worker.run_until_empty()
    delivered = {order.external_id: order for order in Order.objects.filter(status="delivered")}
    assert set(delivered) >= {str(number) for number in numbers}
