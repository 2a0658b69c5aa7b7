"""What happens to orders of the fake shop: made, moved, paid, changed, deleted. Every change tells the webhooks.

Callers hold `shop.store.lock`. One human action may tell several times, as the real shop does.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from molva.demo.shop.bodies import order_body, status_title
from molva.demo.shop.codes import discount_of
from molva.demo.shop.records import Discount, Line, Order, Visit
from molva.demo.shop.seed import CATALOGUE, SHAPES, words_of
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp

PAID_WORDS = {True: "Оплачен", False: "Не оплачен"}
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
    city: str | None = None
    address: str | None = None
    comment: str | None = None
    at: datetime | None = None
    user: str | None = None


def announce(shop: Shop, order: Order, topic: str = "orders/update", *, tell: bool = True) -> None:
    """Tell the webhooks of a topic about the order as it is now, unless `tell` is false."""
    webhooks = list(shop.store.tables["webhook"].values())
    if webhooks and tell:
        shop.hooks.announce(topic, order_body(shop.store, order), webhooks)


def create(shop: Shop, draft: Draft, *, tell: bool = True) -> Order:
    """Make an order. Raises Refused when there is nothing to sell."""
    store, moment = shop.store, stamp(draft.at)
    client = save_client(shop, draft.client, moment) if draft.client else None
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
        recipient=client["name"] if client else None,
        phone=client["phone"] if client else None,
        city=draft.city,
        address=draft.address,
        comment=draft.comment,
    )
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


def save_client(shop: Shop, wanted: Row, moment: str) -> Row:
    """The client with this e-mail or phone, brought up to date, or a new one."""
    store = shop.store
    known = store.find_client(wanted.get("email"), wanted.get("phone"))
    if known is None:
        known = store.add_row("client", {**SHAPES["client"], "created_at": moment})
    texts = {name: value for name, value in wanted.items() if value and name in known and name != "id"}
    known.update({**texts, "contact_name": texts.get("name") or known["contact_name"], "updated_at": moment})
    store.index_client(known)
    return known


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


def set_status(
    shop: Shop,
    order: Order,
    permalink: str,
    *,
    user: str | None = None,
    at: datetime | None = None,
    tell: bool = True,
) -> None:
    """Move the order to a custom status: one record, or two when the system status moves too. Raises Refused."""
    status = shop.status(permalink)
    if status is None:
        raise Refused({"custom_status_permalink": ["не найден"]})
    if order.status == permalink:
        return
    was, now = status_title(shop.store, order.status), status["title"]
    system_was = order.system_status
    order.status, order.system_status = permalink, status["system_status"]
    _stamp_progress(order, stamp(at))
    remember(
        shop,
        order,
        "custom_status_changed",
        was,
        now,
        f"Статус изменен с '{was}' на '{now}'",
        user=user,
        at=at,
    )
    announce(shop, order, tell=tell)
    if order.system_status != system_was:
        words = f"Системный статус изменен с '{system_was}' на '{order.system_status}'"
        pair = (system_was, order.system_status)
        remember(shop, order, "fulfillment_status_changed", *pair, words, user=user, at=at)
        announce(shop, order, tell=tell)


def set_system_status(
    shop: Shop,
    order: Order,
    system_status: str,
    *,
    user: str | None = None,
    at: datetime | None = None,
    tell: bool = True,
) -> None:
    """Move the order to the default custom status of a system status. Raises Refused."""
    rows = [row for row in shop.statuses() if row["system_status"] == system_status]
    if not rows:
        raise Refused({"fulfillment_status": ["имеет непредусмотренное значение"]})
    if order.system_status != system_status:
        permalink = max(rows, key=lambda row: row["is_default"])["permalink"]
        set_status(shop, order, permalink, user=user, at=at, tell=tell)


def _stamp_progress(order: Order, moment: str) -> None:
    if order.system_status != "new":
        order.accepted_at = order.accepted_at or moment
    if order.system_status == "delivered":
        order.delivered_at = moment


def set_paid(
    shop: Shop,
    order: Order,
    *,
    is_paid: bool,
    user: str | None = None,
    at: datetime | None = None,
    tell: bool = True,
) -> None:
    """Mark the order paid or not paid; the real one may go back and forth too."""
    if order.paid == is_paid:
        return
    was, now = PAID_WORDS[order.paid], PAID_WORDS[is_paid]
    codes = ("pending", "paid") if is_paid else ("paid", "pending")
    order.paid, order.paid_at = is_paid, stamp(at) if is_paid else None
    words = f"Статус оплаты изменен с '{was}' на '{now}'"
    remember(shop, order, "financial_status_changed", *codes, words, user=user, at=at)
    announce(shop, order, tell=tell)


def set_quantity(
    shop: Shop,
    order: Order,
    line: Line,
    quantity: float,
    *,
    user: str | None = None,
    at: datetime | None = None,
    tell: bool = True,
) -> None:
    """Change the quantity of a line, or take it out of the order when nothing is left: the only sign of a return."""
    was = line.quantity
    if quantity <= 0:
        order.lines.remove(line)
    else:
        line.quantity = float(quantity) if line.unit == "kgm" else int(quantity)
        line.updated_at = stamp(at)
    words = f"Количество '{line.title}' изменено с {was} на {max(quantity, 0)}"
    remember(shop, order, "order_line_changed", was, max(quantity, 0), words, user=user, at=at)
    announce(shop, order, tell=tell)


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
    """A discount given by staff: {type_id, discount, description}. Raises Refused."""
    value = kopecks(row.get("discount", 0)) / 100
    if row.get("type_id") not in {1, 2} or value <= 0:
        raise Refused({"discounts": ["имеет неверное значение"]})
    number = shop.store.next_id("discount")
    order.discounts.append(Discount(number, row["type_id"], str(value), row.get("description"), moment))


def delete(shop: Shop, order: Order, *, at: datetime | None = None, tell: bool = True) -> None:
    """Put the order away: it stays readable as archived, and orders/destroy is told."""
    if order.archived:
        return
    order.archived = True
    remember(shop, order, "order_deleted", None, None, "Заказ удален", at=at)
    announce(shop, order, "orders/destroy", tell=tell)
