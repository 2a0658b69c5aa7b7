"""Short ways to write rules and lines, and to read what an order pays."""

from typing import Any

from tests.simulate.running import order, programme, run

Json = dict[str, Any]


def rule(name: str, percent: str = "10", **more: Any) -> Json:
    return {"id": name, "reward": {"1": {"percent": percent}}, **more}


def line(name: str, total: str, **more: Any) -> Json:
    return {"id": name, "total": total, **more}


def coded(created: str, *args: Any, **more: Any) -> Json:
    """An order that B gets by a code."""
    return order(created, *args, **{"codes": ["bee"], "visitor": None, **more})


def lines_of(answer: Json, index: int = 0, level: int = 1) -> list[tuple[str, str, str, str]]:
    """(line, base, rule, amount) of an order's commission."""
    paid = next(one for one in answer["orders"][index]["commissions"] if one["level"] == level)
    return [(one["line"], one["base"], one["rule"], one["amount"]) for one in paid["lines"]]


def pays(rules: list[Json], *events: Json, **terms: Any) -> list[tuple[str, str]]:
    """(rule, amount) of the lines of the last order on level 1."""
    answer = run(programme(rules=rules, **terms), list(events))
    paid = [one for one in answer["orders"][-1]["commissions"] if one["level"] == 1]
    return [(one["rule"], one["amount"]) for one in paid[0]["lines"]] if paid else []
