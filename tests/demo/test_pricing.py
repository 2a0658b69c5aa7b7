"""Money of the fake shop's orders: the rules that every checked InSales body obeys."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from molva.demo.shop import RunningShop
from molva.demo.shop.pricing import MONEY, PERCENT, price

LINES = st.lists(st.tuples(st.integers(0, 500_000), st.integers(1, 20)), min_size=1, max_size=6)
DISCOUNTS = st.lists(
    st.one_of(
        st.tuples(st.just(PERCENT), st.decimals(0, 100, places=2)),
        st.tuples(st.just(MONEY), st.decimals(0, 9000, places=2)),
    ),
    max_size=3,
)


@given(LINES, DISCOUNTS, st.integers(0, 100_000), st.decimals(0, 20, places=1), st.data())
def test_sums_of_parts_equal_the_whole(
    lines: list[tuple[int, int]],
    discounts: list[tuple[int, Decimal]],
    delivery: int,
    margin: Decimal,
    data: st.DataObject,
) -> None:
    counted = [(*one, [data.draw(st.booleans()) for _ in lines]) for one in discounts]
    priced = price(lines, counted, delivery=delivery, margin=margin)
    assert [line.total for line in priced.lines] == [cost * quantity for cost, quantity in lines]
    assert sum(line.full_total for line in priced.lines) == priced.items
    assert priced.total == priced.items + priced.delivery
    assert sum(line.discount for line in priced.lines) == sum(amount for amount, _ in priced.discounts)
    assert all(0 <= line.discount <= line.total for line in priced.lines)
    off = sum(line.discount for line in priced.lines)
    assert priced.items - priced.margin + off == sum(line.total for line in priced.lines)


def test_margin_is_taken_after_discounts_as_in_the_2017_body() -> None:
    priced = price([(1_260_000, 1)], [(PERCENT, Decimal(10), [True])], delivery=11_500, margin=Decimal(10))
    assert (priced.items, priced.delivery, priced.total) == (1_247_400, 12_650, 1_260_050)
    assert priced.discounts == [(126_000, 138_600)]


def test_unchosen_lines_keep_their_price() -> None:
    priced = price([(10_000, 1), (20_000, 2)], [(PERCENT, Decimal(50), [False, True])])
    assert [line.full_total for line in priced.lines] == [10_000, 20_000]


def test_told_order_obeys_the_rules(shop: RunningShop) -> None:
    shop.add_row("code", code="ODD", type_id=1, discount=33.3)
    order = shop.add_order(
        items=[["ivan-chay", 3], ["myod-v-sotah", 1.5], ["JAM-LINGON", 7, "349.99"]],
        promo_code="odd",
        delivery_price="300",
        margin="2.5",
    )
    lines = order["order_lines"]
    assert all(
        round(line["sale_price"] * line["quantity"] * 100) == round(line["total_price"] * 100)
        for line in lines
    )
    assert round(sum(line["full_total_price"] for line in lines), 2) == order["items_price"]
    assert round(order["items_price"] + order["full_delivery_price"], 2) == order["total_price"]
    assert [type(line["quantity"]) for line in lines] == [int, float, int]
    assert (order["margin"], order["full_delivery_price"]) == ("2.5", 307.5)
