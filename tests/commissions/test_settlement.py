"""The way of the data from an order to the books: what is owed is posted once and follows the facts."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from molva.commissions.jobs import warn_terms
from molva.commissions.models import Commission
from molva.commissions.postings import release_due
from molva.commissions.services import settle_customer
from molva.domain.click_id import make_click_id, make_token, visitor_text
from molva.domain.explanation import from_json, recompute
from molva.domain.inbound import InboundLine
from molva.kit import clock
from molva.kit.clock import to_micros
from molva.ledger.models import Posting, Transaction
from molva.ledger.queries import balances
from molva.orders.errors import CurrencyMismatch
from molva.orders.models import Order
from molva.programmes.services import publish_terms, update_partner
from molva.tracking.keys import token_key
from molva.workspaces.models import Event
from tests.commissions.conftest import RULES, SETTINGS, START, Shop


def test_an_order_by_a_code_earns_on_two_levels_when_delivered(shop: Shop):
    order = shop.order("1001", codes=("boris",))
    assert (order.partner, order.reason, order.unpaid) == (shop.boris, "code", "status")
    assert shop.money(shop.boris) == (0, 0)
    expected = {row.level: row.expected_minor for row in Commission.objects.filter(order=order)}
    assert expected == {1: 10_000, 2: 3_000}

    shop.order("1001", day=2, created=0, status="delivered", codes=("boris",))
    assert (shop.money(shop.boris), shop.money(shop.anna)) == ((0, 10_000), (0, 3_000))


def test_every_commission_explains_itself_and_can_be_calculated_again(shop: Shop):
    shop.order("1001", status="delivered", codes=("boris",), total=123_445)
    rows = Commission.objects.order_by("level")
    assert [row.posted_minor for row in rows] == [12_345, 3_703]
    for row in rows:
        explanation = from_json(row.explanation)
        assert recompute(explanation) == row.posted_minor
        assert explanation.reason == "code"


def test_a_delivered_order_told_again_posts_nothing_new(shop: Shop):
    shop.order("1001", status="delivered", codes=("boris",))
    before = Transaction.objects.count()
    shop.order("1001", status="delivered", codes=("boris",))
    shop.order("1001", day=3, created=0, status="delivered", codes=("boris",))
    assert Transaction.objects.count() == before == 2


def test_leaving_the_status_takes_it_back_and_returning_owes_it_again(shop: Shop):
    for day, status in enumerate(["delivered", "new", "delivered", "cancelled"]):
        shop.order("1001", day=day, created=0, status=status, codes=("boris",))
    assert shop.money(shop.boris) == (0, 0)
    assert [t.kind for t in Transaction.objects.filter(level=1).order_by("number")] == [
        "accrual",
        "clawback",
        "accrual",
        "clawback",
    ]


def test_a_line_returned_after_accrual_takes_back_that_line_only(shop: Shop):
    tea = InboundLine("1", "Tea", "p1", "S-1", "1", 60_000, 60_000)
    honey = InboundLine("2", "Honey", "p2", "S-2", "1", 40_000, 40_000)
    shop.order("1001", status="delivered", codes=("boris",), lines=(tea, honey))
    shop.order("1001", day=5, created=0, status="delivered", codes=("boris",), lines=(tea,), total=60_000)
    assert (shop.money(shop.boris), shop.money(shop.anna)) == ((0, 6_000), (0, 1_800))


def test_an_order_deleted_in_the_shop_owes_nothing(shop: Shop):
    shop.order("1001", status="delivered", codes=("boris",))
    order = shop.order("1001", day=1, created=0, status="delivered", codes=("boris",), is_deleted=True)
    assert shop.money(shop.boris) == (0, 0)
    assert order.unpaid == "status"


def test_money_waits_for_the_hold_and_a_return_takes_from_what_waits(make_shop: Callable[..., Shop]):
    shop = make_shop({**SETTINGS, "accrual": {"statuses": ["delivered"], "hold_days": 14}})
    shop.order("1001", status="delivered", codes=("boris",))
    assert shop.money(shop.boris) == (10_000, 0)
    shop.order("1001", day=1, created=0, status="delivered", codes=("boris",), total=50_000)
    assert shop.money(shop.boris) == (5_000, 0)
    assert release_due(START + timedelta(days=14, microseconds=-1)) == 0
    assert release_due(START + timedelta(days=14)) == 2
    assert release_due(START + timedelta(days=14)) == 0
    assert shop.money(shop.boris) == (0, 5_000)
    shop.order("1001", day=20, created=0, status="cancelled", codes=("boris",), total=50_000)
    assert shop.money(shop.boris) == (0, 0)


@pytest.mark.parametrize(
    ("limit", "amounts"), [(0, [10_000] * 3), (1, [10_000, 0, 0]), (2, [10_000, 10_000, 0])]
)
def test_only_so_many_sales_of_a_client_are_paid(
    make_shop: Callable[..., Shop], limit: int, amounts: list[int]
):
    shop = make_shop(None, [{**RULES[0], "paid_sales": limit}])
    orders = [shop.order(f"{n}", day=n, status="delivered", codes=("boris",)) for n in range(3)]
    paid = [
        sum(Commission.objects.filter(order=order, level=1).values_list("posted_minor", flat=True))
        for order in orders
    ]
    assert paid == amounts
    assert [Order.objects.get(pk=order.pk).unpaid for order in orders] == [
        "" if amount else "sales_limit" for amount in amounts
    ]


def test_a_returned_sale_gives_its_place_to_the_next(make_shop: Callable[..., Shop]):
    shop = make_shop(None, [{**RULES[0], "paid_sales": 1}])
    shop.order("1", day=1, status="delivered", codes=("boris",))
    shop.order("2", day=2, status="delivered", codes=("boris",), total=200_000)
    assert shop.money(shop.boris) == (0, 10_000)
    shop.order("1", day=3, created=1, status="cancelled", codes=("boris",))
    assert shop.money(shop.boris) == (0, 20_000)


@pytest.mark.parametrize(
    ("mode", "second", "third"),
    [("sliding", "attributed", "attributed"), ("fixed", "attributed", "term_ended")],
)
def test_the_term_of_attribution(make_shop: Callable[..., Shop], mode: str, second: str, third: str):
    attribution = {"policy": "first", "term_days": 30, "term_mode": mode}
    shop = make_shop({**SETTINGS, "attribution": attribution})
    shop.order("1", day=0, codes=("boris",))
    assert shop.order("2", day=20).reason == second
    last = shop.order("3", day=45)
    assert last.reason == third
    assert last.customer.attributions.count() == 1


def test_exactly_the_end_of_the_term_is_inside_and_a_second_later_outside(make_shop: Callable[..., Shop]):
    shop = make_shop({**SETTINGS, "attribution": {"policy": "first", "term_days": 30, "term_mode": "fixed"}})
    shop.order("1", day=0, codes=("boris",))
    assert shop.order("2", day=30).reason == "attributed"
    assert shop.order("3", day=30 + 1 / 86_400).reason == "term_ended"


@pytest.mark.parametrize(("policy", "winner"), [("first", "boris"), ("last", "anna")])
def test_the_hand_over_switch(make_shop: Callable[..., Shop], policy: str, winner: str):
    shop = make_shop({**SETTINGS, "attribution": {"policy": policy}})
    shop.order("1", day=0, codes=("boris",))
    order = shop.order("2", day=5, codes=("anna",))
    assert order.partner is not None
    assert order.partner.code == winner
    assert {loser["partner"] for loser in order.verdict["losers"]} == {"anna", "boris"} - {winner}


def test_a_click_that_becomes_known_late_takes_its_place_in_time(shop: Shop):
    visitor = bytes(range(8))
    click = make_click_id(to_micros(START + timedelta(days=2)))
    order = shop.order("1", day=3, status="delivered", token=make_token(click, visitor, token_key()))
    assert (order.partner, order.reason) == (None, "no_touch")
    shop.touch(shop.boris, day=2, visitor=visitor_text(visitor))
    settle_customer(customer=order.customer)
    order.refresh_from_db()
    assert (order.partner, order.reason) == (shop.boris, "link")
    assert shop.money(shop.boris) == (0, 10_000)


def test_the_partner_who_buys_gets_nothing_and_the_reason_is_written(shop: Shop):
    order = shop.order("1", status="delivered", codes=("boris",), email="BORIS@example.org ")
    assert (order.partner, order.reason) == (None, "own_purchase")
    assert Transaction.objects.count() == 0


def test_new_terms_hold_for_orders_created_from_then_on(shop: Shop):
    shop.order("1", day=-1, status="new", codes=("boris",))
    publish_terms(
        programme=shop.programme,
        settings=SETTINGS,
        rules=[{**RULES[0], "reward": {"1": {"percent": "50"}}}],
        actor=None,
        based_on=1,
        valid_from=None,
    )
    shop.order("1", day=1, created=-1, status="delivered", codes=("boris",))
    assert shop.money(shop.boris) == (0, 10_000)


def test_individual_and_product_terms_win_over_the_general_rule(make_shop: Callable[..., Shop]):
    rules = [
        RULES[0],
        {"id": "gift", "when": {"product": ["gift"]}, "reward": {"1": {"percent": "25"}}},
        {"id": "tea", "when": {"category": ["teas"]}, "reward": {"1": {"none": True}}},
        {"id": "anna", "when": {"partner": ["anna"]}, "reward": {"1": {"fixed": "150.00"}}, "per": "order"},
    ]
    shop = make_shop(None, rules)
    lines = (
        InboundLine("1", "Gift", "gift", "", "1", 990_000, 990_000),
        InboundLine("2", "Other", "other", "", "1", 100_000, 100_000),
        InboundLine("3", "Tea", "tea", "", "1", 100_000, 100_000, ("teas",)),
    )
    shop.order("1", status="delivered", codes=("boris",), lines=lines)
    assert shop.money(shop.boris) == (0, 257_500)
    shop.order("2", status="delivered", codes=("anna",), lines=lines, email="other@example.org")
    assert shop.money(shop.anna) == (0, 15_000 + 3_000)


def test_a_blocked_inviter_gets_nothing_and_nobody_moves_up(shop: Shop):
    update_partner(partner=shop.anna, actor=None, changes={"status": "blocked"})
    shop.order("1", day=400, status="delivered", codes=("boris",))
    assert (shop.money(shop.boris), shop.money(shop.anna)) == ((0, 10_000), (0, 0))


def test_an_order_with_the_keys_of_two_persons_makes_them_one(shop: Shop):
    first = shop.order("1", email="a@example.org", codes=("boris",))
    second = shop.order("2", day=1, email="", phone="+79161234567")
    assert first.customer_id != second.customer_id
    third = shop.order("3", day=2, email="a@example.org", phone="8 916 123-45-67")
    second.refresh_from_db()
    assert {first.customer_id, second.customer_id, third.customer_id} == {first.customer_id}
    # the second order was made before anyone knew, so it stays nobody's
    assert (second.reason, third.partner) == ("no_touch", shop.boris)


def test_another_currency_is_refused_whole(shop: Shop):
    with pytest.raises(CurrencyMismatch):
        shop.order("1", currency="USD", codes=("boris",))
    assert Order.objects.count() == 0


def test_any_order_of_arrival_and_any_repeats_end_with_the_same_money(make_shop: Callable[..., Shop]):
    """Row S2.49: six tellings of two orders, every order of arrival, each doubled; the books always agree."""
    shop = make_shop(None, [{**RULES[0], "paid_sales": 1}])
    story: list[dict[str, Any]] = [
        {"number": "1", "day": 0, "created": 0, "status": "new", "codes": ("boris",)},
        {"number": "1", "day": 2, "created": 0, "status": "delivered", "codes": ("boris",)},
        {"number": "2", "day": 3, "created": 3, "status": "new", "total": 70_000},
        {"number": "2", "day": 4, "created": 3, "status": "delivered", "total": 70_000},
        {"number": "1", "day": 5, "created": 0, "status": "delivered", "codes": ("boris",), "total": 40_000},
    ]
    snapshots = [
        shop.inbound(
            **{"total": 100_000, **{k: v for k, v in told.items() if k != "day"}},
            at=START + timedelta(days=told["day"]),
        )
        for told in story
    ]
    seen = set()
    for number, order in enumerate(list(permutations(snapshots))[::12]):
        renamed = [
            type(one)(
                **{f: getattr(one, f) for f in one.__slots__}
                | {
                    "external_id": f"{number}-{one.external_id}",
                    "client": type(one.client)(email=f"c{number}@example.org"),
                }
            )
            for one in order
        ]
        for one in [*renamed, *renamed]:
            shop.tell(START + timedelta(days=10), one)
        rows = Commission.objects.filter(order__external_id__startswith=f"{number}-").order_by(
            "order__number", "level"
        )
        seen.add(tuple((row.order.number, row.level, row.posted_minor) for row in rows if row.posted_minor))
    assert seen == {(("1", 1, 4_000), ("1", 2, 1_200))}


def test_the_books_stay_balanced_through_all_of_it(shop: Shop):
    for n in range(6):
        shop.order(f"{n}", day=n, status="delivered", codes=("boris",), email=f"c{n}@example.org")
        if n % 2:
            shop.order(
                f"{n}", day=n + 1, created=n, status="cancelled", codes=("boris",), email=f"c{n}@example.org"
            )
    assert all(posting.amount_minor > 0 for posting in Posting.objects.all())
    assert (balances(shop.boris).available, balances(shop.anna).available) == (30_000, 9_000)


def test_an_earlier_telling_that_names_another_client_moves_the_order_and_settles_both(
    make_shop: Callable[..., Shop],
):
    shop = make_shop(None, [{**RULES[0], "paid_sales": 1}])
    shop.order("1", day=1, status="delivered", codes=("boris",), email="a@example.org")
    second = shop.order("2", day=2, status="delivered", codes=("boris",), total=70_000, email="a@example.org")
    assert second.unpaid == "sales_limit"
    # a hook that was late tells how order 1 began: it was somebody else's
    shop.order("1", day=0.5, created=0.5, codes=("boris",), email="b@example.org")
    second.refresh_from_db()
    assert second.unpaid == ""
    assert shop.money(shop.boris) == (0, 10_000 + 7_000)


def test_an_order_without_a_client_keeps_its_one_customer(shop: Shop):
    first = shop.order("1", day=1, email="", codes=("boris",))
    again = shop.order("1", day=0.5, created=0.5, email="", codes=("boris",))
    assert (again.customer_id, again.reason) == (first.customer_id, "code")


def test_an_order_cancelled_before_it_earned_is_not_expected_any_more(shop: Shop):
    order = shop.order("1", codes=("boris",))
    assert {row.status for row in order.commissions.all()} == {"expected"}
    shop.order("1", day=1, created=0, status="cancelled", codes=("boris",))
    assert {(row.status, row.expected_minor) for row in order.commissions.all()} == {("clawed_back", 0)}


def test_a_partner_is_warned_once_ten_days_before_the_term_runs_out(make_shop: Callable[..., Shop]):
    """Row S2.19; a purchase that renews the term is warned of anew."""
    shop = make_shop({**SETTINGS, "attribution": {"policy": "first", "term_days": 30}})
    order = shop.order("1", codes=("boris",))

    def warnings(day: float) -> int:
        with clock.pretend(START + timedelta(days=day)):
            warn_terms()
        told = Event.objects.filter(kind="attribution.ending", partner_id=shop.boris.pk)
        assert {event.object_id for event in told} <= {order.customer_id}
        return told.count()

    assert [warnings(day) for day in (19.9, 20, 25)] == [0, 1, 1]
    shop.order("2", day=26)
    assert [warnings(day) for day in (30, 46)] == [1, 2]
