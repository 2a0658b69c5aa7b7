"""Clients as the records of one person make them known: keys seen so far, touches not yet spent, the attribution.

Used while the decisions of one person are replayed in time. Records that share an id, an e-mail or a phone are one
client from then on; two clients joined by a record keep one attribution.
"""

from molva.domain.facts import ClientKeys, TouchFacts
from molva.domain.terms import DAY, AttributionTerms
from molva.domain.verdicts import Attribution

Touches = dict[str, list[TouchFacts]]


class Running:
    """An attribution that may still hold: `rank` orders attributions by their start."""

    __slots__ = ("deadline", "rank", "shown")

    def __init__(self, shown: Attribution, tie: int) -> None:
        self.shown = shown
        self.rank = (shown.start, tie)
        self.deadline: int | None = None

    def renew(self, at: int, terms: AttributionTerms) -> None:
        """Count the term from `at`."""
        self.deadline = None if terms.term_days is None else at + terms.term_days * DAY
        self.shown.deadline = self.deadline

    def end(self, at: int, cause: str) -> None:
        """The attribution ends at `at`."""
        self.shown.end, self.shown.ended_by = at, cause


class Client:
    """One client as known at a moment of the replay."""

    __slots__ = ("emails", "keys", "phones", "running", "touched", "visitors", "waiting", "was_attributed")

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.emails: set[str] = set()
        self.phones: set[str] = set()
        self.visitors: dict[str, int] = {}  # visitor → how many of his touches are spent
        self.waiting: set[str] = set()  # visitors who may still have touches that are not spent
        self.running: Running | None = None
        self.was_attributed = False
        self.touched = False

    def has(self, keys: ClientKeys) -> bool:
        """Are e-mail and phone known as his?"""
        return (keys.email is None or keys.email in self.emails) and (
            keys.phone is None or keys.phone in self.phones
        )

    def expire(self, at: int) -> None:
        """Let the attribution go if its term ended before `at`; exactly then is still inside."""
        running = self.running
        if running is not None and running.deadline is not None and running.deadline < at:
            running.end(running.deadline, "term")
            self.running = None

    def meet(self, visitor: str | None, touches: Touches) -> None:
        """The client is seen with a visitor: the visitor's touches are his."""
        if visitor is not None and visitor not in self.visitors:
            self.visitors[visitor] = 0
            if visitor in touches:
                self.waiting.add(visitor)

    def spend(self, at: int, touches: Touches) -> list[TouchFacts]:
        """The touches that belong to the client at `at` and belonged to him at no earlier decision."""
        fresh: list[TouchFacts] = []
        for visitor in tuple(self.waiting):
            known = touches[visitor]
            start = place = self.visitors[visitor]
            while place < len(known) and known[place].at <= at:
                place += 1
            if place > start:
                fresh += known[start:place]
                self.visitors[visitor] = place
            if place == len(known):
                self.waiting.discard(visitor)
        if fresh:
            self.touched = True
        return fresh

    def absorb(self, other: "Client", at: int, policy: str) -> None:
        """All facts of `other` are this client's from `at` on; of two attributions one ends."""
        self.keys += other.keys
        self.emails |= other.emails
        self.phones |= other.phones
        self.was_attributed |= other.was_attributed
        self.touched |= other.touched
        for visitor, spent in other.visitors.items():
            self.visitors[visitor] = max(self.visitors.get(visitor, 0), spent)
        self.waiting |= other.waiting
        both = [running for running in (self.running, other.running) if running is not None]
        both.sort(key=lambda running: running.rank, reverse=policy == "last")
        for loser in both[1:]:
            loser.end(at, "join")
        self.running = both[0] if both else None


class Clients:
    """All clients of one person's records, found by key."""

    __slots__ = ("_by_key",)

    def __init__(self) -> None:
        self._by_key: dict[str, Client] = {}

    def see(self, keys: ClientKeys, at: int, policy: str) -> Client:
        """The client with these keys, joined of several if they are of several."""
        by_key = self._by_key
        same = by_key.get(f"i{keys.id}") if keys.id is not None else None
        if same is not None and same.has(keys):
            same.expire(at)
            return same
        written = written_keys(keys)
        found: list[Client] = []
        for key in written:
            client = by_key.get(key)
            if client is not None and client not in found:
                client.expire(at)
                found.append(client)
        main = found[0] if found else Client()
        if len(found) > 1:
            main = self._join(found, at, policy)
        for key in written:
            if key not in by_key:
                by_key[key] = main
                main.keys.append(key)
        if keys.email is not None:
            main.emails.add(keys.email)
        if keys.phone is not None:
            main.phones.add(keys.phone)
        return main

    def _join(self, found: list[Client], at: int, policy: str) -> Client:
        """Several turned out to be one: the one with the most keys, who has all their facts."""
        main = max(found, key=lambda client: len(client.keys))
        for other in found:
            if other is not main:
                self._by_key.update(dict.fromkeys(other.keys, main))
                main.absorb(other, at, policy)
        return main


def written_keys(keys: ClientKeys) -> list[str]:
    """The keys of a client as texts that cannot be mixed up: an id is never an e-mail."""
    if keys.id is not None and keys.email is not None and keys.phone is not None:  # as most clients are
        return ["i" + keys.id, "e" + keys.email, "p" + keys.phone]
    found = []
    if keys.id is not None:
        found.append("i" + keys.id)
    if keys.email is not None:
        found.append("e" + keys.email)
    if keys.phone is not None:
        found.append("p" + keys.phone)
    return found
