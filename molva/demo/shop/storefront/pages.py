"""Pages without consequences: home, collection, product, search, texts."""

from molva.demo.shop.orders import kopecks
from molva.demo.shop.store import Row
from molva.demo.shop.storefront.layout import TEXT_PAGES, View, picture_of
from molva.demo.shop.web import Markup, Request, Response, Routes, html

routes = Routes()
ABOUT_TEXT = "The pantry does not exist. It shows how an order travels from a partner's link to a commission."
DELIVERY_TEXT = "Pick-up is free, a courier costs 300 roubles. An online payment is a button that pretends."


def _products(view: View) -> list[Row]:
    rows = view.shop.store.tables["product"].values()
    return [row for row in rows if not row["archived"] and not row["is_hidden"]]


@routes.add("GET", "/")
def home(view: View, request: Request) -> Response:
    """The face of the shop and all of its goods by collections."""
    say = view.say
    sections = [
        html(
            '<section><h2><a href="{url}">{title}</a></h2>{cards}</section>',
            url=row["url"],
            title=row["title"],
            cards=view.cards([item for item in _products(view) if row["id"] in item["collections_ids"]]),
        )
        for row in view.shop.store.tables["collection"].values()
    ]
    content = html(
        """<section class="hero"><div><h1>{head}</h1><p>{text}</p>
<a class="button" href="/collection/podarki">{gifts}</a></div>
<div class="hero-pictures"><img src="/pictures/myod-lipovyy.svg" alt="" width="400" height="400">
<img src="/pictures/ivan-chay.svg" alt="" width="400" height="400">
<img src="/pictures/varenye-brusnichnoe.svg" alt="" width="400" height="400"></div></section>
{sections}""",
        head=say("What the forest gave this summer"),
        text=say("Small batches: leaf tea, honey from our own hives, preserves without anything extra."),
        gifts=say("Choose a gift"),
        sections=sections,
    )
    return view.page(say("Home"), content)


@routes.add("GET", "/collection/<name>")
def collection(view: View, request: Request, name: str) -> Response:
    """Goods of one collection; «all» is everything."""
    if name == "all":
        title, found = view.say("Catalogue"), _products(view)
    else:
        rows = view.shop.store.tables["collection"].values()
        row = next((row for row in rows if name in {row["permalink"], _slug(row["title"])}), None)
        if row is None:
            return missing(view)
        title = row["title"]
        found = [item for item in _products(view) if row["id"] in item["collections_ids"]]
    return view.page(title, html("<h1>{title}</h1>{cards}", title=title, cards=view.cards(found)))


def _slug(title: str) -> str:
    """A Cyrillic path of a title, as people and search engines make them: мёд-липовый."""
    return "-".join("".join(sign if sign.isalnum() else " " for sign in title.lower()).split())


@routes.add("GET", "/product/<name>")
def product(view: View, request: Request, name: str) -> Response:
    """One product; unknown query parameters change nothing."""
    row = next((row for row in _products(view) if name in {row["permalink"], _slug(row["title"])}), None)
    if row is None:
        return missing(view)
    say = view.say
    content = html(
        """<article class="product"><img src="{picture}" alt="" width="400" height="400">
<div><h1>{title}</h1><div class="text">{text}</div>
<form method="post" action="/cart_items">{token}{variants}
<label class="amount">{amount_word}
<input type="number" name="quantity" value="1" min="1" max="99" step="{step}"></label>
<button class="button">{add}</button></form>{sku}</div></article>""",
        picture=picture_of(row),
        title=row["title"],
        text=Markup(row["description"] or ""),
        token=view.token_field(),
        variants=_variants(view, row["variants"]),
        amount_word=say("Kilograms") if row["unit"] == "kgm" else say("Quantity"),
        step="0.5" if row["unit"] == "kgm" else "1",
        add=say("Add to cart"),
        sku=_sku(view, row["variants"]),
    )
    return view.page(row["title"], content, product_id=row["id"])


def _variants(view: View, variants: list[Row]) -> Markup:
    prices = [view.money(kopecks(variant["price"])) for variant in variants]
    if len(variants) == 1:
        one = '<p class="price big">{price}</p><input type="hidden" name="variant_id" value="{id}">'
        return html(one, price=prices[0], id=variants[0]["id"])
    choices = [
        html(
            """<label class="choice"><input type="radio" name="variant_id" value="{id}"{checked}>
<span>{title}<b>{price}</b></span></label>""",
            id=variant["id"],
            title=variant["title"],
            price=price,
            checked=Markup(" checked" if not number else ""),
        )
        for number, (variant, price) in enumerate(zip(variants, prices, strict=True))
    ]
    legend = html("<legend>{word}</legend>", word=view.say("Size"))
    return html('<fieldset class="choices">{legend}{choices}</fieldset>', legend=legend, choices=choices)


def _sku(view: View, variants: list[Row]) -> Markup:
    known = ", ".join(variant["sku"] for variant in variants if variant["sku"])
    return html('<p class="note">{word}: {sku}</p>', word=view.say("SKU"), sku=known) if known else Markup("")


@routes.add("GET", "/search")
def search(view: View, request: Request) -> Response:
    """Goods whose title or text has the words of `q`."""
    wanted = request.query.get("q", "").casefold()
    found = [
        row
        for row in _products(view)
        if wanted in f"{row['title']} {row['short_description'] or ''}".casefold()
    ]
    title = view.say("Search")
    return view.page(
        title, html("<h1>{title}: {wanted}</h1>{cards}", title=title, wanted=wanted, cards=view.cards(found))
    )


@routes.add("GET", "/page/<name>")
def text_page(view: View, request: Request, name: str) -> Response:
    """A page of plain text; its path is in the language of the shop."""
    say = view.say
    about, delivery = TEXT_PAGES[view.shop.language]
    known = {
        about: (say("About the shop"), ABOUT_TEXT),
        delivery: (say("Delivery and payment"), DELIVERY_TEXT),
    }
    made = next((row for row in view.shop.store.tables["page"].values() if row["permalink"] == name), None)
    if made is not None and not made["is_hidden"]:
        body = html("<h1>{title}</h1>{text}", title=made["title"], text=Markup(made["content"] or ""))
        return view.page(made["title"], body)
    if name not in known:
        return missing(view)
    title, text = known[name]
    return view.page(title, html('<h1>{title}</h1><p class="text">{text}</p>', title=title, text=say(text)))


def missing(view: View) -> Response:
    """404 for people."""
    say = view.say
    title = say("There is no such page")
    content = html(
        '<h1>{title}</h1><p><a href="/">{home}</a></p>', title=title, home=say("To the shop window")
    )
    return view.page(title, content, 404)
