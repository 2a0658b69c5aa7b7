"""Custom statuses of orders: their key is a permalink made of the first title."""

from molva.demo.shop.admin.crud import OK, body_of, refuse_empty, refuse_other
from molva.demo.shop.seed import permalink
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()


@routes.add("GET", "/admin/custom_statuses.json")
def list_statuses(shop: Shop, request: Request, login: str) -> Response:
    """All custom statuses by position."""
    return json_response([_status_body(row) for row in shop.statuses()])


def _status_body(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "id"}


def _status(shop: Shop, name: str) -> Row:
    row = shop.status(name)
    if row is None:
        raise LookupError(name)
    return row


@routes.add("GET", "/admin/custom_statuses/<name>.json")
def get_status(shop: Shop, request: Request, login: str, name: str) -> Response:
    """One custom status; its key is the permalink."""
    return json_response(_status_body(_status(shop, name)))


@routes.add("POST", "/admin/custom_statuses.json")
def post_status(shop: Shop, request: Request, login: str) -> Response:
    """A new custom status under one of the system ones."""
    wanted = body_of(request, "custom_status")
    return json_response(
        _status_body(add_status(shop, wanted.get("title"), wanted.get("system_status"))), 201
    )


@routes.add("PUT PATCH", "/admin/custom_statuses/<name>.json")
def put_status(shop: Shop, request: Request, login: str, name: str) -> Response:
    """A new title; the permalink stays as it was."""
    row = _status(shop, name)
    rename_status(shop, row, body_of(request, "custom_status").get("title"))
    return json_response(_status_body(row))


@routes.add("DELETE", "/admin/custom_statuses/<name>.json")
def delete_status_call(shop: Shop, request: Request, login: str, name: str) -> Response:
    """Delete a custom status that is not a default one."""
    delete_status(shop, _status(shop, name))
    return json_response(OK)


def add_status(shop: Shop, title: str | None, system_status: str | None) -> Row:
    """Make a status. Raises Refused."""
    values: Row = {"title": title, "system_status": system_status}
    refuse_empty(values, "title")
    refuse_other(values, "system_status", {row["system_status"] for row in shop.statuses()})
    name = base = permalink(str(title))
    count = 1
    while shop.status(name):
        count += 1
        name = f"{base}-{count}"
    moment = stamp(exact=True)
    row = {"permalink": name, "title": title, "system_status": system_status, "is_default": False}
    position = max(row["position"] for row in shop.statuses()) + 1
    times = {"created_at": moment, "updated_at": moment}
    return shop.store.add_row("status", {**row, "position": position, **times})


def rename_status(shop: Shop, row: Row, title: str | None) -> None:
    """Orders tell the new title at once; nothing else about them changes. Raises Refused."""
    refuse_empty({"title": title}, "title")
    row.update(title=title, updated_at=stamp(exact=True))
    shop.store.changed = True


def delete_status(shop: Shop, row: Row) -> None:
    """Orders in it move silently to the default status of the same system status. Raises Refused."""
    if row["is_default"]:
        raise Refused({"base": ["нельзя удалить статус по умолчанию"]})
    heirs = [other for other in shop.statuses() if other["system_status"] == row["system_status"]]
    heir = next(other for other in heirs if other["is_default"])
    for order in shop.store.orders.values():
        if order.status == row["permalink"]:
            order.status = heir["permalink"]
    del shop.store.tables["status"][row["id"]]
    shop.store.changed = True
