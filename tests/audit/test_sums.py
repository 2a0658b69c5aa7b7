"""Sums that are kept for quick pages: one of them changed, and the check names it."""

from datetime import timedelta

import pytest
from django.db.models import F

from molva.audit import run_checks
from molva.commissions.models import Commission, OrderFigure, PartnerSum
from molva.commissions.recount import recount
from molva.ledger.models import Account, LedgerDay
from molva.ledger.recount import recount_days
from molva.orders.models import OrderCode
from tests.audit.conftest import Month, tamper
from tests.audit.test_tampered import found


def test_a_kept_balance_of_the_programme(month: Month) -> None:
    cash = Account.objects.get(kind="cash")
    tamper(
        "ledger_accountbalance",
        "UPDATE ledger_accountbalance SET balance_minor = balance_minor + 1 WHERE account_id = %s",
        cash.pk,
    )
    assert found() == {("I2", f"account {cash.pk} (cash)")}


def test_a_figure_of_reports(month: Month) -> None:
    row = OrderFigure.objects.get(order__number="1002", partner=month.shop.boris, orders=1)
    programme = month.shop.programme.pk
    OrderFigure.objects.filter(pk=row.pk).update(level1_minor=row.level1_minor + 1)
    assert found() == {
        ("I2", f"figures of partner {row.partner_id}"),
        ("I2", f"figures of programme {programme}, {row.day}"),
    }  # the sum of the partner has followed the row
    OrderFigure.objects.filter(pk=row.pk).update(level1_minor=row.level1_minor, revenue_minor=1)
    assert found() == {("I2", f"figures of programme {programme}, {row.day}")}


@pytest.mark.parametrize("name", ["accrued", "taken_back", "released", "other", "paid"])
def test_a_day_of_the_books(month: Month, name: str) -> None:
    row = LedgerDay.objects.filter(key=month.shop.boris.pk).order_by("day").first()
    assert row is not None
    LedgerDay.objects.filter(pk=row.pk).update(**{f"{name}_minor": F(f"{name}_minor") + 1})
    assert found() == {
        ("I2", f"days of partner {row.key} in the books"),
        ("I2", f"books of programme {row.programme_id}, {row.day}"),
    }
    recount_days(month.shop.programme)
    assert found() == set()


def test_what_a_partner_ever_brought(month: Month) -> None:
    PartnerSum.objects.filter(partner=month.shop.boris).update(sales_minor=1)
    PartnerSum.objects.filter(partner=month.shop.anna).delete()
    assert found() == {("I2", f"sums of partner {one.pk}") for one in (month.shop.anna, month.shop.boris)}
    recount(month.shop.programme)
    assert run_checks() == []


def test_the_moment_of_an_order_beside_its_commission(month: Month) -> None:
    row = month.commission("1002")
    Commission.objects.filter(pk=row.pk).update(ordered_at=row.ordered_at + timedelta(days=1))
    assert found() == {("I2", f"commission {row.pk}")}
    recount(month.shop.programme)
    assert run_checks() == []


def test_what_a_used_code_says_of_its_order(month: Month) -> None:
    shop = month.shop
    shop.order("1005", day=4, codes=("SUMMER",), total=90_000)
    shop.order("1005", day=5, created=4, codes=("SUMMER",), total=80_000)  # the shop has changed it
    row = OrderCode.objects.get(code="SUMMER")
    assert (row.used_at, row.sold_minor) == (month.order("1005").created_at, 110_000)  # with delivery
    shop.order("1005", day=6, created=4, codes=("SUMMER",), total=80_000, is_deleted=True)
    assert OrderCode.objects.get(code="SUMMER").used_at is None
    assert run_checks() == []
    OrderCode.objects.filter(code="SUMMER").update(used_at=row.used_at)
    assert found() == {("I2", f"used code {row.pk} (SUMMER)")}
    recount(shop.programme)
    assert run_checks() == []
