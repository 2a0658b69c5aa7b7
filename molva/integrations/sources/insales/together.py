"""Many orders in few calls: a shop allows 500 calls in five minutes, and each call costs more than an order in it.

Hooks that wait together are mostly of orders that changed one after another, and such a row of orders is exactly a page
of «changed since», oldest change first. What the page does not hold in the state that the hook saw is read by itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from molva.integrations.base import PlugError
from molva.integrations.sources.insales.api import InSalesApi

_WORTH_A_PAGE = 3  # fewer orders are read one by one
_PAGE_SIZE = 100
_SPARE = 10  # rows of a page for orders that other hooks have told of


def read_page(api: InSalesApi, hooks: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Fresh bodies by id of those orders of the hooks that one page holds; none when a page does not help."""
    seen: dict[int, datetime] = {}
    for hook in hooks:
        if (moment := _moment(hook)) is not None:
            seen[hook["id"]] = max(moment, seen.get(hook["id"], moment))
    if len(seen) < _WORTH_A_PAGE:
        return {}
    # the shop's moments are whole seconds, and of one second it lists what comes after an id
    since, first = min((moment, number) for number, moment in seen.items())
    query = {
        "updated_since": since.isoformat(timespec="milliseconds"),
        "from_id": first - 1,
        "per_page": min(_PAGE_SIZE, len(seen) + _SPARE),
        "with_deleted": "true",
    }
    try:
        rows = api.get("/admin/orders.json", query)
    except PlugError as problem:
        if problem.permanent or problem.retry_after:
            raise
        return {}
    found = {row["id"]: row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), int)}
    return {
        key: found[key] for key, moment in seen.items() if key in found and _is_as_new(found[key], moment)
    }


def _is_as_new(row: dict[str, Any], moment: datetime) -> bool:
    """A list may lag behind what a hook told."""
    told = _moment(row)
    return told is not None and told >= moment


def _moment(body: dict[str, Any]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(body.get("updated_at")))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
