"""Orders in the admin API: list, read, make, change, delete."""

from collections.abc import Iterator
from typing import Any

from molva.demo.shop import orders
from molva.demo.shop.bodies import order_body
from molva.demo.shop.codes import find_code
from molva.demo.shop.paging import changed_orders, page_of
from molva.demo.shop.records import Order
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp
from molva.demo.shop.web import BadRequest, Request, Response, Routes, json_response

routes = Routes()
API_USER = "API"
PAYMENT_WORDS = {"paid": True, "not_paid": False}


@routes.add("GET", "/admin/orders.json")
def list_orders(shop: Shop, request: Request, login: str) -> Response:
    """A page of orders."""
    found = _filtered(changed_orders(shop.store.orders_by_update(), request), request.query)
    return json_response([order_body(shop.store, order) for order in page_of(found, request)])


def _filtered(found: Iterator[Order], query: dict[str, str]) -> Iterator[Order]:
    archived = query.get("deleted") == "true"
    both = query.get("with_deleted") == "true"
    status, payment, client = (
        query.get(name) for name in ("fulfillment_status", "payment_status", "client_id")
    )
    for order in found:
        if (
            (both or order.archived == archived)
            and (not status or order.system_status == status)
            and (payment not in PAYMENT_WORDS or order.paid == PAYMENT_WORDS[payment])
            and (not client or str(order.client_id) == client)
        ):
            yield order


@routes.add("GET", "/admin/orders/<number>.json")
def get_order(shop: Shop, request: Request, login: str, number: str) -> Response:
    """One order, whole. A deleted one is archived or missing, as the fault menu says."""
    order = _order(shop, number)
    if order.archived and shop.faults.deleted_orders == "missing":
        raise LookupError(number)
    return json_response(order_body(shop.store, order))


def _order(shop: Shop, number: str) -> Order:
    return shop.store.orders[int(number) if number.isdigit() else 0]


def _wrapped(request: Request, name: str) -> Row:
    body = request.json()
    if not isinstance(body, dict) or not isinstance(body.get(name), dict):
        raise BadRequest
    return dict(body[name])


@routes.add("POST", "/admin/orders.json")
def post_order(shop: Shop, request: Request, login: str) -> Response:
    """Make an order as software would: it has no visit, so nobody knows where the buyer came from."""
    wanted = _wrapped(request, "order")
    address = wanted.get("shipping_address_attributes") or wanted.get("shipping_address") or {}
    draft = orders.Draft(
        items=[
            (_int(line.get("variant_id")), line.get("quantity", 1), _price(line))
            for line in wanted.get("order_lines_attributes", [])
        ],
        client=wanted.get("client") or wanted.get("client_attributes"),
        code=find_code(shop.store, str(wanted.get("discount_code") or "")),
        discounts=wanted.get("discounts_attributes", []),
        delivery_id=_int(wanted.get("delivery_variant_id")),
        payment_id=_int(wanted.get("payment_gateway_id")),
        fields=dict(_fields(shop, wanted)),
        city=address.get("city"),
        address=address.get("address"),
        comment=wanted.get("comment"),
        user=API_USER,
    )
    order = orders.create(shop, draft)
    return json_response(order_body(shop.store, order), 201)


def _int(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


def _price(line: Row) -> int | None:
    return None if line.get("sale_price") is None else orders.kopecks(line["sale_price"])


def _fields(shop: Shop, wanted: Row) -> Iterator[tuple[int, str]]:
    """Extra fields named by id or by handle; unknown ones are passed over."""
    known = shop.store.tables["field"]
    for entry in wanted.get("fields_values_attributes", []):
        by_handle = [
            row["id"] for row in known.values() if row["handle"] and row["handle"] == entry.get("handle")
        ]
        number = _int(entry.get("field_id")) or next(iter(by_handle), 0)
        if number in known:
            yield number, str(entry.get("value") or "")


@routes.add("PUT PATCH", "/admin/orders/<number>.json")
def put_order(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Change status, payment, comments, fields, lines, client, discounts: all or nothing."""
    order, wanted = _order(shop, number), _wrapped(request, "order")
    _check(shop, order, wanted)
    _put_plain(shop, order, wanted)
    for entry in wanted.get("order_lines_attributes", []):
        _put_line(shop, order, entry)
    if wanted.get("custom_status_permalink"):
        orders.set_status(shop, order, wanted["custom_status_permalink"], user=API_USER)
    elif wanted.get("fulfillment_status"):
        orders.set_system_status(shop, order, wanted["fulfillment_status"], user=API_USER)
    if wanted.get("financial_status"):
        orders.set_paid(shop, order, is_paid=wanted["financial_status"] == "paid", user=API_USER)
    return json_response(order_body(shop.store, order))


def _check(shop: Shop, order: Order, wanted: Row) -> None:
    """Refuse before anything is changed."""
    if wanted.get("custom_status_permalink") and shop.status(wanted["custom_status_permalink"]) is None:
        raise Refused({"custom_status_permalink": ["не найден"]})
    if wanted.get("financial_status") not in {None, "paid", "pending"}:
        raise Refused({"financial_status": ["имеет непредусмотренное значение"]})
    lines = {line.id for line in order.lines}
    for entry in wanted.get("order_lines_attributes", []):
        if entry.get("id") is not None and _int(entry["id"]) not in lines:
            raise LookupError(entry["id"])
        if entry.get("id") is None and shop.variant(_int(entry.get("variant_id"))) is None:
            raise Refused({"variant_id": ["не найден"]})


def _put_plain(shop: Shop, order: Order, wanted: Row) -> None:
    moment, was = stamp(), order_body(shop.store, order)
    for name in ("comment", "manager_comment"):
        if name in wanted:
            setattr(order, name, wanted[name])
    for field_id, value in _fields(shop, wanted):
        orders.set_field(shop, order, field_id, value, moment)
    client = shop.store.tables["client"].get(order.client_id or 0)
    if client is not None:
        texts = wanted.get("client_attributes", {})
        client.update({name: value for name, value in texts.items() if name in client and name != "id"})
        shop.store.index_client(client)
    place = wanted.get("shipping_address_attributes", {})
    order.city, order.address = place.get("city", order.city), place.get("address", order.address)
    order.phone = place.get("phone", order.phone)
    for row in wanted.get("discounts_attributes", []):
        orders.add_discount(shop, order, row, moment)
    if order_body(shop.store, order) != was:
        orders.remember(shop, order, "order_changed", None, None, "Заказ изменен", user=API_USER)
        orders.announce(shop, order)


def _put_line(shop: Shop, order: Order, entry: Row) -> None:
    if entry.get("id") is None:
        quantity = entry.get("quantity", 1)
        line = orders.new_line(shop, _int(entry.get("variant_id")), quantity, _price(entry), stamp())
        order.lines.append(line)
        orders.remember(
            shop,
            order,
            "order_line_added",
            None,
            line.quantity,
            f"Добавлен товар '{line.title}'",
            user=API_USER,
        )
        orders.announce(shop, order)
        return
    line = next(known for known in order.lines if known.id == _int(entry["id"]))
    quantity = 0 if entry.get("_destroy") else entry.get("quantity", line.quantity)
    if quantity != line.quantity:
        orders.set_quantity(shop, order, line, quantity, user=API_USER)


@routes.add("DELETE", "/admin/orders/<number>.json")
def delete_order(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Put the order away."""
    orders.delete(shop, _order(shop, number))
    return json_response({"status": "ok"})
