"""What is owed, when and to whom: rules, amounts, limits, holds, balances."""

from typing import Any

import pytest

from tests.simulate.running import (
    at,
    balance,
    lead,
    order,
    owed,
    posted,
    programme,
    run,
    touch,
    unpaid,
)

Json = dict[str, Any]


def rule(name: str, percent: str = "10", **more: Any) -> Json:
    return {"id": name, "reward": {"1": {"percent": percent}}, **more}


def line(name: str, total: str, **more: Any) -> Json:
    return {"id": name, "total": total, **more}


def coded(created: str, *args: Any, **more: Any) -> Json:
    """An order that B gets by a code."""
    return order(created, *args, **{"codes": ["bee"], "visitor": None, **more})


def lines_of(answer: Json, index: int = 0, level: int = 1) -> list[tuple[str, str, str, str]]:
    """(line, base, rule, amount) of an order's commission."""
    paid = next(one for one in answer["orders"][index]["commissions"] if one["level"] == level)
    return [(one["line"], one["base"], one["rule"], one["amount"]) for one in paid["lines"]]


def pays(rules: list[Json], *events: Json, **terms: Any) -> list[tuple[str, str]]:
    """(rule, amount) of the lines of the last order on level 1."""
    answer = run(programme(rules=rules, **terms), list(events))
    paid = [one for one in answer["orders"][-1]["commissions"] if one["level"] == 1]
    return [(one["rule"], one["amount"]) for one in paid[0]["lines"]] if paid else []


ONE = {
    "lines": [line("1", "1000.00", product="p", categories=["tea", "gift"], sku="S-1")],
    "codes": ["bee", "sale"],
}


@pytest.mark.parametrize(
    ("rules", "winner"),
    [
        ([rule("a"), rule("b")], "b"),  # the later
        ([rule("a", priority=1), rule("b")], "a"),
        ([rule("a"), rule("b", priority=-1)], "a"),
        ([rule("a", when={"category": ["tea"]}), rule("b", priority=9)], "a"),
        ([rule("a", when={"product": ["p"]}), rule("b", when={"category": ["tea"]}, priority=9)], "a"),
        ([rule("a", when={"sku": ["S-1"]}), rule("b", when={"product": ["p"]})], "b"),
        ([rule("a", when={"code": ["SALE"]}), rule("b", when={"product": ["p"]}, priority=9)], "a"),
        ([rule("a", when={"group": ["vip"]}), rule("b", when={"code": ["sale"], "sku": ["S-1"]})], "a"),
        ([rule("a", when={"partner": ["B"]}), rule("b", when={"group": ["vip"], "code": ["sale"]})], "a"),
        ([rule("a", when={"partner": []}), rule("b")], "b"),
        ([rule("a", when={"partner": ["C"]}), rule("b")], "b"),
        ([rule("a", when={"sku": ["s-1"]}), rule("b")], "b"),  # exactly
        ([rule("a", when={"category": ["gift"], "product": ["q"]}), rule("b")], "b"),  # all must hold
        ([rule("a", when={"code": ["unknown"]}), rule("b")], "b"),
    ],
)
def test_which_rule_pays(rules: list[Json], winner: str) -> None:
    partners = [{"id": "A"}, {"id": "B", "groups": ["vip"]}, {"id": "C"}]
    assert pays(rules, order(at(1), visitor=None, **ONE), partners=partners) == [(winner, "100.00")]


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({"order_total_from": "900.00"}, True),
        ({"order_total_from": "900.01"}, False),
        ({"order_total_to": "900.00"}, True),
        ({"order_total_to": "899.99"}, False),
        ({"client": "new"}, True),
        ({"client": "returning"}, False),
        ({"valid_from": at(1)}, True),
        ({"valid_from": at(1, 12, 1)}, False),
        ({"valid_to": at(1)}, False),
        ({"valid_to": at(1, 12, 1)}, True),
        ({"days_since_attribution_to": 0}, True),
        ({"sale_from": 1, "sale_to": 1}, True),
        ({"sale_from": 2}, False),
    ],
)
def test_conditions_of_the_order(when: Json, *, holds: bool) -> None:
    """The total is of the bases: after the discount."""
    got = pays([rule("r", when=when)], coded(at(1), discount="100.00"))
    assert got == ([("r", "90.00")] if holds else [])


def test_new_and_returning() -> None:
    rules = [rule("new", "10", when={"client": "new"}), rule("old", "5", when={"client": "returning"})]
    events = [
        coded(at(1), "o1", status="cancelled"),
        coded(at(2), "o2"),
        coded(at(2), "o3", client="c2"),
        coded(at(2), "o4", client="c2"),
    ]
    answer = run(programme(rules=rules), events)
    assert owed(answer) == [
        ("o2", "B", 1, "50.00"),
        ("o3", "B", 1, "100.00"),  # of one moment: neither is earlier
        ("o4", "B", 1, "100.00"),
    ]


def test_a_late_earlier_order_makes_the_client_returning() -> None:
    rules = [rule("new", "10", when={"client": "new"})]
    answer = run(programme(rules=rules), [coded(at(2), "o2"), coded(at(1), "o1", known=at(3))])
    assert posted(answer) == [
        ("03-02T12:00", "o2", "B", "accrual", "100.00"),
        ("03-03T12:00", "o1", "B", "accrual", "100.00"),
        ("03-03T12:00", "o2", "B", "correction", "-100.00"),
    ]


@pytest.mark.parametrize(("day", "hour", "holds"), [(11, 12, True), (11, 13, False)])
def test_days_since_the_attribution(day: int, hour: int, *, holds: bool) -> None:
    rules = [rule("r", when={"days_since_attribution_to": 10})]
    got = pays(rules, touch(at(1)), lead(at(1)), order(at(day, hour)))
    assert got == ([("r", "100.00")] if holds else [])


def test_rules_at_that_very_moment_are_in_force() -> None:
    change = {"at": at(2), "type": "rules", "rules": [rule("new", "20")]}
    events = [coded(at(2), "o2"), change, coded(at(1, 23), "o1", known=at(3))]
    answer = run(programme(), events)
    assert [row for row in owed(answer) if row[2] == 1] == [
        ("o1", "B", 1, "100.00"),
        ("o2", "B", 1, "200.00"),
    ]
    assert [row[4] for row in posted(answer)] == ["200.00", "100.00", "30.00"]


def test_levels_pay_by_the_rule_of_level_one_of_the_same_base() -> None:
    partners = [{"id": "A"}, {"id": "B", "invited_by": "A"}, {"id": "C", "invited_by": "B"}]
    rules = [{"id": "r", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}, "3": {"percent": "1"}}}]
    answer = run(programme(partners=partners, rules=rules), [order(at(1), codes=["cat"])])
    assert owed(answer) == [("o1", "C", 1, "100.00"), ("o1", "B", 2, "30.00")]


@pytest.mark.parametrize("flaw", [{"blocked": True}, {"email": "c@c.ru"}])
def test_nobody_moves_up(flaw: Json) -> None:
    partners = [{"id": "A"}, {"id": "B", "invited_by": "A", **flaw}, {"id": "C", "invited_by": "B"}]
    rules = [{"id": "r", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}, "3": {"percent": "1"}}}]
    answer = run(
        programme(partners=partners, rules=rules, levels=3),
        [order(at(1), codes=["cat"], client={"email": "C@c.ru"})],
    )
    assert owed(answer) == [("o1", "C", 1, "100.00"), ("o1", "A", 3, "10.00")]


def test_chain_as_it_is_at_the_creation() -> None:
    move = {"at": at(2), "type": "partner", "partner": {"id": "B", "invited_by": "C"}}
    answer = run(programme(), [move, coded(at(1), "o1", known=at(3)), coded(at(2), "o2", known=at(3))])
    assert [row[:2] for row in owed(answer) if row[2] == 2] == [("o1", "A"), ("o2", "C")]


@pytest.mark.parametrize(
    ("total", "percent", "amount"),
    [
        ("0.05", "10", "0.01"),
        ("0.04", "10", ""),
        ("1234.45", "10", "123.45"),
        ("100.00", "33.335", "33.34"),
        ("99.99", "0.005", "0.00"),
        ("10.00", "150", "15.00"),
        ("1", "12.50", "0.13"),
    ],
)
def test_per_cent_rounds_half_up_once(total: str, percent: str, amount: str) -> None:
    got = pays([rule("r", percent)], coded(at(1), "o1", total))
    assert got == ([("r", amount)] if amount not in ("", "0.00") else [])


@pytest.mark.parametrize(
    ("per", "amounts"),
    [("line", ["10.50", "10.50"]), ("unit", ["26.25", "10.50"]), ("order", ["10.50", "0.00"])],
)
def test_fixed_sums(per: str, amounts: list[str]) -> None:
    rules = [{"id": "r", "reward": {"1": {"fixed": "10.50"}}, "per": per}]
    lines = [line("0", "0.00"), line("1", "5.00", quantity="2.5"), line("2", "5.00")]
    answer = run(programme(rules=rules), [coded(at(1), lines=lines)])
    assert [row[3] for row in lines_of(answer)] == amounts
    assert lines_of(answer)[0][0] == "1"  # a line without a base pays nothing


def test_fixed_per_unit_is_rounded_half_up() -> None:
    rules = [{"id": "r", "reward": {"1": {"fixed": "0.01"}}, "per": "unit"}]
    answer = run(programme(rules=rules), [coded(at(1), lines=[line("1", "5.00", quantity="2.5")])])
    assert lines_of(answer) == [("1", "5.00", "r", "0.03")]


@pytest.mark.parametrize(
    ("discount", "bases"),
    [
        ("0.01", ["0.99", "1.00", "1.00"]),  # ties to the earlier line
        ("0.02", ["0.99", "0.99", "1.00"]),
        ("1.00", ["0.66", "0.67", "0.67"]),
        ("2.99", ["0.01", "", ""]),
    ],
)
def test_discount_is_shared_by_the_largest_remainder(discount: str, bases: list[str]) -> None:
    rules = [{"id": "r", "reward": {"1": {"fixed": "1.00"}}}]
    lines = [line(str(i), "1.00") for i in range(3)]
    answer = run(programme(rules=rules), [coded(at(1), lines=lines, discount=discount)])
    got = [row[1] for row in lines_of(answer)]
    total = sum(round(float(base) * 100) for base in got)
    assert total == 300 - round(float(discount) * 100)
    if discount != "2.99":
        assert got == bases


def test_discount_above_the_goods() -> None:
    answer = run(programme(), [coded(at(1), discount="1000.01")])
    assert unpaid(answer) == {"o1": "zero_base"}


def test_cap_is_cut_from_the_last_line_backwards() -> None:
    rules = [{"id": "r", "reward": {"1": {"percent": "10"}, "2": {"percent": "5"}}, "cap": "25.00"}]
    lines = [line(str(i), "100.00") for i in range(4)]
    answer = run(programme(rules=rules), [coded(at(1), lines=lines)])
    assert [row[3] for row in lines_of(answer)] == ["10.00", "10.00", "5.00", "0.00"]
    assert [row[3] for row in lines_of(answer, level=2)] == ["5.00"] * 4


def test_none_names_the_level_and_pays_nothing() -> None:
    rules = [rule("all", "10"), {"id": "no", "when": {"product": ["p"]}, "reward": {"1": {"none": True}}}]
    lines = [line("1", "100.00", product="p"), line("2", "100.00")]
    answer = run(programme(rules=rules), [coded(at(1), lines=lines)])
    paid = answer["orders"][0]["commissions"][0]
    assert [(one["rule"], one["percent"], one["fixed"], one["amount"]) for one in paid["lines"]] == [
        ("no", None, None, "0.00"),
        ("all", "10", None, "10.00"),
    ]


@pytest.mark.parametrize(
    ("rules", "more", "reason"),
    [
        ([rule("r")], {"total": "0.00"}, "zero_base"),
        ([rule("r", when={"sku": ["x"]})], {}, "no_rule"),
        ([{"id": "r", "reward": {"1": {"none": True}}}], {}, "rule_none"),
        ([{"id": "r", "reward": {"2": {"percent": "3"}}}], {}, "rule_none"),
        ([{"id": "r", "reward": {}}], {}, "rule_none"),
        ([rule("r", "0")], {}, "zero_amount"),
        ([rule("r", cap="0.00")], {}, "zero_amount"),
        ([rule("r")], {"status": "new"}, "status"),
        ([rule("r")], {"status": "cancelled"}, "status"),
        ([rule("r", when={"sku": ["x"]})], {"status": "cancelled"}, "no_rule"),
        ([rule("r")], {}, None),
    ],
)
def test_why_nothing_is_owed(rules: list[Json], more: Json, reason: str | None) -> None:
    assert unpaid(run(programme(rules=rules), [coded(at(1), **more)])) == {"o1": reason}


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
