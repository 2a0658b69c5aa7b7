"""Many hooks of one shop are answered by what has changed, in as few calls as there can be."""

import json
from typing import Any

import pytest

from molva.demo.shop import RunningShop
from molva.domain.inbound import InboundOrder, NotUnderstood
from molva.integrations.base import PlugError
from molva.integrations.inbound import accept_hook, process_together
from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.quota import ShopBusyError
from molva.integrations.sources.insales import reading
from molva.integrations.sources.insales.source import InSalesSource
from molva.orders.models import DELETED_STATUS, Order


def calls(shop: RunningShop) -> int:
    return shop.windows[shop.api_key].calls


def hook(connection: Connection, body: Any, topic: str = "orders-update") -> InboundEvent:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return accept_hook(connection=connection, topic=topic, body=raw, content_type="application/json")


def process(events: list[InboundEvent]) -> list[Exception | None]:
    found = process_together([{"event_id": event.pk} for event in events])
    for event in events:
        event.refresh_from_db()
    return found


def spent(shop: RunningShop, events: list[InboundEvent]) -> int:
    """Calls that processing took; everything else of the shop is known already."""
    before = calls(shop)
    assert process(events) == [None] * len(events)
    return calls(shop) - before


@pytest.fixture(autouse=True)
def _products_are_known(connection: Connection, fake_shop: RunningShop) -> None:
    process([hook(connection, fake_shop.add_order(tell=False))])
    Order.objects.all().delete()


def test_thirty_hooks_of_ten_orders_cost_one_call(connection: Connection, fake_shop: RunningShop):
    orders = [fake_shop.add_order(location="/?aff=boris", tell=False) for _ in range(10)]
    events = [hook(connection, order) for order in orders * 3]
    assert spent(fake_shop, events) == 1
    states = [event.state for event in events]
    assert (states.count(InboundState.APPLIED), states.count(InboundState.REPEATED)) == (10, 20)
    assert Order.objects.count() == 10


def test_the_orders_before_those_of_the_hooks_are_not_read_again(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading, "PAGE_SIZE", 5)
    orders = [
        fake_shop.add_order(at=f"2026-09-01T12:00:{second:02}+03:00", tell=False)
        for second in range(0, 60, 2)
    ]
    assert spent(fake_shop, [hook(connection, order) for order in orders[-5:]]) == 1


def test_one_hook_reads_its_order(connection: Connection, fake_shop: RunningShop):
    event = hook(connection, fake_shop.add_order(tell=False))
    assert spent(fake_shop, [event]) == 1


def test_a_stale_body_still_tells_the_order_of_now(connection: Connection, fake_shop: RunningShop):
    stale = [fake_shop.add_order(tell=False) for _ in range(3)]
    for order in stale:
        fake_shop.change_order(order["id"], status="delivered", tell=False)
    assert spent(fake_shop, [hook(connection, order) for order in stale]) == 1
    assert {order.status for order in Order.objects.all()} == {"delivered"}


def test_what_the_list_does_not_tell_is_read_by_itself(connection: Connection, fake_shop: RunningShop):
    old = fake_shop.add_order(at="2026-09-01T12:00:00+03:00", tell=False)
    fresh = [fake_shop.add_order(tell=False) for _ in range(3)]
    events = [
        hook(connection, {**old, "updated_at": fresh[0]["updated_at"]}),
        *(hook(connection, one) for one in fresh),
    ]
    assert spent(fake_shop, events) == 2  # a page, then the old one
    assert {event.state for event in events} == {InboundState.APPLIED}


def test_a_body_of_the_distant_past_does_not_send_us_through_all_orders(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading, "PAGE_SIZE", 2)
    monkeypatch.setattr(reading, "LARGE_PAGE", 2)
    for _ in range(20):
        fake_shop.add_order(at="2026-09-01T12:00:00+03:00", tell=False)
    fresh = [fake_shop.add_order(tell=False) for _ in range(3)]
    events = [hook(connection, {**fresh[0], "updated_at": "2001-01-01T00:00:00+03:00"})]
    events += [hook(connection, order) for order in fresh[1:]]
    assert spent(fake_shop, events) == 2


@pytest.mark.parametrize("moment", [None, "", "yesterday", 5, "9999-99-99", "2099-01-01T00:00:00+03:00"])
def test_hints_of_nonsense_only_cost_calls(connection: Connection, fake_shop: RunningShop, moment: Any):
    orders = [fake_shop.add_order(tell=False) for _ in range(3)]
    events = [hook(connection, {"id": order["id"], "updated_at": moment}) for order in orders]
    assert spent(fake_shop, events) <= 4
    assert Order.objects.count() == 3


def test_each_hook_has_its_own_answer(connection: Connection, fake_shop: RunningShop):
    good = [fake_shop.add_order(tell=False) for _ in range(2)]
    put_away = fake_shop.add_order(tell=False)
    fake_shop.change_order(put_away["id"], delete=True, tell=False)
    events = [
        hook(connection, good[0]),
        hook(connection, b"<order/>"),
        hook(connection, {"id": good[1]["id"], "account_id": 99}),
        hook(connection, {"id": 987654321}),
        hook(connection, {**put_away, "archived": False}, topic="orders-destroy"),
        hook(connection, good[1]),
    ]
    assert process(events) == [None] * 6
    dead = InboundState.DEAD
    assert [event.state for event in events] == ["applied", dead, dead, dead, "applied", "applied"]
    assert Order.objects.get(external_id=str(put_away["id"])).status == DELETED_STATUS


def test_an_order_gone_without_a_trace_is_deleted_only_by_its_hook(
    connection: Connection, fake_shop: RunningShop
):
    told = fake_shop.add_order(tell=False)
    process([hook(connection, told)])
    del fake_shop.store.orders[told["id"]]
    others = [fake_shop.add_order(tell=False) for _ in range(2)]
    events = [hook(connection, told), *(hook(connection, one) for one in others)]
    process(events)
    assert [event.state for event in events] == [InboundState.DEAD, "applied", "applied"]
    assert Order.objects.get(external_id=str(told["id"])).status != DELETED_STATUS
    process([hook(connection, told, topic="orders-destroy")])
    assert Order.objects.get(external_id=str(told["id"])).status == DELETED_STATUS


def test_a_door_that_closes_in_the_middle_keeps_what_was_read(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    fresh = [fake_shop.add_order(tell=False) for _ in range(2)]
    old = fake_shop.add_order(at="2026-09-01T12:00:00+03:00", tell=False)
    events = [hook(connection, order) for order in fresh]
    events.append(hook(connection, {"id": old["id"]}))
    fake_shop.faults.update({"api_answer": "503", "api_path": f"orders/{old['id']}"})
    problems = process(events)
    assert problems[:2] == [None, None]
    assert isinstance(problems[2], ShopBusyError)
    assert [event.state for event in events] == ["applied", "applied", "new"]


def test_a_list_that_cannot_be_read_does_not_hide_the_orders(connection: Connection, fake_shop: RunningShop):
    events = [hook(connection, fake_shop.add_order(tell=False)) for _ in range(2)]
    fake_shop.faults.update({"api_answer": "wrong_json", "api_path": "orders.json"})
    assert spent(fake_shop, events) == 3
    assert {event.state for event in events} == {InboundState.APPLIED}


def test_when_the_shop_tells_nothing_all_wait(connection: Connection, fake_shop: RunningShop):
    events = [hook(connection, fake_shop.add_order(tell=False)) for _ in range(2)]
    fake_shop.faults.update({"api_answer": "504"})
    assert all(isinstance(problem, PlugError) for problem in process(events))
    assert {event.state for event in events} == {InboundState.NEW}


def test_the_members_answer_each_event(connection: Connection, fake_shop: RunningShop):
    order = fake_shop.add_order(tell=False)
    events = [hook(connection, order), hook(connection, {"id": "x"})]
    found, refused = InSalesSource().read(connection, events)
    assert not isinstance(found, Exception)
    assert [told.external_id for told in found if isinstance(told, InboundOrder)] == [str(order["id"])]
    assert isinstance(refused, NotUnderstood)
