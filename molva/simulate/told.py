"""What events.jsonl tells: touches, orders with their stories, and the events that the run applies in their time."""

from dataclasses import dataclass, field
from typing import Any

from molva.domain.facts import LeadFacts, OrderFacts, Snapshot, TouchFacts
from molva.domain.reading import Problem
from molva.domain.sales import Sale
from molva.domain.terms import Rule
from molva.domain.verdicts import Decision
from molva.simulate.buyers import Buyer


class SeenTouch(TouchFacts):
    """A touch of the file. `form` is how its time is written after the minute: with it lines equal as JSON are told."""

    __slots__ = ("form",)

    def __init__(self, visitor: str, partner: str, kind: str, at: int, tie: int, form: str) -> None:
        super().__init__(visitor, partner, kind, at, tie)
        self.form = form


class Story:
    """An order in the file: its facts, and what the run knows of it."""

    __slots__ = ("applied", "buyer", "decision", "facts", "known_at", "sale", "seq")

    def __init__(self, facts: OrderFacts, seq: int, known_at: int) -> None:
        self.facts = facts
        self.seq = seq  # of the event the creation facts are of, which is of `known_at`
        self.known_at = known_at
        self.applied = -1  # the sequence number of its state
        self.buyer: Buyer | None = None
        self.decision: Decision | None = None
        self.sale: Sale | None = None

    def hear(self, facts: OrderFacts, seq: int, known_at: int) -> None:
        """One more event of the order: keep the creation facts of the smallest number, of those the first."""
        if (seq, known_at, facts.tie) < (self.seq, self.known_at, self.facts.tie):
            self.facts, self.seq, self.known_at = facts, seq, known_at


class Event:
    """An event that the run applies in its time.

    `what`: the story whose `snapshot` with the number `seq` it is, a lead, the partner of a payout, rules, or the
    written keys of a partner.
    """

    __slots__ = ("at", "line", "seq", "snapshot", "what")

    def __init__(
        self,
        at: int,
        line: int,
        what: "Story | LeadFacts | str | list[Rule] | dict[str, Any]",
        seq: int = 0,
        snapshot: Snapshot | None = None,
    ) -> None:
        self.at = at
        self.line = line
        self.what = what
        self.seq = seq
        self.snapshot = snapshot


@dataclass(slots=True)
class Events:
    """All events to `until`, and the problems of all lines."""

    touches: list[SeenTouch] = field(default_factory=list)
    stories: dict[str, Story] = field(default_factory=dict)
    leads: list[LeadFacts] = field(default_factory=list)
    timed: list[Event] = field(default_factory=list)
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    first_at: int | None = None
    last_at: int | None = None
