"""The answer as one JSON document, written piece by piece: a month of a big shop does not fit twice in memory."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from molva.domain.owed import owed_of
from molva.domain.terms import Terms
from molva.domain.texts import commission_texts, verdict_text
from molva.domain.verdicts import Attribution, Commission, CommissionLine, Decision, OrderOwed
from molva.kit.money import format_minor
from molva.simulate.events import Events, Story
from molva.simulate.run import Balance, Outcome, Posted

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LANGUAGES = ("en", "ru")
_encode = json.JSONEncoder(ensure_ascii=False).encode


def write_json(write: Callable[[str], object], events: Events, outcome: Outcome, terms: Terms) -> None:
    """Write the document."""
    shape = Shape(terms)
    parts: list[tuple[str, Iterator[str]]] = [
        ("orders", (_encode(shape.order(story)) for story in in_order(events))),
        ("postings", (shape.posting(one) for one in outcome.postings)),
        ("balances", (_encode(shape.balance(*row)) for row in sorted(outcome.balances.items(), key=_first))),
        ("attributions", (shape.attribution(one) for one in outcome.attributions)),
    ]
    for number, (name, rows) in enumerate(parts):
        write(("{\n" if number == 0 else ",\n") + f'"{name}": [')
        gap = "\n"
        for row in rows:
            write(gap + row)
            gap = ",\n"
        write("\n]")
    write("\n}\n")


def _first(row: tuple[str, Balance]) -> str:
    return row[0]


def in_order(events: Events) -> list[Story]:
    """The orders by creation, then id."""
    return sorted(events.stories.values(), key=lambda story: (story.facts.created_at, story.facts.id))


class Shape:
    """The form of each part in the terms of a programme: its currency, its zone."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._zone = ZoneInfo(terms.timezone)
        self._digits = terms.digits
        self.time = lru_cache(maxsize=4096)(self._time)

    def money(self, minor: int) -> str:
        """A sum."""
        return format_minor(minor, self._digits)

    def _time(self, at: int) -> str:
        moment = _EPOCH + timedelta(microseconds=at)
        try:
            return moment.astimezone(self._zone).isoformat()
        except OverflowError:  # the zone's own time is past the last year there is
            return moment.isoformat()

    def order(self, story: Story) -> dict[str, Any]:
        """An order: verdict and commissions."""
        order = story.facts
        owed = owed_of(story.sale) if story.sale is not None else OrderOwed(order.id)
        decision = story.decision or Decision(order.created_at, None, "no_touch")
        return {
            "id": order.id,
            "verdict": self._verdict(decision, owed),
            "commissions": [self._commission(one) for one in owed.commissions],
        }

    def _verdict(self, decision: Decision, owed: OrderOwed) -> dict[str, Any]:
        return {
            "partner": decision.partner,
            "reason": decision.reason,
            "unpaid": owed.unpaid,
            "text": {lang: verdict_text(decision, owed.unpaid, lang, self.terms) for lang in _LANGUAGES},
            "losers": [
                {"partner": one.partner, "kind": one.kind, "at": self.time(one.at), "reason": one.reason}
                for one in decision.losers
            ],
        }

    def _commission(self, commission: Commission) -> dict[str, Any]:
        return {
            "partner": commission.partner,
            "level": commission.level,
            "amount": self.money(commission.amount_minor),
            "lines": [self._line(line) for line in commission.lines],
            "text": commission_texts(commission, self.terms),
        }

    def _line(self, line: CommissionLine) -> dict[str, Any]:
        return {
            "line": line.line,
            "base": self.money(line.base_minor),
            "rule": line.rule,
            "percent": line.percent,
            "fixed": None if line.fixed_minor is None else self.money(line.fixed_minor),
            "amount": self.money(line.amount_minor),
        }

    def posting(self, posted: Posted) -> str:
        """A posting; there are so many that they are written without a detour by a dictionary."""
        order = "null" if posted.order is None else _encode(posted.order)
        level = "null" if posted.level is None else posted.level
        return (
            f'{{"at": "{self.time(posted.at)}", "order": {order}, "partner": {_encode(posted.partner)}, '
            f'"level": {level}, "kind": "{posted.kind}", "amount": "{self.money(posted.amount_minor)}"}}'
        )

    def balance(self, partner: str, balance: Balance) -> dict[str, Any]:
        """A partner's balances."""
        return {
            "partner": partner,
            "expected": self.money(balance.expected),
            "held": self.money(balance.held),
            "available": self.money(balance.available),
            "paid": self.money(balance.paid),
        }

    def attribution(self, one: Attribution) -> str:
        """Whose a client is or was."""
        end = "null" if one.end is None else f'"{self.time(one.end)}"'
        client, partner = _encode(one.client), _encode(one.partner)
        return f'{{"client": {client}, "partner": {partner}, "from": "{self.time(one.start)}", "to": {end}}}'
