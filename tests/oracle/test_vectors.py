"""The worked examples of the users' second source, told as histories, on oracle and engine."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.engine import run_engine
from tests.oracle.model import simulate

Json = dict[str, Any]
CASES = json.loads((Path(__file__).parents[1] / "simulate/commission_rules.json").read_text())["cases"]


def reward(told: Json) -> Json:
    """A reward as the contract writes it."""
    return {told["type"]: told["value"]}


def programme(given: Json) -> Json:
    """Terms of a vector as a programme."""
    terms = given["program"]
    default = {"1": reward(terms["l1"]), "2": reward(terms["l2"])}
    rules = [{"id": "default", "reward": default, "paid_sales": terms["sales_limit"]}]
    for field, condition in (("product_rules", "sku"), ("partner_rules", "partner")):
        for name, own in (terms.get(field) or {}).items():
            one = {"id": f"{condition} {name}", "when": {condition: [name]}}
            rules.append({**one, "reward": {**default, "1": reward(own)}})
    welcome = terms.get("welcome_points")
    partners = [
        {
            "id": one["id"],
            "invited_by": one.get("recruited_by"),
            "email": one.get("email"),
            "phone": one.get("phone"),
            "welcome": welcome if one["id"] in given.get("registrations", []) else None,
            "joined": "2026-01-01T00:00:00+03:00",
        }
        for one in given["partners"]
    ]
    return {
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "levels": 2,
        "attribution": {
            "policy": "last" if terms["reassign_to_new_partner"] else "first",
            "term_days": terms["term_days"],
            "term_mode": terms["term_mode"],
        },
        "accrual": {"statuses": [terms["trigger_status"]], "lost": ["cancelled"]},
        "rules": rules,
        "partners": partners,
    }


def events(given: Json) -> list[Json]:
    """A bound client is a lead by a link of his partner; statuses are snapshots an hour apart."""
    told: list[Json] = []
    client = given.get("client") or {}
    if client:
        told.append(touch(client["bound_at"], client["bound_to"]))
        told.append(
            {"at": client["bound_at"], "type": "lead", "visitor": "v", "client": {"id": client["id"]}}
        )
    told += [touch(one["at"], one["partner"]) for one in given.get("visits", [])]
    for one in given["orders"]:
        keys = {name: client[name] for name in ("id", "email", "phone") if name in client}
        goods = one.get("lines") or [{"total": one["total"]}]
        body = {"id": one["id"], "created_at": one["created_at"], "client": keys, "visitor": "v"}
        body["lines"] = [{"id": str(place), **line} for place, line in enumerate(goods)]
        statuses = one.get("status_history") or [one["status"]]
        at = datetime.fromisoformat(one.get("delivered_at") or one["created_at"])
        for seq, status in enumerate(statuses):
            told.append(snapshot(at + timedelta(hours=seq), seq, {**body, "status": status}))
        if "refund" in one:
            left = f"{float(one['total']) - float(one['refund']):.2f}"
            body |= {"status": statuses[-1], "lines": [{"id": "0", "total": left}]}
            told.append(snapshot(at + timedelta(days=1), len(statuses), body))
    return told


def touch(at: str, partner: str) -> Json:
    """A link of a partner followed."""
    return {"at": at, "type": "touch", "visitor": "v", "partner": partner, "kind": "link"}


def snapshot(at: datetime, seq: int, body: Json) -> Json:
    """An order event."""
    return {"at": at.isoformat(), "type": "order", "seq": seq, "order": body}


@pytest.mark.parametrize("run", [simulate, run_engine], ids=["oracle", "engine"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_vector(case: Json, run: Callable[[Json, list[Json], str | None], Json]) -> None:
    """Accruals in the order of orders and levels, welcome money, the binding at the end."""
    given, expected = case["input"], case["expected"]
    document = run(programme(given), events(given), None)
    seen = [
        (row["order"], row["partner"], row["level"], row["amount"])
        for row in document["postings"]
        # a vector tells of what stays: a status left and come back to is taken back and given anew
        if not given["orders"] or "status_history" not in given["orders"][0]
    ]
    if seen:
        wanted = [
            (row.get("order"), row["partner"], row.get("level"), row["amount"])
            for row in expected["accruals"]
        ]
        assert seen == wanted
    owed = sum(float(row["amount"]) for order in document["orders"] for row in order["commissions"])
    if given["orders"]:
        assert owed == sum(float(row["amount"]) for row in expected["accruals"])
    if "client_bound_to" in expected:
        bound = [row["partner"] for row in document["attributions"] if row["to"] is None]
        assert bound == ([expected["client_bound_to"]] if expected["client_bound_to"] else [])
    if "flags" in expected:
        assert [order["verdict"]["reason"] for order in document["orders"]] == ["own_purchase"]
