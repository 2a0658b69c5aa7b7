"""What the terms tried would owe is what the live engine owes under them, to the kopeck; the books stay as they are."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from molva.kit import clock
from molva.ledger.models import Transaction
from molva.programmes.models import Partner, Programme
from molva.programmes.services import update_partner
from molva.programmes.terms import to_domain
from molva.tracking.models import PromoCode
from molva.whatif.engine import Engine, Question
from molva.whatif.rows import count_orders
from molva.whatif.tally import Tally
from tests.whatif.conftest import NOW, RULES, SETTINGS, START, History, Play, books, tell_orders

Rules = list[dict[str, Any]]


def rule(name: str, percent: str, second: str = "", **more: Any) -> dict[str, Any]:
    """A rule in its written form."""
    reward = {"1": {"percent": percent}} | ({"2": {"percent": second}} if second else {})
    return {"id": name, "reward": reward, **more}


def fixed(name: str, sum_: str, per: str, **more: Any) -> dict[str, Any]:
    """A rule of a fixed sum on both levels."""
    return {"id": name, "reward": {"1": {"fixed": sum_}, "2": {"fixed": "1.11"}}, "per": per, **more}


def settings(**attribution: Any) -> dict[str, Any]:
    """The usual settings with other attribution."""
    return {**SETTINGS, "attribution": {**SETTINGS["attribution"], **attribution}}


# Each: settings, rules, whether verdicts and lines are enough for all orders
PROPOSALS: dict[str, tuple[dict[str, Any], Rules, bool]] = {
    "the same": (SETTINGS, RULES, True),
    "rates": (SETTINGS, [rule("default", "12.345", "0.7")], True),
    "no second level": (SETTINGS, [rule("default", "33.3333")], True),
    "fixed for an order": (SETTINGS, [fixed("default", "15.50", "order")], True),
    "fixed for a line": (SETTINGS, [fixed("default", "15.50", "line")], True),
    "fixed for a piece": (SETTINGS, [fixed("default", "15.50", "unit")], False),
    "goods": (
        SETTINGS,
        [
            *RULES,
            rule("tea", "20", "1", when={"category": ["tea"]}),
            fixed("p3", "7", "order", when={"product": ["p3"]}),
        ],
        True,
    ),
    "a partner": (SETTINGS, [*RULES, rule("boris", "25", when={"partner": ["boris"]})], True),
    "a group": (SETTINGS, [*RULES, rule("vip", "25", "5", when={"group": ["vip"]})], True),
    "nothing for a SKU": (
        SETTINGS, [*RULES, {"id": "none", "reward": {"1": {"none": True}}, "when": {"sku": ["S-2"]}}], True,
    ),
    "a cap": (SETTINGS, [rule("default", "50", "10", cap="100.00")], False),
    "a code": (SETTINGS, [*RULES, rule("code", "30", when={"code": ["VERA"]})], False),
    "large orders": (SETTINGS, [*RULES, rule("large", "15", when={"order_total_from": "1000.00"})], False),
    "new clients": (SETTINGS, [*RULES, rule("new", "40", when={"client": "new"})], False),
    "two purchases": (SETTINGS, [rule("default", "10", "3", paid_sales=2)], False),
    "the second purchase": (SETTINGS, [*RULES, rule("second", "50", when={"sale_from": 2, "sale_to": 2})], False),
    "three days": (SETTINGS, [*RULES, rule("soon", "50", when={"days_since_attribution_to": 3})], False),
    "handed over": (settings(policy="last"), RULES, False),
    "a short term": (settings(term_days=5, term_mode="fixed"), [rule("default", "11")], False),
    "a short window": (settings(click_window_days=2), RULES, False),
    "links before codes": (settings(code_over_link=False), RULES, False),
}  # fmt: skip


def question(programme: Programme, proposed: tuple[dict[str, Any], Rules], *days: float) -> Question:
    """The terms tried on some days after the start (all by default)."""
    first, last = days or (0, 50)
    terms = to_domain(*proposed, currency="RUB", timezone=programme.timezone)
    return Question(programme, terms, START + timedelta(days=first), START + timedelta(days=last), NOW)


def run(asked: Question, *, judged: bool = False) -> Tally:
    """The answer, by the short way where there is one or person by person."""
    engine = Engine(asked)
    if judged:
        engine.is_quick = False
    return engine.run(count_orders(asked.programme, asked.start, asked.end), lambda done: None)


def answer(tally: Tally) -> dict[str, list[int]]:
    """Sums by the partner's code: level 1 was, above was, level 1 would, above would, expected was and would."""
    codes = dict(Partner.objects.values_list("pk", "code"))
    return {codes[pk]: sums for pk, sums in tally.rows.items() if any(sums)}


def by_partner(programme: Programme) -> dict[str, tuple[int, int, int]]:
    """What the books have: level 1, level 2, expected."""
    sums: dict[str, list[int]] = {}
    for (_order, partner, level), (posted, expected) in books(programme).items():
        row = sums.setdefault(partner, [0, 0, 0])
        row[level - 1] += posted
        row[2] += expected
    return {partner: tuple(row) for partner, row in sums.items()}


def would(tally: Tally) -> dict[str, tuple[int, int, int]]:
    """The tried side in the form of `by_partner`."""
    rows = {code: (row[2], row[3], row[5]) for code, row in answer(tally).items()}
    return {code: row for code, row in rows.items() if any(row)}


def was(tally: Tally) -> dict[str, tuple[int, int, int]]:
    """The side of the books in the form of `by_partner`."""
    rows = {code: (row[0], row[1], row[4]) for code, row in answer(tally).items()}
    return {code: row for code, row in rows.items() if any(row)}


def history(seed: int) -> History:
    """Few buyers, visitors and days, so that they meet."""
    random = Random(seed)
    made = History()
    for _ in range(random.randint(2, 8)):
        made.touch(random.randint(0, 30), random.choice(["anna", "boris", "vera"]), random.randint(1, 3))
    for number in range(random.randint(3, 12)):
        day = random.randint(0, 40)
        totals = tuple(random.choice([0, 1, 5, 99, 12_345, 100_000]) for _ in range(random.randint(1, 3)))
        facts: dict[str, Any] = {
            "totals": totals,
            "codes": random.choice([(), (), ("boris",), ("vera",), ("anna", "vera")]),
            "buyer": random.choice(["x", "x", "y", "boris"]),
            "visitor": random.choice([0, 1, 2, 3]),
            "discount": random.choice([0, 0, 0, 7, 50_000]),
            "goods": random.randint(0, 2),
        }
        made.order(str(number), day=day, status=random.choice(["new", "delivered", "delivered"]), **facts)
        if random.random() < 0.4:
            later = day + random.randint(1, 5)
            status = random.choice(["cancelled", "delivered", "paid"])
            made.order(str(number), day=later, created=day, status=status, **facts)
    return made


@pytest.mark.parametrize("name", PROPOSALS)
@pytest.mark.parametrize("seed", range(4))
def test_the_answer_is_what_the_live_engine_settles_under_these_terms(play: Play, name: str, seed: int):
    *proposed, _short = PROPOSALS[name]
    told = history(seed * 100 + len(name))
    real, other = play(told), play(told, settings=proposed[0], rules=proposed[1], code="other")
    before = Transaction.objects.count()

    tally = run(question(real, proposed))
    judged = run(question(real, proposed), judged=True)

    assert was(tally) == by_partner(real)
    assert would(tally) == by_partner(other)
    assert answer(judged) == answer(tally)
    assert (judged.changed, judged.examples) == (tally.changed, tally.examples)
    orders = {key[0] for key in books(real).keys() | books(other).keys()}
    assert tally.changed == sum(1 for number in orders if _of(real, number) != _of(other, number))
    assert Transaction.objects.count() == before


def _of(programme: Programme, number: str) -> dict[Any, Any]:
    return {key: sums for key, sums in books(programme).items() if key[0] == number}


@pytest.mark.parametrize("name", PROPOSALS)
def test_which_orders_need_no_judgement(play: Play, name: str):
    *proposed, is_short = PROPOSALS[name]
    told = History()
    told.order("1", day=1, codes=("boris",))
    engine = Engine(question(play(told), proposed))
    judged: list[Any] = []
    engine._judge = lambda *given: judged.append(given)  # type: ignore[method-assign]
    engine.run(1, lambda done: None)
    assert (not judged) == is_short


def test_days_before_the_period_keep_their_terms_and_are_not_counted(play: Play):
    told = History()
    told.order("1", day=1, codes=("boris",))
    told.order("2", day=11, codes=("boris",))
    told.order("3", day=21, codes=("boris",))
    tally = run(question(play(told), (SETTINGS, [rule("default", "20")]), 10, 20))
    assert answer(tally)["boris"] == [10_000, 0, 20_000, 0, 0, 0, 100_000, 100_000]
    assert answer(tally)["anna"] == [0, 3_000, 0, 0, 0, 0, 0, 0]
    assert tally.changed == 1


def test_a_limit_counts_the_purchases_before_the_period(play: Play):
    told = History()
    for number, day in (("1", 1), ("2", 11), ("3", 12)):
        told.order(number, day=day, codes=("boris",))
    tally = run(question(play(told), (SETTINGS, [rule("default", "10", "3", paid_sales=2)]), 10, 20))
    assert answer(tally)["boris"][:3] == [20_000, 0, 10_000]


def test_a_status_that_earns_more_makes_open_orders_owed(play: Play):
    told = History()
    told.order("1", day=1, codes=("boris",), status="paid")
    told.order("2", day=2, codes=("boris",), status="delivered", buyer="y")
    accrual = {"statuses": ["paid", "delivered"], "lost": ["cancelled"], "hold_days": 0}
    tally = run(question(play(told), ({**SETTINGS, "accrual": accrual}, RULES)))
    assert answer(tally)["boris"] == [10_000, 0, 20_000, 0, 10_000, 0, 100_000, 200_000]


def test_an_order_goes_to_whom_the_tried_attribution_gives_it(play: Play):
    told = History()
    told.order("1", day=1, codes=("boris",))
    told.order("2", day=2, codes=("vera",))
    tally = run(question(play(told), (settings(policy="last"), RULES)))
    found = answer(tally)
    assert found["boris"] == [20_000, 0, 10_000, 3_000, 0, 0, 200_000, 100_000]
    assert found["vera"] == [0, 0, 10_000, 0, 0, 0, 0, 100_000]
    assert tally.changed == 1


def test_groups_changed_in_these_days_are_those_of_the_order(play: Play):
    told = History()
    told.order("1", day=1, codes=("boris",))
    programme = play(told)
    boris = Partner.objects.get(code="boris", programme=programme)
    with clock.pretend(START + timedelta(days=5)):
        update_partner(partner=boris, actor=None, changes={"groups": ["vip"]})
    later = History()
    later.order("2", day=6, codes=("boris",), buyer="y")
    tell_orders(programme, later)
    tally = run(question(programme, (SETTINGS, [*RULES, rule("vip", "50", when={"group": ["vip"]})])))
    assert answer(tally)["boris"][:3] == [20_000, 0, 60_000]


def test_the_number_of_questions_does_not_grow_with_partners(play: Play, django_assert_num_queries: Any):
    told = History()
    told.order("1", day=1, codes=("boris",))
    programme = play(told)
    with django_assert_num_queries(8):
        run(question(programme, (SETTINGS, [rule("default", "20")])))
    assert PromoCode.objects.filter(programme=programme).count() == 0
