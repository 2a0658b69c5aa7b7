"""The one place that knows how to call the engine: the steps of the command, without the command line."""

import io
import json
from typing import Any

from molva.domain.reading import Reader, moment
from molva.simulate.events import EventReader
from molva.simulate.history import build_history
from molva.simulate.output import write_json
from molva.simulate.programme import read_programme
from molva.simulate.run import run


def run_engine(
    programme: dict[str, Any], events: list[dict[str, Any]], until: str | None = None
) -> dict[str, Any]:
    """The document that the engine prints."""
    reader = Reader()
    read = read_programme(json.loads(json.dumps(programme)), reader)
    assert reader.problems == []
    end = None if until is None else moment(until)
    lines = "".join(json.dumps(event) + "\n" for event in events).encode()
    told = EventReader(read.terms.digits, end).read(io.BytesIO(lines))
    assert list(told.problems) == []
    history = build_history(read, told)
    assert history.problems == []
    if end is None:
        joined = [card.joined for card in read.cards.values() if card.joined is not None]
        end = told.last_at if told.last_at is not None else max(joined, default=None)
    outcome = run(read, told, history, end)
    parts: list[str] = []
    write_json(parts.append, told, outcome, read.terms)
    document: dict[str, Any] = json.loads("".join(parts))
    return document
