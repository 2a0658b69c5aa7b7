"""`judge`, as the live engine calls it: versions of terms over time, facts that become known late, explanations."""

import json
from dataclasses import replace
from typing import Any

import pytest

from molva.domain.directory import ALWAYS, Directory
from molva.domain.explanation import as_json, explain, from_json, recompute
from molva.domain.facts import ClientKeys, LeadFacts, Line, OrderFacts, PersonFacts, Snapshot, TouchFacts
from molva.domain.judge import judge
from molva.domain.reading import WrongInput, moment
from molva.domain.rewards import month_deadline
from molva.domain.rule_reading import parse_rule
from molva.domain.terms import DAY, AccrualTerms, AttributionTerms, PartnerState, RuleSet, Terms
from molva.domain.texts import commission_text, verdict_text

CLIENT = ClientKeys(id="c1")


def terms(*rules: dict[str, Any], **attribution: Any) -> Terms:
    written = rules or ({"id": "default", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}}},)
    return Terms(
        attribution=AttributionTerms(**{"policy": "last", **attribution}),
        accrual=AccrualTerms(frozenset({"done"}), frozenset({"lost"}), hold_days=14),
        levels=2,
        rules=RuleSet.of(parse_rule(rule) for rule in written),
        timezone="Europe/Moscow",
    )


def directory(first: Terms, *later: tuple[int, Terms]) -> Directory:
    book = Directory()
    book.add_terms(ALWAYS, first)
    for since, version in later:
        book.add_terms(since, version)
    book.add_partner(ALWAYS, PartnerState("A"))
    book.add_partner(ALWAYS, PartnerState("B", invited_by="A", groups=frozenset({"vip"})))
    book.add_code(ALWAYS, "bee", "B")
    return book


def order(name: str, created: int, status: str = "done", total: int = 100_00, **more: Any) -> OrderFacts:
    snapshot = Snapshot(status, (Line("1", total, sku="S"),))
    facts: dict[str, Any] = {
        "id": name,
        "created_at": created,
        "client": CLIENT,
        "visitor": None,
        "codes": ("bee",),
        "landing": None,
        "tie": created,
        "snapshot": snapshot,
    }
    if status == "done":
        facts |= {"reached_at": created, "reached_snapshot": snapshot}
    return OrderFacts(**{**facts, **more})


def owed(person: PersonFacts, book: Directory, now: int = 10**9) -> dict[str, list[tuple[str, int, int]]]:
    judged = judge(person, book, now)
    return {
        name: [(one.partner, one.level, one.amount_minor) for one in money.commissions]
        for name, money in judged.owed.items()
    }


def test_a_person_judged() -> None:
    book = directory(terms())
    judged = judge(PersonFacts([order("o1", 5), order("o2", 7, "new", codes=())]), book, 9)
    assert judged.decided.orders["o1"].reason == "code"
    assert judged.decided.orders["o2"].reason == "attributed"
    assert [(a.client, a.partner, a.start, a.end) for a in judged.decided.attributions] == [
        ("c1", "B", 5, None)
    ]
    assert [(c.partner, c.amount_minor) for c in judged.owed["o1"].commissions] == [("B", 1000), ("A", 300)]
    assert judged.owed["o2"].commissions == ()
    assert [(c.partner, c.amount_minor) for c in judged.owed["o2"].expected] == [("B", 1000), ("A", 300)]
    assert (judged.owed["o2"].unpaid, judged.owed["o2"].place, judged.owed["o2"].is_new) == (
        "status",
        2,
        False,
    )


def test_order_of_facts_does_not_matter() -> None:
    book = directory(terms({"id": "r", "reward": {"1": {"percent": "10"}}, "paid_sales": 1}))
    orders = [order("o1", 5), order("o2", 7), order("o3", 9, "new")]
    assert owed(PersonFacts(orders[::-1]), book) == owed(PersonFacts(orders), book)
    assert owed(PersonFacts(orders), book) == {"o1": [("B", 1, 1000)], "o2": [], "o3": []}


def test_each_decision_uses_the_terms_of_its_creation() -> None:
    double = terms({"id": "double", "reward": {"1": {"percent": "20"}}})
    book = directory(terms(), (7, double))
    assert owed(PersonFacts([order("o1", 6), order("o2", 7)]), book) == {
        "o1": [("B", 1, 1000), ("A", 2, 300)],
        "o2": [("B", 1, 2000)],
    }


def test_policy_changes_by_version() -> None:
    touches = {"v": [TouchFacts("v", "A", "link", 8, 8)]}
    orders = [order("o1", 5), order("o2", 9, codes=(), visitor="v")]
    kept = judge(PersonFacts(orders, [], touches), directory(terms(policy="first")), 10)
    assert kept.decided.orders["o2"].partner == "B"
    changed = directory(terms(policy="first"), (6, terms(policy="last")))
    assert judge(PersonFacts(orders, [], touches), changed, 10).decided.orders["o2"].partner == "A"


def test_a_withdrawn_code_is_nobodys() -> None:
    book = directory(terms())
    book.add_code(6, "bee", None)
    judged = judge(PersonFacts([order("o1", 6)]), book, 9)
    assert (judged.decided.orders["o1"].reason, judged.owed["o1"].commissions) == ("no_touch", ())


def test_a_term_keeps_what_was_promised_at_its_start() -> None:
    """A shorter term from day 2 on does not cut an attribution that started before."""
    book = directory(terms(term_days=10, term_mode="fixed"), (2 * DAY, terms(term_days=1, term_mode="fixed")))
    lead = LeadFacts("l", DAY, CLIENT, None, ("bee",), 1)
    judged = judge(PersonFacts([order("o1", 9 * DAY, codes=())], [lead]), book, 12 * DAY)
    assert judged.decided.orders["o1"].partner == "B"
    assert [(a.end, a.ended_by) for a in judged.decided.attributions] == [(11 * DAY, "term")]


def test_explanation_recomputes_and_names_the_losing_rules() -> None:
    rules = (
        {"id": "all", "reward": {"1": {"percent": "10"}}},
        {
            "id": "sku",
            "when": {"sku": ["S"]},
            "reward": {"1": {"percent": "12.5"}},
            "cap": "10.00",
            "paid_sales": 3,
        },
        {"id": "vip", "when": {"group": ["gold"]}, "reward": {"1": {"percent": "90"}}},
        {"id": "late", "when": {"valid_to": "1970-01-01T00:00:00Z"}, "reward": {}},
    )
    book = directory(terms(*rules))
    facts = order("o1", 5)
    judged = judge(PersonFacts([facts]), book, 9)
    money = judged.owed["o1"]
    why = explain(facts, judged.decided.orders["o1"], book, money, money.commissions[0])
    assert why.amount_minor == 1000
    lost = {(one.rule, one.reason) for one in why.lost_rules}
    assert lost == {("all", "weaker"), ("vip", "group"), ("late", "time")}
    assert (why.lines[0].uncut_minor, why.lines[0].amount_minor, why.lines[0].cap_minor) == (1250, 1000, 1000)
    assert why.path == {"kind": "code", "partner": "B", "at": 5, "code": "bee"}
    again = from_json(json.loads(json.dumps(as_json(why))))
    assert again == replace(again, chain=why.chain, path=why.path)
    assert recompute(again) == 1000


def test_texts() -> None:
    book = directory(terms())
    facts = order("o1", 1_772_355_600_000_000, total=1234_56)
    judged = judge(PersonFacts([facts]), book, facts.created_at)
    decision, money, version = judged.decided.orders["o1"], judged.owed["o1"], book.all_terms()[0]
    assert verdict_text(decision, None, "ru", version) == "Заказ достаётся партнёру B: в заказе промокод bee."
    assert [commission_text(one, "ru", version) for one in money.commissions] == [
        "123,46\u00a0₽: 10\u00a0% от 1\u00a0234,56\u00a0₽, правило «default».",
        "37,04\u00a0₽ за продажу приглашённого партнёра, уровень 2: "
        "3\u00a0% от 1\u00a0234,56\u00a0₽, правило «default».",
    ]
    assert (
        commission_text(money.commissions[0], "en", version) == "₽123.46: 10% of ₽1,234.56, rule “default”."
    )


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2018-03-15T12:00:00+03:00", 1, "2018-04-16T00:00:00+03:00"),
        ("2018-01-31T00:00:00+03:00", 1, "2018-03-01T00:00:00+03:00"),
        ("2020-01-31T23:59:59+03:00", 1, "2020-03-01T00:00:00+03:00"),
        ("2018-12-31T12:00:00+03:00", 0, "2019-01-01T00:00:00+03:00"),
        ("2018-03-31T22:30:00Z", 1, "2018-05-02T00:00:00+03:00"),  # in Moscow it is the 1st of April already
    ],
)
def test_month_deadline(start: str, months: int, end: str) -> None:
    deadline = month_deadline(micros(start), months, "Europe/Moscow")
    assert deadline == micros(end)


def micros(text: str) -> int:
    return moment(text)


def test_parse_rule_tells_all_problems() -> None:
    with pytest.raises(WrongInput) as wrong:
        parse_rule({"id": "", "reward": {"1": {"percent": 5}}, "capp": "1"})
    assert [problem.path for problem in wrong.value.problems] == [
        ("capp",),
        ("id",),
        ("reward", "1", "percent"),
    ]
