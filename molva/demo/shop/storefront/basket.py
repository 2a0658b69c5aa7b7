"""What lies in a browser's cart and what it costs: goods, a promo code, outer discounts, extra order fields."""

import re
from dataclasses import dataclass
from typing import Any

from molva.demo.shop.codes import WORDS, find_code, products_of, refusal
from molva.demo.shop.orders import kopecks
from molva.demo.shop.pricing import MONEY, Priced, price
from molva.demo.shop.records import Discount, Line
from molva.demo.shop.store import Row
from molva.demo.shop.storefront.layout import View

FIELD = re.compile(r"order\[fields_values_attributes\]\[(\w+)\]\[(field_id|handle|value)\]")
MOST = 999


@dataclass(frozen=True)
class Offer:
    """What an outer discount would take off: kopecks and the words for it."""

    amount: int
    title: str


@dataclass(frozen=True)
class Sums:
    """A cart with its prices. One discount only: the code's or the biggest outer one, whichever is bigger."""

    lines: list[Line]
    priced: Priced
    code: Row | None
    offer: Offer | None
    errors: list[str]

    @property
    def title(self) -> str | None:
        """The words for the discount."""
        return (
            f"Скидка по купону {self.code['code']}"
            if self.code
            else (self.offer.title if self.offer else None)
        )

    @property
    def off(self) -> int:
        """How much is taken off, kopecks."""
        return sum(full for _, full in self.priced.discounts)


def empty_cart() -> Row:
    """A cart before anything is put into it; quantities, comments and fields go by number as text."""
    return {"items": {}, "comments": {}, "code": None, "fields": {}, "outer": {}}


def cart_of(view: View) -> Row:
    """The browser's cart."""
    return {**empty_cart(), **view.shop.store.carts.get(view.visitor.cart_id, {})}


def keep(view: View, cart: Row) -> None:
    """Remember the cart."""
    view.shop.store.carts[view.visitor.cart_id] = cart
    view.shop.store.changed = True


def lines_of(view: View, cart: Row) -> list[Line]:
    """Lines as the order would have them; variants that are no more sold are passed over."""
    lines = []
    for text, quantity in cart["items"].items():
        found = view.shop.variant(int(text))
        if found and not (found[0]["archived"] or found[0]["is_hidden"]):
            product, variant = found
            title = f"{product['title']} ({variant['title']})" if variant["title"] else product["title"]
            line = Line(
                0,
                product["id"],
                int(text),
                title,
                variant["sku"],
                kopecks(variant["price"]),
                quantity,
                "",
                "",
                variant["unit"],
                cart["comments"].get(text),
            )
            lines.append(line)
    return lines


def _code_of(view: View, cart: Row, lines: list[Line], client_id: int | None) -> tuple[Row | None, list[str]]:
    """The code in the cart if it may be used, else the words why not."""
    if not cart["code"] or not lines:
        return None, []
    goods = price([(line.price, line.quantity) for line in lines]).items
    code = find_code(view.shop.store, cart["code"])
    why = refusal(view.shop.store, code, goods, [line.product_id for line in lines], client_id)
    return (None, [view.say(WORDS[why])]) if why else (code, [])


def sums_of(
    view: View, cart: Row, offers: list[Offer], told: list[str], client_id: int | None = None
) -> Sums:
    """What the cart costs with the biggest discount; `told` are the refusals of outer discounts."""
    lines = lines_of(view, cart)
    code, errors = _code_of(view, cart, lines, client_id)
    plain = [(line.price, line.quantity) for line in lines]
    by_code = price(plain, [_code_discount(view, code).priced_for(lines)]) if code else None
    best = max(offers, key=lambda offer: offer.amount, default=None)
    errors = list(dict.fromkeys([*errors, *told]))
    if by_code and (best is None or by_code.discounts[0][1] >= best.amount):
        return Sums(lines, by_code, code, None, errors)
    if best is None:
        return Sums(lines, price(plain), None, None, errors)
    outer = Discount(0, MONEY, str(best.amount / 100), best.title, "")
    return Sums(lines, price(plain, [outer.priced_for(lines)]), None, best, errors)


def _code_discount(view: View, code: Row) -> Discount:
    chosen = products_of(view.shop.store, code)
    return Discount(0, code["type_id"], str(code["discount"]), None, "", code["id"], chosen)


def change_quantity(view: View, cart: Row, variant: object, text: object, *, add: bool) -> None:
    """Put more of a variant into the cart, or set how much there is; nonsense is passed over."""
    number = str(variant or "")
    found = view.shop.variant(int(number)) if number.isdigit() else None
    try:
        quantity = float(str(text).replace(",", "."))
    except ValueError:
        return
    if found is None or not 0 <= quantity <= MOST:
        return
    if found[1]["unit"] != "kgm":
        quantity = int(quantity)
    total = quantity + (cart["items"].get(number, 0) if add else 0)
    if total > 0:
        cart["items"][number] = min(total, MOST)
    else:
        cart["items"].pop(number, None)


def change_by_form(view: View, cart: Row, form: dict[str, Any]) -> None:
    """Quantities, comments, the code and extra order fields: whatever the form names."""
    for name, value in form.items():
        match = re.fullmatch(r"cart\[(quantity|order_line_comments)\]\[(\d+)\]", name)
        if match and match[1] == "quantity":
            change_quantity(view, cart, match[2], value, add=False)
        elif match:
            cart["comments"][match[2]] = value
    for name in ("cart[coupon]", "coupon"):
        if name in form:
            cart["code"] = str(form[name]).strip() or None
    cart["fields"].update(fields_in(view, form))


def fields_in(view: View, form: dict[str, str]) -> dict[str, str]:
    """Values of extra order fields in a form, by field id as text; unknown fields are passed over."""
    groups: dict[str, dict[str, str]] = {}
    for name, value in form.items():
        match = FIELD.fullmatch(name)
        if match:
            groups.setdefault(match[1], {})[match[2]] = value
    known = view.shop.store.tables["field"]
    handles = {row["handle"]: str(number) for number, row in known.items() if row["handle"]}
    found = {}
    for key, group in groups.items():
        number = group.get("field_id") or handles.get(group.get("handle", ""), "") or key
        if number.isdigit() and int(number) in known:
            found[number] = group.get("value", "")
    return found
