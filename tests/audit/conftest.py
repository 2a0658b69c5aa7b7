"""A programme with a month behind it: orders, a return, a hold, a welcome, an adjustment, a payout."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from molva.commissions.models import Commission
from molva.commissions.postings import release_due
from molva.kit.triggers import guarded_tables, install_sql, remove_sql, run
from molva.ledger import services as ledger
from molva.orders.models import Order
from molva.payouts import services as payouts
from molva.payouts.models import Payout
from molva.workspaces.models import User
from molva.workspaces.scoping import scope
from tests.commissions.conftest import SETTINGS, START, Shop, make_shop, open_shop
from tests.factories import make_user, make_workspace

__all__ = ["make_shop"]

RULES: list[dict[str, Any]] = [
    {
        "id": "tea",
        "when": {"product": ["p1"]},
        "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}},
        "paid_sales": 3,
        "cap": "500.00",
    },
    {"id": "rest", "reward": {"1": {"fixed": "150.00"}}},
]


@dataclass
class Month:
    """The shop, who runs it, and what was paid."""

    shop: Shop
    owner: User
    payout: Payout

    def order(self, number: str) -> Order:
        return Order.objects.get(number=number)

    def commission(self, number: str, level: int = 1) -> Commission:
        return Commission.objects.select_related("order").get(order__number=number, level=level)


def make_month() -> Month:
    """Transactions of Boris: 1, 3, 5 accruals; 7, 9 releases; 11 welcome; 12 by hand; 13, 14 payout; 15 clawback."""
    settings = {**SETTINGS, "accrual": {**SETTINGS["accrual"], "hold_days": 5}}
    shop, owner = open_shop(settings, RULES), make_user()
    for number, day in (("1001", 0), ("1002", 1), ("1003", 2)):
        shop.order(number, day=day, codes=("boris",), status="delivered")
    shop.order("1004", day=3, email="other@example.org", codes=("anna",))
    release_due(START + timedelta(days=6.5))
    ledger.welcome(partner=shop.boris, amount_minor=50_00, at=START, is_payable=True)
    ledger.adjust(partner=shop.boris, amount_minor=25_00, reason="за отзыв", actor=owner, key="thanks")
    payout = payouts.draft_payout(partner=shop.boris, actor=owner)
    payout = payouts.approve_payout(payout=payout, actor=owner)
    payout = payouts.mark_paid(payout=payout, actor=owner)
    shop.order("1001", day=20, created=0, codes=("boris",), status="cancelled")
    return Month(shop, owner, payout)


@pytest.fixture(scope="module")
def month_once(standing: Callable[..., Month]) -> Month:
    """The rows of `month`, made once for the tests of a module."""

    def make() -> Month:
        with scope(make_workspace()):
            return make_month()

    return standing(make)


@pytest.fixture
def month(month_once: Month, db: None) -> Iterator[Month]:
    """The month in its open workspace."""
    made = deepcopy(month_once)
    with scope(made.shop.programme.workspace):
        yield made


def tamper(table: str, statement: str, *values: Any) -> None:
    """Change guarded rows as one who owns the database could."""
    tables = [table] if table in guarded_tables(connection) else []
    run(connection, tables, remove_sql)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
    run(connection, tables, install_sql)
