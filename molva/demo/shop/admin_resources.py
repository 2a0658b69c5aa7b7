"""All resources of the admin API but orders: account, statuses, webhooks, scripts, fields, codes, clients, goods."""

from collections.abc import Callable
from typing import Any

from molva.demo.shop.paging import changed_rows, page_of
from molva.demo.shop.seed import SHAPES, new_code, permalink
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp
from molva.demo.shop.web import BadRequest, Request, Response, Routes, json_response

routes = Routes()
TOPICS = (
    "orders/create",
    "orders/update",
    "orders/destroy",
    "products/create",
    "products/update",
    "client/create",
    "client/update",
)
TAG_TYPES = ("JsTag::FileTag", "JsTag::TextTag")
Build = Callable[[Shop, Row, Row | None, str], Row]


def shown(row: Row) -> Row:
    """A row without what the shop keeps for itself."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _body(request: Request, name: str) -> Row:
    body = request.json()
    if not isinstance(body, dict) or not isinstance(body.get(name), dict):
        raise BadRequest
    return dict(body[name])


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def crud(path: str, table: str, wrapper: str, build: Build, *, per_key: bool = False) -> None:
    """List, read, create, change and delete rows of a table. With `per_key` each API key sees its own rows only.

    `build(shop, wanted, present row or None, login)` returns the values to store, or raises Refused.
    """

    def mine(shop: Shop, login: str) -> list[Row]:
        rows = shop.store.tables[table].values()
        return [row for row in rows if not per_key or row["_owner"] == login]

    def one(shop: Shop, login: str, number: str) -> Row:
        row = shop.store.tables[table][_number(number)]
        if per_key and row["_owner"] != login:
            raise LookupError(number)
        return row

    @routes.add("GET", f"{path}.json")
    def list_rows(shop: Shop, request: Request, login: str) -> Response:
        rows = changed_rows(mine(shop, login), request)
        return json_response([shown(row) for row in page_of(rows, request)])

    @routes.add("POST", f"{path}.json")
    def post_row(shop: Shop, request: Request, login: str) -> Response:
        values = build(shop, _body(request, wrapper), None, login)
        moment = stamp(exact=True)
        row = shop.store.add_row(table, {**values, "created_at": moment, "updated_at": moment})
        _index(shop, table, row)
        return json_response(shown(row), 201)

    @routes.add("GET", f"{path}/<number>.json")
    def get_row(shop: Shop, request: Request, login: str, number: str) -> Response:
        return json_response(shown(one(shop, login, number)))

    @routes.add("PUT PATCH", f"{path}/<number>.json")
    def put_row(shop: Shop, request: Request, login: str, number: str) -> Response:
        row = one(shop, login, number)
        row.update(build(shop, _body(request, wrapper), row, login), updated_at=stamp(exact=True))
        _index(shop, table, row)
        return json_response(shown(row))

    @routes.add("DELETE", f"{path}/<number>.json")
    def delete_row(shop: Shop, request: Request, login: str, number: str) -> Response:
        del shop.store.tables[table][one(shop, login, number)["id"]]
        shop.store.changed = True
        return json_response({"status": "ok"})


def _index(shop: Shop, table: str, row: Row) -> None:
    shop.store.changed = True
    if table == "client":
        shop.store.index_client(row)


def _taken(shop: Shop, table: str, row: Row | None, **wanted: Any) -> bool:
    """Whether another row has all these values."""
    return any(
        other is not row and all(other.get(name) == value for name, value in wanted.items())
        for other in shop.store.tables[table].values()
    )


def build_webhook(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A webhook; the pair of address and topic is unique within one key."""
    old = row or {}
    values = {
        name: wanted.get(name, old.get(name)) for name in ("address", "topic", "warehouse_id", "batch_size")
    }
    if not str(values["address"] or "").startswith(("http://", "https://")):
        raise Refused({"address": ["имеет неверное значение"]})
    if values["topic"] not in TOPICS:
        raise Refused({"topic": ["имеет непредусмотренное значение"]})
    if _taken(shop, "webhook", row, _owner=login, address=values["address"], topic=values["topic"]):
        raise Refused({"address": ["уже существует"]})
    kind = wanted.get("format_type", old.get("format_type", "json"))
    return {**values, "format_type": kind, "sales_channel_id": None, "_owner": login}


def build_tag(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A script for all pages of the storefront: an address or the text itself."""
    values = {name: wanted.get(name, (row or {}).get(name)) for name in ("type", "content", "name")}
    if values["type"] not in TAG_TYPES:
        raise Refused({"type": ["имеет непредусмотренное значение"]})
    if not values["content"]:
        raise Refused({"content": ["не может быть пустым"]})
    return {**values, "_owner": login}


def build_widget(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A frame with code of an application's own on the page of an order or a product."""
    old = {"code": None, "height": 100, "page_type": "order", **(row or {})}
    values = {name: wanted.get(name, old[name]) for name in ("code", "height", "page_type")}
    if not values["code"]:
        raise Refused({"code": ["не может быть пустым"]})
    return {**values, "_owner": login}


def build_field(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """An extra field; destiny 3 is a field of the order."""
    title = wanted.get("office_title", wanted.get("title", (row or {}).get("office_title")))
    if not title:
        raise Refused({"office_title": ["не может быть пустым"]})
    defaults = {
        "destiny": 3,
        "position": len(shop.store.tables["field"]) + 1,
        "for_buyer": True,
        "obligatory": False,
        "active": True,
        "system_name": None,
        "show_in_result": False,
        "show_in_checkout": False,
        "is_indexed": False,
        "hide_in_backoffice": False,
        "handle": None,
        "title": title,
        "example": None,
        "type": "Field::TextField",
    }
    old = {name: (row or {}).get(name, value) for name, value in defaults.items()}
    values = {**old, **{name: wanted[name] for name in defaults if name in wanted}, "office_title": title}
    if values["handle"] and _taken(shop, "field", row, handle=values["handle"]):
        raise Refused({"handle": ["уже существует"]})
    return values


def build_code(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A discount code; its text is unique whatever the letters' case."""
    old = row or new_code()
    values = {name: wanted.get(name, old[name]) for name in new_code()}
    if not values["code"]:
        raise Refused({"code": ["не может быть пустым"]})
    others = (other for other in shop.store.tables["code"].values() if other is not row)
    if any(other["code"].casefold() == str(values["code"]).casefold() for other in others):
        raise Refused({"code": ["уже существует"]})
    if values["type_id"] not in {1, 2}:
        raise Refused({"type_id": ["имеет непредусмотренное значение"]})
    try:
        values["discount"] = str(float(str(values["discount"])))
    except ValueError as error:
        raise Refused({"discount": ["не является числом"]}) from error
    return {**values, "worked": old["worked"]}


def build_client(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A client; e-mail and phone belong to one person only."""
    taken = shop.store.find_client(wanted.get("email"), wanted.get("phone"))
    if taken is not None and taken is not row:
        raise Refused({"email": ["уже существует"]})
    old = row or SHAPES["client"]
    values = {name: wanted.get(name, old[name]) for name in SHAPES["client"] if name != "id"}
    return {**values, "contact_name": values["name"]}


crud("/admin/webhooks", "webhook", "webhook", build_webhook, per_key=True)
crud("/admin/js_tags", "tag", "js_tag", build_tag, per_key=True)
crud("/admin/application_widgets", "widget", "application_widget", build_widget, per_key=True)
crud("/admin/fields", "field", "field", build_field)
crud("/admin/discount_codes", "code", "discount_code", build_code)
crud("/admin/clients", "client", "client", build_client)


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
    wanted = _body(request, "custom_status")
    return json_response(
        _status_body(add_status(shop, wanted.get("title"), wanted.get("system_status"))), 201
    )


@routes.add("PUT PATCH", "/admin/custom_statuses/<name>.json")
def put_status(shop: Shop, request: Request, login: str, name: str) -> Response:
    """A new title; the permalink stays as it was."""
    row = _status(shop, name)
    rename_status(shop, row, _body(request, "custom_status").get("title"))
    return json_response(_status_body(row))


@routes.add("DELETE", "/admin/custom_statuses/<name>.json")
def delete_status_call(shop: Shop, request: Request, login: str, name: str) -> Response:
    """Delete a custom status that is not a default one."""
    delete_status(shop, _status(shop, name))
    return json_response({"status": "ok"})


def add_status(shop: Shop, title: str | None, system_status: str | None) -> Row:
    """Make a status. Raises Refused."""
    systems = {row["system_status"] for row in shop.statuses()}
    if not title:
        raise Refused({"title": ["не может быть пустым"]})
    if system_status not in systems:
        raise Refused({"system_status": ["имеет непредусмотренное значение"]})
    name = base = permalink(title)
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
    if not title:
        raise Refused({"title": ["не может быть пустым"]})
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
