"""The gate before a shop: never one call more than allowed, over all processes; closed doors open by themselves."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database

from molva.integrations.models import ApiWindow
from molva.integrations.quota import Gate, ShopBusyError, Urgency, calling_as
from molva.kit import clock

START = datetime(2026, 10, 1, 12, tzinfo=UTC)


def gate(urgency: Urgency | None = None, *, password: str = "p", login: str = "key") -> Gate:
    return Gate(kind="insales", host="a.myinsales.ru", login=login, password=password, urgency=urgency)


@pytest.fixture(autouse=True)
def _frozen(db: None) -> Iterator[None]:
    with clock.pretend(START):
        yield


@pytest.fixture
def small(_frozen: None) -> None:
    """A shop that allows a hundred calls: the same, quicker."""
    one = gate()
    one.heard(one.enter(), "0/100", is_good=True)
    ApiWindow.objects.update(used=0)


def use_up(one: Gate) -> int:
    """Calls that are let in."""
    for count in range(1000):
        try:
            one.enter()
        except ShopBusyError:
            return count
    raise AssertionError("never closed")


def wait_of(one: Gate) -> tuple[str, int]:
    """Why the door is closed, and for how many seconds."""
    with pytest.raises(ShopBusyError) as caught:
        one.enter()
    return caught.value.cause, caught.value.retry_after


def test_each_kind_of_caller_has_its_share_and_people_have_the_rest(small: None):
    assert use_up(gate(Urgency.PAST)) == 70
    assert use_up(gate(Urgency.WORK)) == 20
    assert use_up(gate(Urgency.PERSON)) == 10
    assert wait_of(gate(Urgency.PERSON)) == ("limit", 302)


def test_the_window_begins_with_the_first_call_and_ends_by_itself(small: None):
    one = gate(Urgency.WORK)
    assert use_up(one) == 90
    with clock.pretend(START + timedelta(seconds=301)):
        assert wait_of(one) == ("limit", 1)
    with clock.pretend(START + timedelta(seconds=302)):
        assert use_up(one) == 90


def test_the_caller_of_a_block_is_known_without_being_told(small: None):
    with calling_as(Urgency.PAST):
        assert use_up(gate()) == 70
    assert use_up(gate()) == 20


def test_two_keys_have_two_windows(small: None):
    use_up(gate())
    assert gate(login="other").enter() == 1


def test_the_shops_own_count_is_believed_when_it_is_larger():
    one = gate()
    one.heard(one.enter(), "449/500", is_good=True)
    assert one.enter() == 450
    assert wait_of(one)[0] == "limit"


def test_a_smaller_count_within_what_is_on_its_way_changes_nothing():
    one = gate()
    numbers = [one.enter() for _ in range(30)]
    one.heard(numbers[-1], "6/500", is_good=True)
    assert one.enter() == 31


def test_a_window_that_has_begun_anew_at_the_shop_is_noticed():
    one = gate()
    numbers = [one.enter() for _ in range(40)]
    later = START + timedelta(seconds=100)
    with clock.pretend(later):
        one.heard(numbers[-1], "1/100", is_good=True)
        assert use_up(one) == 89
    row = ApiWindow.objects.get()
    assert (row.started_at, row.used) == (later, 90)


@pytest.mark.parametrize(
    "usage", ["", "x/y", "-1/500", "1" * 400 + "/500", "٣/500", "5", "7/0", "7/" + "9" * 50]
)
def test_a_header_of_nonsense_changes_nothing_for_the_worse(usage: str):
    one = gate()
    one.heard(one.enter(), usage, is_good=True)
    row = ApiWindow.objects.get()
    assert (row.allowed, row.used in (1, 5, 7)) == (500, True)


def test_the_shop_may_allow_more_or_less():
    one = gate()
    one.heard(one.enter(), "1/60", is_good=True)
    assert use_up(one) == 53


def test_a_closed_door_is_closed_for_everybody_until_its_moment():
    gate().enter()
    gate().close(40)
    assert wait_of(gate()) == ("limit", 40)
    assert wait_of(gate(Urgency.PERSON)) == ("limit", 40)
    gate().close(5)  # a shorter wish does not open it earlier
    assert wait_of(gate()) == ("limit", 40)
    with clock.pretend(START + timedelta(seconds=40)):
        assert gate().enter() == 2


def test_no_shop_can_close_the_door_for_a_day():
    gate().enter()
    gate().close(86_400)
    assert wait_of(gate()) == ("limit", 3600)


def test_after_three_failures_the_shop_rests_longer_each_time_and_one_call_tries():
    one = gate()
    rests = []
    now = START
    for _ in range(10):
        with clock.pretend(now):
            one.enter()
            one.failed()
            row = ApiWindow.objects.get()
            if row.rests_until:
                rests.append((row.rests_until - now).total_seconds())
                assert wait_of(gate())[0] == "rest"
                now = row.rests_until
    assert len(rests) == 8
    limits = [5, 15, 45, 135, 240, 240, 240, 240]
    assert all(limit * 0.9 <= rest <= limit for rest, limit in zip(rests, limits, strict=True))
    with clock.pretend(now):
        number = one.enter()
        assert wait_of(gate()) == ("rest", 60)  # one tries, the others wait for it
        one.heard(number, "", is_good=True)
        assert gate().enter() > number


def test_people_may_try_a_shop_that_rests():
    one = gate()
    for _ in range(3):
        one.enter()
        one.failed()
    assert wait_of(gate())[0] == "rest"
    assert gate(Urgency.PERSON).enter() == 4


def test_a_refused_key_is_tried_once_an_hour_and_a_new_password_at_once():
    one = gate()
    one.enter()
    assert one.refuse().cause == "key"
    assert wait_of(gate()) == ("key", 3600)
    assert gate(password="new").enter() == 2
    assert gate(Urgency.PERSON).enter() == 3
    with clock.pretend(START + timedelta(hours=1)):
        assert gate().enter() == 1


@pytest.mark.django_db(transaction=True)
def test_many_threads_never_take_more_than_there_is():
    if database.vendor == "sqlite":
        pytest.skip("SQLite in memory has one writer: nothing runs at once")
    taken: list[int] = []

    def run() -> None:
        try:
            with clock.pretend(START):
                one = gate()
                for _ in range(40):
                    try:
                        taken.append(one.enter())
                    except ShopBusyError:
                        return
        finally:
            database.close()

    ApiWindow.objects.all().delete()
    one = gate()
    one.heard(one.enter(), "1/100", is_good=True)
    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 89
    assert ApiWindow.objects.get().used == 90
