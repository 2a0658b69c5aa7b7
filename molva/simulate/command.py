"""`molva simulate`: what a programme would do with these events; no database, no network."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from molva.domain.reading import Problem, Reader, Wrong, moment, pointer
from molva.simulate.events import EventReader
from molva.simulate.history import build_history
from molva.simulate.json_input import JsonReader, without_bom
from molva.simulate.output import write_json
from molva.simulate.programme import Programme, read_programme
from molva.simulate.report import write_text
from molva.simulate.run import run
from molva.simulate.told import Events

Found = list[tuple[str, int, Problem]]


@click.command()
@click.option(
    "--programme", "programme_file", required=True, metavar="FILE", help="programme.json; - is stdin."
)
@click.option("--events", "events_file", required=True, metavar="FILE", help="events.jsonl; - is stdin.")
@click.option("--until", "until_text", metavar="TIME", help="Stop at this time [default: the last event's].")
@click.option("--format", "form", type=click.Choice(["json", "text"]), default="json", show_default=True)
def simulate(programme_file: str, events_file: str, until_text: str | None, form: str) -> None:
    """Run the rules of a programme over events and print who is owed what, and why."""
    if programme_file == events_file == "-":
        _stop([("-", 1, Problem((), "programme and events cannot both be standard input"))])
    with _without_collector():
        until = _read_until(until_text)
        programme, found = _load_programme(programme_file)
        events, more = _load_events(events_file, programme.terms.digits, until)
        _stop(found + more)
        history = build_history(programme, events)
        _stop([(events_file, line, problem) for line, problem in sorted(history.problems)])
        end = until if until is not None else _default_end(programme, events)
        outcome = run(programme, events, history, end)
        writer = write_json if form == "json" else write_text
        writer(_write, events, outcome, programme.terms)
        sys.stdout.buffer.flush()
        _leave_to_the_system(programme, events, history, outcome)


def _write(text: str) -> None:
    """Write to standard output; half of a surrogate pair, which UTF-8 cannot say, as the escape JSON has for it."""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of live values and no cycles: looking for garbage only costs time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _leave_to_the_system(*values: object) -> None:
    """Do not take a gigabyte of values apart, value by value, when the process ends anyway: they hold themselves."""
    kept = [*values]
    kept.append(kept)
    gc.freeze()


def _read_until(written: str | None) -> int | None:
    if written is None:
        return None
    try:
        return moment(written)
    except Wrong as wrong:
        _stop([("--until", 1, Problem((), str(wrong)))])
        return None


def _load_programme(file: str) -> tuple[Programme, Found]:
    reader = Reader()
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        _stop([(file, 1, Problem((), error.strerror or "cannot be read"))])
    value, problems = JsonReader().parse(without_bom(raw))
    if value is None and problems:
        _stop([(file, 1, problem) for problem in problems])
    programme = read_programme(value, reader)
    return programme, [(file, 1, problem) for problem in problems + reader.problems]


def _load_events(file: str, digits: int, until: int | None) -> tuple[Events, Found]:
    try:
        if file == "-":
            events = _read_events(sys.stdin.buffer, digits, until)
        else:
            with Path(file).open("rb") as source:
                events = _read_events(source, digits, until)
    except OSError as error:
        _stop([(file, 1, Problem((), error.strerror or "cannot be read"))])
        raise
    return events, [(file, line, problem) for line, problem in events.problems]


def _read_events(source: BinaryIO, digits: int, until: int | None) -> Events:
    return EventReader(digits, until).read(source)


def _default_end(programme: Programme, events: Events) -> int | None:
    """The last event's time; without events the last time a partner joined."""
    if events.last_at is not None:
        return events.last_at
    joined = [card.joined for card in programme.cards.values() if card.joined is not None]
    return max(joined, default=None)


def _stop(found: Found) -> None:
    """Tell all problems, one a line, and leave; nothing goes to standard output."""
    if found:
        for file, line, problem in found:
            click.echo(f"{file}:{line}: {pointer(problem.path)}: {problem.what}", err=True)
        raise SystemExit(2)
