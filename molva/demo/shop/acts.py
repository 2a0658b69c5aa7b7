"""What people do in the back office, and what scripts pretend to have happened: orders of any date, returns, payments.

Callers hold `shop.store.lock`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from molva.demo.shop import orders
from molva.demo.shop.bodies import order_body
from molva.demo.shop.codes import find_code
from molva.demo.shop.records import Order, Visit
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import read

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
    status: str | None = None,
    paid: bool = False,
    tell: bool = True,
) -> Row:
    """Make an order as if a buyer had made it at the moment `at`; returns its whole body.

    An item is (product permalink, variant id or SKU; quantity; optional price in roubles as text).
    `fields` go by handle; a missing `first_location` is the same as `location`, and None for both is an order
    entered by staff. `status` and `paid` are set right after. `tell=False` sends no webhooks.
    """
    moment = read(at) if isinstance(at, str) else at
    code = find_code(shop.store, promo_code) if promo_code else None
    if promo_code and code is None:
        raise Refused({"promo_code": ["не найден"]})
    client = {"name": name, "phone": phone, "email": email}
    known = {row["handle"]: number for number, row in shop.store.tables["field"].items()}
    draft = orders.Draft(
        items=[_item(shop, item) for item in items],
        client=client if any(client.values()) else None,
        code=code,
        delivery_price=None if delivery_price is None else orders.kopecks(delivery_price),
        margin=margin,
        visit=Visit(first_location or location, first_referer or referer, location, referer),
        fields={known[handle]: value for handle, value in (fields or {}).items()},
        cookies=dict(cookies or {}),
        at=moment,
    )
    order = orders.create(shop, draft, tell=tell)
    if status:
        orders.set_status(shop, order, status, at=moment, tell=tell)
    if paid:
        orders.set_paid(shop, order, is_paid=True, at=moment, tell=tell)
    return order_body(shop.store, order)


def _item(shop: Shop, item: Item) -> tuple[int, int | float, int | None]:
    wanted, quantity, *price = item
    for product in shop.store.tables["product"].values():
        for variant in product["variants"]:
            if wanted in {product["permalink"], variant["id"], variant["sku"]}:
                return variant["id"], quantity, orders.kopecks(price[0]) if price else None
    raise Refused({"items": [f"{wanted}: не найден"]})


def act(shop: Shop, order: Order, wanted: Mapping[str, Any]) -> None:
    """One or several acts by name: status, paid, decline, delete, return and remove.

    The last two take a line's id: one unit less, or the whole line away. All happen at the moment `at` (default:
    now); with `tell` false no webhook is sent.
    """
    acts = dict(wanted)
    at, tell = acts.pop("at", None), bool(acts.pop("tell", True))
    when: dict[str, Any] = {"at": read(at) if isinstance(at, str) else at, "tell": tell}
    for name, value in acts.items():
        if name == "status":
            orders.set_status(shop, order, str(value), **when)
        elif name == "paid":
            orders.set_paid(shop, order, is_paid=bool(value), **when)
        elif name == "decline":
            orders.set_system_status(shop, order, "declined", **when)
        elif name == "delete":
            orders.delete(shop, order, **when)
        elif name in {"return", "remove"}:
            line = next((line for line in order.lines if line.id == int(value)), None)
            if line is None:
                raise LookupError(value)
            left = line.quantity - 1 if name == "return" else 0
            orders.set_quantity(shop, order, line, left, **when)
        else:
            raise ValueError(f"unknown act {name}")
