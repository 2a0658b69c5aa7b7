"""Checkout: from a cart to an order, and the page that the buyer sees afterwards."""

from typing import Any

from molva.demo.shop import moves, orders
from molva.demo.shop.bodies import order_body, status_title
from molva.demo.shop.records import Order
from molva.demo.shop.seed import CATALOGUE, words_of
from molva.demo.shop.store import Row
from molva.demo.shop.storefront.basket import Sums, cart_of, fields_in, lines_of
from molva.demo.shop.storefront.cart import discount_row, error_text
from molva.demo.shop.storefront.layout import View
from molva.demo.shop.storefront.outer import Asking, total_of
from molva.demo.shop.storefront.pages import missing
from molva.demo.shop.storefront.visits import visit_of
from molva.demo.shop.web import Markup, Request, Response, Routes, html, json_response, redirect

routes = Routes()
Errors = dict[str, str]
NEEDED = {
    "name": "Your name",
    "phone": "Phone",
    "consent_to_personal_data": "Consent to personal data processing",
}


@routes.add("GET", "/new_order", "/gocheckout")
def checkout_page(view: View, request: Request) -> Response:
    """The form."""
    if not lines_of(view, cart_of(view)):
        return redirect("/cart_items")
    # The second version of the checkout asks outer discounts at every visit, the third one does not.
    return _form(view, Asking(request, again=request.path == "/new_order"), {}, {})


@routes.add("POST", "/new_order")
def checkout(view: View, request: Request) -> Response:
    """Make the order, or show the form again with what is wrong."""
    if not lines_of(view, cart_of(view)):
        return redirect("/cart_items")
    errors = _errors(view, request.form)
    if errors:
        return _form(view, Asking(request, again=True, contacts=_client(request)), request.form, errors)
    order = _make(view, request)
    return redirect(f"/payments/{order.key}" if _is_online(order) else f"/orders/{order.key}")


@routes.add("POST", "/fast_checkout.json", "/quick_checkout.json", "/orders/create_with_quick_checkout.json")
def fast_checkout(view: View, request: Request) -> Response:
    """The same for scripts."""
    errors = _errors(view, request.form)
    if not lines_of(view, cart_of(view)):
        errors["order_lines"] = view.say("Nothing here yet.")
    if errors:
        told = {name: [text] for name, text in errors.items()}
        full = {f"client.{name}": text for name, text in told.items()}
        body = {"errors": full, "client_errors": told, "shipping_address_errors": {}}
        return json_response({"status": "unprocessable_entity", **body}, 422)
    order = _make(view, request)
    names = (
        "id",
        "number",
        "key",
        "items_price",
        "delivery_price",
        "total_price",
        "delivery_title",
        "payment_title",
    )
    body = order_body(view.shop.store, order)
    told_order = {name: body[name] for name in names}
    return json_response({"status": "ok", "location": f"/orders/{order.key}", "order": told_order})


def _errors(view: View, form: dict[str, str]) -> Errors:
    say = view.say
    errors = {
        name: say("Please fill this in") for name in NEEDED if not form.get(f"client[{name}]", "").strip()
    }
    phone, email = form.get("client[phone]", ""), form.get("client[email]", "").strip()
    if "phone" not in errors and sum(map(str.isdigit, phone)) < 10:
        errors["phone"] = say("A phone has at least ten digits")
    if email and ("@" not in email or " " in email):
        errors["email"] = say("This does not look like an e-mail")
    return errors


def _client(request: Request) -> Row:
    names = ("name", "phone", "email", "surname")
    return {name: request.form.get(f"client[{name}]", "").strip() for name in names}


def _make(view: View, request: Request) -> Order:
    shop, form, cart, client = view.shop, request.form, cart_of(view), _client(request)
    known = shop.store.find_client(client["email"], client["phone"])
    asking = Asking(request, again=True, contacts=client, client_id=known["id"] if known else None)
    sums = total_of(view, cart, asking)
    client["ip_addr"] = str(request.environ.get("REMOTE_ADDR") or "")
    order = orders.create(
        shop,
        orders.Draft(
            items=[(line.variant_id, line.quantity, None) for line in sums.lines],
            comments={line.variant_id: line.comment for line in sums.lines if line.comment},
            client={name: value for name, value in client.items() if value},
            code=sums.code,
            discounts=_outer(sums),
            delivery_id=_number(form.get("order[delivery_variant_id]")),
            payment_id=_number(form.get("order[payment_gateway_id]")),
            visit=visit_of(request),
            fields={int(number): value for number, value in (cart["fields"] | fields_in(view, form)).items()},
            cookies=shop.told_cookies(request.cookies),
            city=form.get("shipping_address[full_locality_name]") or None,
            address=form.get("shipping_address[address]") or None,
            comment=form.get("order[comment]") or None,
        ),
    )
    shop.store.carts.pop(view.visitor.cart_id, None)
    return order


def _outer(sums: Sums) -> list[Row]:
    """The outer discount as an order keeps it: an amount and words."""
    offer = sums.offer
    if offer is None or not offer.amount:
        return []
    return [{"type_id": 2, "discount": offer.amount / 100, "description": offer.title}]


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _is_online(order: Order) -> bool:
    return any(row["online"] for row in CATALOGUE["payments"] if row["id"] == order.payment_id)


def _form(view: View, asking: Asking, form: dict[str, str], errors: Errors) -> Response:
    say, sums = view.say, total_of(view, cart_of(view), asking)
    content = html(
        """<h1>{title}</h1><form method="post" action="/new_order" class="checkout" novalidate>{token}<div>
<fieldset><legend>{who}</legend>{people}</fieldset>
<fieldset><legend>{delivery}</legend>{deliveries}{address}</fieldset>
<fieldset><legend>{payment}</legend>{payments}</fieldset>{fields}{consent}</div>
<aside><ul class="short">{lines}</ul>{discount}<p class="total"><span>{total_word}</span><b>{total}</b></p>
<button class="button">{send}</button><p class="note">{note}</p></aside></form>""",
        title=say("Checkout"),
        token=view.token_field(),
        who=say("Who orders"),
        people=[_input(view, form, errors, *entry) for entry in _people(view)],
        delivery=say("Delivery"),
        deliveries=_choices(view, "order[delivery_variant_id]", CATALOGUE["deliveries"], form),
        address=[_input(view, form, errors, *entry) for entry in _places(view)],
        payment=say("Payment"),
        payments=_choices(view, "order[payment_gateway_id]", CATALOGUE["payments"], form),
        fields=_extra_fields(view),
        consent=_consent(view, form, errors),
        lines=[
            html("<li><span>{title}</span><b>{sum}</b></li>", title=line.title, sum=view.money(one.total))
            for line, one in zip(sums.lines, sums.priced.lines, strict=True)
        ],
        discount=discount_row(view, sums),
        total_word=say("Total without delivery"),
        total=view.money(sums.priced.items),
        send=say("Place the order"),
        note=say("A rehearsal: the order is not delivered."),
    )
    return view.page(say("Checkout"), content, 422 if errors else 200, checkout=True)


def _people(view: View) -> list[tuple[str, str, str, str]]:
    return [
        ("client[name]", view.say("Your name"), "text", "name"),
        ("client[phone]", view.say("Phone"), "tel", "tel"),
        ("client[email]", view.say("E-mail"), "email", "email"),
    ]


def _places(view: View) -> list[tuple[str, str, str, str]]:
    return [
        ("shipping_address[full_locality_name]", view.say("Town"), "text", "address-level2"),
        ("shipping_address[address]", view.say("Street, house, flat"), "text", "street-address"),
    ]


def _input(
    view: View, form: dict[str, str], errors: Errors, name: str, label: str, kind: str, hint: str
) -> Markup:
    error = errors.get(name.partition("[")[2].rstrip("]"))
    return html(
        """<label>{label}<input type="{kind}" name="{name}" value="{value}" autocomplete="{hint}"{wrong}></label>
{error}""",
        label=label,
        kind=kind,
        name=name,
        value=form.get(name, ""),
        hint=hint,
        wrong=Markup(' aria-invalid="true"' if error else ""),
        error=error_text(error),
    )


def _choices(view: View, name: str, rows: list[Row], form: dict[str, str]) -> list[Markup]:
    chosen = _number(form.get(name)) or rows[0]["id"]
    return [
        html(
            """<label class="choice"><input type="radio" name="{name}" value="{id}"{checked}>
<span>{title}{price}</span></label>""",
            name=name,
            id=row["id"],
            checked=Markup(" checked" if row["id"] == chosen else ""),
            title=row["title"][view.shop.language],
            price=_price(view, row),
        )
        for row in rows
    ]


def _price(view: View, row: Row) -> Markup:
    if "price" not in row:
        return Markup("")
    amount = orders.kopecks(row["price"])
    return html("<b>{sum}</b>", sum=view.money(amount) if amount else view.say("free"))


def _extra_fields(view: View) -> list[Markup]:
    rows = view.shop.store.tables["field"].values()
    shown = [row for row in rows if row["destiny"] == 3 and row["active"] and row["show_in_checkout"]]
    values = cart_of(view)["fields"]
    return [
        html(
            '<label>{title}<input name="order[fields_values_attributes][{id}][value]" value="{value}"></label>',
            title=row["title"] or row["office_title"],
            id=row["id"],
            value=values.get(str(row["id"]), ""),
        )
        for row in shown
    ]


def _consent(view: View, form: dict[str, str], errors: Errors) -> Markup:
    return html(
        """<label class="choice"><input type="checkbox" name="client[consent_to_personal_data]" value="1"{checked}>
<span>{word}</span></label>{error}""",
        word=view.say("Consent to personal data processing"),
        checked=Markup(" checked" if form.get("client[consent_to_personal_data]") else ""),
        error=error_text(errors.get("consent_to_personal_data")),
    )


def _found(view: View, key: str) -> Order | None:
    store = view.shop.store
    return store.orders.get(store.order_by_key.get(key, 0))


@routes.add("GET", "/client_account/contacts.json")
def contacts(view: View, request: Request) -> Response:
    """Who is logged in: nobody ever is."""
    told = {"status": "error", "message": "Not authorized", "url": "/client_account/session/new"}
    return json_response(told)


@routes.add("GET", "/payments/<key>")
def payment_page(view: View, request: Request, key: str) -> Response:
    """What stands for the bank's page."""
    order, say = _found(view, key), view.say
    if order is None:
        return missing(view)
    content = html(
        """<h1>{title}</h1><p class="text">{text}</p><form method="post" action="/payments/{key}">{token}
<button class="button">{pay} {sum}</button></form><p><a href="/orders/{key}">{later}</a></p>""",
        title=say("Payment"),
        text=say("The bank's page would be here. The button only marks the order as paid."),
        key=order.key,
        token=view.token_field(),
        pay=say("Pay"),
        sum=view.money(order.priced().total),
        later=say("Pay later"),
    )
    return view.page(say("Payment"), content)


@routes.add("POST", "/payments/<key>")
def pay(view: View, request: Request, key: str) -> Response:
    """Paid; back to the shop as banks send buyers back."""
    order = _found(view, key)
    if order is None:
        return missing(view)
    moves.set_paid(view.shop, order, is_paid=True, user=order.recipient)
    return redirect(f"/orders/{order.key}?success_payment=true")


@routes.add("GET", "/orders/<key>")
def result_page(view: View, request: Request, key: str) -> Response:
    """The order for its buyer; older themes pass the key as `id`."""
    order, say = _found(view, request.query.get("id", "") if key == "successful" else key), view.say
    if order is None:
        return missing(view)
    sums, language = order.priced(), view.shop.language
    rows: list[tuple[str, Any]] = [
        (say("Goods"), view.money(sums.items)),
        (say("Delivery"), view.money(sums.delivery) if sums.delivery else say("free")),
        (say("Total"), view.money(sums.total)),
        (say("Status"), status_title(view.shop.store, order.status)),
        (say("Payment"), say("paid") if order.paid else say("not paid")),
        (say("Way of delivery"), words_of(CATALOGUE["deliveries"], order.delivery_id, language)["title"]),
    ]
    content = html(
        """<section class="thanks"><h1>{thanks}</h1><p class="text">{text}</p><ul class="short">{lines}</ul>
<dl>{rows}</dl><a class="button quiet" href="/">{home}</a></section>""",
        thanks=say("Thank you, order {number}").format(number=order.number),
        text=say("We have written it down. Its status changes in the back office."),
        lines=[
            html("<li><span>{title}</span><b>{sum}</b></li>", title=line.title, sum=view.money(one.total))
            for line, one in zip(order.lines, sums.lines, strict=True)
        ],
        rows=[html("<dt>{name}</dt><dd>{value}</dd>", name=name, value=value) for name, value in rows],
        home=say("To the shop window"),
    )  # fmt: skip
    return view.page(f"{say('Order')} {order.number}", content)
