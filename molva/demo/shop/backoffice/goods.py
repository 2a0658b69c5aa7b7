"""Goods in the back office, and the widgets of applications on the pages of an order and of a product."""

import json

from molva.demo.shop.backoffice.layout import Office
from molva.demo.shop.backoffice.staff import chosen
from molva.demo.shop.bodies import order_body
from molva.demo.shop.goods import product_body
from molva.demo.shop.orders import kopecks
from molva.demo.shop.store import Row
from molva.demo.shop.web import Markup, Request, Response, Routes, html

routes = Routes()


@routes.add("GET", "/admin2/products")
def list_products(office: Office, request: Request) -> Response:
    """All products."""
    say = office.say
    rows = [
        (
            html('<a href="/admin2/products/{id}">{title}</a>', id=row["id"], title=row["title"]),
            ", ".join(variant["sku"] or "—" for variant in row["variants"]),
            office.money(kopecks(row["variants"][0]["price"])),
            _state(office, row),
        )
        for row in office.shop.store.tables["product"].values()
    ]
    table = office.table(("Title", "SKU", "Price", "Status"), rows)
    return office.page(say("Goods"), html("<h1>{title}</h1>{table}", title=say("Goods"), table=table))


def _state(office: Office, row: Row) -> str:
    say = office.say
    return say("deleted") if row["archived"] else (say("hidden") if row["is_hidden"] else say("on sale"))


@routes.add("GET", "/admin2/products/<number>")
def product_page(office: Office, request: Request, number: str) -> Response:
    """One product with the widgets of applications."""
    row = office.shop.store.tables["product"][int(number) if number.isdigit() else 0]
    say = office.say
    variants = [
        (one["title"] or "—", one["sku"] or "—", office.money(kopecks(one["price"])), one["quantity"])
        for one in row["variants"]
    ]
    content = html(
        '<p><a href="/admin2/products">← {back}</a></p><h1>{title}</h1>{variants}{widgets}',
        back=say("Goods"),
        title=row["title"],
        variants=office.table(("Size", "SKU", "Price", "Quantity"), variants),
        widgets=widget_frames(office, "product", row["id"]),
    )
    return office.page(row["title"], content)


def widget_frames(office: Office, page_type: str, number: int) -> Markup:
    """Frames of all widgets for a kind of page."""
    frames = [
        html(
            """<section class="box widget"><iframe src="/admin2/widgets/{id}?{kind}={number}" height="{height}"
title="{title}"></iframe></section>""",
            id=row["id"],
            kind=page_type,
            number=number,
            height=row["height"],
            title=f"{office.say('Widget')}: {row['_owner']}",
        )
        for row in office.shop.store.tables["widget"].values()
        if row["page_type"] == page_type
    ]
    return Markup("".join(frames))


@routes.add("GET", "/admin2/widgets/<number>")
def widget(office: Office, request: Request, number: str) -> Response:
    """What stands in the frame: the application's HTML after globals that tell it where it is."""
    store = office.shop.store
    row = store.tables["widget"][int(number) if number.isdigit() else 0]
    user = chosen(office, request) or store.tables["staff"][1]
    told: Row = {"account_id": office.shop.account_id, "user_id": user["id"]}
    if row["page_type"] == "order":
        told["order_info"] = order_body(store, store.orders[_asked(request, "order")])
    else:
        told["product_info"] = product_body(store.tables["product"][_asked(request, "product")])
    script = "".join(f"window.{name} = {_literal(value)};\n" for name, value in told.items())
    page = """<!DOCTYPE html><html><head><meta charset="utf-8"><script>
{script}</script></head><body>{code}</body></html>"""
    return Response(html(page, script=Markup(script), code=Markup(row["code"])))


def _asked(request: Request, name: str) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdigit() else 0


def _literal(value: object) -> str:
    """JSON that cannot end the script it stands in."""
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/").replace("<!--", "<\\!--")
