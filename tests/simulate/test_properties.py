"""What holds for every history: sums, repetitions, orders of arrival, the whole judgement against the steps."""

import json
from collections import defaultdict
from random import Random
from typing import Any

from hypothesis import given, settings

from molva.domain.explanation import as_json, explain, from_json, recompute
from molva.domain.facts import OrderFacts, PersonFacts
from molva.domain.judge import judge
from molva.domain.owed import owed_of
from molva.domain.reading import Reader
from molva.kit.money import parse_minor
from molva.simulate.events import EventReader
from molva.simulate.history import History, build_history
from molva.simulate.output import write_json
from molva.simulate.people import _people
from molva.simulate.programme import Programme, read_programme
from molva.simulate.run import Outcome, run
from molva.simulate.told import Events
from tests.simulate.histories import history, programme, seeds
from tests.simulate.running import Json

Ran = tuple[Programme, Events, History, Outcome]
few = settings(max_examples=60, deadline=None)


def steps(terms: Json, events: list[Json]) -> Ran:
    reader = Reader()
    read_terms = read_programme(terms, reader)
    assert reader.problems == []
    read = EventReader(read_terms.terms.digits, None).read(json.dumps(event).encode() for event in events)
    assert read.problems == []
    past = build_history(read_terms, read)
    assert past.problems == []
    return read_terms, read, past, run(read_terms, read, past, read.last_at)


def answer(terms: Json, events: list[Json]) -> Any:
    read_terms, read, _, outcome = steps(terms, events)
    parts: list[str] = []
    write_json(parts.append, read, outcome, read_terms.terms)
    return json.loads("".join(parts))


def minor(text: str) -> int:
    return -parse_minor(text[1:]) if text.startswith("-") else parse_minor(text)


@few
@given(seeds)
def test_sums(seed: int) -> None:
    """Lines add up to commissions, postings to what is owed and to balances; nothing is taken that was not given."""
    chance = Random(seed)
    terms, events = programme(chance), history(chance)
    told = answer(terms, events)
    running: dict[Any, int] = defaultdict(int)
    released: dict[Any, int] = defaultdict(int)
    balances: dict[str, int] = defaultdict(int)
    paid: dict[str, int] = defaultdict(int)
    for one in told["postings"]:
        key, amount = (one["order"], one["level"]), minor(one["amount"])
        assert amount != 0
        if one["kind"] in ("accrual", "correction"):
            running[key] += amount
            assert running[key] >= 0
        if one["kind"] == "release":
            released[key] += amount
            assert amount > 0
        else:
            balances[one["partner"]] += amount
        if one["kind"] == "payout":
            paid[one["partner"]] -= amount
    owed = {}
    for order in told["orders"]:
        for one in order["commissions"]:
            owed[order["id"], one["level"]] = minor(one["amount"])
            assert sum(minor(line["amount"]) for line in one["lines"]) == minor(one["amount"]) > 0
    assert {key: amount for key, amount in running.items() if amount} == owed
    for one in told["balances"]:
        assert minor(one["held"]) >= 0
        assert minor(one["expected"]) >= 0
        assert minor(one["held"]) + minor(one["available"]) == balances[one["partner"]]
        assert minor(one["paid"]) == paid[one["partner"]]


@few
@given(seeds)
def test_twice_is_once(seed: int) -> None:
    chance = Random(seed)
    terms, events = programme(chance), history(chance)
    assert answer(terms, [*events, *events]) == answer(terms, events)


@few
@given(seeds)
def test_any_order_of_lines_of_different_moments(seed: int) -> None:
    """Lines are applied by time, so where they stand in the file does not matter."""
    chance = Random(seed)
    terms, events = programme(chance, placeless=True), history(chance)
    by_moment = {event["at"]: event for event in events}
    unlike = [event for event in by_moment.values() if event["type"] != "order"]
    created = {event["order"]["created_at"] for event in by_moment.values() if event["type"] == "order"}
    orders = {event["order"]["created_at"]: event for event in by_moment.values() if event["type"] == "order"}
    kept = [event for event in unlike if event["at"] not in created] + list(orders.values())
    mixed = list(kept)
    chance.shuffle(mixed)
    assert answer(terms, mixed) == answer(terms, kept)


@few
@given(seeds)
def test_any_order_of_arrival_owes_the_same(seed: int) -> None:
    """Snapshots that arrive in another order, with their numbers, end with the same verdicts and sums."""
    chance = Random(seed)
    terms, events = programme(chance, placeless=True), history(chance)
    orders = [event for event in events if event["type"] == "order"]
    seen: set[Any] = set()
    once = []
    for event in orders:
        key = (event["order"]["id"], event["seq"])
        if key not in seen:
            seen.add(key)
            once.append(event)
    rest = [event for event in events if event["type"] != "order"]
    places = list(range(len(once)))
    chance.shuffle(places)
    late = [
        {**event, "at": f"2026-05-{place + 1:02d}T12:00:00Z"}
        for event, place in zip(once, places, strict=True)
    ]
    # Ties of creation are broken by the line, so the lines stay where they are.
    first = {**terms, "accrual": {**terms["accrual"], "hold_days": 0}}
    plain = [{**event, "at": "2026-05-01T12:00:00Z"} for event in once]

    def ends(told: Json) -> Any:
        return [
            (o["id"], o["verdict"]["partner"], o["verdict"]["reason"], o["commissions"])
            for o in told["orders"]
        ]

    assert ends(answer(first, rest + late)) == ends(answer(first, rest + plain))


@few
@given(seeds)
def test_the_whole_judgement_is_what_the_steps_end_with(seed: int) -> None:
    """`judge` of a person with all facts gives what the run of events came to, and every explanation recomputes."""
    chance = Random(seed)
    terms, events = programme(chance), history(chance)
    _, read, past, _ = steps(terms, events)
    touches = EventReader(2, None).read(json.dumps(event).encode() for event in events).touches
    for records in _people([*(story.facts for story in read.stories.values()), *read.leads]):
        person = PersonFacts()
        for record in records:
            (person.orders if isinstance(record, OrderFacts) else person.leads).append(record)  # type: ignore[attr-defined]
        for touch in touches:
            person.touches.setdefault(touch.visitor, []).append(touch)
        judged = judge(person, past.directory, read.last_at or 0)
        for order in person.orders:
            decision, owed = judged.decided.orders[order.id], judged.owed[order.id]
            if decision.partner is None:
                continue
            same = owed_of(read.stories[order.id].sale)
            assert (owed.unpaid, owed.place, owed.paid_place) == (same.unpaid, same.place, same.paid_place)
            for mine, other in ((owed.commissions, same.commissions), (owed.expected, same.expected)):
                assert [(c.partner, c.level, c.amount_minor) for c in mine] == [
                    (c.partner, c.level, c.amount_minor) for c in other
                ]
                for commission in mine:
                    why = explain(order, decision, past.directory, owed, commission)
                    again = from_json(json.loads(json.dumps(as_json(why))))
                    assert recompute(again) == commission.amount_minor
