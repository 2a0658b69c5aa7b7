"""The answer as one JSON document, written piece by piece: a month of a big shop does not fit twice in memory."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from json.encoder import encode_basestring
from zoneinfo import ZoneInfo

from molva.domain.owed import owed_of
from molva.domain.terms import Terms
from molva.domain.texts import commission_texts, verdict_texts
from molva.domain.verdicts import (
    NO_TOUCH,
    Attribution,
    Commission,
    CommissionLine,
    Decision,
    Loser,
    OrderOwed,
)
from molva.domain.wording import MINUTE, WHOLE_MINUTES
from molva.kit.money import formatter
from molva.simulate.run import Balance, Outcome, Posted
from molva.simulate.told import Events, Story

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 500  # rows that go to the file together
_quoted = encode_basestring


def write_json(write: Callable[[str], object], events: Events, outcome: Outcome, terms: Terms) -> None:
    """Write the document."""
    shape = Shape(terms)
    parts: list[tuple[str, Iterator[str]]] = [
        ("orders", (shape.order(story) for story in in_order(events))),
        ("postings", (shape.posting(one) for one in outcome.postings)),
        ("balances", (shape.balance(*row) for row in sorted(outcome.balances.items(), key=_first))),
        ("attributions", (shape.attribution(one) for one in outcome.attributions)),
    ]
    for number, (name, rows) in enumerate(parts):
        write(("{\n" if number == 0 else ",\n") + f'"{name}": [')
        gap = "\n"
        while some := list(islice(rows, _AT_ONCE)):
            write(gap + ",\n".join(some))
            gap = ",\n"
        write("\n]")
    write("\n}\n")


def _first(row: tuple[str, Balance]) -> str:
    return row[0]


def in_order(events: Events) -> list[Story]:
    """The orders by creation, then id."""
    return sorted(events.stories.values(), key=lambda story: (story.facts.created_at, story.facts.id))


class Shape:
    """The form of each part in the terms of a programme: its currency, its zone.

    Rows are written as JSON texts at once, without a detour by dictionaries: there are millions of them.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._zone = ZoneInfo(terms.timezone)
        self.money = formatter(terms.digits)
        self._minute = lru_cache(maxsize=4096)(self._read_minute)
        self._rate = lru_cache(maxsize=1024)(self._tell_rate)

    def time(self, at: int) -> str:
        """A time: its minute is looked up, what is told together is often of one."""
        if at < WHOLE_MINUTES:
            return self._time(at)
        rest = at % MINUTE
        before, after = self._minute(at - rest)
        if rest % 1_000_000:
            return f"{before}{rest // 1_000_000:02d}.{rest % 1_000_000:06d}{after}"
        return f"{before}{rest // 1_000_000:02d}{after}"

    def _read_minute(self, at: int) -> tuple[str, str]:
        """What stands before the seconds in a time of this minute, and what stands after them."""
        text = self._time(at)
        return text[:17], text[19:]

    def _time(self, at: int) -> str:
        moment = _EPOCH + timedelta(microseconds=at)
        try:
            return moment.astimezone(self._zone).isoformat()
        except OverflowError:  # the zone's own time is past the last year there is
            return moment.isoformat()

    def order(self, story: Story) -> str:
        """An order: verdict and commissions."""
        order = story.facts
        owed = owed_of(story.sale, is_future_told=False) if story.sale is not None else OrderOwed(order.id)
        decision = story.decision or Decision(order.created_at, None, NO_TOUCH)
        commissions = ", ".join([self._commission(one) for one in owed.commissions])
        verdict = self._verdict(decision, owed)
        return f'{{"id": {_quoted(order.id)}, "verdict": {verdict}, "commissions": [{commissions}]}}'

    def _verdict(self, decision: Decision, owed: OrderOwed) -> str:
        unpaid = owed.unpaid
        english, russian = verdict_texts(decision, unpaid, self.terms)
        losers = ", ".join([self._loser(one) for one in decision.losers]) if decision.losers else ""
        return (
            f'{{"partner": {_maybe(decision.partner)}, "reason": "{decision.reason}", "unpaid": {_maybe(unpaid)}, '
            f'"text": {{"en": {_quoted(english)}, "ru": {_quoted(russian)}}}, "losers": [{losers}]}}'
        )

    def _loser(self, one: Loser) -> str:
        return (
            f'{{"partner": {_quoted(one.partner)}, "kind": "{one.kind}", "at": "{self.time(one.at)}", '
            f'"reason": "{one.reason}"}}'
        )

    def _commission(self, commission: Commission) -> str:
        lines = ", ".join([self._line(line) for line in commission.lines])
        english, russian = commission_texts(commission, self.terms)
        return (
            f'{{"partner": {_quoted(commission.partner)}, "level": {commission.level}, '
            f'"amount": "{self.money(commission.amount_minor)}", "lines": [{lines}], '
            f'"text": {{"en": {_quoted(english)}, "ru": {_quoted(russian)}}}}}'
        )

    def _line(self, line: CommissionLine) -> str:
        money = self.money
        return (
            f'{{"line": {_quoted(line.line)}, "base": "{money(line.base_minor)}", '
            f'{self._rate(line.rule, line.percent, line.fixed_minor)}, "amount": "{money(line.amount_minor)}"}}'
        )

    def _tell_rate(self, rule: str, percent: str | None, fixed_minor: int | None) -> str:
        fixed = "null" if fixed_minor is None else f'"{self.money(fixed_minor)}"'
        return f'"rule": {_quoted(rule)}, "percent": {_maybe(percent)}, "fixed": {fixed}'

    def posting(self, posted: Posted) -> str:
        """A posting."""
        level = "null" if posted.level is None else posted.level
        return (
            f'{{"at": "{self.time(posted.at)}", "order": {_maybe(posted.order)}, '
            f'"partner": {_quoted(posted.partner)}, "level": {level}, "kind": "{posted.kind}", '
            f'"amount": "{self.money(posted.amount_minor)}"}}'
        )

    def balance(self, partner: str, balance: Balance) -> str:
        """A partner's balances."""
        return (
            f'{{"partner": {_quoted(partner)}, "expected": "{self.money(balance.expected)}", '
            f'"held": "{self.money(balance.held)}", "available": "{self.money(balance.available)}", '
            f'"paid": "{self.money(balance.paid)}"}}'
        )

    def attribution(self, one: Attribution) -> str:
        """Whose a client is or was."""
        end = "null" if one.end is None else f'"{self.time(one.end)}"'
        return (
            f'{{"client": {_quoted(one.client)}, "partner": {_quoted(one.partner)}, '
            f'"from": "{self.time(one.start)}", "to": {end}}}'
        )


def _maybe(text: str | None) -> str:
    return "null" if text is None else _quoted(text)
