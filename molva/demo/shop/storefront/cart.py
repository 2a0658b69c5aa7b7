"""The cart: its page, its JSON, and the extra order fields that a script may fill before the order is made."""

import re

from molva.demo.shop.codes import WORDS, find_code, products_of, refusal
from molva.demo.shop.orders import kopecks
from molva.demo.shop.pricing import Priced, price
from molva.demo.shop.records import Discount, Line
from molva.demo.shop.store import Row
from molva.demo.shop.storefront.layout import View
from molva.demo.shop.web import BadRequest, Markup, Request, Response, Routes, html, json_response, redirect
from molva.demo.shop.words import quantity_text

routes = Routes()
FIELD = re.compile(r"order\[fields_values_attributes\]\[(\w+)\]\[(field_id|handle|value)\]")
MOST = 999


def cart_of(view: View) -> Row:
    """The browser's cart: {items: {variant id as text: quantity}, code, fields: {field id as text: value}}."""
    return view.shop.store.carts.get(view.visitor.cart_id) or {"items": {}, "code": None, "fields": {}}


def _keep(view: View, cart: Row) -> None:
    view.shop.store.carts[view.visitor.cart_id] = cart
    view.shop.store.changed = True


def cart_lines(view: View, cart: Row) -> list[Line]:
    """Lines as the order would have them; variants that are no more sold are passed over."""
    lines = []
    for text, quantity in cart["items"].items():
        found = view.shop.variant(int(text))
        if found:
            product, variant = found
            title = f"{product['title']} ({variant['title']})" if variant["title"] else product["title"]
            cost = kopecks(variant["price"])
            line = Line(
                0, product["id"], int(text), title, variant["sku"], cost, quantity, "", "", variant["unit"]
            )
            lines.append(line)
    return lines


def code_of(view: View, cart: Row, client_id: int | None = None) -> tuple[Row | None, str | None]:
    """The code in the cart if it may be used, and the words why not."""
    if not cart["code"]:
        return None, None
    lines = cart_lines(view, cart)
    goods = price([(line.price, line.quantity) for line in lines]).items
    code = find_code(view.shop.store, cart["code"])
    why = refusal(view.shop.store, code, goods, [line.product_id for line in lines], client_id)
    return (None, view.say(WORDS[why])) if why else (code, None)


def priced(view: View, cart: Row, delivery: int = 0) -> Priced:
    """What the cart costs with its code."""
    lines, code = cart_lines(view, cart), code_of(view, cart)[0]
    discounts = []
    if code:
        chosen = products_of(view.shop.store, code)
        discount = Discount(0, code["type_id"], str(code["discount"]), None, "", code["id"], chosen)
        discounts = [discount.priced_for(lines)]
    return price([(line.price, line.quantity) for line in lines], discounts, delivery=delivery)


@routes.add("GET", "/cart_items")
def cart_page(view: View, request: Request) -> Response:
    """The cart for people."""
    cart, say = cart_of(view), view.say
    lines = cart_lines(view, cart)
    if not lines:
        empty = html(
            '<h1>{title}</h1><p class="text">{text}</p><a class="button" href="/collection/all">{go}</a>',
            title=say("Cart"),
            text=say("Nothing here yet."),
            go=say("To the catalogue"),
        )
        return view.page(say("Cart"), empty)
    sums = priced(view, cart)
    content = html(
        """<h1>{title}</h1><form method="post" action="/cart_items">{token}
<input type="hidden" name="_method" value="put">
<ul class="lines">{lines}</ul>
<div class="code-row"><label>{code_word}<input name="promo_code" value="{code}" autocomplete="off"></label>
<button class="button quiet">{apply}</button></div>{error}{discount}
<p class="total"><span>{total_word}</span><b>{total}</b></p></form>
<p class="go"><a class="button" href="/new_order">{checkout}</a></p>""",
        title=say("Cart"),
        token=view.token_field(),
        lines=[_line(view, line) for line in lines],
        code_word=say("Promo code"),
        code=cart["code"],
        apply=say("Recalculate"),
        error=error_text(code_of(view, cart)[1]),
        discount=discount_row(view, sums),
        total_word=say("Total without delivery"),
        total=view.money(sums.items),
        checkout=say("To checkout"),
    )
    return view.page(say("Cart"), content)


def error_text(words: str | None) -> Markup:
    """Words about what is wrong, read aloud by screen readers."""
    return html('<p class="error" role="alert">{words}</p>', words=words) if words else Markup("")


def discount_row(view: View, sums: Priced) -> Markup:
    """How much the code takes off."""
    off = sum(full for _, full in sums.discounts)
    row = '<p class="total less"><span>{word}</span><b>{sum}</b></p>'
    return html(row, word=view.say("Discount"), sum=view.money(-off)) if off else Markup("")


def _line(view: View, line: Line) -> Markup:
    product, _ = view.shop.variant(line.variant_id) or ({}, {})
    return html(
        """<li><img src="/pictures/{permalink}.svg" alt="" width="72" height="72">
<a href="/product/{permalink}">{title}</a><label><span class="hidden">{word}</span>
<input type="number" name="cart[quantity][{id}]" value="{quantity}" min="0" max="999" step="{step}"></label>
<b>{sum}</b></li>""",
        permalink=product.get("permalink"),
        title=line.title,
        word=f"{view.say('Quantity')}: {line.title}",
        id=line.variant_id,
        quantity=quantity_text(line.quantity),
        step="0.5" if line.unit == "kgm" else "1",
        sum=view.money(price([(line.price, line.quantity)]).items),
    )


@routes.add("POST", "/cart_items", "/cart_items.json")
def add_item(view: View, request: Request) -> Response:
    """Put goods into the cart."""
    cart = cart_of(view)
    _change(view, cart, request.form.get("variant_id"), request.form.get("quantity", "1"), add=True)
    return _done(view, request, cart)


@routes.add("PUT PATCH", "/cart_items", "/cart_items.json")
def change_cart(view: View, request: Request) -> Response:
    """Change quantities and the code, and fill extra order fields: whatever the form names."""
    cart, form = cart_of(view), request.form
    for name, value in form.items():
        match = re.fullmatch(r"cart\[quantity\]\[(\d+)\]", name)
        if match:
            _change(view, cart, match[1], value, add=False)
    if "promo_code" in form:
        cart["code"] = form["promo_code"].strip() or None
    cart["fields"].update(fields_in(view, form))
    return _done(view, request, cart)


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


@routes.add("DELETE", "/cart_items/<number>", "/cart_items/<number>.json")
def delete_item(view: View, request: Request, number: str) -> Response:
    """Take one kind of goods out."""
    cart = cart_of(view)
    cart["items"].pop(number, None)
    return _done(view, request, cart)


def _change(view: View, cart: Row, variant: object, text: object, *, add: bool) -> None:
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


def _done(view: View, request: Request, cart: Row) -> Response:
    _keep(view, cart)
    if request.path.endswith(".json") or "json" in request.header("Accept"):
        return json_response(cart_body(view))
    return redirect("/cart_items")


@routes.add("GET", "/front_api/cart.json", "/cart_items.json")
def cart_json(view: View, request: Request) -> Response:
    """The cart for scripts."""
    return json_response(cart_body(view))


@routes.add("PATCH", "/front_api/cart.json")
def patch_cart(view: View, request: Request) -> Response:
    """Add quantities: {variant_id, quantity} or {variant_ids: {id: quantity}}, as JSON or as a form."""
    cart = cart_of(view)
    for variant, quantity in _wanted(request):
        _change(view, cart, variant, quantity, add=True)
    _keep(view, cart)
    return json_response(cart_body(view))


def _wanted(request: Request) -> list[tuple[object, object]]:
    if request.content_type != "application/json":
        found = (re.fullmatch(r"variant_ids\[(\d+)\]", name) for name in request.form)
        many = [(match[1], request.form[match[0]]) for match in found if match]
        return [*many] or [(request.form.get("variant_id"), request.form.get("quantity", 1))]
    body = request.json()
    if not isinstance(body, dict):
        raise BadRequest
    many_by_id = body.get("variant_ids")
    if isinstance(many_by_id, dict):
        return list(many_by_id.items())
    return [(body.get("variant_id"), body.get("quantity", 1))]


def cart_body(view: View) -> Row:
    """The cart as the storefront's API tells it; money in roubles."""
    cart = cart_of(view)
    sums, lines, error = priced(view, cart), cart_lines(view, cart), code_of(view, cart)[1]
    return {
        "items": [_item_body(view, line, one.total) for line, one in zip(lines, sums.lines, strict=True)],
        "items_count": len(lines),
        "total_price": sums.items / 100,
        "discount_description": cart["code"] if sums.discounts else None,
        "discounts": [{"amount": full / 100, "description": cart["code"]} for _, full in sums.discounts],
        "errors": [error] if error else [],
        "currency_code": "RUR",
        "warehouse_id": None,
        "multi_orders": None,
        "status": "ok",
    }


def _item_body(view: View, line: Line, total: int) -> Row:
    product, _ = view.shop.variant(line.variant_id) or ({}, {})
    return {
        "cart_line_id": f"{view.visitor.cart_id[:8]}-{line.variant_id}",
        "variant_id": line.variant_id,
        "product_id": line.product_id,
        "title": line.title,
        "sku": line.sku,
        "quantity": line.quantity,
        "sale_price": line.price / 100,
        "total_price": total / 100,
        "comment": None,
        "product_url": f"/product/{product.get('permalink')}",
        "url": f"/cart_items/{line.variant_id}",
        "accessory_lines": [],
    }
