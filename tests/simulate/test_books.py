"""When it is owed: limits of sales, holds, corrections, payouts, balances."""

from tests.simulate.running import at, balance, lead, owed, posted, programme, run, touch, unpaid
from tests.simulate.terms import coded, line, lines_of, rule


def test_sales_limit_and_a_returned_sale() -> None:
    """A returned sale gives its place to the next, which is then owed."""
    rules = [rule("r", paid_sales=1)]
    events = [
        coded(at(1), "o1"),
        coded(at(2), "o2"),
        coded(at(3), "o1", seq=1, status="cancelled", known=at(3)),
        coded(at(4), "o1", seq=2, status="delivered", known=at(4)),
    ]
    for event in events[2:]:
        event["order"]["created_at"] = at(1)
    assert unpaid(run(programme(rules=rules), events[:2])) == {"o1": None, "o2": "sales_limit"}
    answer = run(programme(rules=rules), events)
    assert posted(answer) == [
        ("03-01T12:00", "o1", "B", "accrual", "100.00"),
        ("03-03T12:00", "o1", "B", "correction", "-100.00"),
        ("03-03T12:00", "o2", "B", "accrual", "100.00"),
        ("03-04T12:00", "o1", "B", "accrual", "100.00"),
        ("03-04T12:00", "o2", "B", "correction", "-100.00"),
    ]


def test_only_sales_that_pay_take_a_place_in_the_limit() -> None:
    rules = [rule("r", paid_sales=1), {"id": "no", "when": {"sku": ["x"]}, "reward": {"1": {"none": True}}}]
    events = [coded(at(1), "o1", lines=[line("1", "50.00", sku="x")]), coded(at(2), "o2"), coded(at(3), "o3")]
    assert owed(run(programme(rules=rules), events)) == [("o2", "B", 1, "100.00")]


def test_limit_of_one_rule_leaves_the_other_and_stops_all_levels() -> None:
    rules = [
        {"id": "r", "reward": {"1": {"percent": "10"}, "2": {"percent": "5"}}, "paid_sales": 1},
        {"id": "x", "when": {"sku": ["x"]}, "reward": {"1": {"percent": "1"}}},
    ]
    lines = [line("1", "100.00"), line("2", "100.00", sku="x")]
    answer = run(programme(rules=rules), [coded(at(1), "o1"), coded(at(2), "o2", lines=lines)])
    assert owed(answer)[2:] == [("o2", "B", 1, "1.00")]
    assert lines_of(answer, 1) == [("1", "100.00", "r", "0.00"), ("2", "100.00", "x", "1.00")]


def test_places_by_first_reaching_then_id() -> None:
    rules = [rule("first", "10", when={"sale_to": 1}), rule("next", "1", when={"sale_from": 2})]
    events = [
        coded(at(1), "o1", status="new"),
        coded(at(2), "o3"),
        coded(at(2), "o2"),
        coded(at(1), "o1", seq=1, known=at(4)),
    ]
    assert owed(run(programme(rules=rules), events)) == [
        ("o1", "B", 1, "10.00"),
        ("o2", "B", 1, "100.00"),
        ("o3", "B", 1, "10.00"),
    ]


def test_order_total_of_the_snapshot_that_first_reached() -> None:
    rules = [
        rule("big", "10", when={"order_total_from": "1000.00"}),
        rule("small", "1", when={"order_total_to": "999"}),
    ]
    events = [
        coded(at(1), total="500.00", status="new"),
        coded(at(1), total="1000.00", seq=1, known=at(2)),
        coded(at(1), total="400.00", seq=2, known=at(3)),
    ]
    answer = run(programme(rules=rules), events)
    assert owed(answer) == [("o1", "B", 1, "40.00")]


def test_a_smaller_or_equal_seq_is_not_applied() -> None:
    events = [
        coded(at(1), total="100.00", seq=2),
        coded(at(1), total="200.00", seq=2, known=at(2)),
        coded(at(1), total="300.00", seq=1, known=at(3)),
        coded(at(1), total="400.00", seq=3, known=at(4)),
    ]
    assert [row[4] for row in posted(run(programme(rules=[rule("r")]), events))] == ["10.00", "30.00"]


def test_equal_lines_change_nothing() -> None:
    """Rules written again between others, a payout and a lead twice."""
    first = {"at": at(1), "type": "rules", "rules": [rule("one", "1")]}
    second = {"at": at(1), "type": "rules", "rules": [rule("two", "2")]}
    events = [first, second, dict(reversed(first.items())), coded(at(2))]
    assert owed(run(programme(), events)) == [("o1", "B", 1, "20.00")]


def test_hold_release_and_corrections() -> None:
    """A correction takes from what is held, oldest first, then from what is available."""
    terms = programme(rules=[rule("r")], accrual={"hold_days": 2})
    events = [
        coded(at(1), total="1000.00"),
        coded(at(1), total="1500.00", seq=1, known=at(2)),
        coded(at(1), total="300.00", seq=2, known=at(3, 13)),  # 100 released, 50 held: 30 are left
    ]
    until = run(terms, events[:2], "--until", at(3))
    assert posted(until)[2:] == [("03-03T12:00", "o1", "B", "release", "100.00")]
    assert balance(until, "B") == {"expected": "0.00", "held": "50.00", "available": "100.00", "paid": "0.00"}
    answer = run(terms, events, "--until", at(9))
    assert posted(answer)[3:] == [("03-03T13:00", "o1", "B", "correction", "-120.00")]
    assert balance(answer, "B") == {"expected": "0.00", "held": "0.00", "available": "30.00", "paid": "0.00"}


def test_releases_come_before_the_events_of_the_moment() -> None:
    terms = programme(rules=[rule("r")], accrual={"hold_days": 1})
    answer = run(terms, [coded(at(1)), {"at": at(2), "type": "payout", "partner": "B"}])
    assert posted(answer)[1:] == [
        ("03-02T12:00", "o1", "B", "release", "100.00"),
        ("03-02T12:00", None, "B", "payout", "-100.00"),
    ]
    assert balance(answer, "B")["paid"] == "100.00"


def test_available_goes_below_zero_and_a_payout_then_pays_nothing() -> None:
    block = {"at": at(2), "type": "partner", "partner": {"id": "B", "blocked": True}}
    pay = {"at": at(2), "type": "payout", "partner": "B"}
    events = [
        coded(at(1)),
        block,
        pay,
        coded(at(1), seq=1, status="cancelled", known=at(3)),
        {**pay, "at": at(4)},
        {**pay, "at": at(4)},
    ]
    answer = run(programme(rules=[rule("r")]), events)
    assert [row[3:] for row in posted(answer)] == [
        ("accrual", "100.00"),
        ("payout", "-100.00"),
        ("correction", "-100.00"),
    ]
    assert balance(answer, "B") == {
        "expected": "0.00",
        "held": "0.00",
        "available": "-100.00",
        "paid": "100.00",
    }


def test_expected_all_together() -> None:
    """Three open orders and a limit of two sales; one that has been there stands first."""
    rules = [rule("r", paid_sales=2)]
    events = [
        coded(at(1), "o1", "100.00"),
        coded(at(2), "o2", "200.00", status="new"),
        coded(at(3), "o3", "400.00", status="new"),
        coded(at(4), "o4", "800.00", status="cancelled"),
    ]
    answer = run(programme(rules=rules), events)
    assert balance(answer, "B") == {"expected": "20.00", "held": "0.00", "available": "10.00", "paid": "0.00"}
    back = coded(at(1), "o1", "100.00", seq=1, status="new", known=at(5))
    assert balance(run(programme(rules=rules), [*events, back]), "B")["expected"] == "30.00"


def test_welcome_money() -> None:
    partners = [
        {"id": "A", "welcome": "1.00"},
        {"id": "B", "welcome": "2.00", "joined": at(2)},
        {"id": "C", "welcome": "4.00", "joined": at(20)},
    ]
    comes = {"at": at(4), "type": "partner", "partner": {"id": "D", "welcome": "8.00", "joined": at(3)}}
    waits = {"at": at(4), "type": "partner", "partner": {"id": "E", "welcome": "16.00", "joined": at(6)}}
    richer = {"at": at(5), "type": "partner", "partner": {"id": "D", "welcome": "32.00", "joined": at(7)}}
    answer = run(programme(partners=partners), [coded(at(3)), comes, waits, richer, touch(at(8))])
    assert [row for row in posted(answer) if row[3] == "welcome"] == [
        ("03-02T12:00", None, "B", "welcome", "2.00"),
        ("03-03T12:00", None, "A", "welcome", "1.00"),
        ("03-04T12:00", None, "D", "welcome", "8.00"),
        ("03-06T12:00", None, "E", "welcome", "16.00"),
    ]


def test_without_events_until_is_the_last_joined() -> None:
    partners = [{"id": "A", "welcome": "1.00"}, {"id": "B", "welcome": "2.00", "joined": at(2)}]
    assert posted(run(programme(partners=partners, codes=[]), [])) == [
        ("03-02T12:00", None, "B", "welcome", "2.00")
    ]


def test_nothing_after_until() -> None:
    answer = run(programme(), [coded(at(1)), coded(at(2), "o2")], "--until", at(1))
    assert [one["id"] for one in answer["orders"]] == ["o1"]
    assert run(programme(), [coded(at(1))], "--until", at(1, 11))["orders"] == []


def test_joined_clients_sales_stand_in_one_line() -> None:
    """A lead joins two clients; the second sale of the one person is beyond the limit from then on."""
    rules = [rule("r", paid_sales=1)]
    events = [
        coded(at(1), "o1", client="c1"),
        coded(at(2), "o2", client="c2"),
        lead(at(3), client={"id": "c1", "email": "x@x.ru"}, visitor=None),
        lead(at(4), client={"id": "c2", "email": "x@x.ru"}, visitor=None),
    ]
    assert posted(run(programme(rules=rules), events)) == [
        ("03-01T12:00", "o1", "B", "accrual", "100.00"),
        ("03-02T12:00", "o2", "B", "accrual", "100.00"),
        ("03-04T12:00", "o2", "B", "correction", "-100.00"),
    ]
