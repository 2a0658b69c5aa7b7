"""What is owed and to whom: rules, conditions, amounts, discounts, caps."""

import pytest

from tests.simulate.running import at, lead, order, owed, posted, programme, run, touch, unpaid
from tests.simulate.terms import Json, coded, line, lines_of, pays, rule

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
