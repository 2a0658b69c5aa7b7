"""The cart: its page, and its JSON for scripts, which may fill extra order fields before the order is made."""

import re

from molva.demo.shop.pricing import PricedLine, price
from molva.demo.shop.records import Line
from molva.demo.shop.store import Row
from molva.demo.shop.storefront.basket import Sums, cart_of, change_by_form, change_quantity, keep, lines_of
from molva.demo.shop.storefront.layout import View, picture_of
from molva.demo.shop.storefront.outer import Asking, total_of
from molva.demo.shop.web import BadRequest, Markup, Request, Response, Routes, html, json_response, redirect
from molva.demo.shop.words import quantity_text

routes = Routes()


@routes.add("GET", "/cart_items")
def cart_page(view: View, request: Request) -> Response:
    """The cart for people."""
    cart, say = cart_of(view), view.say
    if not lines_of(view, cart):
        empty = html(
            '<h1>{title}</h1><p class="text">{text}</p><a class="button" href="/collection/all">{go}</a>',
            title=say("Cart"),
            text=say("Nothing here yet."),
            go=say("To the catalogue"),
        )
        return view.page(say("Cart"), empty)
    sums = total_of(view, cart, Asking(request))
    content = html(
        """<h1>{title}</h1><form method="post" action="/cart_items">{token}
<input type="hidden" name="_method" value="put">
<ul class="lines">{lines}</ul>
<div class="code-row"><label>{code_word}<input name="cart[coupon]" value="{code}" autocomplete="off"></label>
<button class="button quiet">{apply}</button></div>{error}{discount}
<p class="total"><span>{total_word}</span><b>{total}</b></p></form>
<p class="go"><a class="button" href="/new_order">{checkout}</a></p>""",
        title=say("Cart"),
        token=view.token_field(),
        lines=[_line(view, line) for line in sums.lines],
        code_word=say("Promo code"),
        code=cart["code"],
        apply=say("Recalculate"),
        error=[error_text(words) for words in sums.errors],
        discount=discount_row(view, sums),
        total_word=say("Total without delivery"),
        total=view.money(sums.priced.items),
        checkout=say("To checkout"),
    )
    return view.page(say("Cart"), content)


def error_text(words: str | None) -> Markup:
    """Words about what is wrong, read aloud by screen readers."""
    return html('<p class="error" role="alert">{words}</p>', words=words) if words else Markup("")


def discount_row(view: View, sums: Sums) -> Markup:
    """What is taken off, and by what: an outer discount may take nothing and still want to be seen."""
    if not sums.priced.discounts:
        return Markup("")
    word = f"{view.say('Discount')}: {sums.code['code'] if sums.code else sums.title}"
    row = '<p class="total less"><span>{word}</span><b>{sum}</b></p>'
    return html(row, word=word, sum=view.money(-sums.off))


def _line(view: View, line: Line) -> Markup:
    product, _ = view.shop.variant(line.variant_id) or ({}, {})
    return html(
        """<li><img src="{picture}" alt="" width="72" height="72">
<a href="/product/{permalink}">{title}</a><label><span class="hidden">{word}</span>
<input type="number" name="cart[quantity][{id}]" value="{quantity}" min="0" max="999" step="{step}"></label>
<b>{sum}</b></li>""",
        picture=picture_of(product),
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
    quantity = request.form.get("quantity", "1")
    change_quantity(view, cart, request.form.get("variant_id"), quantity, add=True)
    return _done(view, request, cart)


@routes.add("PUT PATCH", "/cart_items", "/cart_items.json")
def change_cart(view: View, request: Request) -> Response:
    """Change quantities and the code, and fill extra order fields: whatever the form names."""
    cart = cart_of(view)
    change_by_form(view, cart, request.form)
    return _done(view, request, cart)


@routes.add("DELETE", "/cart_items/<number>", "/cart_items/<number>.json")
def delete_item(view: View, request: Request, number: str) -> Response:
    """Take one kind of goods out."""
    cart = cart_of(view)
    cart["items"].pop(number, None)
    return _done(view, request, cart)


def _done(view: View, request: Request, cart: Row) -> Response:
    keep(view, cart)
    if request.path.endswith(".json") or "json" in request.header("Accept"):
        return json_response(cart_body(view, request))
    return redirect("/cart_items")


@routes.add("GET", "/front_api/cart.json", "/cart_items.json", "/cart_items/v2.json")
def cart_json(view: View, request: Request) -> Response:
    """The cart for scripts."""
    return json_response(cart_body(view, request))


@routes.add("PATCH", "/front_api/cart.json")
def patch_cart(view: View, request: Request) -> Response:
    """Add quantities: {variant_id, quantity} or {variant_ids: {id: quantity}}, as JSON or as a form."""
    cart = cart_of(view)
    for variant, quantity in _wanted(request):
        change_quantity(view, cart, variant, quantity, add=True)
    body = request.json() if request.content_type == "application/json" else request.form
    change_by_form(view, cart, body)
    if body.get("comment"):
        cart["comments"][str(body.get("variant_id"))] = str(body["comment"])
    keep(view, cart)
    return json_response(cart_body(view, request))


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


def cart_body(view: View, request: Request) -> Row:
    """The cart as the storefront's API tells it; money in roubles."""
    sums = total_of(view, cart_of(view), Asking(request))
    items = [_item_body(view, *pair) for pair in zip(sums.lines, sums.priced.lines, strict=True)]
    return {
        "items": items,
        "items_count": len(items),
        "total_price": sums.priced.items / 100,
        "discount_description": sums.title if sums.priced.discounts else None,
        "discounts": [{"amount": full / 100, "description": sums.title} for _, full in sums.priced.discounts],
        "errors": sums.errors,
        "currency_code": view.shop.faults.currency_code,
        "warehouse_id": None,
        "multi_orders": None,
        "status": "ok",
    }


def _item_body(view: View, line: Line, priced: PricedLine) -> Row:
    product, _ = view.shop.variant(line.variant_id) or ({}, {})
    return {
        "cart_line_id": f"{view.visitor.cart_id[:8]}-{line.variant_id}",
        "variant_id": line.variant_id,
        "product_id": line.product_id,
        "title": line.title,
        "sku": line.sku,
        "quantity": line.quantity,
        "sale_price": line.price / 100,
        "total_price": priced.total / 100,
        "comment": line.comment,
        "product_url": f"/product/{product.get('permalink')}",
        "url": f"/cart_items/{line.variant_id}",
        "accessory_lines": [],
    }
