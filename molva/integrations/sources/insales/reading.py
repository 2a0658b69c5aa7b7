"""Orders of an InSales shop as domain values: one, many at once, and what has changed since a moment.

A list tells an order as whole as a single reading does, so a hundred hooks are answered by one call, not a hundred.
What orders only name (products, promo codes) is read once for all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from molva.domain.inbound import InboundOrder, NotUnderstood
from molva.integrations.base import UNREADABLE, OrderGoneError, Page, PlugError, Told, reason_of
from molva.integrations.models import Connection, InboundEvent, ShopProduct
from molva.integrations.sources.insales.api import InSalesApi
from molva.integrations.sources.insales.parse import load_body, parse_order
from molva.integrations.sources.insales.setup import codes_by_id

ORDERS = "/admin/orders.json"
PAGE_SIZE = 100
LARGE_PAGE = 250  # the most that a shop gives: for many hooks at once, where calls are dearer than bytes
OVERLAP = timedelta(minutes=10)
# Hooks name their orders: what a page does not show is asked for by itself, so nothing earlier need be read again.
HINT_OVERLAP = timedelta(seconds=1)
_LONGEST_ID = 18  # digits
_HINTS_REACH = timedelta(hours=1)  # how far back, at most, hooks together may send the reader


@dataclass(frozen=True, slots=True)
class Hint:
    """What a hook says: which order, and (not to be trusted) when it changed."""

    number: int
    changed_at: datetime | None


def read_hint(connection: Connection, event: InboundEvent) -> Hint:
    """The order that a hook names. Raises NotUnderstood for one that names none, or another shop's."""
    body = load_body(bytes(event.body))
    number = _number(body.get("id"))
    _check_shop(connection, body)
    return Hint(number, moment_of(body))


def read_one(connection: Connection, api: InSalesApi, hint: Hint) -> InboundOrder:
    """The order of one hook as the shop tells it now. Raises OrderGoneError."""
    body = api.order(hint.number)
    if body is None:
        raise OrderGoneError(str(hint.number))
    (order,) = understand(connection, api, [body])
    if isinstance(order, Exception):
        raise order
    return order


def read_together(
    connection: Connection, api: InSalesApi, hints: Sequence[Hint]
) -> dict[int, InboundOrder | Exception]:
    """Orders of many hooks by id, from pages of what has changed; those that the pages do not tell are missing.

    Reading goes on while a page may still cost less than asking for the rest one by one.
    """
    wanted = {hint.number for hint in hints}
    anchor = _reach(hints)
    bodies: dict[int, dict[str, Any]] = {}
    pages, size = 0, LARGE_PAGE if len(wanted) > PAGE_SIZE else PAGE_SIZE
    while anchor and pages < len(wanted - set(bodies)):
        rows = changed_rows(api, anchor, size=size, overlap=HINT_OVERLAP)
        pages += 1
        bodies |= {
            int(row["id"]): row for row in rows if str(row.get("id")).isdecimal() and int(row["id"]) in wanted
        }
        anchor = _after(rows) if rows else None
    told = understand(connection, api, list(bodies.values()))
    return dict(zip(bodies, told, strict=True))


def changed_page(
    connection: Connection, api: InSalesApi, anchor: dict[str, Any], *, deleted: bool = False
) -> Page:
    """One page of orders changed since the anchor, oldest change first; a page is the last one only when it is empty.

    Within a reading the anchor is exact (moment and id). A new reading looks ten minutes back: a moment is a whole
    second, in which an order that was read may change again, and a shop may show a change later than it dates it.
    """
    rows = changed_rows(api, anchor, deleted=deleted)
    if not rows:
        rest = {"updated_at": anchor["updated_at"]} if anchor.get("updated_at") else None
        return Page([], rest, is_last=True)
    fresh = [row for row in rows if not _is_read(row, anchor)]
    if not fresh:
        raise PlugError("the shop answered with the same page again")
    told: list[Told] = []
    refused: list[tuple[str, str]] = []
    for row, one in zip(fresh, understand(connection, api, fresh), strict=True):
        if isinstance(one, Exception):
            refused.append((str(row.get("id")), reason_of(one)))
        else:
            told.append(one)
    return Page(told, _after(fresh), refused=refused)


def changed_rows(
    api: InSalesApi,
    anchor: dict[str, Any],
    *,
    deleted: bool = False,
    size: int = 0,
    overlap: timedelta = OVERLAP,
) -> list[dict[str, Any]]:
    """Bodies of one page of what has changed since the anchor. `overlap`: how far before a moment without an id."""
    query: dict[str, Any] = {"per_page": size or PAGE_SIZE, "deleted" if deleted else "with_deleted": "true"}
    if anchor.get("id"):
        query |= {"updated_since": anchor["updated_at"], "from_id": anchor["id"]}
    elif anchor.get("updated_at"):
        start = datetime.fromisoformat(anchor["updated_at"]) - overlap
        query["updated_since"] = start.isoformat(timespec="milliseconds")
    return api.rows(ORDERS, query)


def understand(
    connection: Connection, api: InSalesApi, bodies: Sequence[dict[str, Any]]
) -> list[InboundOrder | Exception]:
    """Each body as an order, or why it cannot be one. Products and codes are read once for all."""
    codes = _codes(connection, api, bodies)
    told: list[InboundOrder | Exception] = []
    for body in bodies:
        try:
            _check_shop(connection, body)
            told.append(parse_order(body, codes))
        except UNREADABLE as problem:
            told.append(problem)
    categories = _categories(connection, api, [one for one in told if isinstance(one, InboundOrder)])
    return [one if isinstance(one, Exception) else _with_categories(one, categories) for one in told]


def moment_of(body: dict[str, Any]) -> datetime | None:
    """When a body says it changed; None when that cannot be read."""
    try:
        moment = datetime.fromisoformat(str(body.get("updated_at")))
    except ValueError:
        return None
    return moment if moment.tzinfo and 2000 <= moment.year <= 2100 else None


def _codes(connection: Connection, api: InSalesApi, bodies: Sequence[dict[str, Any]]) -> dict[str, str]:
    codes: dict[str, str] = connection.facts.get("codes", {})
    used = {number for body in bodies for number in _used_codes(body)}
    unknown = used - set(codes)
    if unknown:
        # an id that the list does not have is not looked for again: the order's own text names the code
        codes = {**dict.fromkeys(unknown, ""), **codes, **codes_by_id(api)}
        connection.learn(codes=codes)
    return codes


def _used_codes(body: dict[str, Any]) -> Iterator[str]:
    discounts = body.get("discounts")
    for discount in discounts if isinstance(discounts, list) else []:
        if isinstance(discount, dict) and discount.get("discount_code_id"):
            yield str(discount["discount_code_id"])[:40]


def _categories(
    connection: Connection, api: InSalesApi, orders: Sequence[InboundOrder]
) -> dict[str, list[str]]:
    wanted = {line.product for order in orders for line in order.lines if line.product}
    rows = ShopProduct.objects.filter(connection=connection, external_id__in=wanted)
    known = dict(rows.values_list("external_id", "categories")) if wanted else {}
    # an id that is no number cannot be asked for, and must not spoil the question about the others
    unknown = sorted(one for one in wanted - set(known) if one.isascii() and one.isdecimal())
    if not unknown:
        return known
    found = api.categories(unknown)
    fresh = [
        ShopProduct(
            workspace_id=connection.workspace_id,
            connection=connection,
            external_id=one,
            categories=found[one],
        )
        for one in unknown
    ]
    ShopProduct.objects.bulk_create(fresh, ignore_conflicts=True)
    return {**known, **found}


def _with_categories(order: InboundOrder, categories: dict[str, list[str]]) -> InboundOrder:
    lines = tuple(replace(line, categories=tuple(categories.get(line.product, ()))) for line in order.lines)
    return replace(order, lines=lines)


def _check_shop(connection: Connection, body: dict[str, Any]) -> None:
    account = body.get("account_id")
    if account is not None and str(account) != connection.external_id:
        raise NotUnderstood(f"the body is of another shop ({account})")


def _reach(hints: Sequence[Hint]) -> dict[str, Any] | None:
    """From when on many hooks are read: the oldest hint, unless one hint would send us far into the past."""
    moments = sorted(hint.changed_at for hint in hints if hint.changed_at)
    if not moments:
        return None
    middle = moments[len(moments) // 2]  # one forged body cannot move it
    return {"updated_at": max(moments[0], middle - _HINTS_REACH).isoformat(timespec="milliseconds")}


def _after(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    last = rows[-1]
    if moment_of(last) is None:
        raise PlugError("the shop answered with something that is not a list of orders")
    return {"updated_at": last["updated_at"], "id": last.get("id")}


def _is_read(row: dict[str, Any], anchor: dict[str, Any]) -> bool:
    """Whether a row lies at or before an exact anchor: a shop that repeats a page must not hold us for ever."""
    moment = moment_of(row)
    if not anchor.get("id") or moment is None:
        return False
    start = datetime.fromisoformat(anchor["updated_at"])
    number = str(row.get("id"))
    return moment < start or (moment == start and number.isdecimal() and int(number) <= int(anchor["id"]))


def _number(value: Any) -> int:
    """The id of an order as the body tells it."""
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal()) or len(text) > _LONGEST_ID:
        raise NotUnderstood("the body names no order")
    return int(text)
