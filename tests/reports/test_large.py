"""What pages of large programmes rest on: counts that stop, leaps over values, search by indexes, statistics."""

import pytest
from django.db import connection
from django.test import RequestFactory

from molva.commissions.models import CommissionStatus
from molva.config.upkeep import refresh_statistics
from molva.orders.models import Order
from molva.reports.commissions import commission_tabs
from molva.reports.finding import found_customers, found_orders
from molva.reports.skipping import different_values, values_with_latest
from molva.tracking.models import CustomerKey
from molva.web.office.lists import paged
from molva.web.ui import longlist
from molva.web.ui.longlist import is_whole
from tests.commissions.conftest import Shop
from tests.factories import make_customer, make_order, make_programme


@pytest.fixture
def shop(make_shop) -> Shop:
    return make_shop()


def test_a_long_list_is_counted_up_to_its_limit(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(longlist, "MOST", 120)
    customer = make_customer(shop.programme)
    for _ in range(121):
        make_order(shop.programme, customer)
    request = RequestFactory().get("/", {"page": "99"})
    rows = Order.objects.filter(programme=shop.programme).order_by("pk")

    cut, whole = paged(request, rows), paged(request, rows.filter(pk__lte=rows[119].pk))

    assert (cut.paginator.count, cut.paginator.num_pages, cut.number, is_whole(cut)) == (120, 3, 3, False)
    assert (whole.paginator.count, whole.paginator.num_pages, is_whole(whole)) == (120, 3, True)


def test_values_are_leapt_through_with_the_latest_title(shop: Shop) -> None:
    other = make_programme()
    for programme, status, title in (
        (shop.programme, "new", "New"), (shop.programme, "sent", "Sent"), (shop.programme, "new", "Brand new"),
        (shop.programme, "", "None"), (other, "alien", "Alien"),
    ):  # fmt: skip
        make_order(programme, status=status, status_title=title)

    assert different_values(Order, shop.programme.pk, "status") == ["new", "sent"]
    found = values_with_latest(Order, shop.programme.pk, "status", "status_title")
    assert found == [("new", "Brand new"), ("sent", "Sent")]
    assert different_values(Order, make_programme().pk, "status") == []


def test_people_and_orders_are_found_by_beginnings_and_parts(shop: Shop) -> None:
    anna = make_customer(shop.programme, name="Анна Орлова", email="anna@example.org", phone="+79110000001")
    for kind, value in (("email", "anna@example.org"), ("phone", "+79110000001")):
        CustomerKey.objects.create(programme=shop.programme, customer=anna, kind=kind, value=value)
    boris = make_customer(shop.programme, name="Борис")
    stranger = make_customer(make_programme(), name="Анна Чужая")
    order = make_order(shop.programme, anna, number="10577")

    for word in ("анна", "орлов", "anna@exa", "+7 911 000-00-01", "89110000001"):
        assert found_customers(shop.programme, word) == [anna.pk], word
    assert found_customers(shop.programme, "нет такого") == []
    assert found_orders(shop.programme, "105") == found_orders(shop.programme, "057") == [order.pk]
    assert {boris.pk, stranger.pk}.isdisjoint(found_customers(shop.programme, "а"))


def test_tabs_of_commissions_stop_counting_at_their_limit(shop: Shop) -> None:
    for number in range(3):
        shop.order(f"10{number}", status="delivered", codes=("boris",), email=f"b{number}@example.org")

    whole = commission_tabs(shop.programme, most=10)
    cut = commission_tabs(shop.programme, most=2)

    available = str(CommissionStatus.AVAILABLE)
    assert (whole[available].count, whole[available].is_cut) == (6, False)
    assert whole[available].amount_minor == 3 * (10_000 + 3_000)
    assert (cut[available].count, cut[available].amount_minor, cut[available].is_cut) == (2, 0, True)
    assert commission_tabs(shop.programme, most=10, partner=shop.boris.code)[available].count == 3


def test_statistics_are_there_afterwards(shop: Shop) -> None:
    refresh_statistics()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'programmes_partner'")
            assert cursor.fetchone()[0] > 0
