"""Which histories are valid input, and the making smaller of those that show a difference."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

Json = dict[str, Any]


class Register:
    """Partners and codes as they become known, to see whether an event may be applied."""

    def __init__(self, programme: Json) -> None:
        self.inviters: dict[str, str | None] = {}
        for partner in programme["partners"]:
            self.inviters[partner["id"]] = partner.get("invited_by")
        self.codes: dict[str, str] = {}
        for code in programme.get("codes") or []:
            self.codes[code["code"].strip().casefold()] = code["partner"]

    def in_order(self) -> bool:
        """No unknown inviter, no unknown owner of a code, no circle."""
        for name in self.inviters:
            seen = {name}
            step = self.inviters[name]
            while step is not None:
                if step in seen or step not in self.inviters:
                    return False
                seen.add(step)
                step = self.inviters[step]
        return set(self.codes.values()) <= set(self.inviters)

    def accepts(self, event: Json) -> bool:
        """Applies an event; False (and nothing changed) when it is wrong."""
        if event["type"] in ("touch", "payout"):
            return event["partner"] in self.inviters
        if event["type"] != "partner":
            return True
        told = event["partner"]
        before = (dict(self.inviters), dict(self.codes))
        self.inviters[told["id"]] = told.get("invited_by", self.inviters.get(told["id"]))
        taken = False
        for code in told.get("codes") or []:
            taken = taken or self.codes.setdefault(code.strip().casefold(), told["id"]) != told["id"]
        if taken or not self.in_order():
            self.inviters, self.codes = before
            return False
        return True


def moments_fit(events: list[Json]) -> set[str]:
    """Orders some line of which comes before some `created_at` of theirs: wrong, or nearly so."""
    bad = set()
    for event in events:
        if event["type"] == "order":
            name = event["order"]["id"]
            same = [one for one in events if one["type"] == "order" and one["order"]["id"] == name]
            born = max(datetime.fromisoformat(one["order"]["created_at"]) for one in same)
            if datetime.fromisoformat(event["at"]) < born:
                bad.add(name)
    return bad


def drop_invalid(programme: Json, events: list[Json]) -> list[Json]:
    """The events without those that would be refused."""
    bad = moments_fit(events)
    register = Register(programme)
    numbered = sorted(enumerate(events), key=lambda one: (datetime.fromisoformat(one[1]["at"]), one[0]))
    seen: set[str] = set()
    refused = set()
    for place, event in numbered:
        text = json.dumps(event, sort_keys=True)
        late_order = event["type"] == "order" and event["order"]["id"] in bad
        if late_order or (text not in seen and not register.accepts(event)):
            refused.add(place)
        else:
            seen.add(text)
    return [event for place, event in enumerate(events) if place not in refused]


def valid(programme: Json, events: list[Json]) -> bool:
    """Whether nothing would be refused."""
    return Register(programme).in_order() and len(drop_invalid(programme, events)) == len(events)


Case = tuple[Json, list[Json], str | None]


def smaller(case: Case) -> Iterator[Case]:
    """Cases with one thing less, the largest things first."""
    programme, events, until = case
    if until is not None:
        yield programme, events, None
    for place in range(len(events)):
        yield programme, events[:place] + events[place + 1 :], until
    for part in ("codes", "partners", "rules"):
        rows = programme.get(part) or []
        for place in range(len(rows)):
            yield {**programme, part: rows[:place] + rows[place + 1 :]}, events, until
    for path in paths({"programme": programme, "events": events}):
        copy = json.loads(json.dumps({"programme": programme, "events": events}))
        target = copy
        for step in path[:-1]:
            target = target[step]
        del target[path[-1]]
        yield copy["programme"], copy["events"], until


NEEDED = {
    "id",
    "at",
    "type",
    "order",
    "created_at",
    "client",
    "status",
    "lines",
    "total",
    "reward",
    "partner",
    "visitor",
    "kind",
    "code",
    "currency",
    "timezone",
    "levels",
    "rules",
    "partners",
    "attribution",
    "accrual",
    "policy",
    "statuses",
    "programme",
    "events",
}


def paths(value: Any, base: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Ways to everything that may be taken away: optional keys and members of lists."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in NEEDED or base[-1:] == ("client",) or (key == "visitor" and "order" in base):
                yield (*base, key)
            yield from paths(inner, (*base, key))
    if isinstance(value, list) and base not in (("events",), ("programme", "partners")):
        for place in range(len(value)):
            yield (*base, place)
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from paths(inner, (*base, place))


def shrink(case: Case, differs: Callable[[Case], bool]) -> Case:
    """The smallest case found by taking one thing away again and again."""
    again = True
    while again:
        again = False
        for less in smaller(case):
            clients = [event.get("order", event).get("client", {"id": "x"}) for event in less[1]]
            if valid(less[0], less[1]) and all(clients) and differs(less):
                case, again = less, True
                break
    return case
