"""Runs `molva simulate` on values, in this process."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from click.testing import CliRunner, Result

from molva.simulate.command import simulate

Json = dict[str, Any]


def at(day: int, hour: int = 12, minute: int = 0) -> str:
    """A moment of a March of 31 days and then some, Moscow time."""
    month, day = (3, day) if day <= 31 else (4, day - 31)
    return f"2026-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:00+03:00"


def programme(**changes: Any) -> Json:
    """Partners A, B (invited by A), C; 10 % on level 1, 3 % on level 2; codes of B and C."""
    base: Json = {
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "attribution": {"policy": "last"},
        "accrual": {"statuses": ["delivered"], "lost": ["cancelled"]},
        "levels": 2,
        "rules": [{"id": "default", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}}}],
        "partners": [{"id": "A"}, {"id": "B", "invited_by": "A"}, {"id": "C"}],
        "codes": [{"code": "BEE", "partner": "B"}, {"code": "CAT", "partner": "C"}],
    }
    for key, value in changes.items():
        base[key] = {**base[key], **value} if isinstance(value, dict) else value
    return base


def touch(moment: str, partner: str = "B", visitor: str = "v1", kind: str = "link") -> Json:
    """A visit."""
    return {"at": moment, "type": "touch", "visitor": visitor, "partner": partner, "kind": kind}


def lead(moment: str, client: Json | str = "c1", visitor: str | None = "v1", **more: Any) -> Json:
    """A request without payment."""
    return {"at": moment, "type": "lead", "visitor": visitor, "client": as_client(client), **more}


def order(
    created: str,
    name: str = "o1",
    total: str = "1000.00",
    *,
    status: str = "delivered",
    client: Json | str = "c1",
    visitor: str | None = "v1",
    known: str | None = None,
    seq: int = 0,
    **more: Any,
) -> Json:
    """An order of one line (or of `lines`), known at once (or at `known`)."""
    body: Json = {
        "id": name,
        "created_at": created,
        "client": as_client(client),
        "visitor": visitor,
        "status": status,
        "lines": [{"id": "1", "total": total}],
    }
    return {"at": known or created, "type": "order", "seq": seq, "order": {**body, **more}}


def as_client(client: Json | str) -> Json:
    """A client by id, or as given."""
    return {"id": client} if isinstance(client, str) else client


def invoke(programme_text: str | bytes, events_text: str | bytes, *options: str) -> Result:
    """The command on texts."""
    with TemporaryDirectory() as folder:
        files = []
        for name, text in (("programme.json", programme_text), ("events.jsonl", events_text)):
            path = Path(folder) / name
            path.write_bytes(text.encode() if isinstance(text, str) else text)
            files.append(str(path))
        return CliRunner().invoke(simulate, ["--programme", files[0], "--events", files[1], *options])


def run(terms: Json, events: list[Json], *options: str) -> Json:
    """The answer."""
    result = invoke(json.dumps(terms), "\n".join(map(json.dumps, events)), *options)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def verdicts(answer: Json) -> dict[str, tuple[str | None, str]]:
    """Partner and reason by order."""
    return {one["id"]: (one["verdict"]["partner"], one["verdict"]["reason"]) for one in answer["orders"]}


def unpaid(answer: Json) -> dict[str, str | None]:
    """Why nothing is owed, by order."""
    return {one["id"]: one["verdict"]["unpaid"] for one in answer["orders"]}


def owed(answer: Json) -> list[tuple[str, str, int, str]]:
    """(order, partner, level, amount) of what is owed."""
    return [
        (one["id"], paid["partner"], paid["level"], paid["amount"])
        for one in answer["orders"]
        for paid in one["commissions"]
    ]


def posted(answer: Json) -> list[tuple[str, str | None, str, str, str]]:
    """(day and time, order, partner, kind, amount) of the postings."""
    return [
        (one["at"][5:16], one["order"], one["partner"], one["kind"], one["amount"])
        for one in answer["postings"]
    ]


def balance(answer: Json, partner: str) -> dict[str, str]:
    """One partner's balances."""
    found = next(one for one in answer["balances"] if one["partner"] == partner)
    return {key: value for key, value in found.items() if key != "partner"}


def attributions(answer: Json) -> list[tuple[str, str, str, str | None]]:
    """(client, partner, from, to)."""
    return [
        (one["client"], one["partner"], one["from"][5:16], one["to"] and one["to"][5:16])
        for one in answer["attributions"]
    ]
