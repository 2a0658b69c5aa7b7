"""Lists of the admin API: pages, and the «changes only» reading by `updated_since` and `from_id`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from molva.demo.shop.records import Order
from molva.demo.shop.store import Row
from molva.demo.shop.times import read, stamp
from molva.demo.shop.web import BadRequest, Request

DEFAULT_PER_PAGE, MOST_PER_PAGE = 50, 250
Thing = TypeVar("Thing", Order, Row)


def page_of(things: Iterable[Thing], request: Request, *, fewest: int = 1) -> list[Thing]:
    """The asked page; sizes outside `fewest`…250 are pulled inside."""
    size = min(MOST_PER_PAGE, max(fewest, request.number("per_page", DEFAULT_PER_PAGE)))
    first = (max(1, request.number("page", 1)) - 1) * size
    return list(islice(things, first, first + size))


def since(request: Request) -> str | None:
    """`updated_since` in the shop's own form of time, or None. Raises BadRequest."""
    text = request.query.get("updated_since")
    if not text:
        return None
    try:
        return stamp(read(text), exact=True)
    except ValueError as error:
        raise BadRequest from error


def changed_orders(orders: Sequence[Order], request: Request) -> Iterator[Order]:
    """Orders from `updated_since` on, without `from_id` and what sorts before it; `orders` are by (updated_at, id)."""
    anchor = since(request)
    if anchor is None:
        yield from sorted(orders, key=lambda order: order.id)
        return
    first = (anchor, request.number("from_id", 0))
    low, high = 0, len(orders)
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (middle + 1, high) if (orders[middle].updated_at, orders[middle].id) <= first else (low, middle)
        )
    yield from islice(orders, low, None)


def changed_rows(rows: Iterable[Row], request: Request, *, from_id_excludes: bool = True) -> list[Row]:
    """The same for plain rows; without `updated_since` they come by id."""
    anchor = since(request)
    if anchor is None:
        return sorted(rows, key=lambda row: row["id"])
    first = (anchor, request.number("from_id", 0) if from_id_excludes else 0)
    fresh = [row for row in rows if (row["updated_at"], row["id"]) > first]
    return sorted(fresh, key=lambda row: (row["updated_at"], row["id"]))
