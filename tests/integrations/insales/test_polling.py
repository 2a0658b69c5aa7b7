"""Changes-only reading: every change exactly once or more, never less, whatever the pages look like."""

from datetime import timedelta
from typing import Any

import pytest

from molva.demo.shop import RunningShop
from molva.demo.shop.admin import orders as admin_orders
from molva.integrations.models import Connection, InboundEvent, ShopProduct
from molva.integrations.polling import PollLaterError, poll_shop, read_deleted
from molva.integrations.sources.insales import reading
from molva.jobs.models import Job
from molva.kit import clock
from molva.orders.models import DELETED_STATUS, Order

AT = "2026-09-01T12:00:00+03:00"


@pytest.fixture(autouse=True)
def _long_ago(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Polling that has come to the day of these orders, and pages of two."""
    Connection.objects.update(anchor={"updated_at": AT})
    monkeypatch.setattr(reading, "PAGE_SIZE", 2)


def add(shop: RunningShop, count: int, **wanted: Any) -> list[dict[str, Any]]:
    given: dict[str, Any] = {
        "location": "/?aff=boris",
        "status": "delivered",
        "at": AT,
        "tell": False,
        **wanted,
    }
    return [shop.add_order(**given) for _ in range(count)]


def calls(shop: RunningShop) -> int:
    return shop.windows[shop.api_key].calls


def test_pages_of_one_moment_are_all_read(connection: Connection, fake_shop: RunningShop):
    add(fake_shop, 5)
    poll_shop(connection_id=connection.pk)
    assert Order.objects.count() == 5


def test_reading_ends_with_an_empty_page_not_with_a_short_one(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    add(fake_shop, 3)
    real = admin_orders.page_of
    # a shop may give fewer than it was asked for, though there is more
    monkeypatch.setattr(
        admin_orders, "page_of", lambda things, request, **more: real(things, request, **more)[:1]
    )
    poll_shop(connection_id=connection.pk)
    assert Order.objects.count() == 3


def test_the_anchor_is_the_shops_own_moment_and_the_next_reading_looks_ten_minutes_back(
    connection: Connection, fake_shop: RunningShop
):
    (told,) = add(fake_shop, 1)
    poll_shop(connection_id=connection.pk)
    connection.refresh_from_db()
    assert connection.anchor == {"updated_at": told["updated_at"]}
    add(fake_shop, 1, at="2026-09-01T11:50:00+03:00")  # shown later than it is dated
    poll_shop(connection_id=connection.pk)
    assert Order.objects.count() == 2
    connection.refresh_from_db()
    assert connection.anchor == {"updated_at": told["updated_at"]}


def test_a_firing_that_was_cut_goes_on_from_its_last_page(connection: Connection, fake_shop: RunningShop):
    orders = add(fake_shop, 6)
    fake_shop.faults.update({"api_answer": "504", "api_path": "orders.json", "api_percent": 0})
    real, pages = admin_orders.page_of, []

    def two_pages(things: Any, request: Any, **more: Any) -> Any:
        pages.append(request.query.get("from_id"))
        if len(pages) == 3:
            fake_shop.faults.update({"api_percent": 100})
        return real(things, request, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admin_orders, "page_of", two_pages)
        with pytest.raises(PollLaterError):
            poll_shop(connection_id=connection.pk)
        assert Order.objects.count() == 6
        fake_shop.faults.reset()
        poll_shop(connection_id=connection.pk)
    assert pages == [None, *(str(orders[n]["id"]) for n in (1, 3, 5))]  # nothing was read twice
    assert Order.objects.count() == 6


def test_an_order_deleted_between_two_pages_hides_no_other(connection: Connection, fake_shop: RunningShop):
    orders = add(fake_shop, 5)
    real, pages = admin_orders.page_of, []

    def deleting(things: Any, request: Any, **more: Any) -> Any:
        page = real(things, request, **more)
        pages.append(page)
        if len(pages) == 1:
            fake_shop.change_order(orders[0]["id"], delete=True, tell=False)
        return page

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admin_orders, "page_of", deleting)
        poll_shop(connection_id=connection.pk)
    assert Order.objects.count() == 5
    gone = Order.objects.get(external_id=str(orders[0]["id"]))
    assert gone.status == DELETED_STATUS


def test_a_shop_that_repeats_a_page_does_not_hold_us_for_ever(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    add(fake_shop, 4)
    real = admin_orders.changed_orders

    def deaf(orders: Any, request: Any) -> Any:
        request.query.pop("from_id", None)
        return real(orders, request)

    monkeypatch.setattr(admin_orders, "changed_orders", deaf)
    with pytest.raises(PollLaterError, match="same page again"):
        poll_shop(connection_id=connection.pk)
    assert Order.objects.count() == 2


def test_products_and_codes_are_read_once_for_a_page(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading, "PAGE_SIZE", 100)
    for item in ("ivan-chay", "myod-lipovyy"):
        add(fake_shop, 3, items=[[item, 1]], promo_code="LES10")
    Connection.objects.update(facts={})
    before = calls(fake_shop)
    poll_shop(connection_id=connection.pk)
    assert calls(fake_shop) - before == 5  # two pages, codes and their end, products
    assert ShopProduct.objects.count() == 2
    assert {tuple(order.creation["codes"]) for order in Order.objects.all()} == {("les10",)}
    before = calls(fake_shop)
    poll_shop(connection_id=connection.pk)
    assert calls(fake_shop) - before == 2


def test_a_code_that_is_gone_is_looked_for_once(connection: Connection, fake_shop: RunningShop):
    add(fake_shop, 2, promo_code="LES10")
    fake_shop.store.tables["code"].clear()
    Connection.objects.update(facts={})
    poll_shop(connection_id=connection.pk)
    before = calls(fake_shop)
    poll_shop(connection_id=connection.pk)
    assert calls(fake_shop) - before == 2
    assert {tuple(order.creation["codes"]) for order in Order.objects.all()} == {("les10",)}


def test_what_a_job_learns_leaves_the_other_facts_alone(connection: Connection):
    stale = Connection.objects.get()
    connection.learn(setup={"step": "done"})
    stale.learn(codes={"1": "A"})
    facts = Connection.objects.get().facts
    assert (facts["setup"], facts["codes"], len(facts["statuses"]) > 0) == (
        {"step": "done"},
        {"1": "A"},
        True,
    )


def test_a_new_shop_is_read_from_the_day_before_it_was_connected(
    connection: Connection, fake_shop: RunningShop
):
    Connection.objects.update(anchor={})
    add(fake_shop, 1)
    add(fake_shop, 1, at=(clock.now() - timedelta(hours=20)).isoformat())
    poll_shop(connection_id=connection.pk)
    assert Order.objects.count() == 1


def test_the_weekly_reading_finds_silent_deletions(connection: Connection, fake_shop: RunningShop):
    (told,) = add(fake_shop, 1)
    poll_shop(connection_id=connection.pk)
    late = (clock.now() - timedelta(minutes=30)).isoformat()
    Connection.objects.update(anchor={"updated_at": clock.now().isoformat()})
    fake_shop.change_order(told["id"], delete=True, tell=False, at=late)
    poll_shop(connection_id=connection.pk)
    assert Order.objects.get().status == "delivered"  # beyond the ten minutes
    read_deleted(connection_id=connection.pk)
    assert Order.objects.get().status == DELETED_STATUS


def test_a_long_way_is_gone_in_several_firings(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("molva.integrations.polling.PAGES_A_FIRING", 1)
    add(fake_shop, 3)
    poll_shop(connection_id=connection.pk)
    assert (Order.objects.count(), Job.objects.filter(dedupe=f"poll-{connection.pk}").count()) == (2, 1)


def test_an_order_in_another_currency_waits_with_its_reason_and_holds_nobody(
    connection: Connection, fake_shop: RunningShop
):
    orders = add(fake_shop, 2)
    fake_shop.store.settings["currency"] = "USD"
    with pytest.MonkeyPatch.context() as patch:
        real = admin_orders.order_body
        patch.setattr(
            admin_orders,
            "order_body",
            lambda store, order: {
                **real(store, order),
                "currency_code": "USD" if order.id == orders[0]["id"] else "RUR",
            },
        )
        for _ in range(2):
            poll_shop(connection_id=connection.pk)
    assert [order.external_id for order in Order.objects.all()] == [str(orders[1]["id"])]
    event = InboundEvent.objects.get()
    assert (event.state, event.object_id) == ("dead", str(orders[0]["id"]))
    assert event.reason.startswith("the order is in")
