"""Extra fields of orders, clients and addresses."""

from molva.demo.shop.admin.crud import Resource, body_of, crud, is_taken, picked, shown
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()
ORDER = 3
DESTINIES = (1, 2, ORDER, 6)


def build_field(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """An extra field; destiny 3 is a field of the order."""
    title = wanted.get("office_title", wanted.get("title", (row or {}).get("office_title")))
    if not title:
        raise Refused({"office_title": ["не может быть пустым"]})
    defaults = {
        "destiny": ORDER,
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
    values = {**picked(wanted, row, defaults), "office_title": title}
    if values["destiny"] not in DESTINIES:
        raise Refused({"destiny": ["имеет непредусмотренное значение"]})
    if values["handle"] and is_taken(shop, "field", row, handle=values["handle"]):
        raise Refused({"handle": ["уже существует"]})
    return values


fields = Resource("field", "field", build_field)
crud(routes, "/admin/fields", fields)


@routes.add("GET", "/admin/orders/fields.json", "/admin/order_fields.json")
def order_fields(shop: Shop, request: Request, login: str) -> Response:
    """Extra fields of orders."""
    rows = shop.store.tables["field"].values()
    return json_response([shown(row) for row in rows if row["destiny"] == ORDER])


@routes.add("POST", "/admin/order_fields.json")
def post_order_field(shop: Shop, request: Request, login: str) -> Response:
    """The other way to make one: its type is called OrderField::TextField."""
    wanted = body_of(request, "order_field")
    kind = str(wanted.get("type", "OrderField::TextField")).replace("OrderField::", "Field::")
    return json_response(shown(fields.add(shop, {**wanted, "type": kind, "destiny": ORDER}, login)), 201)
