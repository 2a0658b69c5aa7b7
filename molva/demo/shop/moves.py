"""What happens to an order after it is made: moved, paid, changed, deleted. Every change tells the webhooks.

Callers hold `shop.store.lock`. One human action may tell several times, as the real shop does.
"""

from datetime import datetime

from molva.demo.shop.bodies import status_title
from molva.demo.shop.orders import announce, new_line, remember
from molva.demo.shop.records import Line, Order
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.times import stamp

PAID_WORDS = {True: "Оплачен", False: "Не оплачен"}


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


def add_line(
    shop: Shop,
    order: Order,
    variant_id: int,
    quantity: float,
    price: int | None,
    *,
    user: str | None = None,
    at: datetime | None = None,
    tell: bool = True,
) -> None:
    """One more line. Raises Refused."""
    line = new_line(shop, variant_id, quantity, price, stamp(at))
    order.lines.append(line)
    words = f"Добавлен товар '{line.title}'"
    remember(shop, order, "order_line_added", None, line.quantity, words, user=user, at=at)
    announce(shop, order, tell=tell)


def set_price(
    shop: Shop, order: Order, line: Line, price: int, *, at: datetime | None = None, tell: bool = True
) -> None:
    """Another price of a line, in kopecks."""
    was, line.price, line.updated_at = line.price, price, stamp(at)
    words = f"Цена '{line.title}' изменена с {was / 100} на {price / 100}"
    remember(shop, order, "order_line_changed", was / 100, price / 100, words, at=at)
    announce(shop, order, tell=tell)


def note_change(
    shop: Shop, order: Order, *, user: str | None = None, at: datetime | None = None, tell: bool = True
) -> None:
    """Write down that something else of the order has changed."""
    remember(shop, order, "order_changed", None, None, "Заказ изменен", user=user, at=at)
    announce(shop, order, tell=tell)


def restore(shop: Shop, order: Order, *, at: datetime | None = None, tell: bool = True) -> None:
    """Take a deleted order back."""
    if order.archived:
        order.archived = False
        remember(shop, order, "order_restored", None, None, "Заказ восстановлен", at=at)
        announce(shop, order, tell=tell)


def delete(shop: Shop, order: Order, *, at: datetime | None = None, tell: bool = True) -> None:
    """Put the order away: it stays readable as archived, and orders/destroy is told."""
    if order.archived:
        return
    order.archived = True
    remember(shop, order, "order_deleted", None, None, "Заказ удален", at=at)
    announce(shop, order, "orders/destroy", tell=tell)
