"""Random programmes and histories, small enough that everything meets everything.

Drawn from a seed: Hypothesis chooses the seeds, a plain generator makes dense histories of each.
"""

from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.simulate.running import Json, at

PARTNERS = ("A", "B", "C", "D")
STATUSES = ("new", "delivered", "delivered", "paid", "cancelled")
seeds = st.integers(0, 2**32)


def moment(chance: Random) -> str:
    return at(chance.randint(1, 28), chance.choice((0, 12)))


def amount(chance: Random, top: int = 30_000) -> str:
    minor = chance.randint(0, top)
    return f"{minor // 100}.{minor % 100:02d}"


def some(chance: Random, values: tuple[str, ...], most: int = 2) -> list[str]:
    return [chance.choice(values) for _ in range(chance.randint(0, most))]


def reward(chance: Random) -> Json:
    return chance.choice(
        (
            {"percent": chance.choice(("0", "3", "10", "12.5", "33.335", "100"))},
            {"percent": chance.choice(("7", "1.005"))},
            {"fixed": amount(chance)},
            {"none": True},
        )
    )


def rule(chance: Random, name: str, *, placeless: bool) -> Json:
    """A rule; `placeless`: no condition that depends on when facts became known."""
    conditions: dict[str, Any] = {
        "partner": some(chance, PARTNERS),
        "group": some(chance, ("vip", "new")),
        "product": some(chance, ("p1", "p2")),
        "category": some(chance, ("k1", "k2")),
        "code": some(chance, ("code-b", "CODE-C")),
        "client": chance.choice(("new", "returning")),
        "days_since_attribution_to": chance.randint(0, 10),
        "months_since_attribution_to": chance.randint(0, 1),
        "valid_from": moment(chance),
        "valid_to": moment(chance),
    }
    if not placeless:
        conditions |= {"order_total_from": amount(chance), "order_total_to": amount(chance)}
        conditions |= {"sale_from": chance.randint(1, 3), "sale_to": chance.randint(1, 3)}
    chosen = chance.sample(sorted(conditions), chance.randint(0, 2))
    return {
        "id": name,
        "priority": chance.randint(-1, 1),
        "when": {key: conditions[key] for key in chosen},
        "reward": {level: reward(chance) for level in "123" if chance.random() < 0.7},
        "per": chance.choice(("line", "unit", "order")),
        "paid_sales": 0 if placeless else chance.randint(0, 2),
        "cap": amount(chance) if chance.random() < 0.3 else None,
    }


def programme(chance: Random, *, placeless: bool = False) -> Json:
    plain = {"id": "plain", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}}, "priority": -5}
    return {
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "attribution": {
            "policy": chance.choice(("first", "last")),
            "code_over_link": chance.random() < 0.5,
            "click_window_days": chance.choice((None, None, 3, 10)),
            "term_days": chance.choice((None, 0, 5, 10)),
            "term_mode": chance.choice(("sliding", "fixed")),
            "own_purchases": chance.random() < 0.5,
        },
        "accrual": {
            "statuses": ["delivered", "paid"],
            "lost": ["cancelled"],
            "hold_days": chance.randint(0, 3),
        },
        "levels": chance.randint(1, 3),
        "rules": [plain, *(rule(chance, f"r{i}", placeless=placeless) for i in range(chance.randint(0, 4)))],
        "partners": [
            {
                "id": name,
                "invited_by": chance.choice((None, *PARTNERS[:number])),
                "groups": some(chance, ("vip", "new"), 1),
                "email": chance.choice((None, None, "e1@x.ru", "e2@x.ru")),
                "welcome": amount(chance) if chance.random() < 0.2 else None,
                "blocked": chance.random() < 0.1,
            }
            for number, name in enumerate(PARTNERS)
        ],
        "codes": [{"code": "Code-B", "partner": "B"}, {"code": "code-c", "partner": "C"}],
    }


def client(chance: Random) -> Json:
    keys = {
        "id": chance.choice(("c1", "c2", "c3")),
        "email": chance.choice(("e1@x.ru", "E2@x.ru", "e3@x.ru")),
        "phone": chance.choice(("89161234567", "+7 916 123-45-67", "no")),
    }
    return {key: keys[key] for key in chance.sample(sorted(keys), chance.choice((1, 1, 1, 2)))}


def body(chance: Random, name: str, created: str) -> Json:
    return {
        "id": name,
        "created_at": created,
        "client": client(chance),
        "visitor": chance.choice((None, "v1", "v2")),
        "codes": some(chance, ("CODE-B", "code-c ", "other")) if chance.random() < 0.3 else [],
        "landing": chance.choice((None, None, "/?aff=B", "/?aff=code-c", "/?x=1")),
        "status": chance.choice(STATUSES),
        "discount": chance.choice(("0.00", "0.01", "33.33")),
        "lines": [
            {
                "id": str(number),
                "total": amount(chance),
                "product": chance.choice((None, "p1", "p2")),
                "categories": some(chance, ("k1", "k2"), 1),
                "quantity": chance.choice(("1", "2", "0.5")),
            }
            for number in range(chance.randint(0, 3))
        ],
    }


def snapshots(chance: Random, name: str) -> list[Json]:
    """All events of one order, each a whole snapshot."""
    created, *known = sorted(moment(chance) for _ in range(chance.randint(2, 4)))
    if chance.random() < 0.7:
        known[0] = created
    return [
        {"at": when, "type": "order", "seq": chance.randint(0, 3), "order": body(chance, name, created)}
        for when in known
    ]


def other(chance: Random) -> Json:
    """Any event but an order's."""
    kind = chance.choice(("touch", "touch", "touch", "touch", "lead", "payout", "rules", "partner"))
    partner = chance.choice(PARTNERS)
    made: Json = {"at": moment(chance), "type": kind}
    if kind == "touch":
        return {**made, "visitor": chance.choice(("v1", "v2")), "partner": partner, "kind": "link"}
    if kind == "lead":
        codes = some(chance, ("CODE-B", "code-c"), 1)
        return {
            **made,
            "client": client(chance),
            "visitor": chance.choice((None, "v1", "v2")),
            "codes": codes,
        }
    if kind == "payout":
        return {**made, "partner": partner}
    if kind == "rules":
        return {**made, "rules": [rule(chance, "r9", placeless=True), rule(chance, "r8", placeless=True)]}
    change: Json = chance.choice(
        ({"blocked": True}, {"blocked": False}, {"email": "e3@x.ru"}, {"groups": ["vip"]})
    )
    return {**made, "partner": {"id": partner, **change}}


def history(chance: Random) -> list[Json]:
    """Some orders with their events and some of everything else, in no order."""
    events = [event for i in range(chance.randint(1, 7)) for event in snapshots(chance, f"o{i}")]
    events += [other(chance) for _ in range(chance.randint(3, 20))]
    chance.shuffle(events)
    return events
