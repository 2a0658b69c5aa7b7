"""The frame of every back office page and the pieces that several share."""

from collections.abc import Iterable
from dataclasses import dataclass

from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.web import Markup, Response, html
from molva.demo.shop.words import Words, money, words

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · {shop}</title>
<link rel="icon" href="/static/mark.svg">
<link rel="stylesheet" href="/static/backoffice.css">
</head>
<body>
<header class="head"><p class="rehearsal">{rehearsal}</p>
<div class="wide"><b>{shop}</b> <a class="out" href="/">{storefront}</a><nav>{nav}</nav></div></header>
<main class="wide">{content}</main>
</body>
</html>
"""
NAV = (
    ("/admin2/", "Orders"),
    ("/admin2/products", "Goods"),
    ("/admin2/statuses", "Statuses"),
    ("/admin2/codes", "Promo codes"),
    ("/admin2/applications", "Applications"),
    ("/admin2/charges", "Charges"),
    ("/admin2/webhooks", "Webhooks"),
    ("/admin2/faults", "Faults"),
    ("/admin2/settings", "Settings"),
    ("/admin2/key", "API key"),
)


@dataclass
class Office:
    """What every page function needs."""

    shop: Shop

    @property
    def say(self) -> Words:
        return words(self.shop.language)

    def money(self, amount: int) -> str:
        """Kopecks for people."""
        return money(amount, self.shop.language)

    def page(self, title: str, content: Markup, status: int = 200) -> Response:
        """A whole page around its content."""
        say = self.say
        text = html(
            PAGE,
            language=self.shop.language,
            title=title,
            shop=self.shop.store.settings["title"],
            rehearsal=say("Demo back office: it stands for InSales and needs no login."),
            storefront=say("Shop window"),
            nav=[
                html(
                    '<a href="{path}"{now}>{word}</a>', path=path, word=say(word), now=self._now(title, word)
                )
                for path, word in NAV
            ],
            content=content,
        )
        return Response(text, status)

    def _now(self, title: str, word: str) -> Markup:
        return Markup(' aria-current="page"' if title == self.say(word) else "")

    def refused(self, error: Refused) -> Response:
        """The shop would not do it: its words and the way back."""
        say = self.say
        told = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in error.errors.items())
        body = html(
            '<h1>{title}</h1><p class="error">{told}</p><p><a href="/admin2/">{back}</a></p>',
            title=say("Not done"),
            told=told,
            back=say("Orders"),
        )
        return self.page(say("Not done"), body, 422)

    def table(self, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Markup:
        """A table whose rows become cards on a phone."""
        names = [self.say(head) if head else "" for head in heads]
        return html(
            '<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>',
            heads=[html("<th>{name}</th>", name=name) for name in names],
            rows=[html("<tr>{cells}</tr>", cells=_cells(names, row)) for row in rows],
        )  # fmt: skip

    def chip(self, status: Row | None, permalink: str) -> Markup:
        """A custom status as a coloured word; the colour follows the system status."""
        kind = status["system_status"] if status else "unknown"
        title = status["title"] if status else permalink
        return html('<span class="chip {kind}">{title}</span>', kind=kind, title=title)


def _cells(names: list[str], row: Iterable[object]) -> list[Markup]:
    cells = zip(names, row, strict=True)
    return [html('<td data-name="{name}">{value}</td>', name=name, value=value) for name, value in cells]


def button(name: str, value: object, word: str, kind: str = "") -> Markup:
    """A button of a form that says which it was."""
    template = '<button class="{kind}" name="{name}" value="{value}">{word}</button>'
    return html(template, kind=f"button {kind}".strip(), name=name, value=value, word=word)
