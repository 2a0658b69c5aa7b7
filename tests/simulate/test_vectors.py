"""The worked examples of two-level rewards, each as a programme and its events."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulate.running import owed, run, verdicts

FOLDER = Path(__file__).parent
CASES = json.loads((FOLDER / "commission_rules.json").read_text())["cases"]
SEEDS = {one["id"]: one for one in json.loads((FOLDER / "seed_examples.json").read_text())["cases"]}


def _reward(given: dict[str, Any]) -> dict[str, Any]:
    return {given["type"]: given["value"]}


def _programme(given: dict[str, Any], partners: list[dict[str, Any]]) -> dict[str, Any]:
    terms = given["program"]
    rules = [
        {
            "id": "default",
            "reward": {"1": _reward(terms["l1"]), "2": _reward(terms["l2"])},
            "per": "order",
            "paid_sales": terms["sales_limit"],
        }
    ]
    for sku, reward in terms.get("product_rules", {}).items():
        rules.append({"id": sku, "when": {"sku": [sku]}, "reward": {"1": _reward(reward)}})
    for partner, reward in terms.get("partner_rules", {}).items():
        rules.append({"id": partner, "when": {"partner": [partner]}, "reward": {"1": _reward(reward)}})
    return {
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "attribution": {
            "policy": "last" if terms["reassign_to_new_partner"] else "first",
            "term_days": terms["term_days"],
            "term_mode": terms["term_mode"],
        },
        "accrual": {"statuses": [terms["trigger_status"]], "lost": ["cancelled"]},
        "levels": 2,
        "rules": rules,
        "partners": [
            {
                "id": one["id"],
                "invited_by": one.get("recruited_by"),
                "email": one.get("email"),
                "phone": one.get("phone"),
                "welcome": terms.get("welcome_points"),
                "joined": "2026-03-01T12:00:00+03:00",
            }
            for one in partners
        ],
    }


def _order_events(order: dict[str, Any], client: dict[str, Any]) -> list[dict[str, Any]]:
    statuses = order.get("status_history", [order["status"]])
    lines = [
        {"id": str(number), "sku": line["sku"], "total": line["total"]}
        for number, line in enumerate(order.get("lines", [{"sku": "any", "total": order["total"]}]))
    ]
    events = []
    for seq, status in enumerate(statuses):
        body = {
            "id": order["id"],
            "created_at": order["created_at"],
            "client": client,
            "visitor": "v",
            "lines": lines,
        }
        moment = order.get("delivered_at", order["created_at"])
        events.append({"at": moment, "type": "order", "seq": seq, "order": {**body, "status": status}})
    if "refund" in order:
        left = f"{float(order['total']) - float(order['refund']):.2f}"
        body = {**events[-1]["order"], "lines": [{**lines[0], "total": left}]}
        events.append({**events[-1], "seq": len(statuses), "order": body})
    return events


def _events(given: dict[str, Any]) -> list[dict[str, Any]]:
    if "client" not in given:
        return []
    bound = given["client"]
    client = {key: bound[key] for key in ("id", "email", "phone") if key in bound}
    events: list[dict[str, Any]] = [
        {
            "at": bound["bound_at"],
            "type": "touch",
            "visitor": "v",
            "partner": bound["bound_to"],
            "kind": "link",
        },
    ]
    if "phone" not in client:  # his own first decision would spend the only touch
        events.append({"at": bound["bound_at"], "type": "lead", "visitor": "v", "client": client})
    events += [
        {"at": visit["at"], "type": "touch", "visitor": "v", "partner": visit["partner"], "kind": "link"}
        for visit in given.get("visits", [])
    ]
    for order in given["orders"]:
        events += _order_events(order, client)
    return events


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_worked_example(case: dict[str, Any]) -> None:
    """Every case ends with the accruals it names."""
    given, expected = case["input"], case["expected"]
    answer = run(_programme(given, given["partners"]), _events(given))
    kinds = {"reversal": "correction"}
    wanted = [
        (
            one.get("order"),
            one["partner"],
            one.get("level"),
            kinds.get(one.get("kind", ""), one.get("kind", "accrual")),
            one["amount"],
        )
        for one in expected["accruals"]
    ]
    if case["id"] == "W-status-idempotent":
        # The order leaves the status and comes back: taken back and given again, owed once.
        assert [row[3] for row in owed(answer)] == ["100.00"]
        assert sum(float(one["amount"]) for one in answer["postings"]) == 100
        return
    got = [
        (one["order"], one["partner"], one["level"], one["kind"], one["amount"]) for one in answer["postings"]
    ]
    assert got == wanted
    if "flags" in expected:
        assert verdicts(answer) == {"o1": (None, "own_purchase")}


@pytest.mark.parametrize("name", ["S7-licence", "S7-template"])
def test_per_cent_of_a_price(name: str) -> None:
    """A per cent of one line."""
    given, expected = SEEDS[name]["input"], SEEDS[name]["expected"]
    answer = run(_plain(given["percent"]), [_plain_order(given["base"], "2018-03-15T12:00:00+03:00")])
    assert owed(answer) == [("o1", "A", 1, expected["reward"])]


@pytest.mark.parametrize("name", ["S4-template-inside-month", "S4-template-outside-month"])
def test_month_from_the_start_of_the_attribution(name: str) -> None:
    """A month is to the end of the same day of the next month."""
    given, expected = SEEDS[name]["input"], SEEDS[name]["expected"]
    terms = _plain(given["percent"], when={"months_since_attribution_to": 1})
    client = {"id": "c1"}
    start = {"at": given["registered_at"], "type": "lead", "client": client, "codes": ["a"]}
    answer = run(terms, [start, _plain_order(given["price"], given["paid_at"], codes=[])])
    assert owed(answer) == ([("o1", "A", 1, expected["reward"])] if expected["eligible"] else [])


def test_second_template_is_not_paid() -> None:
    """Once for each client: the second sale is beyond the limit."""
    terms = _plain("25", when={"months_since_attribution_to": 1}, paid_sales=1)
    first = _plain_order("9900.00", "2018-03-16T12:00:00+03:00")
    second = _plain_order("9900.00", "2018-03-20T12:00:00+03:00", name="o2")
    assert owed(run(terms, [first, second])) == [("o1", "A", 1, "2475.00")]


def _plain(percent: str, **rule: Any) -> dict[str, Any]:
    return {
        "currency": "RUB",
        "timezone": "Europe/Moscow",
        "attribution": {"policy": "first"},
        "accrual": {"statuses": ["paid"]},
        "levels": 1,
        "rules": [{"id": "r", "reward": {"1": {"percent": percent}}, **rule}],
        "partners": [{"id": "A"}],
        "codes": [{"code": "a", "partner": "A"}],
    }


def _plain_order(
    total: str, created: str, name: str = "o1", codes: tuple[str, ...] | list[str] = ("a",)
) -> Any:
    body = {"id": name, "created_at": created, "client": {"id": "c1"}, "codes": list(codes), "status": "paid"}
    return {"at": created, "type": "order", "order": {**body, "lines": [{"id": "1", "total": total}]}}
