"""Sums that are kept for quick pages: one of them changed, and the check names it."""

import pytest
from django.db.models import F

from molva.commissions.models import OrderFigure
from molva.ledger.models import Account, LedgerDay
from molva.ledger.recount import recount_days
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
    }
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
