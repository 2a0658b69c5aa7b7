"""Files of the fake shop: style sheets and pictures of the goods (SVG drawings filled with a product's colours)."""

from functools import cache
from string import Template

from molva.demo.shop.seed import CATALOGUE, STATIC
from molva.demo.shop.web import Response

KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FILES = ("shop.css", "backoffice.css", "mark.svg", "thing.svg", "common.v2.js", "consent.js")
PICTURES = {entry["permalink"]: entry for entry in CATALOGUE["products"]}


def serve(path: str) -> Response | None:
    """The file at this path, or None when the path is no file of ours."""
    if path.startswith("/pictures/"):
        return _file(picture(path.removeprefix("/pictures/").removesuffix(".svg")), "svg")
    if path.removeprefix("/static/") in FILES and path.startswith("/static/"):
        return _file(_text(path.removeprefix("/static/")), path.rpartition(".")[2])
    if path == "/favicon.ico":
        return _file(_text("mark.svg"), "svg")
    return None


def _file(text: str | None, kind: str) -> Response:
    if text is None:
        return Response("", 404)
    response = Response(text, 200, KINDS[kind])
    response.headers.append(("Cache-Control", "max-age=300"))
    return response


@cache
def _text(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def picture(permalink: str) -> str | None:
    """The drawing of a product, or None for an unknown one."""
    entry = PICTURES.get(permalink)
    if entry is None:
        return None
    main, deep, paper = entry["colours"]
    return Template(_text(f"pictures/{entry['picture']}.svg")).substitute(main=main, deep=deep, paper=paper)
