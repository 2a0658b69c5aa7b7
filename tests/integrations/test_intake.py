"""From a shop's hook to the books, over real HTTP against the fake shop; what is not understood waits with a reason."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from molva.demo.shop import RunningShop
from molva.integrations.base import PlugError
from molva.integrations.connecting import connect_shop, refresh_shop
from molva.integrations.inbound import accept_hook, process_inbound, reject_dead, retry_dead
from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.polling import poll_shop
from molva.integrations.setup import set_up_shop
from molva.jobs.models import Job
from molva.jobs.registry import find_job
from molva.kit import clock
from molva.orders.models import DELETED_STATUS, Order
from molva.programmes.models import Programme
from molva.workspaces.models import Event
from tests.factories import make_user


def hook(connection: Connection, body: Any, topic: str = "orders-update") -> InboundEvent:
    """Accept and process one hook; the event as it ended."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    event = accept_hook(connection=connection, topic=topic, body=raw, content_type="application/json")
    process_inbound(event_id=event.pk)
    event.refresh_from_db()
    return event


def test_jobs_stored_before_the_function_moved_still_run():
    assert find_job("molva.integrations.inbound:process_inbound") is process_inbound


def test_jobs_stored_before_their_functions_moved_still_run():
    assert find_job("molva.integrations.services:process_inbound") is process_inbound
    assert find_job("molva.integrations.services:set_up_shop") is set_up_shop


def test_connecting_proves_the_key_and_reads_the_statuses(connection: Connection):
    assert connection.state == "active"
    titles = {status["permalink"]: status["title"] for status in connection.facts["statuses"]}
    assert titles["delivered"] == "Доставлен"
    assert connection.facts["is_set_up"] is True


def test_a_wrong_key_is_refused_and_nothing_is_stored(programme: Programme, fake_shop: RunningShop):
    with pytest.raises(PlugError, match="refuses the key"):
        connect_shop(
            programme=programme, kind="insales", host=fake_shop.host, login="x", password="y", actor=None
        )
    assert Connection.objects.count() == 0


def test_an_address_inside_the_network_is_not_asked(programme: Programme):
    with pytest.raises(PlugError, match="does not answer"):
        connect_shop(
            programme=programme, kind="insales", host="127.0.0.1:9", login="x", password="y", actor=None
        )


def test_an_order_comes_by_a_hook_is_read_again_and_settled(connection: Connection, fake_shop: RunningShop):
    told = fake_shop.add_order(location="/?aff=boris", status="delivered", tell=False)
    event = hook(connection, {"id": told["id"], "account_id": told["account_id"], "items_price": 1})
    assert (event.state, event.object_id) == (InboundState.APPLIED, str(told["id"]))
    order = Order.objects.get()
    assert (order.partner.code, order.reason, order.status) == ("boris", "landing", "delivered")
    commission = order.commissions.get(level=1)
    assert commission.posted_minor == round(told["items_price"] * 100) // 10
    assert hook(connection, {"id": told["id"]}).state == InboundState.REPEATED


def test_lines_carry_the_collections_of_their_products(connection: Connection, fake_shop: RunningShop):
    told = fake_shop.add_order(tell=False)
    hook(connection, {"id": told["id"]})
    line = Order.objects.get().lines.get()
    product = fake_shop.store.tables["product"][int(line.product)]
    assert line.categories == [str(one) for one in product["collections_ids"]]


def test_a_status_change_and_a_return_follow(connection: Connection, fake_shop: RunningShop):
    told = fake_shop.add_order(
        items=[("myod-lipovyy", 2)], location="/?aff=boris", status="delivered", tell=False
    )
    hook(connection, {"id": told["id"]})
    before = Order.objects.get().commissions.get(level=1).posted_minor
    fake_shop.change_order(told["id"], return_one=told["order_lines"][0]["id"])
    hook(connection, {"id": told["id"]})
    assert Order.objects.get().commissions.get(level=1).posted_minor == before // 2


def test_what_hooks_lost_is_found_by_polling(connection: Connection, fake_shop: RunningShop):
    for _ in range(3):
        fake_shop.add_order(location="/?aff=boris", tell=False)
    poll_shop(connection_id=connection.pk)
    assert Order.objects.count() == 3
    connection.refresh_from_db()
    anchor = connection.anchor
    poll_shop(connection_id=connection.pk)
    connection.refresh_from_db()
    assert (connection.anchor, Order.objects.count()) == (anchor, 3)


def test_polling_sees_a_second_change_within_the_second_of_its_anchor(
    connection: Connection, fake_shop: RunningShop
):
    at = "2026-09-01T12:00:00+03:00"
    Connection.objects.update(anchor={"updated_at": at})
    told = fake_shop.add_order(location="/?aff=boris", status="delivered", at=at, tell=False)
    poll_shop(connection_id=connection.pk)
    fake_shop.change_order(told["id"], status="vozvrat", at=at)
    poll_shop(connection_id=connection.pk)
    assert Order.objects.get().status == "vozvrat"


def test_a_deleted_order_owes_nothing(connection: Connection, fake_shop: RunningShop):
    told = fake_shop.add_order(location="/?aff=boris", status="delivered", tell=False)
    hook(connection, {"id": told["id"]})
    fake_shop.change_order(told["id"], delete=True)
    hook(connection, told, topic="orders-destroy")
    order = Order.objects.get()
    assert order.status == DELETED_STATUS
    assert order.commissions.get(level=1).posted_minor == 0


DEAD = [
    ("not JSON", b"<order/>", "not JSON"),
    ("no id", {"account_id": 1}, "names no order"),
    ("another shop", {"id": 1, "account_id": 99}, "another shop"),
    ("an order the shop does not know", {"id": 987654321}, "no such order"),
]


@pytest.mark.parametrize(("case", "body", "why"), DEAD, ids=[row[0] for row in DEAD])
def test_what_is_not_understood_waits_with_a_reason(connection: Connection, case: str, body: Any, why: str):
    event = hook(connection, body)
    assert event.state == InboundState.DEAD
    assert why in event.reason
    assert Order.objects.count() == 0


def test_a_dead_letter_can_be_retried_and_put_away(connection: Connection, fake_shop: RunningShop):
    event = hook(connection, {"id": 987654321})
    actor = make_user()
    retry_dead(event=event, actor=actor)
    assert Job.objects.filter(kwargs__event_id=event.pk).count() == 2
    reject_dead(event=event, actor=actor, reason="a test")
    event.refresh_from_db()
    assert (event.state, event.reason, bytes(event.body)) == (
        InboundState.REJECTED,
        "a test",
        b'{"id": 987654321}',
    )


@pytest.mark.parametrize("answer", [503, 504])
def test_a_shop_in_trouble_leaves_the_event_waiting(
    connection: Connection, fake_shop: RunningShop, answer: int
):
    told = fake_shop.add_order(location="/?aff=boris", tell=False)
    assert fake_shop.faults.update({"api_answer": str(answer)}) == {}
    event = accept_hook(
        connection=connection, topic="orders-create", body=json.dumps(told).encode(), content_type=""
    )
    with pytest.raises(PlugError):
        process_inbound(event_id=event.pk)
    event.refresh_from_db()
    assert (event.state, event.attempts) == (InboundState.NEW, 1)
    fake_shop.faults.reset()
    with clock.pretend(clock.now() + timedelta(seconds=6)):
        process_inbound(event_id=event.pk)
    event.refresh_from_db()
    assert event.state == InboundState.APPLIED


def test_the_door_for_hooks(connection: Connection):
    client = Client()
    good = f"/hooks/insales/{connection.secrets['hook']}/orders-create"
    assert client.post(good, b'{"id": 1}', content_type="application/json").status_code == 200
    assert InboundEvent.objects.get().topic == "orders-create"
    assert (
        client.post("/hooks/insales/wrong/orders-create", b"{}", content_type="text/plain").status_code == 404
    )
    assert client.get(good).status_code == 405
    assert client.post(good, b"x" * (1024 * 1024 + 1), content_type="text/plain").status_code == 413
    assert InboundEvent.objects.count() == 1


def test_a_status_that_the_shop_deleted_is_noticed_by_itself(connection: Connection, fake_shop: RunningShop):
    fake_shop.delete_status("zakaz-vypolnen")
    refresh_shop(connection_id=connection.pk)
    connection.refresh_from_db()
    assert "zakaz-vypolnen" not in {status["permalink"] for status in connection.facts["statuses"]}
    assert Event.objects.get(kind="connection.statuses_gone").data == {"statuses": ["zakaz-vypolnen"]}


def test_a_status_that_the_shop_renamed_keeps_its_permalink_and_is_told_of(
    connection: Connection, fake_shop: RunningShop
):
    row = next(
        row for row in fake_shop.store.tables["status"].values() if row["permalink"] == "zakaz-vypolnen"
    )
    was, row["title"] = row["title"], "Готово"
    refresh_shop(connection_id=connection.pk)
    connection.refresh_from_db()
    titles = {status["permalink"]: status["title"] for status in connection.facts["statuses"]}
    assert titles["zakaz-vypolnen"] == "Готово"
    assert Event.objects.get(kind="connection.statuses_renamed").data == {"statuses": [[was, "Готово"]]}
