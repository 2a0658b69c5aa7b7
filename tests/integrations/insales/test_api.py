"""The admin API's bad days, over real HTTP: what is tried again, what waits for whom, what is told to people."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from molva.demo.shop import RunningShop
from molva.demo.shop.admin import door as admin_api
from molva.integrations.base import PlugError
from molva.integrations.inbound import accept_hook
from molva.integrations.models import ApiWindow, Connection
from molva.integrations.polling import PollLaterError, poll_shop
from molva.integrations.quota import ShopBusyError, Urgency, calling_as
from molva.integrations.sources.insales.api import InSalesApi, _pause
from molva.jobs.models import Job, JobState
from molva.jobs.worker import Worker
from molva.kit import clock
from molva.kit.http import Response
from molva.orders.models import Order
from molva.workspaces.models import Event
from molva.workspaces.scoping import scope


def calls(shop: RunningShop) -> int:
    """How many calls the shop has counted in this window."""
    return shop.windows[shop.api_key].calls if shop.api_key in shop.windows else 0


def ask_for_ever(api: InSalesApi) -> None:
    for _ in range(1000):
        api.get("/admin/account.json")


def lock_out(shop: RunningShop) -> Callable[[], None]:
    """Make the shop refuse the key; gives the way back."""
    keys = shop.store.settings["keys"]
    login, password = next(iter(keys.items()))
    keys[login] = "another"

    def back() -> None:
        keys[login] = password

    return back


@pytest.fixture
def api(connection: Connection) -> Iterator[InSalesApi]:
    with InSalesApi(connection) as made:
        yield made


@pytest.mark.parametrize("answer", ["503", "429"])
def test_a_shop_that_asks_to_wait_is_left_alone_by_everybody(
    connection: Connection, fake_shop: RunningShop, api: InSalesApi, answer: str
):
    fake_shop.faults.update({"api_answer": answer, "api_retry_after": 40, "api_left": 1})
    with pytest.raises(ShopBusyError) as caught:
        api.get("/admin/orders.json")
    assert (caught.value.cause, caught.value.retry_after) == ("limit", 40)
    before = calls(fake_shop)
    with InSalesApi(connection, for_person=True) as other, pytest.raises(ShopBusyError):
        other.get("/admin/orders.json")
    assert calls(fake_shop) == before  # nobody asked
    with clock.pretend(clock.now() + timedelta(seconds=41)):
        assert api.get("/admin/orders.json") == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30),
        ({}, 150),
        ({"retry-after": "soon"}, 150),
    ],
)
def test_the_wish_to_wait_is_seconds_a_moment_or_nothing(headers: dict[str, str], seconds: int):
    assert _pause(Response(503, headers, b"")) == seconds


@pytest.mark.parametrize("answer", ["504", "500", "html", "wrong_json"])
def test_what_passes_is_no_news_until_it_lasts(connection: Connection, fake_shop: RunningShop, answer: str):
    fake_shop.add_order(location="/?aff=boris", tell=False)
    fake_shop.faults.update({"api_answer": answer})
    for _ in range(2):
        with pytest.raises(PollLaterError):
            poll_shop(connection_id=connection.pk)
    for _ in range(2):
        with pytest.raises(ShopBusyError) as caught:
            poll_shop(connection_id=connection.pk)
        assert caught.value.cause == "rest"
    connection.refresh_from_db()
    assert (connection.state, Event.objects.filter(kind="connection.broken").count()) == ("broken", 1)
    fake_shop.faults.reset()
    with clock.pretend(clock.now() + timedelta(seconds=6)):
        poll_shop(connection_id=connection.pk)
    connection.refresh_from_db()
    assert (connection.state, connection.problem, Order.objects.count()) == ("active", "", 1)
    assert ApiWindow.objects.get().failures == 0


def test_a_shop_too_slow_for_a_person_is_waited_for_by_the_worker(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("molva.integrations.sources.insales.api._PATIENCE_OF_PEOPLE", 0.3)
    fake_shop.faults.update({"api_answer": "slow", "api_slow_seconds": 0.8})
    with InSalesApi(connection, for_person=True) as api, pytest.raises(PlugError, match="does not answer"):
        api.get("/admin/orders.json")
    with InSalesApi(connection) as api:
        assert api.get("/admin/orders.json") == []


def test_a_connection_that_is_cut_is_trouble_like_any_other(connection: Connection, fake_shop: RunningShop):
    fake_shop.server.shutdown()
    fake_shop.server.server_close()
    with pytest.raises(PollLaterError, match="does not answer"):
        poll_shop(connection_id=connection.pk)
    assert ApiWindow.objects.get().failures == 1


def test_one_refusal_is_no_proof(api: InSalesApi, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch):
    real, slips = admin_api._login, [True]
    monkeypatch.setattr(admin_api, "_login", lambda *args: None if slips and slips.pop() else real(*args))
    assert api.get("/admin/orders.json") == []


def test_a_key_that_is_refused_stops_polling_politely_and_recovers_by_itself(
    connection: Connection, fake_shop: RunningShop
):
    back = lock_out(fake_shop)
    with pytest.raises(ShopBusyError) as caught:
        poll_shop(connection_id=connection.pk)
    assert (caught.value.cause, caught.value.retry_after) == ("key", 3600)
    connection.refresh_from_db()
    assert (connection.state, connection.problem) == (
        "broken",
        "the shop refuses the key: it is wrong, or the app was removed",
    )
    back()
    used = ApiWindow.objects.get().used
    with clock.pretend(clock.now() + timedelta(minutes=59)), pytest.raises(ShopBusyError):
        poll_shop(connection_id=connection.pk)
    assert ApiWindow.objects.get().used == used  # nobody asked
    with clock.pretend(clock.now() + timedelta(minutes=61)):
        poll_shop(connection_id=connection.pk)
    connection.refresh_from_db()
    assert connection.state == "active"


def test_a_hook_waits_for_a_refused_key_without_losing_a_try(connection: Connection, fake_shop: RunningShop):
    told = fake_shop.add_order(location="/?aff=boris", tell=False)
    Job.objects.all().delete()
    back = lock_out(fake_shop)
    accept_hook(
        connection=connection, topic="orders-create", body=b'{"id": %d}' % told["id"], content_type=""
    )
    worker = Worker(scope=scope)
    assert worker.run_until_empty() == 1
    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.READY, 0)
    assert 3600 <= (job.run_after - clock.now()).total_seconds() <= 3611
    assert Order.objects.count() == 0
    back()
    with time_machine.travel(clock.now() + timedelta(hours=1, minutes=1)):
        worker.run_until_empty()
    assert Order.objects.count() == 1


def test_the_quota_is_never_overrun_and_the_jobs_wait_for_its_end(
    connection: Connection, fake_shop: RunningShop
):
    ApiWindow.objects.update(allowed=40)
    fake_shop.faults.update({"limit_calls": 40})
    with InSalesApi(connection) as api, pytest.raises(ShopBusyError, match="limit of calls"):
        ask_for_ever(api)
    assert calls(fake_shop) == 36
    with calling_as(Urgency.PERSON), InSalesApi(connection) as api, pytest.raises(ShopBusyError):
        ask_for_ever(api)
    assert calls(fake_shop) == 40


def test_an_order_is_gone_only_when_the_shop_is_well(
    connection: Connection, fake_shop: RunningShop, api: InSalesApi
):
    told: dict[str, Any] = fake_shop.add_order(tell=False)
    assert api.order(987654321) is None
    fake_shop.faults.update({"deleted_orders": "missing", "api_answer": "504", "api_path": "account"})
    fake_shop.change_order(told["id"], delete=True, tell=False)
    with pytest.raises(PlugError, match="out of order"):
        api.order(told["id"])
    # maintenance: a page of 404 for everything
    fake_shop.faults.update({"api_answer": "404", "api_path": ""})
    with pytest.raises(PlugError, match="answered 404"):
        api.order(told["id"])


def test_a_key_that_is_only_tried_closes_no_door(connection: Connection, fake_shop: RunningShop):
    used = ApiWindow.objects.get().used
    draft = Connection(kind="insales", host=connection.host)
    draft.secrets = {"login": fake_shop.api_key, "password": "guessed"}
    for _ in range(3):
        with InSalesApi(draft) as api, pytest.raises(PlugError, match="refuses the key") as caught:
            api.get("/admin/account.json")
        assert (caught.value.permanent, caught.value.retry_after) == (True, 0)
    assert ApiWindow.objects.get().used == used  # the shop has not counted them either
    with InSalesApi(connection) as api:
        assert api.get("/admin/orders.json") == []
