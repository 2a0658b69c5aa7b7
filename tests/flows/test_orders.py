"""Stories of orders through running processes: how a buyer is attributed, and what later changes do to the money."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import BrowserContext

from tests.flows.places import Place, open_place
from tests.flows.stack import Stack, wait_for


@pytest.fixture(scope="module")
def place(stack: Stack) -> Iterator[Place]:
    """The usual terms: 10 % and 3 %, without hold, no end of attribution."""
    with open_place(stack, shop=stack.shop) as made:
        yield made


def ago(days: float) -> str:
    """An ISO moment so many days ago."""
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def test_a_return_after_the_accrual_takes_its_own_part_back(place: Place) -> None:
    order = place.order(
        items=[["myod-lipovyy", 1], ["ivan-chay", 2]], location=f"/?aff={place.mark('boris')}"
    )
    place.shop.change(order, status="delivered", paid=True)
    place.settle()
    assert place.money(order) == {"boris/1": 3900 + 4980, "anna/2": 1170 + 1494}
    tea = next(line["id"] for line in order["order_lines"] if line["quantity"] == 2)
    place.shop.change(order, **{"return": tea})
    place.settle()
    assert place.money(order) == {"boris/1": 3900 + 2490, "anna/2": 1170 + 747}
    place.shop.change(order, status="vozvrat")
    place.settle()
    assert place.money(order) == {}
    assert place.stack.inside("check") == []


def test_a_second_sale_beyond_the_limit_is_not_paid(stack: Stack) -> None:
    with open_place(stack, paid_sales=1) as place:
        buyer = {"email": "one@example.com"}
        first = place.order(location=f"/?aff={place.mark('boris')}", status="delivered", **buyer)
        second = place.order(status="delivered", **buyer)
        place.settle()
        assert place.money(first) == {"boris/1": 2490, "anna/2": 747}
        assert place.money(second) == {}
        assert (place.told(second)["partner"], place.told(second)["unpaid"]) == (
            place.mark("boris"),
            "sales_limit",
        )
        assert "1" in place.office(f"orders/{place.told(second)['pk']}/")
        place.shop.change(first, status="otmenen")  # the second one moves up
        place.settle()
        assert place.money(first) == {}
        assert place.money(second) == {"boris/1": 2490, "anna/2": 747}


def test_an_order_after_the_term_is_nobodys(stack: Stack) -> None:
    terms = {"attribution": {"term_days": 30, "term_mode": "sliding"}}
    with open_place(stack, terms=terms) as place:
        buyer = {"phone": "+79001234567"}
        first = place.order(at=ago(100), location=f"/?aff={place.mark('boris')}", **buyer)
        within = place.order(at=ago(75), **buyer)
        after = place.order(at=ago(10), **buyer)
        place.settle()
        assert [place.told(one)["reason"] for one in (first, within, after)] == [
            "landing",
            "attributed",
            "term_ended",
        ]
        assert place.told(after)["partner"] is None


@pytest.mark.parametrize(("policy", "winner"), [("last", "clara"), ("first", "boris")])
def test_a_hand_over_happens_only_where_the_terms_say_so(stack: Stack, policy: str, winner: str) -> None:
    with open_place(stack, terms={"attribution": {"policy": policy}}) as place:
        buyer = {"email": "two@example.com"}
        place.order(at=ago(20), location=f"/?aff={place.mark('boris')}", **buyer)
        later = place.order(
            at=ago(5),
            location=f"/?aff={place.mark('clara')}",
            first_location="/",
            status="delivered",
            **buyer,
        )
        again = place.order(at=ago(1), **buyer)
        place.settle()
        assert place.told(later)["partner"] == place.mark(winner)
        assert place.told(again)["partner"] == place.mark(winner)


def test_the_parameter_on_any_page_is_caught_by_the_script(
    place: Place, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    page.goto(f"{place.shop.url}/product/ivan-chay?aff={place.mark('boris')}&utm_source=vk")
    page.wait_for_function("/(^|; )molva=/.test(document.cookie)")
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "molva")
    order = place.order(location="/", fields={"molva": token})
    place.settle()
    assert (place.told(order)["reason"], place.told(order)["partner"]) == ("link", place.mark("boris"))
    assert place.stack.inside("clicks", partner=place.mark("boris")) == {"clicks": 1, "bots": 0, "touches": 1}


def test_without_the_script_the_landing_speaks(place: Place) -> None:
    order = place.order(location=f"/collection/myod?utm_source=x&aff={place.mark('clara').upper()}#reviews")
    place.settle()
    assert (place.told(order)["reason"], place.told(order)["partner"]) == ("landing", place.mark("clara"))


def test_a_promo_code_attributes_without_a_click(place: Place) -> None:
    place.shop.api(
        "POST",
        "/admin/discount_codes.json",
        {"discount_code": {"code": "CLARA5", "type_id": 1, "discount": "5.0"}},
    )
    place.stack.inside("add_code", partner=place.mark("clara"), code="clara5")
    order = place.order(promo_code="Clara5", status="delivered")
    place.settle()
    assert (place.told(order)["reason"], place.told(order)["partner"]) == ("code", place.mark("clara"))
    assert place.money(order) == {"clara/1": 2366}  # 10 % of 249.00 less 5 %


@pytest.mark.parametrize(
    "wanted", [{"location": "/?aff=nobody-at-all"}, {"promo_code": "LES10"}, {"location": None}]
)
def test_what_leads_to_no_partner_is_recorded_as_nobodys(place: Place, wanted: dict[str, str]) -> None:
    order = place.order(status="delivered", **wanted)
    place.settle()
    told = place.told(order)
    assert (told["reason"], told["partner"], told["commissions"]) == ("no_touch", None, {})


def test_a_partner_who_buys_by_the_own_link_earns_nothing(place: Place) -> None:
    order = place.order(
        email=f"boris-{place.code}@example.org", location=f"/?aff={place.mark('boris')}", status="delivered"
    )
    place.settle()
    assert (place.told(order)["reason"], place.money(order)) == ("own_purchase", {})


def test_a_click_on_a_partner_link_reaches_the_order(
    place: Place, new_context: Callable[..., BrowserContext]
) -> None:
    code = place.stack.inside("link_of", partner=place.mark("clara"))
    page = new_context().new_page()
    page.goto(f"{place.stack.url}/r/{code}?sub1=channel")
    page.wait_for_function("/(^|; )molva=/.test(document.cookie)")
    page.goto(f"{place.shop.url}/product/chabrets")
    page.get_by_role("button", name="В корзину").click()
    page.get_by_role("link", name="Оформить заказ").click()
    page.get_by_label("Имя").fill("Олег")
    page.get_by_label("Телефон").fill("+7 900 222-33-44")
    page.get_by_label("Согласие").check()
    page.get_by_role("button", name="Оформить заказ").click()
    page.wait_for_url("**/orders/**")
    place.settle()
    order = max(place.shop.orders(), key=lambda one: int(one["number"]))
    assert (place.told(order)["reason"], place.told(order)["partner"]) == ("link", place.mark("clara"))
    wait_for(
        lambda: place.stack.inside("clicks", partner=place.mark("clara"))["clicks"] == 1, what="for the click"
    )


def test_a_mad_network_ends_as_a_calm_one(stack: Stack) -> None:
    with open_place(stack) as place:
        place.shop.ask(
            "faults",
            {
                "hooks_lost_percent": 30, "hooks_repeated_percent": 50, "hooks_stale_percent": 20,
                "hooks_shuffled_percent": 60, "hooks_shuffle_seconds": 1,
            },
        )  # fmt: skip
        orders = [place.order(location=f"/?aff={place.mark('boris')}") for _ in range(6)]
        for order in orders:
            for acts in ({"status": "otgruzhen"}, {"paid": True}, {"status": "delivered"}):
                place.shop.change(order, **acts)
        place.shop.change(orders[0], status="vozvrat")
        place.shop.change(orders[1], delete=True)
        place.shop.ask("faults", {"reset": True})
        place.settle()
        stack.inside("poll", connection=place.connection)
        place.settle()
        sums = [place.money(order) for order in orders]
        assert sums == [{}, {}, *[{"boris/1": 2490, "anna/2": 747}] * 4]
        before = stack.inside("ledger", programme=place.programme)
        stack.inside("poll", connection=place.connection)
        assert stack.inside("ledger", programme=place.programme) == before
        assert stack.inside("check") == []
