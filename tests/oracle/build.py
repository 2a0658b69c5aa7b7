"""Small builders of hand-made cases, and a compact view of what came out.

Times are days of March 2026: `t(2)` is the second at noon in Moscow, `t(2.5)` twelve hours later.
Verdicts read «partner reason unpaid», commissions «level partner amount», postings
«day kind partner amount order/level», balances «expected held available paid».
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

Json = dict[str, Any]
ZERO = datetime(2026, 2, 28, 12, tzinfo=timezone(timedelta(hours=3)))


def t(day: float, micros: int = 0) -> str:
    """A moment of March 2026."""
    return (ZERO + timedelta(days=day, microseconds=micros)).isoformat()


def day(text: str | None) -> str:
    """The other way round: which day of March a moment is."""
    if text is None:
        return "null"
    return f"{(datetime.fromisoformat(text) - ZERO) / timedelta(days=1):.8g}"


def rule(name: str = "default", one: str | Json = "10", two: str | Json | None = "3", **more: Any) -> Json:
    """A rule of two levels; text is a per cent; `when_…` become conditions."""
    reward = {"1": {"percent": one} if isinstance(one, str) else one}
    if two is not None:
        reward["2"] = {"percent": two} if isinstance(two, str) else two
    when = {key.removeprefix("when_"): value for key, value in more.items() if key.startswith("when_")}
    rest = {key: value for key, value in more.items() if not key.startswith("when_")}
    return {"id": name, "reward": reward, "when": when, **rest}


def programme(policy: str = "last", **more: Any) -> Json:
    """A programme of A, B (invited by A) and C, with codes of B and C."""
    made: Json = {
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "levels": 2,
        "rules": [rule()],
        "partners": [{"id": "A"}, {"id": "B", "invited_by": "A"}, {"id": "C"}],
        "codes": [{"code": "ANNA10", "partner": "B"}, {"code": "Straße", "partner": "C"}],
    }
    attribution = {"policy": policy}
    accrual = {"statuses": ["delivered"], "lost": ["cancelled"]}
    for name, value in more.items():
        if name in ("hold_days", "lost", "statuses"):
            accrual[name] = value
        elif name in made:
            made[name] = value
        else:
            attribution[name] = value
    return {**made, "attribution": attribution, "accrual": accrual}


def touch(when: float, visitor: str, partner: str, kind: str = "link") -> Json:
    """A link touch."""
    return {"at": t(when), "type": "touch", "visitor": visitor, "partner": partner, "kind": kind}


def lead(when: float, visitor: str | None = None, client: Json | None = None, **more: Any) -> Json:
    """A lead of c1 unless told otherwise."""
    return {"at": t(when), "type": "lead", "visitor": visitor, "client": client or {"id": "c1"}, **more}


def line(total: str, name: str = "1", **more: Any) -> Json:
    """One line of goods."""
    return {"id": name, "total": total, **more}


def order(when: float, name: str, visitor: str | None = None, *goods: Json, **more: Any) -> Json:
    """A delivered order of c1 over 1000.00; `created`, `seq` and `at_micros` are special."""
    created = more.pop("created", when)
    seq = more.pop("seq", 0)
    micros = more.pop("micros", 0)
    body: Json = {
        "id": name,
        "created_at": t(created, micros),
        "client": {"id": "c1"},
        "visitor": visitor,
        "status": "delivered",
        "lines": list(goods) or [line("1000.00")],
        **more,
    }
    return {"at": t(when, micros), "type": "order", "seq": seq, "order": body}


def rules(when: float, *made: Json) -> Json:
    """All rules anew."""
    return {"at": t(when), "type": "rules", "rules": list(made)}


def partner(when: float, name: str, **more: Any) -> Json:
    """A partner joins or changes."""
    return {"at": t(when), "type": "partner", "partner": {"id": name, **more}}


def payout(when: float, name: str) -> Json:
    """Pay what is available."""
    return {"at": t(when), "type": "payout", "partner": name}


@dataclass
class HandCase:
    """Input and those parts of the output that were derived by hand."""

    name: str
    programme: Json
    events: list[Json]
    expected: Json = field(default_factory=dict)
    until: str | None = None


def case(name: str, made: Json, *events: Json, until: str | None = None, **expected: Any) -> HandCase:
    """A case; the keywords are parts of `view`."""
    return HandCase(name, made, list(events), expected, until)


def view(document: Json) -> Json:
    """The output in the compact form in which cases are written."""
    verdicts, owed, lines = {}, {}, {}
    for one in document["orders"]:
        verdict = one["verdict"]
        words = [verdict["partner"] or "-", verdict["reason"], *filter(None, [verdict["unpaid"]])]
        verdicts[one["id"]] = " ".join(words)
        owed[one["id"]] = [f"{row['level']} {row['partner']} {row['amount']}" for row in one["commissions"]]
        for row in one["commissions"]:
            lines[f"{one['id']}/{row['level']}"] = [
                f"{part['line']} {part['base']} {part['rule']} {part['amount']}" for part in row["lines"]
            ]
    postings = []
    for row in document["postings"]:
        words = [day(row["at"]), row["kind"], row["partner"], row["amount"]]
        if row["order"] is not None:
            words.append(f"{row['order']}/{row['level']}")
        postings.append(" ".join(words))
    return {
        "verdicts": verdicts,
        "owed": owed,
        "lines": lines,
        "postings": sorted(postings, key=lambda text: (float(text.split()[0]), text)),
        "balances": {
            row["partner"]: " ".join([row["expected"], row["held"], row["available"], row["paid"]])
            for row in document["balances"]
        },
        "attributions": sorted(
            (
                f"{row['client']} {row['partner']} {day(row['from'])} {day(row['to'])}"
                for row in document["attributions"]
            ),
            key=lambda text: (float(text.split()[2]), text),
        ),
    }
