"""How an order of the fake shop is made, how its history is written, and how the webhooks are told of it.

Callers hold `shop.store.lock`.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from molva.demo.shop.bodies import order_body
from molva.demo.shop.clients import save_client
from molva.demo.shop.codes import discount_of
from molva.demo.shop.records import Discount, Line, Order, Visit
from molva.demo.shop.seed import CATALOGUE, words_of
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp

STAFF = "Мария Таёжная"


@dataclass
class Draft:
    """What a new order is made of. `items` are (variant id, quantity, price in kopecks or None for the shop's own)."""

    items: list[tuple[int, int | float, int | None]]
    client: Row | None = None
    code: Row | None = None
    discounts: list[Row] = field(default_factory=list)
    delivery_id: int = 0
    delivery_price: int | None = None
    payment_id: int = 0
    margin: str | None = None
    visit: Visit = field(default_factory=Visit)
    fields: dict[int, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    comments: dict[int, str] = field(default_factory=dict)
    recipient: str | None = None
    phone: str | None = None
    city: str | None = None
    address: str | None = None
    comment: str | None = None
    at: datetime | None = None
    user: str | None = None
    odd: Row = field(default_factory=dict)


def announce(shop: Shop, order: Order, topic: str = "orders/update", *, tell: bool = True) -> None:
    """Tell the webhooks of a topic about the order as it is now, unless `tell` is false."""
    if tell and shop.store.tables["webhook"]:
        shop.announce(topic, order.id, order_body(shop.store, order))


def create(shop: Shop, draft: Draft, *, tell: bool = True) -> Order:
    """Make an order. Raises Refused when there is nothing to sell."""
    store, moment = shop.store, stamp(draft.at)
    client = save_client(shop, draft.client, moment, tell=tell) if draft.client else None
    language = store.settings["language"]
    delivery = words_of(CATALOGUE["deliveries"], draft.delivery_id, language)
    payment = words_of(CATALOGUE["payments"], draft.payment_id, language)
    price = draft.delivery_price if draft.delivery_price is not None else kopecks(delivery["price"])
    order = Order(
        id=store.next_id("order"),
        number=store.next_id("number"),
        key=secrets.token_hex(16),
        client_id=client["id"] if client else None,
        lines=[new_line(shop, *item, moment) for item in draft.items],
        created_at=moment,
        updated_at=moment,
        delivery_id=delivery["id"],
        payment_id=payment["id"],
        delivery_price=price,
        margin=draft.margin if draft.margin is not None else payment["margin"],
        visit=draft.visit,
        cookies=draft.cookies,
        currency=shop.faults.currency_code,
        odd=draft.odd,
        recipient=draft.recipient or (client["name"] if client else None),
        phone=draft.phone or (client["phone"] if client else None),
        city=draft.city,
        address=draft.address,
        comment=draft.comment,
    )
    for line in order.lines:
        line.comment = draft.comments.get(line.variant_id)
    if not order.lines:
        raise Refused({"order_lines": ["не может быть пустым"]})
    _first_facts(shop, order, draft, moment)
    store.put_order(order)
    announce(shop, order, "orders/create", tell=tell)
    return order


def _first_facts(shop: Shop, order: Order, draft: Draft, moment: str) -> None:
    user = draft.user or order.recipient
    for row in draft.discounts:
        add_discount(shop, order, row, moment)
    if draft.code:
        order.discounts.append(discount_of(shop.store, draft.code, order, moment))
    for field_id, value in draft.fields.items():
        set_field(shop, order, field_id, value, moment)
    for discount in order.discounts:
        told = {
            "type_id": discount.type_id,
            "discount": discount.value,
            "description": discount.description,
        }
        remember(shop, order, "discount_created", None, told, "Добавлена скидка", user=user, at=draft.at)
    remember(shop, order, "order_created", None, None, "Заказ оформлен", user=user, at=draft.at)


def kopecks(amount: object) -> int:
    """Kopecks of a price in roubles. Raises Refused."""
    try:
        return int((Decimal(str(amount)) * 100).to_integral_value())
    except InvalidOperation as error:
        raise Refused({"price": ["не является числом"]}) from error


def new_line(shop: Shop, variant_id: int, quantity: float, price: int | None, moment: str) -> Line:
    """A line for a variant of the shop; a price of None is the variant's own. Raises Refused."""
    found = shop.variant(variant_id)
    if found is None:
        raise Refused({"variant_id": ["не найден"]})
    product, variant = found
    if not quantity or quantity < 0:
        raise Refused({"quantity": ["должно быть больше 0"]})
    title = f"{product['title']} ({variant['title']})" if variant["title"] else product["title"]
    return Line(
        id=shop.store.next_id("line"),
        product_id=product["id"],
        variant_id=variant["id"],
        title=title,
        sku=variant["sku"],
        price=kopecks(variant["price"]) if price is None else price,
        quantity=float(quantity) if variant["unit"] == "kgm" else int(quantity),
        unit=variant["unit"],
        created_at=moment,
        updated_at=moment,
    )


def remember(
    shop: Shop,
    order: Order,
    action: str,
    was: Any,
    now: Any,
    words: str,
    *,
    user: str | None = None,
    at: datetime | None = None,
) -> None:
    """Write a line of the order's history (newest first) and move its `updated_at` forward."""
    name = user or STAFF
    change = {
        "id": shop.store.next_id("change"),
        "created_at": stamp(at, exact=True),
        "action": action,
        "value_was": was,
        "value_is": now,
        "full_description": f"{words} пользователем {name}",
        "user_name": name,
    }
    order.changes.insert(0, change)
    order.updated_at = max(order.updated_at, stamp(at))
    shop.store.put_order(order)


def set_field(shop: Shop, order: Order, field_id: int, value: str, moment: str) -> None:
    """Fill an extra order field; unknown fields are passed over, as the real shop does."""
    if field_id not in shop.store.tables["field"]:
        return
    known = next((row for row in order.fields if row["field_id"] == field_id), None)
    if known is None:
        number = shop.store.next_id("value")
        known = {"id": number, "field_id": field_id, "value": value, "created_at": moment}
        order.fields.append(known)
    known.update(value=value, updated_at=moment)


def add_discount(shop: Shop, order: Order, row: Row, moment: str) -> None:
    """A discount given by staff: {discount, type_id (a per cent by default), description}. Raises Refused.

    `discount_order_lines_ids` limits it to some lines: the same product may stand in others too.
    """
    value, kind = kopecks(row.get("discount", 0)) / 100, row.get("type_id", 1)
    chosen = [int(number) for number in row.get("discount_order_lines_ids") or []]
    if kind not in {1, 2} or value <= 0 or set(chosen) - {line.id for line in order.lines}:
        raise Refused({"discounts": ["имеет неверное значение"]})
    order.discounts.append(
        Discount(
            id=shop.store.next_id("discount"),
            type_id=kind,
            value=str(value),
            description=row.get("description"),
            created_at=moment,
            product_ids=list(dict.fromkeys(line.product_id for line in order.lines if line.id in chosen)),
            line_ids=chosen,
            rule_id=row.get("rule_id"),
        )
    )
