"""The form of the engine's document, and what must not change it."""

import json
import re
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.oracle.engine import run_engine
from tests.oracle.histories import history
from tests.oracle.validity import drop_invalid

Json = dict[str, Any]
SEEDS = range(0, 120, 3)
MONEY = {"RUB": r"-?\d+\.\d\d", "JPY": r"-?\d+", "KWD": r"-?\d+\.\d\d\d"}
KEYS = {
    "orders": ["id", "verdict", "commissions"],
    "postings": ["at", "order", "partner", "level", "kind", "amount"],
    "balances": ["partner", "expected", "held", "available", "paid"],
    "attributions": ["client", "partner", "from", "to"],
}


def amounts(document: Json) -> list[str]:
    """All money of a document."""
    found = [row["amount"] for row in document["postings"]]
    for row in document["balances"]:
        found += [row[name] for name in KEYS["balances"][1:]]
    for order in document["orders"]:
        for commission in order["commissions"]:
            found.append(commission["amount"])
            for line in commission["lines"]:
                found += [line["base"], line["amount"], *filter(None, [line["fixed"]])]
    return found


def times(document: Json) -> list[str]:
    """All times of a document."""
    found = [row["at"] for row in document["postings"]]
    found += [time for row in document["attributions"] for time in (row["from"], row["to"]) if time]
    return found + [loser["at"] for order in document["orders"] for loser in order["verdict"]["losers"]]


@pytest.mark.parametrize("seed", SEEDS)
def test_form_of_the_document(seed: int) -> None:
    """Keys as written in the contract, money with the currency's digits, times in the programme's zone."""
    programme, events, until = history(seed)
    document = run_engine(programme, events, until)
    assert list(document) == list(KEYS)
    assert {tuple(row) for part in KEYS for row in document[part]} <= {tuple(keys) for keys in KEYS.values()}
    for order in document["orders"]:
        assert list(order["verdict"]) == ["partner", "reason", "unpaid", "text", "losers"]
        texts = [order["verdict"]["text"], *(row["text"] for row in order["commissions"])]
        assert all(list(text) == ["en", "ru"] and all(text.values()) for text in texts)
        for row in order["commissions"]:
            assert list(row) == ["partner", "level", "amount", "lines", "text"]
            assert sum(float(line["amount"]) for line in row["lines"]) == pytest.approx(float(row["amount"]))
    pattern = re.compile(MONEY[programme["currency"]])
    assert [text for text in amounts(document) if not pattern.fullmatch(text)] == []
    zone = ZoneInfo(programme["timezone"])
    for text in times(document):
        told = datetime.fromisoformat(text)
        assert told.utcoffset() == told.astimezone(zone).utcoffset()


@pytest.mark.parametrize("seed", SEEDS)
def test_twice_is_once(seed: int) -> None:
    """All lines again, with their keys in another order, change nothing."""
    programme, events, until = history(seed)
    again = [dict(reversed(list(event.items()))) for event in events]
    assert run_engine(programme, [*events, *again], until) == run_engine(programme, events, until)


@pytest.mark.parametrize("seed", SEEDS)
def test_order_of_lines_does_not_matter(seed: int) -> None:
    """Where no two moments are the same, the order of the lines of the file says nothing."""
    programme, events, until = history(seed)
    taken: set[datetime] = set()
    alone: list[Json] = []
    for event in events:
        moments = {datetime.fromisoformat(event["at"])}
        if event["type"] == "order":
            moments.add(datetime.fromisoformat(event["order"]["created_at"]))
        if event["type"] != "partner" and not moments & taken:
            taken |= moments
            alone.append(event)
    alone = drop_invalid(programme, alone)
    shuffled = json.loads(json.dumps(alone))
    Random(seed).shuffle(shuffled)
    assert run_engine(programme, alone, until) == run_engine(programme, shuffled, until)
