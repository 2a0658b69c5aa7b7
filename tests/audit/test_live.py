"""The check runs beside work that goes on: it sees one moment, and holds nobody up."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction

from molva.audit import run_checks
from molva.audit.runner import _snapshot
from molva.commissions.services import settle_customer
from molva.jobs import enqueue
from molva.orders.models import Order, OrderLine
from tests.audit.conftest import make_month
from tests.commissions.conftest import Shop


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_sees_one_moment_and_cannot_write(make_shop: Callable[..., Shop]) -> None:
    shop = make_shop()
    shop.order("1001", codes=("boris",), status="delivered")

    assert run_checks() == []
    with _snapshot():
        assert connection.in_atomic_block
        assert shop.money(shop.boris) == (0, 10_000)
    assert not connection.in_atomic_block
    with transaction.atomic():  # the usual way of starting a transaction is back
        shop.order("1002", day=1, codes=("boris",), status="delivered")
    assert run_checks() == []


def test_a_customer_who_waits_for_settlement_is_not_blamed(make_shop: Callable[..., Shop]) -> None:
    from molva.commissions.jobs import settle_one  # noqa: PLC0415 (only this test needs the queue)

    order = make_month().order("1002")
    OrderLine.objects.filter(order=order).update(total_minor=90_000)
    assert len(run_checks()) == 2

    enqueue(settle_one, customer_id=order.customer_id, workspace_id=order.workspace_id)
    assert run_checks() == []

    settle_customer(customer=order.customer)
    assert Order.objects.get(pk=order.pk).commissions.get(level=1).posted_minor == 9_000
    assert run_checks() == []
