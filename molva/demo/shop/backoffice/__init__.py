"""The back office of the fake shop: pages for people under /admin2/, without a login, clearly marked as a rehearsal."""

from contextlib import nullcontext

from molva.demo.shop.backoffice import (
    applications,
    charges,
    faults,
    goods,
    orders,
    settings,
    shop_settings,
    staff,
)
from molva.demo.shop.backoffice.layout import Office
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.web import Request, Response, html

TABLES = (
    applications.routes,
    charges.routes,
    faults.routes,
    goods.routes,
    orders.routes,
    settings.routes,
    shop_settings.routes,
    staff.routes,
)
# An application that is being called may call the shop back at once.
UNLOCKED = {applications.__name__, charges.__name__}


def handle(shop: Shop, request: Request) -> Response:
    """Answer one request. Forms of other sites are refused by their Origin."""
    path = request.path.rstrip("/")
    found = next(filter(None, (table.find(request.method, path) for table in TABLES)), None)
    office = Office(shop)
    if found is None:
        return office.page("404", html("<h1>404</h1>"), 404)
    origin = request.header("Origin")
    if request.method != "GET" and origin and origin.partition("://")[2] != request.header("Host"):
        return Response("", 403)
    handler, parts = found
    try:
        with nullcontext() if handler.__module__ in UNLOCKED else shop.store.lock:
            return handler(office, request, **parts)
    except Refused as error:
        return office.refused(error)
    except LookupError:
        return office.page("404", html("<h1>404</h1>"), 404)
