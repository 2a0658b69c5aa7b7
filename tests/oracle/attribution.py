"""Who gets an order: decisions made one after another in the order of creation."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.oracle.facts import Facts, Record, Touch, code_key, days, landing_mark, mail_key, phone_key


@dataclass
class Attribution:
    """A client's attachment to a partner; `latest` is what a sliding term counts from."""

    partner: str
    start: datetime
    line: int
    latest: datetime
    ended: datetime | None = None


@dataclass
class Person:
    """All that was seen of one person; joined persons become one of these."""

    keys: dict[tuple[str, str], int] = field(default_factory=dict)  # with the number of the record
    visitors: set[str] = field(default_factory=set)
    spent: set[int] = field(default_factory=set)
    attributions: list[Attribution] = field(default_factory=list)

    def label(self) -> str:
        """The first id seen, else the e-mail, else the phone."""
        order = {"id": 0, "email": 1, "phone": 2}
        ranked = sorted(self.keys, key=lambda key: (order[key[0]], self.keys[key]))
        return ranked[0][1] if ranked else ""


@dataclass
class Decision:
    """The verdict on one order. `chain` names who may be paid on each level (None: nobody)."""

    record: Record
    partner: str | None
    reason: str
    chain: list[str | None] = field(default_factory=list)
    start: datetime | None = None
    loser: str | None = None


class Decider:
    """Makes the decisions of a list of records in their order."""

    def __init__(self, facts: Facts, touches: list[Touch]) -> None:
        self.facts = facts
        self.touches = touches
        self.persons: list[Person] = []
        self.decisions: dict[str, Decision] = {}
        self.met = 0
        self.term = facts.setting("attribution", "term_days", None)
        self.sliding = facts.setting("attribution", "term_mode", "sliding") == "sliding"
        self.first = facts.setting("attribution", "policy", None) == "first"

    def deadline(self, attribution: Attribution) -> datetime | None:
        """When the attribution ends by its term; exactly then is still inside."""
        if self.term is None:
            return None
        return (attribution.latest if self.sliding else attribution.start) + days(self.term)

    def runs(self, attribution: Attribution, when: datetime) -> bool:
        """Whether it has not ended, neither by its term nor by another one."""
        end = self.deadline(attribution)
        return attribution.ended is None and (end is None or when <= end)

    def meet(self, record: Record) -> Person:
        """The person of a record; those it joins become one from now on."""
        keys = record.keys()
        same = [person for person in self.persons if set(keys) & set(person.keys)]
        if not same:
            self.persons.append(Person())
            same = [self.persons[-1]]
        person = same[0]
        for other in same[1:]:
            self.persons.remove(other)
            person.keys |= {**other.keys, **person.keys}
            person.visitors |= other.visitors
            person.spent |= other.spent
            person.attributions += other.attributions
        self.met += 1
        for key in keys:
            person.keys.setdefault(key, self.met)
        running = [one for one in person.attributions if self.runs(one, record.created)]
        running.sort(key=lambda one: (one.start, one.line))
        # joining ends the other one also when the order itself is an own purchase or blocked
        for one in running[1:] if self.first else running[:-1]:
            one.ended = record.created
        return person

    def candidates(self, person: Person, record: Record) -> tuple[list[Touch], bool]:
        """Touches that may win, earliest first, and whether any touch there was at all."""
        if record.visitor is not None:
            person.visitors.add(record.visitor)
        own = [one for one in self.touches if one.visitor in person.visitors and one.at <= record.created]
        window = self.facts.setting("attribution", "click_window_days", None)
        links = [one for one in own if one.line not in person.spent]
        if window is not None:
            links = [one for one in links if record.created - one.at <= days(window)]
        links.sort(key=lambda one: (one.at, one.line))
        person.spent |= {one.line for one in own}
        codes = []
        for place, code in enumerate(record.codes):
            owner = self.facts.code_owner(code, record.created)
            if owner is not None:
                codes.append(Touch(record.created, place, owner, "code"))
        landed = self.landing(record)
        if not links and landed is not None:
            links = [landed]
        if codes and links:
            return codes if self.facts.setting("attribution", "code_over_link", True) else links, bool(own)
        return codes + links, bool(own)

    def landing(self, record: Record) -> Touch | None:
        """A landing that names a partner by id (exactly) or else by code."""
        mark = landing_mark(record.landing)
        if not mark:
            return None
        known = self.facts.partners_at(record.created)
        owner = mark if mark in known else self.facts.code_owner(code_key(mark), record.created)
        return Touch(record.created, record.line, owner, "landing") if owner is not None else None

    def decide(self, record: Record) -> None:
        """One order or lead."""
        person = self.meet(record)
        touches, any_touch = self.candidates(person, record)
        current = next((one for one in person.attributions if self.runs(one, record.created)), None)
        if current is not None and record.order is not None:
            current.latest = record.created
        touch = None
        if touches and not (self.first and current is not None):
            touch = touches[0] if self.first else touches[-1]
        if touch is not None:
            reason = "link" if touch.kind in ("link", "qr", "form") else touch.kind
            self.won(person, record, current, touch.partner, reason)
        elif current is not None:
            self.won(person, record, current, current.partner, "attributed")
        elif person.attributions:
            self.note(Decision(record, None, "term_ended"))
        else:
            self.note(Decision(record, None, "window_ended" if any_touch else "no_touch"))

    def won(
        self, person: Person, record: Record, current: Attribution | None, winner: str, reason: str
    ) -> None:
        """There is a winner: he may still be the client himself or blocked."""
        known = self.facts.partners_at(record.created)
        if known[winner].get("blocked"):
            # the later of the nobody-reasons, so it is asked first
            self.note(Decision(record, None, "partner_blocked", loser=winner))
            return
        if self.himself(person, known[winner]):
            self.note(Decision(record, None, "own_purchase", loser=winner))
            return
        if current is None or current.partner != winner:
            if current is not None:
                current.ended = record.created
            current = Attribution(winner, record.created, record.line, record.created)
            person.attributions.append(current)
        chain: list[str | None] = []
        name: str | None = winner
        for _ in range(self.facts.programme["levels"]):
            if name is None:
                break
            paid = not known[name].get("blocked") and not self.himself(person, known[name])
            chain.append(name if paid else None)
            name = known[name].get("invited_by")
        self.note(Decision(record, winner, reason, chain, current.start))

    def himself(self, person: Person, partner: dict[str, Any]) -> bool:
        """The partner has an e-mail or phone of the client, any known so far."""
        if self.facts.setting("attribution", "own_purchases", False):
            return False
        own = [mail_key(partner.get("email")), phone_key(partner.get("phone"))]
        return any(key in person.keys for key in own if key is not None)

    def note(self, decision: Decision) -> None:
        """Leads leave no verdict."""
        if decision.record.order is not None:
            self.decisions[decision.record.order] = decision

    def attributions(self) -> list[dict[str, Any]]:
        """All of them, with the ends that have come by `--until`."""
        rows = []
        for person in self.persons:
            for one in person.attributions:
                end = one.ended
                if end is None and self.facts.until is not None and not self.runs(one, self.facts.until):
                    end = self.deadline(one)
                rows.append({"client": person.label(), "partner": one.partner, "from": one.start, "to": end})
        return sorted(rows, key=lambda row: (row["from"], row["client"]))


def decide_all(facts: Facts, found: list[Record]) -> Decider:
    """Every decision, as of its creation, whenever the order became known."""
    decider = Decider(facts, facts.touches())
    for record in found:
        decider.decide(record)
    return decider
