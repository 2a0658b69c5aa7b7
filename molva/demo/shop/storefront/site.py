"""The storefront's door: knows the browser again, refuses forged forms, finds the page."""

import hmac
from urllib.parse import urlsplit

from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.storefront import cart, checkout, pages
from molva.demo.shop.storefront.layout import View
from molva.demo.shop.storefront.outer import Broken
from molva.demo.shop.storefront.visits import meet
from molva.demo.shop.web import BadRequest, Request, Response

TABLES = (pages.routes, cart.routes, checkout.routes)


def handle(shop: Shop, request: Request) -> Response:
    """Answer one request of a browser."""
    with shop.store.lock:
        visitor = meet(shop, request)
        view = View(shop, visitor)
        response = _page(view, request)
    visitor.put_cookies(response)
    if shop.faults.content_policy:
        response.headers.append(("Content-Security-Policy", _policy(shop)))
    response.headers.append(("Cache-Control", "no-store"))
    return response


def _page(view: View, request: Request) -> Response:
    path = request.path.rstrip("/") or "/"
    found = next(filter(None, (table.find(request.method, path) for table in TABLES)), None)
    if found is None:
        return pages.missing(view)
    if request.method not in {"GET", "HEAD"} and not _is_ours(view, request):
        return Response("Can't verify CSRF token authenticity.", 422, "text/plain; charset=utf-8")
    handler, parts = found
    try:
        return handler(view, request, **parts)
    except (BadRequest, Refused):
        return Response("", 400)
    except Broken as error:
        return Response(f"500\n{error}", 500, "text/plain; charset=utf-8")


def _policy(shop: Shop) -> str:
    """Nothing but our own; with «files», the hosts of file tags too, to load from and to talk to."""
    rows = [row for row in shop.store.tables["tag"].values() if row["type"] == "JsTag::FileTag"]
    addresses = [urlsplit(row["content"]) for row in rows if shop.faults.content_policy == "files"]
    hosts = " ".join(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in addresses))
    sources = f"'self' {hosts}".strip()
    return f"default-src 'self'; script-src {sources}; connect-src {sources}"


def _is_ours(view: View, request: Request) -> bool:
    told = request.header("X-CSRF-Token") or request.form.get("authenticity_token", "")
    return hmac.compare_digest(told.encode(), view.visitor.token.encode())
