"""Discount codes of the fake shop: which one a customer may use, and the discount it becomes."""

from decimal import Decimal

from molva.demo.shop.records import Discount, Order
from molva.demo.shop.store import Row, Store
from molva.demo.shop.times import stamp

WORDS = {
    "unknown": "There is no such promo code",
    "disabled": "The promo code is no longer valid",
    "expired": "The promo code has expired",
    "small": "The order is too small for this promo code",
    "used": "The promo code has been used already",
    "foreign": "The promo code is not for these goods",
}


def find_code(store: Store, text: str) -> Row | None:
    """The code by its text, letters of any case."""
    wanted = text.strip().casefold()
    rows = store.tables["code"].values()
    return next((row for row in rows if wanted and row["code"].casefold() == wanted), None)


def refusal(
    store: Store, code: Row | None, goods: int, product_ids: list[int], client_id: int | None
) -> str | None:
    """Why the code cannot be used for goods of this sum (kopecks): a key of WORDS, or None when it can."""
    if code is None:
        return "unknown"
    if code["disabled"]:
        return "disabled"
    if code["expired_at"] and str(code["expired_at"])[:10] < stamp()[:10]:
        return "expired"
    if code["min_price"] and goods < Decimal(str(code["min_price"])) * 100:
        return "small"
    chosen = products_of(store, code)
    if chosen and not set(chosen) & set(product_ids):
        return "foreign"
    once = code["act_once"] and code["worked"]
    return (
        "used" if once or (code["act_once_for_client"] and _used_by(store, code["id"], client_id)) else None
    )


def _used_by(store: Store, code_id: int, client_id: int | None) -> bool:
    return client_id is not None and any(
        order.client_id == client_id and any(discount.code_id == code_id for discount in order.discounts)
        for order in store.orders.values()
    )


def products_of(store: Store, code: Row) -> list[int]:
    """Ids of the products the code is limited to; empty means all."""
    wanted = {int(number) for number in code["discount_collections"] or []}
    rows = store.tables["collect"].values()
    return [row["product_id"] for row in rows if row["collection_id"] in wanted]


def discount_of(store: Store, code: Row, order: Order, moment: str) -> Discount:
    """The discount that a used code leaves in an order; the code's own text survives only in the description."""
    code.update(worked=True, updated_at=stamp(exact=True))
    return Discount(
        id=store.next_id("discount"),
        type_id=code["type_id"],
        value=str(code["discount"]),
        description=f"Скидка по купону {code['code']}",
        created_at=moment,
        code_id=code["id"],
        product_ids=products_of(store, code),
    )
