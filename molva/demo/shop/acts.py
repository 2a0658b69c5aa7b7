"""What people do in the back office, and what scripts pretend to have happened: orders of any date, returns, payments.

Callers hold `shop.store.lock`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from molva.demo.shop import moves, orders
from molva.demo.shop.bodies import order_body
from molva.demo.shop.clients import announce_client
from molva.demo.shop.codes import find_code
from molva.demo.shop.records import Line, Order, Visit
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import read, stamp

Item = Sequence[Any]


def add_order(
    shop: Shop,
    *,
    items: Sequence[Item] = (("ivan-chay", 1),),
    name: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    at: datetime | str | None = None,
    promo_code: str | None = None,
    location: str | None = "/",
    first_location: str | None = None,
    referer: str | None = None,
    first_referer: str | None = None,
    fields: Mapping[str, str] | None = None,
    cookies: Mapping[str, str] | None = None,
    delivery_price: str | None = None,
    margin: str | None = None,
    discounts: Sequence[Row] = (),
    comment: str | None = None,
    address_phone: str | None = None,
    by: str | None = None,
    odd: Mapping[str, Any] | None = None,
    status: str | None = None,
    paid: bool = False,
    tell: bool = True,
) -> Row:
    """Make an order as if a buyer had made it at the moment `at`; returns its whole body.

    An item is (product permalink, variant id or SKU; quantity; optional price in roubles as text).
    `fields` go by handle; a missing `first_location` is the same as `location`, and None for both is an order
    entered by staff, whose name is `by`. `discounts` are given by hand ({discount, type_id, description}). `odd` are
    values that this order's body tells in another form than usual, by dotted path. `status` and `paid` are set right
    after. `tell=False` sends no webhooks.
    """
    moment = read(at) if isinstance(at, str) else at
    code = find_code(shop.store, promo_code) if promo_code else None
    if promo_code and code is None:
        raise Refused({"promo_code": ["не найден"]})
    client = {"name": name, "phone": phone, "email": email}
    first_location = first_location or location
    known = {row["handle"]: number for number, row in shop.store.tables["field"].items()}
    draft = orders.Draft(
        items=[_item(shop, item) for item in items],
        client=client if any(client.values()) else None,
        code=code,
        discounts=list(discounts),
        delivery_price=None if delivery_price is None else orders.kopecks(delivery_price),
        margin=margin,
        visit=Visit(first_location, first_referer or referer, location, referer),
        fields={known[handle]: value for handle, value in (fields or {}).items()},
        cookies=dict(cookies or {}),
        comment=comment,
        phone=address_phone,
        user=by,
        odd=dict(odd or {}),
        at=moment,
    )
    order = orders.create(shop, draft, tell=tell)
    if status:
        moves.set_status(shop, order, status, at=moment, tell=tell)
    if paid:
        moves.set_paid(shop, order, is_paid=True, at=moment, tell=tell)
    return order_body(shop.store, order)


def _item(shop: Shop, item: Item) -> tuple[int, int | float, int | None]:
    wanted, quantity, *price = item
    for product in shop.store.tables["product"].values():
        for variant in product["variants"]:
            if wanted in {product["permalink"], variant["id"], variant["sku"]}:
                return variant["id"], quantity, orders.kopecks(price[0]) if price else None
    raise Refused({"items": [f"{wanted}: не найден"]})


Act = Callable[..., None]


def act(shop: Shop, order: Order, wanted: Mapping[str, Any]) -> None:
    """One or several acts by name, see `ACTS`. All happen at the moment `at` (default: now); with `tell` false no
    webhook is sent. Raises ValueError for an unknown name, LookupError for an unknown line, Refused."""
    names = dict(wanted)
    at, tell = names.pop("at", None), bool(names.pop("tell", True))
    when: dict[str, Any] = {"at": read(at) if isinstance(at, str) else at, "tell": tell}
    for name, value in names.items():
        if name not in ACTS:
            raise ValueError(f"unknown act {name}")
        ACTS[name](shop, order, value, when)


def _line(order: Order, number: object) -> Line:
    for line in order.lines:
        if line.id == int(str(number)):
            return line
    raise LookupError(number)


def _return(shop: Shop, order: Order, value: Any, when: Row) -> None:
    line = _line(order, value)
    moves.set_quantity(shop, order, line, line.quantity - 1, **when)


def _quantity(shop: Shop, order: Order, value: Row, when: Row) -> None:
    moves.set_quantity(shop, order, _line(order, value["line"]), value["quantity"], **when)


def _price(shop: Shop, order: Order, value: Row, when: Row) -> None:
    moves.set_price(shop, order, _line(order, value["line"]), orders.kopecks(value["price"]), **when)


def _add(shop: Shop, order: Order, value: Item, when: Row) -> None:
    moves.add_line(shop, order, *_item(shop, value), **when)


def _discount(shop: Shop, order: Order, value: Row, when: Row) -> None:
    orders.add_discount(shop, order, value, stamp(when["at"]))
    moves.note_change(shop, order, **when)


def _drop_discounts(shop: Shop, order: Order, value: Any, when: Row) -> None:
    order.discounts.clear()
    moves.note_change(shop, order, **when)


def _client(shop: Shop, order: Order, value: Row, when: Row) -> None:
    """Other names and contacts of the order's buyer."""
    row = shop.store.tables["client"][order.client_id or 0]
    row.update({name: text for name, text in value.items() if name in row and name != "id"})
    row["updated_at"] = max(row["updated_at"], stamp(when["at"]))
    shop.store.index_client(row)
    if when["tell"]:
        announce_client(shop, row, made=False)
    moves.note_change(shop, order, **when)


def _comment(shop: Shop, order: Order, value: Any, when: Row) -> None:
    order.manager_comment = str(value)
    moves.note_change(shop, order, **when)


def _field(shop: Shop, order: Order, value: Row, when: Row) -> None:
    """Values of extra fields by handle."""
    known = {row["handle"]: number for number, row in shop.store.tables["field"].items()}
    for handle, text in value.items():
        orders.set_field(shop, order, known[handle], str(text), stamp(when["at"]))
    moves.note_change(shop, order, **when)


def _odd(shop: Shop, order: Order, value: Row, when: Row) -> None:
    order.odd.update(value)
    moves.note_change(shop, order, **when)


ACTS: dict[str, Act] = {
    "status": lambda shop, order, value, when: moves.set_status(shop, order, str(value), **when),
    "paid": lambda shop, order, value, when: moves.set_paid(shop, order, is_paid=bool(value), **when),
    "decline": lambda shop, order, value, when: moves.set_system_status(shop, order, "declined", **when),
    "delete": lambda shop, order, value, when: moves.delete(shop, order, **when),
    "restore": lambda shop, order, value, when: moves.restore(shop, order, **when),
    "return": _return,
    "remove": lambda shop, order, value, when: moves.set_quantity(
        shop, order, _line(order, value), 0, **when
    ),
    "quantity": _quantity,
    "price": _price,
    "add": _add,
    "discount": _discount,
    "drop_discounts": _drop_discounts,
    "client": _client,
    "manager_comment": _comment,
    "field": _field,
    "odd": _odd,
}
