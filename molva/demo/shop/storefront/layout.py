"""The frame of every storefront page, and the pieces that several pages share."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from molva.demo.shop.assets import PICTURES
from molva.demo.shop.orders import kopecks
from molva.demo.shop.shop import Shop
from molva.demo.shop.store import Row
from molva.demo.shop.storefront.visits import Visitor
from molva.demo.shop.web import Markup, Response, html
from molva.demo.shop.words import Words, money, words

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="csrf-token" content="{token}">
<title>{title} · {shop}</title>
<link rel="icon" href="/static/mark.svg">
<link rel="stylesheet" href="/static/shop.css">
{common}
{file_tags}
</head>
<body data-config="{config}">
<p class="rehearsal">{rehearsal} <a href="/admin2/">{office}</a></p>
<header class="head"><div class="wide">
<a class="brand" href="/"><img src="/static/mark.svg" alt="" width="44" height="44">
<span><b>{shop}</b><i>{motto}</i></span></a>
<a class="cart-link" href="/cart_items">{cart} <b>{count}</b></a>
<nav aria-label="{catalogue}">{nav}</nav>
</div></header>
<main class="wide">{content}</main>
<footer class="foot"><div class="wide">
<p>{shop}. {footer}</p>
<p><a href="/page/{about_path}">{about}</a> <a href="/page/{delivery_path}">{delivery}</a></p>
</div></footer>
{banner}
{text_tags}
</body>
</html>
"""
# Paths of the two text pages by language: Cyrillic ones must work too.
TEXT_PAGES = {"ru": ("о-лавке", "доставка-и-оплата"), "en": ("about", "delivery-and-payment")}


@dataclass
class View:
    """What every page function needs: the shop, the browser, and the words of the shop's language."""

    shop: Shop
    visitor: Visitor

    @property
    def say(self) -> Words:
        return words(self.shop.language)

    def money(self, amount: int) -> str:
        """Kopecks for people."""
        return money(amount, self.shop.language)

    def page(
        self,
        title: str,
        content: Markup,
        status: int = 200,
        *,
        checkout: bool = False,
        product_id: int | None = None,
    ) -> Response:
        """A whole page around its content."""
        faults, config = self.shop.faults, {"currency_code": self.shop.faults.currency_code}
        tagged = faults.tags_on_checkout or not checkout
        say, settings = self.say, self.shop.store.settings
        cart = self.shop.store.carts.get(self.visitor.cart_id, {"items": {}})
        collections = self.shop.store.tables["collection"].values()
        text = html(
            PAGE,
            language=self.shop.language,
            token=self.visitor.token,
            title=title,
            shop=settings["title"],
            motto=settings["motto"],
            common=None if faults.old_theme else Markup('<script src="/static/common.v2.js"></script>'),
            config=json.dumps({**config, "product_id": product_id and str(product_id)}),
            file_tags=self._tags("JsTag::FileTag", '<script async src="{content}"></script>')
            if tagged
            else None,
            text_tags=self._tags("JsTag::TextTag", "<script>{content}</script>") if tagged else None,
            banner=self._banner(),
            rehearsal=say("This is a rehearsal shop: nothing is sold here and no money moves."),
            office=say("Back office"),
            cart=say("Cart"),
            count=len(cart["items"]),
            catalogue=say("Catalogue"),
            nav=[html('<a href="{url}">{title}</a>', **_only(row, "url", "title")) for row in collections],
            content=content,
            footer=say("Invented goods, invented prices, a real way of an order."),
            about=say("About the shop"),
            about_path=TEXT_PAGES[self.shop.language][0],
            delivery=say("Delivery and payment"),
            delivery_path=TEXT_PAGES[self.shop.language][1],
        )
        return Response(text, status)

    def _banner(self) -> Markup:
        """A question about cookies, until it is answered."""
        if not self.shop.faults.consent_banner or self.visitor.consent:
            return Markup("")
        say = self.say
        return html(
            """<section class="consent" data-consent><p>{text}</p><p><button class="button" value="yes">{yes}</button>
<button class="button quiet" value="no">{no}</button></p></section><script src="/static/consent.js"></script>""",
            text=say("May we keep cookies that tell where you came from?"),
            yes=say("Allow"),
            no=say("No, thank you"),
        )

    def _tags(self, kind: str, template: str) -> list[Markup]:
        rows = [row for row in self.shop.store.tables["tag"].values() if row["type"] == kind]
        is_text = kind == "JsTag::TextTag"
        return [html(template, content=Markup(row["content"]) if is_text else row["content"]) for row in rows]

    def token_field(self) -> Markup:
        """The hidden field that proves a form was ours."""
        return html(
            '<input type="hidden" name="authenticity_token" value="{token}">', token=self.visitor.token
        )

    def cards(self, products: Sequence[Row]) -> Markup:
        """Goods as cards, each with its own button."""
        return html('<ul class="cards">{cards}</ul>', cards=[self._card(product) for product in products])

    def _card(self, product: Row) -> Markup:
        cheapest = min(product["variants"], key=lambda variant: float(variant["price"]))
        several = len(product["variants"]) > 1
        price = self.money(kopecks(cheapest["price"]))
        return html(
            """<li class="card"><a class="card-link" href="/product/{permalink}">
<img src="{picture}" alt="" width="400" height="400" loading="lazy"><b>{title}</b></a>
<div class="card-row"><span class="price">{price}</span>{action}</div></li>""",
            picture=picture_of(product),
            permalink=product["permalink"],
            title=product["title"],
            price=f"{self.say('from')} {price}" if several else price,
            action=self._choose(product) if several else self._add(cheapest, product["title"]),
        )

    def _choose(self, product: Row) -> Markup:
        link = '<a class="button quiet" href="/product/{permalink}">{word}</a>'
        return html(link, permalink=product["permalink"], word=self.say("Choose"))

    def _add(self, variant: Row, title: str) -> Markup:
        return html(
            """<form method="post" action="/cart_items">{token}<input type="hidden" name="variant_id" value="{id}">
<button class="button quiet" aria-label="{label}">{word}</button></form>""",
            token=self.token_field(),
            id=variant["id"],
            label=f"{self.say('Add to cart')}: {title}",
            word=self.say("Add to cart"),
        )


def picture_of(product: Row) -> str:
    """The drawing of a product; goods made later share one."""
    known = product.get("permalink") in PICTURES
    return f"/pictures/{product['permalink']}.svg" if known else "/static/thing.svg"


def _only(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}
