"""What orders add to figures: renewed with every settlement, equal to a count anew, and to the books."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum

from molva.commissions.counting import SUMS
from molva.commissions.models import Commission, Cut, DayFigure, OrderFigure, PartnerSum
from molva.commissions.recount import recount
from molva.domain.click_id import make_click_id
from molva.domain.inbound import InboundLine
from molva.kit.clock import to_micros
from molva.orders.models import Order
from molva.programmes.models import Partner
from molva.tracking.models import Touch
from tests.commissions.conftest import START, Shop

STATUSES = ("new", "delivered", "cancelled")


def state() -> tuple[list[Any], list[Any]]:
    """All figures, without ids; sums that came to nothing are none."""
    names = [f.attname for f in OrderFigure._meta.concrete_fields if f.name not in ("id", "workspace")]
    rows = [row for row in OrderFigure.objects.values(*names) if any(row[name] for name in SUMS)]
    sums = [
        row
        for row in DayFigure.objects.values("cut", "key", "word", "day", *SUMS)
        if any(row[name] for name in SUMS)
    ]
    return sorted(map(repr, rows)), sorted(map(repr, sums))


def whole(cut: int = Cut.WHOLE, **where: Any) -> dict[str, int]:
    """The sums of a cut over all days."""
    found = DayFigure.objects.filter(cut=cut, **where).aggregate(**{name: Sum(name) for name in SUMS})
    return {name: value or 0 for name, value in found.items()}


def kept() -> dict[int, tuple[int, int, int]]:
    """Orders, sales and earnings of partners, as the database adds them up; all zeros is no row."""
    rows = PartnerSum.objects.values_list("partner_id", "orders", "sales_minor", "earned_minor")
    return {partner: tuple(sums) for partner, *sums in rows if any(sums)}


def total(rows: Any, name: str) -> int:
    return rows.aggregate(total=Sum(name))["total"] or 0


def click(shop: Shop, partner: Any, *, visitor: str, day: float, click_id: int, **source: str) -> Touch:
    """A stored click with what it carried."""
    number = make_click_id(to_micros(START + timedelta(days=day)), click_id)
    return Touch.objects.create(
        pk=number, programme=shop.programme, partner=partner, visitor=visitor, source=source
    )


def test_an_order_is_counted_on_its_own_day_and_its_money_when_it_was_posted(shop: Shop):
    shop.order("1001", codes=("boris",))
    shop.order("1001", day=2, created=0, status="delivered", codes=("boris",))
    rows = OrderFigure.objects.order_by("day", "partner__code")
    assert [
        (r.partner.code, r.day.day, r.orders, r.revenue_minor, r.level1_minor, r.level2_minor) for r in rows
    ] == [("boris", 1, 1, 130_000, 0, 0), ("anna", 3, 0, 0, 0, 3_000), ("boris", 3, 0, 0, 10_000, 0)]
    assert {r.code for r in rows} == {"boris"}
    assert [(r.is_own, r.is_new) for r in rows] == [(True, True), (False, True), (True, True)]
    assert whole() == {
        "orders": 1, "revenue_minor": 130_000, "returned": 0, "returned_minor": 0, "level1_minor": 10_000,
        "level2_minor": 3_000, "earned_minor": 13_000,
    }  # fmt: skip
    assert whole(Cut.PARTNER, key=shop.anna.pk)["level2_minor"] == 3_000


def test_a_return_is_taken_back_on_its_day_and_stays_among_the_orders(shop: Shop):
    shop.order("1001", status="delivered", codes=("boris",))
    shop.order("1001", day=5, created=0, status="cancelled", codes=("boris",))
    assert whole() == {
        "orders": 1, "revenue_minor": 130_000, "returned": 1, "returned_minor": 130_000, "level1_minor": 0,
        "level2_minor": 0, "earned_minor": 0,
    }  # fmt: skip
    days = DayFigure.objects.filter(cut=Cut.WHOLE).order_by("day")
    assert [(row.day.day, row.level1_minor) for row in days] == [(1, 10_000), (6, -10_000)]


@pytest.mark.parametrize("seed", range(6))
def test_any_history_counts_the_same_as_a_count_anew(shop: Shop, seed: int):
    chance = random.Random(seed)
    goods = (
        InboundLine("1", "Tea", "p1", "S-1", "1", 60_000, 60_000),
        InboundLine("2", "Honey", "p2", "", "1", 40_000, 40_000),
    )
    made: dict[str, tuple[float, Any]] = {}
    for step in range(25):
        number = str(chance.randint(1, 9))
        created, codes = made.setdefault(number, (step, chance.choice([(), ("boris",), ("anna",)])))
        lines = goods[: chance.randint(1, 2)]
        shop.order(
            number, day=step, created=created, status=chance.choice(STATUSES), codes=codes, lines=lines,
            total=sum(line.total_minor for line in lines), email=f"buyer{int(number) % 4}@example.org",
            is_deleted=chance.random() < 0.05,
        )  # fmt: skip
    before = state()
    assert before[0]
    ever = kept()
    assert ever == {
        partner.pk: (
            Order.objects.filter(partner=partner).count(),
            total(Order.objects.filter(partner=partner), "total_minor"),
            total(Commission.objects.filter(partner=partner), "posted_minor"),
        )
        for partner in Partner.objects.filter(pk__in=ever)
    }
    assert ever.keys() >= set(OrderFigure.objects.filter(orders=1).values_list("partner_id", flat=True))
    recount(shop.programme)
    assert (state(), kept()) == (before, ever)
