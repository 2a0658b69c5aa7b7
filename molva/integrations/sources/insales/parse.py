"""An InSales order body as exact domain values. Pure: no network, no database, no clock.

Bodies of 2011–2026 differ in keys and in types (numbers or strings, RUR for roubles, missing `custom_status`), so every
reader here says what it accepts. The money rule of the shop: goods cost Σ `full_total_price` of the lines, which
already holds every discount and the payment margin; older bodies without it are rebuilt from the unit prices.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from molva.domain.inbound import InboundClient, InboundLine, InboundMarks, InboundOrder, NotUnderstood
from molva.kit.clock import to_micros
from molva.kit.money import is_writable, round_half_up

MARK_FIELD = "molva"  # handle of the extra order field and name of the cookie that carry our click token
_COUPON_TEXT = re.compile(r"купону\s+(\S+)", re.IGNORECASE)
_YEARS = range(2000, 2101)  # terms are counted from moments, and must not leave the calendar
# After an online payment the buyer comes back from the bank: that "entry page" is no visit and proves nothing.
_SUCCESS_PAGE = re.compile(r"^/orders/", re.IGNORECASE)


def load_json(raw: bytes) -> Any:
    """Any JSON with exact numbers; raises ValueError."""
    return json.loads(raw, parse_float=Decimal, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def load_body(raw: bytes) -> dict[str, Any]:
    """The JSON object of a hook, numbers exact; raises NotUnderstood with the reason."""
    try:
        body = load_json(raw)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(f"not JSON: {error}") from error
    if not isinstance(body, dict):
        raise NotUnderstood("not an order: the body is not an object")
    return body


def parse_order(body: dict[str, Any], codes_by_id: dict[str, str] | None = None) -> InboundOrder:
    """One order. `codes_by_id`: promo codes of the shop by their id there, as the body itself names only the id."""
    for key in ("id", "created_at"):
        if body.get(key) in (None, ""):
            raise NotUnderstood(f"not an order: no “{key}”")
    created_at = _end_of_second(_moment(body, "created_at"))
    lines = tuple(_line(line) for line in _list(body, "order_lines"))
    delivery = _minor(_first(body, "full_delivery_price", "delivery_price"))
    total = _minor(body.get("total_price"))
    goods = sum(line.total_minor for line in lines)
    if len({line.id for line in lines}) < len(lines):
        raise NotUnderstood("not an order: two lines have one “id”")
    status, title = _status(body)
    return InboundOrder(
        external_id=str(body["id"]),
        number=str(body.get("number") or body["id"]),
        created_at=created_at,
        seq=_moment(body, "updated_at") if body.get("updated_at") else _moment(body, "created_at"),
        client=_client(body),
        status=status,
        status_title=title,
        currency=_currency(body),
        delivery_minor=delivery,
        discount_minor=_unspread_discount(body, goods, delivery, total),
        total_minor=total,
        lines=lines,
        marks=_marks(body, codes_by_id or {}),
        is_deleted=bool(body.get("archived")),
    )


def _line(line: dict[str, Any]) -> InboundLine:
    if line.get("id") is None:
        raise NotUnderstood("an order line has no “id”")
    quantity = _decimal(line.get("quantity"), "quantity") if line.get("quantity") is not None else Decimal(1)
    price = _minor(line.get("sale_price"))
    if line.get("full_total_price") is not None:
        total = _minor(line["full_total_price"])
    elif line.get("total_price") is not None:
        total = _minor(line["total_price"])
    else:
        total = _minor(_decimal(line.get("sale_price") or 0, "sale_price") * quantity)
    return InboundLine(
        id=str(line["id"]),
        title=str(line.get("title") or ""),
        product=_text(line.get("product_id")),
        sku=_text(line.get("sku")),
        quantity=f"{max(quantity, Decimal(0)).normalize():f}",
        price_minor=price,
        total_minor=max(total, 0),
    )


def _unspread_discount(body: dict[str, Any], goods: int, delivery: int, total: int) -> int:
    """Order-level discount that is not yet in the lines: none in today's bodies, whatever is missing in old ones."""
    if all("full_total_price" in line for line in _list(body, "order_lines")):
        return 0
    paid_for_goods = _minor(body["items_price"]) if body.get("items_price") is not None else total - delivery
    return max(goods - paid_for_goods, 0)


def _client(body: dict[str, Any]) -> InboundClient:
    client, address = _object(body, "client"), _object(body, "shipping_address")
    names = [client.get(key) for key in ("surname", "name", "middlename")]
    return InboundClient(
        id=_text(client.get("id")) or None,
        email=_text(client.get("email")) or None,
        # staff often fill only the address of delivery
        phone=_text(client.get("phone")) or _text(address.get("phone")) or None,
        name=" ".join(str(name).strip() for name in names if name) or _text(address.get("full_name")),
    )


def _marks(body: dict[str, Any], codes_by_id: dict[str, str]) -> InboundMarks:
    cookies = _object(body, "cookies")
    tokens = {str(cookies[MARK_FIELD]): "cookie"} if cookies.get(MARK_FIELD) else {}
    for field in _list(body, "fields_values"):
        if MARK_FIELD in (field.get("handle"), field.get("name")) and field.get("value"):
            tokens.setdefault(str(field["value"]), "field")
    discounts = _list(body, "discounts") or [d for d in [body.get("discount")] if isinstance(d, dict)]
    codes = [_coupon(discount, codes_by_id) for discount in discounts]
    first, last = _visit(body, "first_"), _visit(body, "")
    return InboundMarks(
        codes=tuple(code for code in codes if code),
        tokens=tuple(tokens),
        token_places=tuple(tokens.values()),
        first_location=first.location,
        first_query=first.query,
        first_referer=first.referer,
        last_location=last.location,
        last_query=last.query,
        last_referer=last.referer,
        cookies=tuple((str(name)[:100], str(value)[:300]) for name, value in cookies.items() if value),
        dropped=(*first.dropped, *last.dropped),
    )


@dataclass(frozen=True, slots=True)
class _Visit:
    """The first or the last visit as the shop's own cookies tell it."""

    location: str | None = None
    query: str | None = None
    referer: str | None = None
    dropped: tuple[tuple[str, str], ...] = ()


def _visit(body: dict[str, Any], prefix: str) -> _Visit:
    """One visit, whole or not at all: a return from the bank has a page, a query and a referer, and proves nothing.

    The address of that page holds the key of somebody's order, so only its beginning is kept.
    """
    location = _location(body.get(f"{prefix}current_location"))
    if location and _SUCCESS_PAGE.match(location):
        return _Visit(dropped=((f"{prefix}current_location", "/orders/…"),))
    return _Visit(location, _text(body.get(f"{prefix}query")) or None, _page(body.get(f"{prefix}referer")))


def _page(value: Any) -> str | None:
    """An absolute address of a page."""
    text = value.strip() if isinstance(value, str) else ""
    return text[:2000] if text.lower().startswith(("http://", "https://")) else None


def _coupon(discount: dict[str, Any], codes_by_id: dict[str, str]) -> str | None:
    """The promo code behind a discount: by its id, else by the text that the shop writes; none for other discounts."""
    code_id = discount.get("discount_code_id")
    if code_id is None:
        return None
    known = codes_by_id.get(str(code_id))
    if known:
        return known
    found = _COUPON_TEXT.search(str(discount.get("description") or ""))
    return found.group(1) if found else None


def _location(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return None
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def _status(body: dict[str, Any]) -> tuple[str, str]:
    """(permalink, title) of the shop's own status; shops from before 2016 have only the system status."""
    custom = body.get("custom_status")
    if isinstance(custom, dict) and custom.get("permalink"):
        return str(custom["permalink"]), str(custom.get("title") or custom["permalink"])
    system = _text(body.get("fulfillment_status")) or "new"
    return system, system


def _currency(body: dict[str, Any]) -> str:
    code = _text(body.get("currency_code")).upper() or "RUB"
    return "RUB" if code == "RUR" else code


def _moment(body: dict[str, Any], key: str) -> int:
    try:
        moment = datetime.fromisoformat(str(body[key]))
    except ValueError as error:
        raise NotUnderstood(f"“{key}” is not a moment: {body[key]!r}") from error
    if moment.tzinfo is None:
        raise NotUnderstood(f"“{key}” has no time zone: {body[key]!r}")
    if moment.year not in _YEARS:
        raise NotUnderstood(f"“{key}” is out of range: {body[key]!r}")
    return to_micros(moment)


def _end_of_second(micros: int) -> int:
    """The shop cuts the moment of an order to whole seconds, so a click of that very second may seem to come later.

    The order was made some time within the second: its last microsecond lets what led to the order come before it.
    """
    return micros + 999_999 if micros % 1_000_000 == 0 else micros


def _minor(value: Any) -> int:
    """Minor units of a number, a numeric text or nothing (0); a third decimal is rounded half up."""
    if value in (None, ""):
        return 0
    numerator, denominator = (_decimal(value, "money") * 100).as_integer_ratio()
    return round_half_up(numerator, denominator)


def _decimal(value: Any, what: str) -> Decimal:
    try:
        number = Decimal(str(value).replace(",", "."))
    except InvalidOperation as error:
        raise NotUnderstood(f"{what} is not a number: {value!r}") from error
    if not number.is_finite() or not is_writable(number) or abs(number) > 10**12:
        raise NotUnderstood(f"{what} is out of range: {value!r}")
    return number


def _list(body: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = body.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _object(body: dict[str, Any], key: str) -> dict[str, Any]:
    """An object of the body; empty for what is none (`cookies` may be a list or null)."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def _first(body: dict[str, Any], *keys: str) -> Any:
    return next((body[key] for key in keys if body.get(key) is not None), None)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
