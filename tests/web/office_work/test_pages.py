"""Every page opens; foreign ones do not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from molva.commissions.models import Commission
from molva.orders.models import Order
from molva.payouts.models import Payout
from molva.tracking.content import ContentWish, add_content
from molva.tracking.models import Customer
from tests.web.office_work.conftest import World

LISTS = [
    "partners/", "customers/", "orders/", "commissions/", "payouts/", "reports/accruals/", "reports/sales/",
    "history/", "search/",
]  # fmt: skip
VARIANTS = [
    "partners/?q=ким", "partners/?status=blocked", "partners/?group=Опт", "partners/?inviter=kate",
    *(f"partners/?sort=-{key}" for key in ("name", "customers", "orders", "sales", "earned", "available")),
    "customers/?partner=nobody", "customers/?q=10482", "orders/?status=delivered", "orders/?reason=code",
    "orders/?partner=nobody", "orders/?source=test&sort=-total_minor", "orders/?period=30&q=buyer",
    "orders/?from=2026-03-01&to=2026-03-31", "orders/?from=nonsense", "commissions/?status=held&level=1",
    "commissions/?partner=kate&period=month", "payouts/?status=paid", "payouts/?partner=boris&period=90",
    "reports/accruals/?by=day", "reports/accruals/?by=order&partner=kate", "reports/accruals/?period=year",
    "reports/sales/?by=day&period=90", "reports/sales/?by=product", "reports/accruals/?from=1999-01-01&to=2300-01-01",
    "history/?about=money&who=user", "history/?q=10482", "history/?object=order-1", "search/?q=kate",
    "search/?q=10482", "search/?q=https://m.example/r/kate?x=1", "search/?q=8 916 123-45-67", "partners/add/",
    "payouts/prepare/", "partners/?page=99",
]  # fmt: skip


@pytest.mark.parametrize("tail", [*LISTS, *VARIANTS])
def test_a_list_opens(get: Callable[..., str], tail: str) -> None:
    assert "</html>" in get(tail)


def test_lists_ask_as_much_for_thirty_rows_as_for_one(
    world: World, get: Callable[..., str], django_assert_num_queries: Callable[..., Any]
) -> None:
    tails = [
        "commissions/?level=1&period=year",
        "codes/?sort=-uses",
        "partners/?sort=-sales",
        "customers/?partner=anna",
    ]
    asked = {}
    for tail in tails:
        with CaptureQueriesContext(connection) as first:
            get(tail)
        asked[tail] = len(first)
    for number in range(30):
        world.shop.order(
            f"9{number}", day=30, codes=("anna", f"x{number}"), email=f"more{number}@example.org"
        )
    for tail, count in asked.items():
        with django_assert_num_queries(count):
            get(tail)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_object_has_its_page(world: World, language: str) -> None:
    client = world.client()
    client.cookies["django_language"] = language
    tails = [f"partners/{world.shop.anna.pk}/", f"partners/{world.shop.anna.pk}/edit/"]
    tails += [f"partners/{world.shop.anna.pk}/adjust/", f"payouts/draft/{world.shop.anna.pk}/"]
    tails += [f"customers/{pk}/" for pk in Customer.objects.values_list("pk", flat=True)]
    tails += [f"orders/{pk}/" for pk in Order.objects.values_list("pk", flat=True)]
    tails += [f"commissions/{pk}/" for pk in Commission.objects.values_list("pk", flat=True)]
    tails += [
        f"payouts/{pk}/{page}"
        for pk in Payout.objects.values_list("pk", flat=True)
        for page in ("", "print/")
    ]
    assert [(tail, client.get(world.url(tail)).status_code) for tail in tails] == [
        (tail, 200) for tail in tails
    ]


def test_links_of_a_partner_show_their_mark_of_advertisement(
    world: World, get: Callable[..., str], django_assert_num_queries: Callable[..., Any]
) -> None:
    tail = f"partners/{world.shop.anna.pk}/"
    add_content(partner=world.shop.anna, wish=ContentWish(title="Review", erid="2Vtzq1"), actor=None)
    with CaptureQueriesContext(connection) as first:
        assert "erid: 2Vtzq1" in get(tail)
    for number in range(29):
        add_content(partner=world.shop.anna, wish=ContentWish(title=f"Review {number}"), actor=None)
    with django_assert_num_queries(len(first)):
        assert get(tail).count("erid: ") == 1


def test_a_stranger_finds_nothing(world: World) -> None:
    order = Order.objects.first()
    assert order is not None
    for tail in [*LISTS, f"orders/{order.pk}/", f"partners/{world.shop.anna.pk}/"]:
        assert world.client(world.stranger).get(world.url(tail)).status_code == 404


def test_objects_of_another_programme_are_not_found(world: World) -> None:
    for tail in ("partners/9999/", "customers/9999/", "orders/9999/", "commissions/9999/", "payouts/9999/"):
        assert world.client().get(world.url(tail)).status_code == 404


def test_nobody_comes_without_signing_in(world: World) -> None:
    assert Client().get(world.url("partners/")).status_code == 302
