"""Orders in the admin API: list, read, make, change, delete."""

from collections.abc import Iterator

from molva.demo.shop import moves, orders
from molva.demo.shop.admin.crud import OK, body_of, number_of
from molva.demo.shop.admin.paging import changed_orders, page_of
from molva.demo.shop.bodies import order_body
from molva.demo.shop.codes import find_code
from molva.demo.shop.records import Order
from molva.demo.shop.shop import Shop
from molva.demo.shop.store import Row
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()
API_USER = "API"
CLOSED = ("delivered", "declined")


@routes.add("GET", "/admin/orders.json")
def list_orders(shop: Shop, request: Request, login: str) -> Response:
    """A page of orders."""
    found = _filtered(changed_orders(shop.store.orders_by_update(), request), request.query)
    return json_response([order_body(shop.store, order) for order in page_of(found, request)])


def _filtered(found: Iterator[Order], query: dict[str, str]) -> Iterator[Order]:
    archived = query.get("deleted") == "true"
    both = query.get("with_deleted") == "true"
    for order in found:
        facts = {
            "fulfillment_status": order.system_status,
            "payment_status": "paid" if order.paid else "not_paid",
            "client_id": str(order.client_id),
            "delivery_variant": str(order.delivery_id),
            "status": "closed" if order.system_status in CLOSED else "open",
        }
        if (both or order.archived == archived) and all(
            not query.get(name) or query[name] == value for name, value in facts.items()
        ):
            yield order


@routes.add("GET", "/admin/orders/<number>.json")
def getorder_of(shop: Shop, request: Request, login: str, number: str) -> Response:
    """One order, whole. A deleted one is archived or missing, as the fault menu says."""
    order = order_of(shop, number)
    if order.archived and shop.faults.deleted_orders == "missing":
        raise LookupError(number)
    return json_response(order_body(shop.store, order))


def order_of(shop: Shop, number: str) -> Order:
    """An order by the number in a path. Raises LookupError."""
    return shop.store.orders[number_of(number)]


@routes.add("POST", "/admin/orders.json")
def postorder_of(shop: Shop, request: Request, login: str) -> Response:
    """Make an order as software would: it has no visit, so nobody knows where the buyer came from."""
    wanted = body_of(request, "order")
    address = wanted.get("shipping_address_attributes") or wanted.get("shipping_address") or {}
    draft = orders.Draft(
        items=[
            (number_of(line.get("variant_id")), line.get("quantity", 1), price_of(line))
            for line in wanted.get("order_lines_attributes", [])
        ],
        client=wanted.get("client") or wanted.get("client_attributes"),
        code=find_code(shop.store, str(wanted.get("discount_code") or "")),
        delivery_id=number_of(wanted.get("delivery_variant_id")),
        payment_id=number_of(wanted.get("payment_gateway_id")),
        fields=dict(fields_in(shop, wanted)),
        city=address.get("city"),
        address=address.get("address"),
        comment=wanted.get("comment"),
        user=API_USER,
    )
    order = orders.create(shop, draft)
    return json_response(order_body(shop.store, order), 201)


def price_of(line: Row) -> int | None:
    """Kopecks of a line that names its own price. Raises Refused."""
    return None if line.get("sale_price") is None else orders.kopecks(line["sale_price"])


def fields_in(shop: Shop, wanted: Row) -> Iterator[tuple[int, str]]:
    """Extra fields named by id or by handle; unknown ones are passed over."""
    known = shop.store.tables["field"]
    for entry in wanted.get("fields_values_attributes", []):
        by_handle = [
            row["id"] for row in known.values() if row["handle"] and row["handle"] == entry.get("handle")
        ]
        number = number_of(entry.get("field_id")) or next(iter(by_handle), 0)
        if number in known:
            yield number, str(entry.get("value") or "")


@routes.add("DELETE", "/admin/orders/<number>.json")
def deleteorder_of(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Put the order away."""
    moves.delete(shop, order_of(shop, number))
    return json_response(OK)
