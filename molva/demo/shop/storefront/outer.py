"""Outer discounts at work: the cart is POSTed to an address that says what to take off.

An answer is remembered until the goods change (if the discount depends on them) or an observed field does. An answer
that is not 200 is passed over; one that is no JSON object, or later than five seconds, breaks the page, as the real
one does. The lock is let go meanwhile: the application may call the API.
"""

import json
from dataclasses import dataclass, field

from molva.demo.shop.bodies import order_body
from molva.demo.shop.outgoing import call
from molva.demo.shop.pricing import price
from molva.demo.shop.records import Order
from molva.demo.shop.seed import CATALOGUE, SHAPES
from molva.demo.shop.store import Row
from molva.demo.shop.storefront.basket import Offer, Sums, keep, lines_of, sums_of
from molva.demo.shop.storefront.layout import View
from molva.demo.shop.storefront.visits import visit_of
from molva.demo.shop.times import stamp
from molva.demo.shop.web import Request
from molva.kit.money import round_half_up

TIMEOUT = 4.5


class Broken(Exception):
    """An outer discount answered what no cart can show."""


@dataclass(frozen=True)
class Asking:
    """Who asks for the cart's price: `again` at every step of the checkout, with the contacts typed so far."""

    request: Request
    again: bool = False
    contacts: Row = field(default_factory=dict)
    client_id: int | None = None


def total_of(view: View, cart: Row, asking: Asking) -> Sums:
    """The cart's sums after asking every outer discount that has to be asked. Raises Broken."""
    lines = lines_of(view, cart)
    goods = price([(line.price, line.quantity) for line in lines]).items
    offers, errors = [], []
    for row in list(view.shop.store.tables["outer"].values()) if lines else []:
        answer = _answer(view, cart, row, asking)
        if answer is None:
            continue
        errors += [str(text) for text in answer.get("errors") or []]
        offer = _offer(row, answer, goods)
        if offer:
            offers.append(offer)
    return sums_of(view, cart, offers, errors, asking.client_id)


def _offer(row: Row, answer: Row, goods: int) -> Offer | None:
    if answer.get("errors"):
        return None
    value = float(answer.get("discount") or 0)
    if answer.get("discount_type") == "PERCENT":
        # Whole roubles, as the storefront shows them.
        amount = round_half_up(round_half_up(goods * round(value * 100), 10_000), 100) * 100
    else:
        amount = round(value * 100)
    title = answer.get("title")
    if amount <= 0 and not (title or (title is None and row["description"])):
        return None
    return Offer(max(0, min(amount, goods)), str(title or row["description"] or ""))


def _answer(view: View, cart: Row, row: Row, asking: Asking) -> Row | None:
    """What the address says of this cart, now or earlier; None when it is silent or answers something but 200."""
    observed = {str(number): cart["fields"].get(str(number), "") for number in row["observed_fields"]}
    if not row["active"] or not (row["order_lines_depend"] or any(observed.values())):
        return None
    seen: Row = {"fields": observed, "items": dict(cart["items"]) if row["order_lines_depend"] else None}
    known = cart["outer"].get(str(row["id"]))
    if known and known["seen"] == seen and not asking.again:
        answer: Row | None = known["answer"]
        return answer
    body = json.dumps(_cart_body(view, cart, asking), ensure_ascii=False).encode()
    with view.shop.store.unlocked():
        told = call(row["url"], body, timeout=TIMEOUT)
    if told.status == 0:
        raise Broken(told.words)
    answer = _read(told.body) if told.status == 200 else None
    cart["outer"][str(row["id"])] = {"seen": seen, "answer": answer}
    keep(view, cart)
    return answer


def _read(body: bytes) -> Row:
    try:
        answer = json.loads(body)
        float(answer.get("discount") or 0)
    except (ValueError, AttributeError, TypeError) as error:
        raise Broken(f"JSON: {error}") from error
    return dict(answer)


def _cart_body(view: View, cart: Row, asking: Asking) -> Row:
    """The cart as an order that does not exist yet."""
    moment = stamp()
    order = Order(
        id=0,
        number=0,
        key="",
        client_id=None,
        lines=lines_of(view, cart),
        created_at=moment,
        updated_at=moment,
        delivery_id=CATALOGUE["deliveries"][0]["id"],
        payment_id=CATALOGUE["payments"][0]["id"],
        visit=visit_of(asking.request),
        cookies=view.shop.told_cookies(asking.request.cookies),
        currency=view.shop.faults.currency_code,
        fields=[
            {"id": None, "field_id": int(number), "value": value, "created_at": moment, "updated_at": moment}
            for number, value in cart["fields"].items()
            if value
        ],
    )
    body = order_body(view.shop.store, order)
    contacts = {name: value or None for name, value in asking.contacts.items() if name in SHAPES["client"]}
    body |= {"id": None, "number": None, "key": None, "client": {**SHAPES["client"], **contacts}}
    for line in body["order_lines"]:
        line |= {"id": None, "order_id": None}
    return body
