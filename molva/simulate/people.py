"""Decisions over a whole file: records grouped into people, each judged once with all facts to the end.

A decision is made as of the record's creation, whenever it became known; so it is made before the run starts.
"""

from molva.domain.attribution import Record, decide
from molva.domain.clients import written_keys
from molva.domain.directory import Directory
from molva.domain.facts import OrderFacts, PersonFacts, TouchFacts
from molva.domain.verdicts import Attribution
from molva.simulate.told import Events, SeenTouch


def decide_all(events: Events, directory: Directory) -> list[Attribution]:
    """Give every story its decision; all attributions, in the order people are met."""
    touches = _by_visitor(events.touches)
    attributions: list[Attribution] = []
    for records in _people([*(story.facts for story in events.stories.values()), *events.leads]):
        person = PersonFacts()
        for record in records:
            if isinstance(record, OrderFacts):
                person.orders.append(record)
            else:
                person.leads.append(record)
            visitor = record.visitor
            if visitor is not None and visitor in touches:
                person.touches[visitor] = touches[visitor]
        decided = decide(person, directory)
        for order, decision in decided.orders.items():
            events.stories[order].decision = decision
        attributions += decided.attributions
    return attributions


def _by_visitor(touches: list[SeenTouch]) -> dict[str, list[TouchFacts]]:
    """Touches by visitor; of lines equal as JSON the first."""
    found: dict[str, list[TouchFacts]] = {}
    many: set[str] = set()  # visitors with more than one touch
    for touch in touches:
        known = found.get(touch.visitor)
        if known is None:
            found[touch.visitor] = [touch]
        else:
            known.append(touch)
            many.add(touch.visitor)
    for visitor in many:
        once = {_as_written(touch): touch for touch in reversed(found[visitor])}
        if len(once) < len(found[visitor]):
            found[visitor] = list(reversed(once.values()))
    return found


def _as_written(touch: TouchFacts) -> tuple[int, str, str, str]:
    """What lines of one visitor differ in; the form of the time tells the same moment written otherwise."""
    return touch.at, touch.form if type(touch) is SeenTouch else "", touch.partner, touch.kind


def _people(records: list[Record]) -> list[list[Record]]:
    """Records connected by their keys, transitively."""
    groups: list[list[Record]] = []
    by_key: dict[str, int] = {}  # key → index of a group
    moved: dict[int, int] = {}  # a group that went into another

    def home(index: int) -> int:
        while index in moved:
            index = moved[index]
        return index

    for record in records:
        keys = written_keys(record.client)
        found = {by_key[key] for key in keys if key in by_key}
        if moved and found:
            found = {home(index) for index in found}
        if not found:
            main = len(groups)
            groups.append([record])
        elif len(found) == 1:
            (main,) = found
            groups[main].append(record)
        else:
            main = max(found, key=lambda index: len(groups[index]))
            groups[main].append(record)
            for other in found - {main}:
                groups[main] += groups[other]
                groups[other] = []
                moved[other] = main
        for key in keys:
            by_key[key] = main
    return [group for group in groups if group]
