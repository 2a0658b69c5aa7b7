"""What of two output documents must be equal, in a form that shows the difference."""

from datetime import datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]


def number(text: str | None) -> Decimal | None:
    """Written numbers are compared by value."""
    return None if text is None else Decimal(text)


def instant(text: str | None) -> datetime | None:
    """Times are compared as instants."""
    return None if text is None else datetime.fromisoformat(text)


def comparable(document: Json) -> Json:
    """Everything the contract fixes but texts, losers and the order of postings of one moment."""
    postings = [
        (
            instant(row["at"]),
            row["order"] or "",
            row["partner"],
            row["level"] or 0,
            row["kind"],
            number(row["amount"]),
        )
        for row in document["postings"]
    ]
    # the partner stands in the key, for rows of one moment and label have no order in the contract
    attributions = [
        (instant(row["from"]), row["client"], row["partner"], str(instant(row["to"])))
        for row in document["attributions"]
    ]
    return {
        "orders": [comparable_order(order) for order in document["orders"]],
        "postings": sorted(postings),
        "in time": postings == sorted(postings, key=lambda row: row[0]),
        "balances": [
            {name: value if name == "partner" else number(value) for name, value in row.items()}
            for row in document["balances"]
        ],
        "attributions": sorted(attributions),
        "attributions in order": [row[:2] for row in attributions] == sorted(row[:2] for row in attributions),
    }


def comparable_order(order: Json) -> Json:
    """One order: the verdict without texts, commissions with lines."""
    verdict = order["verdict"]
    commissions = []
    for row in order["commissions"]:
        lines = [
            {
                "line": line["line"],
                "base": number(line["base"]),
                "rule": line["rule"],
                "percent": number(line["percent"]),
                "fixed": number(line["fixed"]),
                "amount": number(line["amount"]),
            }
            for line in row["lines"]
        ]
        head = {"partner": row["partner"], "level": row["level"], "amount": number(row["amount"])}
        commissions.append({**head, "lines": lines})
    return {
        "id": order["id"],
        "verdict": [verdict["partner"], verdict["reason"], verdict["unpaid"]],
        "commissions": commissions,
    }


def names_losers(engine: Json, oracle: Json) -> bool:
    """The winner of an own purchase or a blocked one is among the losers of the engine's verdict."""
    pairs = zip(engine["orders"], oracle["orders"], strict=True)
    return all(
        theirs["verdict"]["loser"] is None
        or theirs["verdict"]["loser"] in [one["partner"] for one in ours["verdict"]["losers"]]
        for ours, theirs in pairs
    )
