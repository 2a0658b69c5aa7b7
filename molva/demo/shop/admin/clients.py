"""Clients in the admin API: lists with a search, bonus points."""

from molva.demo.shop.admin.crud import OK, Resource, body_of, crud, number_of, picked, shown
from molva.demo.shop.admin.paging import changed_rows, page_of
from molva.demo.shop.clients import announce_client
from molva.demo.shop.seed import SHAPES
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()
READ_ONLY = ("id", "bonus_points", "created_at", "updated_at", "fields_values")


def build_client(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A client; e-mail and phone belong to one person only."""
    asked = {name: value for name, value in wanted.items() if name not in READ_ONLY}
    for name in ("email", "phone"):
        taken = shop.store.find_client(asked.get("email"), None) if name == "email" else None
        taken = shop.store.find_client(None, asked.get("phone")) if name == "phone" else taken
        if taken is not None and taken is not row:
            raise Refused({name: ["уже существует"]})
    if row is None and not any(asked.get(name) for name in ("name", "email", "phone")):
        raise Refused({"name": ["не может быть пустым"]})
    defaults = {name: value for name, value in SHAPES["client"].items() if name != "id"}
    values = picked(asked, row, defaults)
    return {**values, "contact_name": values["name"]}


def _after(shop: Shop, row: Row, made: bool) -> None:  # noqa: FBT001 - the two kinds of a write
    shop.store.index_client(row)
    announce_client(shop, row, made=made)


def _is_wanted(row: Row, query: dict[str, str]) -> bool:
    text = query.get("q", "").strip().casefold()
    names = ("name", "surname", "middlename", "email", "phone")
    whole = " ".join(str(row[name] or "") for name in names).casefold()
    digits = "".join(filter(str.isdigit, query.get("phone", "")))[-10:]
    own = "".join(filter(str.isdigit, row["phone"] or ""))
    email = query.get("email", "").strip().casefold()
    return (
        text in whole and own.endswith(digits) and (not email or email == str(row["email"] or "").casefold())
    )


@routes.add("GET", "/admin/clients.json")
def list_clients(shop: Shop, request: Request, login: str) -> Response:
    """A page of clients: `q` in names and contacts, `email` and `phone` exactly, deleted ones when asked for."""
    gone, both = (request.query.get(name) == "true" for name in ("deleted", "with_deleted"))
    rows = [
        row
        for row in shop.store.tables["client"].values()
        if (both or row.get("_deleted", False) == gone) and _is_wanted(row, request.query)
    ]
    return json_response([shown(row) for row in page_of(changed_rows(rows, request), request)])


clients = Resource("client", "client", build_client, after=_after)


@routes.add("DELETE", "/admin/clients/<number>.json")
def delete_client(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Out of the lists; the client's orders still tell who it was."""
    row = clients.one(shop, login, number)
    row.update(_deleted=True, updated_at=stamp(exact=True))
    shop.store.forget_client(row)
    return json_response(OK)


@routes.add("GET", "/admin/client_groups.json")
def groups(shop: Shop, request: Request, login: str) -> Response:
    """No groups here."""
    return json_response([])


@routes.add("GET", "/admin/clients/<number>/bonus_system_transactions.json")
def list_bonus(shop: Shop, request: Request, login: str, number: str) -> Response:
    """What was added to and taken from one client's points."""
    client = clients.one(shop, login, number)
    rows = [row for row in shop.store.tables["bonus"].values() if row["client_id"] == client["id"]]
    return json_response(page_of(changed_rows(rows, request), request))


@routes.add("POST", "/admin/clients/<number>/bonus_system_transactions.json")
def post_bonus(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Points for a client; asked twice they are given twice."""
    client, wanted = clients.one(shop, login, number), body_of(request, "bonus_system_transaction")
    points = number_of(wanted.get("bonus_points"))
    if not points:
        raise Refused({"bonus_points": ["не может быть пустым"]})
    if client["bonus_points"] + points < 0:
        raise Refused({"bonus_points": ["недостаточно бонусов"]})
    moment = stamp(exact=True)
    row = shop.store.add_row(
        "bonus",
        {
            "client_id": client["id"],
            "order_id": None,
            "bonus_points": points,
            "description": wanted.get("description"),
            "created_at": moment,
            "updated_at": moment,
        },
    )
    client.update(bonus_points=client["bonus_points"] + points, updated_at=moment)
    return json_response(row, 201)


crud(routes, "/admin/clients", clients)
