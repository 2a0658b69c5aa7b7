"""Bad input and bad days through running processes: clear words, nothing lost."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.flows.places import Place, open_place
from tests.flows.stack import Stack, wait_for


@pytest.fixture(scope="module")
def place(stack: Stack) -> Iterator[Place]:
    with open_place(stack, shop=stack.shop) as made:
        yield made


def last_event(place: Place) -> dict[str, Any]:
    """The newest payload of the place."""
    found: dict[str, Any] = place.stack.inside("inbound", programme=place.programme)[-1]
    return found


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"id": 145', "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[1, 2]", "not an order"),
        (b'{"total_price": "100"}', "names no order"),
        (b'{"id": 145, "account_id": 1}', "another shop"),
        (b'{"id": 987654321}', "knows no such order"),
    ],
)
def test_a_hook_that_is_not_understood_waits_with_its_reason(place: Place, body: bytes, reason: str) -> None:
    assert place.hook("orders-update", body) == 200
    place.settle()
    event = last_event(place)
    assert event["state"] == "dead"
    assert reason in event["reason"]
    assert event["body"] == body.decode(errors="replace")
    page = place.office("inbound/")
    assert "Не поняли" in page
    assert place.office(f"inbound/{event['pk']}/")


def test_a_strangers_hook_is_refused_and_leaves_no_trace(place: Place) -> None:
    before = len(place.stack.inside("inbound", programme=place.programme))
    assert place.hook("orders-update", b'{"id": 1}', secret="guessed-by-somebody") == 404
    # Molva answers without reading so much: a client that is still sending may see its connection cut instead
    wait_for(lambda: place.hook("orders-update", b"x" * (1024 * 1024 + 1)) == 413)
    assert len(place.stack.inside("inbound", programme=place.programme)) == before


def test_an_order_without_a_client_is_recorded(place: Place) -> None:
    order = place.shop.order(location=f"/?aff={place.mark('boris')}", status="delivered")
    place.settle()
    told = place.told(order)
    assert (told["partner"], told["reason"], place.money(order)) == (
        place.mark("boris"), "landing", {"boris/1": 2490, "anna/2": 747},
    )  # fmt: skip
    assert str(order["number"]) in place.office("orders/")
    assert str(order["number"]) in place.office(f"orders/{told['pk']}/")
    assert place.office(f"customers/{told['customer']}/")


def test_a_status_that_the_shop_deleted_is_told_of(stack: Stack) -> None:
    with open_place(stack, terms={"accrual": {"statuses": ["zakaz-vypolnen"]}}) as place:
        assert "удалил" not in place.office("terms/")
        place.shop.api("DELETE", "/admin/custom_statuses/zakaz-vypolnen.json")
        stack.inside("refresh", connection=place.connection)
        told = place.office("terms/")
        assert "удалил" in told
        assert "zakaz-vypolnen" in told
        order = place.order(location=f"/?aff={place.mark('boris')}", status="delivered")
        place.settle()
        assert (place.told(order)["unpaid"], place.money(order)) == ("status", {})


def test_a_file_with_broken_rows_is_applied_as_far_as_it_can_be(place: Place) -> None:
    file = "\n".join(
        [
            "номер;сумма;почта;код партнёра;статус;дата",
            f"A-1;1 000,50;a1@example.com;{place.mark('clara')};delivered;01.11.2026",
            f"A-2;тысяча;a2@example.com;{place.mark('clara')};delivered;01.11.2026",
            f"A-3;500;a3@example.com;{place.mark('clara')};delivered;32.11.2026",
            f";700;a4@example.com;{place.mark('clara')};delivered;",
            f"A-5;700;;{place.mark('clara')};delivered;",
            f"A-6;200;a6@example.com;{place.mark('clara')};delivered;",
        ]
    )
    status, _, address = place.stack.inside("page", path=f"/office/{place.code}/orders/import/", file=file)
    assert status == 200
    place.settle()
    orders = place.stack.inside("orders", programme=place.programme)
    assert {"A-1", "A-6"} == {number for number in orders if number.startswith("A-")}
    assert orders["A-1"]["commissions"] == {f"{place.mark('clara')}/1": 10005}
    _, told, _ = place.stack.inside("page", path=address)
    for number in ("3", "4", "5", "6"):
        assert f" {number} " in told
    assert "тысяча" in told
    states = [row["state"] for row in place.stack.inside("inbound", programme=place.programme)]
    assert states.count("new") == 0


def test_a_file_that_is_no_table_is_refused_with_words(place: Place) -> None:
    _, told, address = place.stack.inside(
        "page", path=f"/office/{place.code}/orders/import/", file="просто текст\n"
    )
    assert address.endswith("/orders/import/")
    assert "CSV" in told


@contextmanager
def worker_away(stack: Stack) -> Iterator[None]:
    """The worker stands still, as if its machine hung."""
    pids = stack.pids("worker")
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_while_the_worker_is_away_hooks_wait(place: Place) -> None:
    with worker_away(place.stack):
        orders = [place.order(location=f"/?aff={place.mark('clara')}", status="delivered") for _ in range(5)]
        assert place.shop.ask("idle", {"timeout": 20})["idle"] is True
        assert place.stack.inside("jobs_waiting") >= 5
        assert not set(place.stack.inside("orders", programme=place.programme)) & {
            str(one["number"]) for one in orders
        }
    place.settle()
    assert [place.money(order) for order in orders] == [{"clara/1": 2490}] * 5


def test_lost_hooks_are_found_by_polling(place: Place, request: pytest.FixtureRequest) -> None:
    place.shop.ask("faults", {"hooks_lost_percent": 100})
    request.addfinalizer(lambda: place.shop.ask("faults", {"reset": True}))
    order = place.order(location=f"/?aff={place.mark('clara')}", status="delivered")
    place.settle()
    assert str(order["number"]) not in place.stack.inside("orders", programme=place.programme)
    place.stack.inside("poll", connection=place.connection)
    assert place.money(order) == {"clara/1": 2490}
    place.shop.change(order, status="vozvrat")
    place.stack.inside("poll", connection=place.connection)
    assert place.money(order) == {}


def test_a_shop_that_does_not_answer_is_asked_again(place: Place) -> None:
    place.shop.ask("faults", {"api_answer": "503", "api_retry_after": 1, "api_left": 2})
    order = place.order(location=f"/?aff={place.mark('clara')}", status="delivered")
    wait_for(
        lambda: str(order["number"]) in place.stack.inside("orders", programme=place.programme),
        30,
        "for another try",
    )
    place.shop.ask("faults", {"reset": True})
    place.settle()
    assert place.money(order) == {"clara/1": 2490}


def test_the_books_hold_after_all_this(place: Place) -> None:
    assert place.stack.inside("check") == []
    # a hook of a shop that an earlier story has stopped waits for its next try, as it should
    left = [job for job in place.stack.inside("jobs_left") if "Connection refused" not in job[3]]
    assert left == []
