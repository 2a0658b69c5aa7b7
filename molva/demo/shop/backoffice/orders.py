"""Orders in the back office: the list, one order, and what a person may do to it."""

from collections.abc import Sequence

from molva.demo.shop import acts
from molva.demo.shop.backoffice.goods import widget_frames
from molva.demo.shop.backoffice.layout import Office, button
from molva.demo.shop.bodies import order_body
from molva.demo.shop.records import Line, Order
from molva.demo.shop.store import Row
from molva.demo.shop.web import Markup, Request, Response, Routes, html, redirect
from molva.demo.shop.words import quantity_text

routes = Routes()
PER_PAGE = 50
ACTS = ("status", "paid", "return", "remove", "decline", "delete", "restore")


@routes.add("GET", "/admin2", "/admin2/orders")
def list_orders(office: Office, request: Request) -> Response:
    """Newest orders first."""
    say, store = office.say, office.shop.store
    number = max(1, int(request.query.get("page", "1")) if request.query.get("page", "1").isdigit() else 1)
    everyone = sorted(store.orders.values(), key=lambda order: order.id, reverse=True)
    shown = everyone[(number - 1) * PER_PAGE : number * PER_PAGE]
    rows = [_row(office, order) for order in shown]
    table = office.table(("Number", "Date", "Buyer", "Total", "Status", "Payment", "First page"), rows)
    empty = html('<p class="text">{text}</p>', text=say("No orders yet. Make one in the shop window."))
    more = html(
        '<p><a href="/admin2/orders?page={next}">{word}</a></p>', next=number + 1, word=say("Older orders")
    )
    content = html(
        '<h1>{title}</h1><p><a href="/admin2/generate">{odd}</a></p>{table}{more}',
        odd=say("Make odd orders"),
        title=say("Orders"),
        table=table if rows else empty,
        more=more if len(everyone) > number * PER_PAGE else None,
    )
    return office.page(say("Orders"), content)


def _row(office: Office, order: Order) -> tuple[object, ...]:
    client = office.shop.store.tables["client"].get(order.client_id or 0, {})
    status = office.chip(office.shop.status(order.status), order.status)
    if order.archived:
        status = html('<span class="chip declined">{word}</span>', word=office.say("deleted"))
    return (
        html('<a href="/admin2/orders/{id}">{number}</a>', id=order.id, number=order.number),
        order.created_at[:16].replace("T", " "),
        client.get("name") or "—",
        office.money(order.priced().total),
        status,
        office.say("paid") if order.paid else office.say("not paid"),
        html('<code>{location}</code>', location=order.visit.first_location or "—"),
    )  # fmt: skip


def _order(office: Office, number: str) -> Order:
    return office.shop.store.orders[int(number) if number.isdigit() else 0]


@routes.add("POST", "/admin2/orders/<number>")
def change_order(office: Office, request: Request, number: str) -> Response:
    """One button was pressed."""
    order = _order(office, number)
    acts.act(office.shop, order, {name: value for name, value in request.form.items() if name in ACTS})
    return redirect(f"/admin2/orders/{order.id}")


@routes.add("GET", "/admin2/orders/<number>")
def order_page(office: Office, request: Request, number: str) -> Response:
    """Everything about one order."""
    order, say = _order(office, number), office.say
    title = f"{say('Order')} {order.number}"
    content = html(
        """<p><a href="/admin2/">← {back}</a></p><h1>{title} {chip}</h1>
<form method="post" action="/admin2/orders/{id}"><div class="columns">
<section class="box"><h2>{status_word}</h2><div class="buttons">{statuses}</div>
<h2>{payment_word}</h2><div class="buttons">{payment}</div></section>
<section class="box"><h2>{goods}</h2>{lines}{sums}<div class="buttons">{ends}</div></section>
<section class="box"><h2>{buyer}</h2>{client}<h2>{way}</h2>{visit}</section>
<section class="box"><h2>{history}</h2><ol class="history">{changes}</ol></section>
</div></form>{widgets}""",
        back=say("Orders"),
        title=title,
        chip=office.chip(office.shop.status(order.status), order.status),
        id=order.id,
        status_word=say("Change the status"),
        statuses=_status_buttons(office, order),
        payment_word=say("Payment"),
        payment=_payment_button(office, order),
        goods=say("Goods"),
        lines=_lines(office, order),
        sums=_sums(office, order),
        ends=_ends(office, order),
        buyer=say("Buyer"),
        client=_client(office, order),
        way=say("Where the buyer came from"),
        visit=_visit(office, order),
        history=say("History"),
        changes=[
            html(
                "<li><time>{at}</time>{text}</li>",
                at=row["created_at"][:19].replace("T", " "),
                text=_told(row),
            )
            for row in order.changes
        ],
        widgets=widget_frames(office, "order", order.id),
    )
    return office.page(title, content)


def _told(row: Row) -> str:
    return f"{row['full_description']} ({row['action']})"


def _status_buttons(office: Office, order: Order) -> list[Markup]:
    return [
        html(
            '<button class="chip {kind}" name="status" value="{permalink}"{now}>{title}</button>',
            kind=row["system_status"],
            permalink=row["permalink"],
            title=row["title"],
            now=Markup(' disabled aria-current="true"' if row["permalink"] == order.status else ""),
        )
        for row in office.shop.statuses()
    ]


def _payment_button(office: Office, order: Order) -> Markup:
    if order.paid:
        return button("paid", "", office.say("Mark as not paid"), "quiet")
    return button("paid", "1", office.say("Mark as paid"))


def _ends(office: Office, order: Order) -> list[Markup]:
    if order.archived:
        return [button("restore", "1", office.say("Take the order back"), "quiet")]
    decline = button("decline", "1", office.say("Decline the order"), "quiet")
    return [decline, button("delete", "1", office.say("Delete the order"), "danger")]


def _lines(office: Office, order: Order) -> Markup:
    say = office.say
    rows = [
        (line.title, quantity_text(line.quantity), office.money(one.full_total), _line_buttons(office, line))
        for line, one in zip(order.lines, order.priced().lines, strict=True)
    ]
    note = html(
        '<p class="note">{text}</p>',
        text=say("A return is a smaller order: InSales has no other sign of it."),
    )
    return html("{table}{note}", table=office.table(("Goods", "Quantity", "Paid", ""), rows), note=note)


def _line_buttons(office: Office, line: Line) -> list[Markup]:
    one = button("return", line.id, office.say("Return one"), "quiet small")
    return [one, button("remove", line.id, office.say("Return all"), "quiet small")]


def _sums(office: Office, order: Order) -> Markup:
    say, sums = office.say, order.priced()
    rows = [(discount.description or say("Discount"), office.money(-full[1])) for discount, full in zip(
        order.discounts, sums.discounts, strict=True)]  # fmt: skip
    rows += [
        (say("Goods after discounts"), office.money(sums.items)),
        (say("Delivery"), office.money(sums.delivery)),
        (say("Total"), office.money(sums.total)),
    ]
    return _facts(rows)


def _facts(rows: Sequence[tuple[str, object]]) -> Markup:
    return html(
        "<dl>{rows}</dl>",
        rows=[html("<dt>{name}</dt><dd>{value}</dd>", name=name, value=value) for name, value in rows],
    )


def _client(office: Office, order: Order) -> Markup:
    client = office.shop.store.tables["client"].get(order.client_id or 0, {})
    names = (("Your name", "name"), ("Phone", "phone"), ("E-mail", "email"))
    return _facts([(office.say(word), client.get(key) or "—") for word, key in names])


def _visit(office: Office, order: Order) -> Markup:
    body = order_body(office.shop.store, order)
    keys = ("first_current_location", "current_location", "first_referer", "referer", "source")
    rows: list[tuple[str, object]] = [
        (key, html("<code>{value}</code>", value=body[key] or "—")) for key in keys
    ]
    extra = body["fields_values"]
    rows += [(value["name"], html("<code>{value}</code>", value=value["value"])) for value in extra]
    return _facts(rows)
