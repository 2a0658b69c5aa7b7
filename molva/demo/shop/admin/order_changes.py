"""Changes of orders by the admin API: all that one PUT asks, or nothing of it."""

from molva.demo.shop import moves, orders
from molva.demo.shop.admin.crud import body_of, number_of
from molva.demo.shop.admin.orders import API_USER, fields_in, order_of, price_of
from molva.demo.shop.bodies import order_body
from molva.demo.shop.clients import announce_client
from molva.demo.shop.records import Order
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()


@routes.add("PUT PATCH", "/admin/orders/<number>.json")
def putorder_of(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Change status, payment, comments, fields, lines, client, discounts: all or nothing."""
    order, wanted = order_of(shop, number), body_of(request, "order")
    _check(shop, order, wanted)
    _put_plain(shop, order, wanted)
    for entry in wanted.get("order_lines_attributes", []):
        _put_line(shop, order, entry)
    if wanted.get("custom_status_permalink"):
        moves.set_status(shop, order, wanted["custom_status_permalink"], user=API_USER)
    elif wanted.get("fulfillment_status"):
        moves.set_system_status(shop, order, wanted["fulfillment_status"], user=API_USER)
    if wanted.get("financial_status"):
        moves.set_paid(shop, order, is_paid=wanted["financial_status"] == "paid", user=API_USER)
    return json_response(order_body(shop.store, order))


def _check(shop: Shop, order: Order, wanted: Row) -> None:
    """Refuse before anything is changed."""
    if wanted.get("custom_status_permalink") and shop.status(wanted["custom_status_permalink"]) is None:
        raise Refused({"custom_status_permalink": ["не найден"]})
    if wanted.get("financial_status") not in {None, "paid", "pending"}:
        raise Refused({"financial_status": ["имеет непредусмотренное значение"]})
    for row in wanted.get("discounts_attributes", []):
        if row.get("_destroy") and all(known.id != number_of(row.get("id")) for known in order.discounts):
            raise LookupError(row.get("id"))
    lines = {line.id for line in order.lines}
    for entry in wanted.get("order_lines_attributes", []):
        if entry.get("id") is not None and number_of(entry["id"]) not in lines:
            raise LookupError(entry["id"])
        if entry.get("id") is None and shop.variant(number_of(entry.get("variant_id"))) is None:
            raise Refused({"variant_id": ["не найден"]})


def _put_plain(shop: Shop, order: Order, wanted: Row) -> None:
    moment, was = stamp(), order_body(shop.store, order)
    for name in ("comment", "manager_comment"):
        if name in wanted:
            setattr(order, name, wanted[name])
    for field_id, value in fields_in(shop, wanted):
        orders.set_field(shop, order, field_id, value, moment)
    _put_client(shop, order, wanted.get("client_attributes", {}))
    place = wanted.get("shipping_address_attributes", {})
    order.city, order.address = place.get("city", order.city), place.get("address", order.address)
    order.phone = place.get("phone", order.phone)
    for row in wanted.get("discounts_attributes", []):
        _put_discount(shop, order, row, moment)
    if order_body(shop.store, order) != was:
        moves.note_change(shop, order, user=API_USER)


def _put_client(shop: Shop, order: Order, texts: Row) -> None:
    client = shop.store.tables["client"].get(order.client_id or 0)
    if client is not None and texts:
        client.update({name: value for name, value in texts.items() if name in client and name != "id"})
        client["updated_at"] = stamp(exact=True)
        shop.store.index_client(client)
        announce_client(shop, client, made=False)


def _put_discount(shop: Shop, order: Order, row: Row, moment: str) -> None:
    if not row.get("_destroy"):
        orders.add_discount(shop, order, row, moment)
        return
    number = number_of(row.get("id"))
    order.discounts = [discount for discount in order.discounts if discount.id != number]


def _put_line(shop: Shop, order: Order, entry: Row) -> None:
    if entry.get("id") is None:
        variant, quantity = number_of(entry.get("variant_id")), entry.get("quantity", 1)
        moves.add_line(shop, order, variant, quantity, price_of(entry), user=API_USER)
        return
    line = next(known for known in order.lines if known.id == number_of(entry["id"]))
    quantity = 0 if entry.get("_destroy") else entry.get("quantity", line.quantity)
    if quantity != line.quantity:
        moves.set_quantity(shop, order, line, quantity, user=API_USER)
    price = price_of(entry)
    if price is not None and price != line.price:
        moves.set_price(shop, order, line, price)
