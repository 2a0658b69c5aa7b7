"""What most resources share: list, read, create, change and delete rows of one table."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from molva.demo.shop.admin.paging import changed_rows, page_of
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp
from molva.demo.shop.web import BadRequest, Request, Response, Routes, json_response

Build = Callable[[Shop, Row, Row | None, str], Row]
OK = {"status": "ok"}


def shown(row: Row) -> Row:
    """A row without what the shop keeps for itself."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def body_of(request: Request, name: str) -> Row:
    """The object that the body wraps into its own name. Raises BadRequest."""
    body = request.json()
    if not isinstance(body, dict) or not isinstance(body.get(name), dict):
        raise BadRequest
    return dict(body[name])


def number_of(text: object) -> int:
    """A whole number of a path or a body; 0 when it is none."""
    try:
        return int(str(text))
    except ValueError:
        return 0


def refuse_empty(values: Row, *names: str) -> None:
    """Raises Refused when one of these is missing."""
    for name in names:
        if values.get(name) in (None, ""):
            raise Refused({name: ["не может быть пустым"]})


def refuse_other(values: Row, name: str, choices: Iterable[object]) -> None:
    """Raises Refused when a value is none of its choices."""
    if values.get(name) not in choices:
        raise Refused({name: ["имеет непредусмотренное значение"]})


def is_taken(shop: Shop, table: str, row: Row | None, **wanted: Any) -> bool:
    """Whether another row has all these values."""
    return any(
        other is not row and all(other.get(name) == value for name, value in wanted.items())
        for other in shop.store.tables[table].values()
    )


def picked(wanted: Row, row: Row | None, defaults: Row) -> Row:
    """Values of a new or present row after a write: what is asked, else what was, else the default."""
    return {name: wanted.get(name, (row or defaults).get(name, value)) for name, value in defaults.items()}


@dataclass(frozen=True)
class Resource:
    """A table and the name of one row. With `per_key` each API key sees its own rows only.

    `build(shop, wanted, present row or None, login)` returns the values to store, or raises Refused. `after` is
    called with a row that was made (True) or changed (False).
    """

    table: str
    wrapper: str
    build: Build
    per_key: bool = False
    after: Callable[[Shop, Row, bool], None] | None = None

    def mine(self, shop: Shop, login: str) -> list[Row]:
        """Rows that this key may see."""
        rows = shop.store.tables[self.table].values()
        return [row for row in rows if not self.per_key or row["_owner"] == login]

    def one(self, shop: Shop, login: str, number: str) -> Row:
        """A row that this key may see. Raises LookupError."""
        row = shop.store.tables[self.table][number_of(number)]
        if self.per_key and row["_owner"] != login:
            raise LookupError(number)
        return row

    def add(self, shop: Shop, wanted: Row, login: str) -> Row:
        """A new row. Raises Refused."""
        values, moment = self.build(shop, wanted, None, login), stamp(exact=True)
        times = {"created_at": moment, "updated_at": moment}
        row = shop.store.add_row(self.table, {**values, **times})
        if self.after:
            self.after(shop, row, True)
        return row

    def change(self, shop: Shop, row: Row, wanted: Row, login: str) -> Row:
        """New values of a row. Raises Refused."""
        row.update(self.build(shop, wanted, row, login), updated_at=stamp(exact=True))
        shop.store.changed = True
        if self.after:
            self.after(shop, row, False)
        return row

    def remove(self, shop: Shop, row: Row) -> None:
        """The row is gone."""
        del shop.store.tables[self.table][row["id"]]
        shop.store.changed = True


def crud(routes: Routes, path: str, resource: Resource) -> None:
    """The five usual calls under a path. A call of the same address that is added earlier goes before."""

    @routes.add("GET", f"{path}.json")
    def list_rows(shop: Shop, request: Request, login: str) -> Response:
        rows = changed_rows(resource.mine(shop, login), request)
        return json_response([shown(row) for row in page_of(rows, request)])

    @routes.add("POST", f"{path}.json")
    def post_row(shop: Shop, request: Request, login: str) -> Response:
        return json_response(shown(resource.add(shop, body_of(request, resource.wrapper), login)), 201)

    @routes.add("GET", f"{path}/<number>.json")
    def get_row(shop: Shop, request: Request, login: str, number: str) -> Response:
        return json_response(shown(resource.one(shop, login, number)))

    @routes.add("PUT PATCH", f"{path}/<number>.json")
    def put_row(shop: Shop, request: Request, login: str, number: str) -> Response:
        row = resource.one(shop, login, number)
        return json_response(shown(resource.change(shop, row, body_of(request, resource.wrapper), login)))

    @routes.add("DELETE", f"{path}/<number>.json")
    def delete_row(shop: Shop, request: Request, login: str, number: str) -> Response:
        resource.remove(shop, resource.one(shop, login, number))
        return json_response(OK)
