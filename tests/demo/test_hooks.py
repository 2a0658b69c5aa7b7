"""Webhooks of the fake shop: what one act sends, and how they are lost, repeated, reordered and late."""

from molva.demo.shop import RunningShop
from tests.demo.conftest import Receiver


def test_human_acts_send_whole_orders(shop: RunningShop, receiver: Receiver) -> None:
    made = shop.add_order(name="Анна", items=[["HONEY-BUCK", 2]])
    shop.change_order(made["id"], status="zakaz-vypolnen")
    shop.change_order(made["id"], paid=True)
    shop.change_order(made["id"], return_one=made["order_lines"][0]["id"])
    shop.change_order(made["id"], delete=True)
    assert shop.hooks.wait_idle()
    assert [path.removeprefix("/orders/") for path, _ in receiver.got] == [
        "create",
        "update",
        "update",
        "update",
        "update",
        "destroy",
    ]
    assert receiver.got[0][1] == made
    assert receiver.got[-1][1] == shop.get_order(made["id"])
    assert {one.outcome for one in shop.hooks.deliveries} == {"200"}


def test_lost_hooks_are_only_noted(shop: RunningShop, receiver: Receiver) -> None:
    shop.faults.hooks_lost_percent = 100
    shop.add_order()
    assert shop.hooks.wait_idle()
    assert receiver.got == []
    assert [one.outcome for one in shop.hooks.deliveries] == ["lost"]


def test_lost_share_is_about_what_was_asked(shop: RunningShop, receiver: Receiver) -> None:
    shop.faults.hooks_lost_percent = 20
    for _ in range(200):
        shop.add_order()
    assert shop.hooks.wait_idle()
    assert 140 <= len(receiver.got) <= 180


def test_repeated_hooks_arrive_twice(shop: RunningShop, receiver: Receiver) -> None:
    shop.faults.hooks_repeated_percent = 100
    shop.add_order()
    assert shop.hooks.wait_idle()
    assert len(receiver.got) == 2
    assert receiver.got[0] == receiver.got[1]


def test_held_back_hooks_change_their_order(shop: RunningShop, receiver: Receiver) -> None:
    shop.faults.hooks_shuffled_percent, shop.faults.hooks_shuffle_seconds = 50, 0.2
    made = [shop.add_order()["id"] for _ in range(30)]
    assert shop.hooks.wait_idle()
    arrived = [body["id"] for _, body in receiver.got]
    assert sorted(arrived) == made
    assert arrived != made


def test_stale_hook_tells_the_previous_state(shop: RunningShop, receiver: Receiver) -> None:
    made = shop.add_order()
    shop.faults.hooks_stale_percent = 100
    shop.change_order(made["id"], paid=True)
    assert shop.hooks.wait_idle()
    assert [body["financial_status"] for _, body in receiver.got] == ["pending", "pending"]


def test_paused_and_delayed_hooks_wait(shop: RunningShop, receiver: Receiver) -> None:
    shop.hooks.pause()
    shop.add_order()
    assert not shop.hooks.wait_idle(0.1)
    shop.hooks.resume()
    assert shop.hooks.wait_idle()
    shop.faults.hooks_delay_seconds = 0.2
    shop.add_order()
    assert not shop.hooks.wait_idle(0.1)
    assert shop.hooks.wait_idle()
    assert len(receiver.got) == 2


def test_failing_receiver_gets_no_second_try(shop: RunningShop, receiver: Receiver) -> None:
    receiver.status = 500
    shop.add_order()
    shop.add_row("webhook", address="http://127.0.0.1:9/nobody", topic="orders/create")
    shop.add_order()
    assert shop.hooks.wait_idle()
    assert len(receiver.got) == 2
    outcomes = [one.outcome for one in shop.hooks.deliveries]
    assert outcomes[:2] == ["500", "500"]
    assert "refused" in outcomes[2]


def test_silent_orders_send_nothing(shop: RunningShop, receiver: Receiver) -> None:
    shop.add_order(status="delivered", paid=True, at="2026-01-05T12:00:00+03:00", tell=False)
    assert shop.hooks.wait_idle()
    assert receiver.got == []
