"""Orders as the admin API and the webhooks tell them: exact keys and types, whatever the shop keeps inside.

Most money is a JSON number, but `margin`, `total_profit`, `percent` and `discount` are texts, as in real bodies.
"""

from typing import Any
from urllib.parse import urlsplit

from molva.demo.shop.clients import client_body
from molva.demo.shop.pricing import PERCENT, Priced, PricedLine
from molva.demo.shop.records import Discount, Line, Order
from molva.demo.shop.seed import CATALOGUE, SHAPES, words_of
from molva.demo.shop.store import Row, Store

FIELD_LABELS = {
    "Field::TextField": "Текст",
    "Field::TextArea": "Многострочный текст",
    "Field::Date": "Дата",
    "Field::Checkbox": "Чекбокс",
    "Field::Select": "Выпадающий список",
}
KOPECKS = 100


def order_body(store: Store, order: Order) -> Row:
    """The whole order, not wrapped."""
    priced = order.priced()
    discounts = [_discount(*pair) for pair in zip(order.discounts, priced.discounts, strict=True)]
    body = {
        **SHAPES["order"],
        "fields_values": [_field_value(store, value) for value in order.fields],
        "order_lines": [_line(order, *pair) for pair in zip(order.lines, priced.lines, strict=True)],
        "order_changes": list(order.changes),
        "discount": discounts[0] if discounts else None,
        "discounts": discounts,
        "shipping_address": _address(order),
        "client": _client(store, order),
        **_sums(order, priced),
        **_delivery_and_payment(store, order),
        **_visit(order),
        **_state(store, order),
        "cookies": dict(order.cookies),
        "comment": order.comment,
        "manager_comment": order.manager_comment,
        "account_id": store.settings["account_id"],
        "locale": store.settings["language"],
        "currency_code": order.currency,
    }
    for path, value in order.odd.items():
        _set(body, path, value)
    return body


def _set(body: Row, path: str, value: Any) -> None:
    """Put a value at a dotted path; a number is a place in a list, what is missing on the way is passed over."""
    *way, last = path.split(".")
    place: Any = body
    for step in way:
        place = _inner(place, step)
    if isinstance(place, dict):
        place[last] = value


def _inner(place: Any, step: str) -> Any:
    if isinstance(place, list):
        return place[int(step)] if step.isdigit() and int(step) < len(place) else None
    return place.get(step) if isinstance(place, dict) else None


def _client(store: Store, order: Order) -> Row | None:
    known = store.tables["client"].get(order.client_id or 0)
    return client_body(known) if known else None


def _sums(order: Order, priced: Priced) -> Row:
    return {
        "items_price": priced.items / KOPECKS,
        "total_price": priced.total / KOPECKS,
        "delivery_price": order.delivery_price / KOPECKS,
        "full_delivery_price": priced.delivery / KOPECKS,
        "margin": order.margin,
        "margin_amount": str(priced.margin / KOPECKS),
        "total_profit": str(priced.items / KOPECKS),
    }


def _state(store: Store, order: Order) -> Row:
    return {
        "id": order.id,
        "number": order.number,
        "key": order.key,
        "archived": order.archived,
        "fulfillment_status": order.system_status,
        "custom_status": {"permalink": order.status, "title": status_title(store, order.status)},
        "financial_status": "paid" if order.paid else "pending",
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "accepted_at": order.accepted_at,
        "delivered_at": order.delivered_at,
        "paid_at": order.paid_at,
    }


def status_title(store: Store, permalink: str) -> str:
    """What the status is called now; a deleted one is told by its permalink."""
    found = (row["title"] for row in store.tables["status"].values() if row["permalink"] == permalink)
    return next(found, permalink)


def _line(order: Order, line: Line, priced: PricedLine) -> Row:
    return {
        **SHAPES["line"],
        "id": line.id,
        "order_id": order.id,
        "sale_price": line.price / KOPECKS,
        "full_sale_price": priced.full_unit_price / KOPECKS,
        "total_price": priced.total / KOPECKS,
        "full_total_price": priced.full_total / KOPECKS,
        "discounts_amount": priced.discount / KOPECKS,
        "quantity": float(line.quantity) if line.unit == "kgm" else int(line.quantity),
        "reserved_quantity": line.quantity,
        "variant_id": line.variant_id,
        "product_id": line.product_id,
        "sku": line.sku,
        "title": line.title,
        "unit": line.unit,
        "comment": line.comment,
        "bundle_id": line.bundle_id,
        "created_at": line.created_at,
        "updated_at": line.updated_at,
    }


def _discount(discount: Discount, amounts: tuple[int, int]) -> Row:
    kind = "DiscountCode" if discount.code_id else ("DiscountRule" if discount.rule_id else None)
    return {
        "id": discount.id,
        "description": discount.description,
        "type_id": discount.type_id,
        "amount": amounts[0] / KOPECKS,
        "full_amount": amounts[1] / KOPECKS,
        "percent": discount.value if discount.type_id == PERCENT else None,
        "discount": discount.value,
        "reference_id": discount.code_id or discount.rule_id,
        "reference_type": kind,
        "discount_products_ids": discount.product_ids,
        "discount_order_lines_ids": discount.line_ids,
        "discount_code_id": discount.code_id,
        "created_at": discount.created_at,
        "updated_at": discount.created_at,
    }


def _field_value(store: Store, value: Row) -> Row:
    known = store.tables["field"].get(value["field_id"], {})
    return {
        **value,
        "type": FIELD_LABELS.get(known.get("type", ""), "Текст"),
        "name": known.get("office_title"),
        "handle": known.get("handle"),
    }


def _address(order: Order) -> Row:
    place = ", ".join(part for part in (order.city, order.address) if part) or None
    return {
        **SHAPES["address"],
        "id": order.id + 8856584,
        "name": order.recipient,
        "full_name": order.recipient,
        "phone": order.phone,
        "formatted_phone": order.phone,
        "city": order.city,
        "full_locality_name": order.city,
        "full_delivery_address": place,
        "address_for_gis": place,
        "address": order.address,
    }


def _delivery_and_payment(store: Store, order: Order) -> Row:
    language = store.settings["language"]
    delivery = words_of(CATALOGUE["deliveries"], order.delivery_id, language)
    payment = words_of(CATALOGUE["payments"], order.payment_id, language)
    return {
        "delivery_title": delivery["title"],
        "delivery_description": delivery["text"],
        "delivery_variant_id": order.delivery_id,
        "payment_title": payment["title"],
        "payment_description": payment["text"],
        "payment_gateway_id": order.payment_id,
        "delivery_info": {
            **SHAPES["delivery_info"],
            "delivery_variant_id": order.delivery_id,
            "price": order.delivery_price / KOPECKS if order.delivery_price else 0,
        },
    }


def _visit(order: Order) -> Row:
    visit = order.visit
    return {
        "first_current_location": visit.first_location,
        "current_location": visit.location,
        **_came_from("first_", visit.first_referer, visit.first_location),
        **_came_from("", visit.referer, visit.location),
    }


def _came_from(prefix: str, referer: str | None, location: str | None) -> dict[str, Any]:
    domain = urlsplit(referer).hostname if referer else None
    label = None if location is None else ("Сайты" if domain else "Прямой трафик")
    return {
        f"{prefix}referer": referer,
        f"{prefix}query": None,
        f"{prefix}source_domain": domain,
        f"{prefix}source": label,
    }
