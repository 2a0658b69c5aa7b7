"""Who is looking, and where they came from: the cookies that the real storefront keeps by itself.

`first_…` cookies remember the first visit for a year, the others the present one. Values are URL-encoded.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from molva.demo.shop.records import Visit
from molva.demo.shop.shop import Shop
from molva.demo.shop.web import Request, Response

YEAR = 365
LONGEST = 2000


@dataclass
class Visitor:
    """A browser: its cart, its token against forged forms, and cookies to be set with the answer."""

    cart_id: str
    token: str
    consent: str = ""
    cookies: list[tuple[str, str, int | None]] = field(default_factory=list)

    def put_cookies(self, response: Response) -> None:
        """Give the browser what it should remember."""
        for name, value, days in self.cookies:
            response.set_cookie(name, value, days=days)


def meet(shop: Shop, request: Request) -> Visitor:
    """Know the browser again, or give it a new cart; on a page, note how it came."""
    cart_id = request.cookies.get("cart", "")
    visitor = Visitor(cart_id, "", request.cookies.get("cookie_consent", ""))
    if not (len(cart_id) == 32 and cart_id.isalnum()):
        visitor.cart_id = secrets.token_hex(16)
        visitor.cookies += [("cart", visitor.cart_id, YEAR), ("ins_order_version", "1", YEAR)]
    secret = shop.store.settings["secret"].encode()
    visitor.token = hmac.new(secret, visitor.cart_id.encode(), hashlib.sha256).hexdigest()[:40]
    if request.method == "GET" and not request.path.endswith(".json"):
        _note_entry(shop, request, visitor)
    return visitor


def _note_entry(shop: Shop, request: Request, visitor: Visitor) -> None:
    location = str(request.environ.get("RAW_URI") or "/").partition("#")[0][:LONGEST]
    referer = request.header("Referer")[:LONGEST]
    inside = urlsplit(referer).netloc == request.header("Host")
    fresh = "current_location" not in request.cookies
    typed = not referer and bool(request.query_string)
    if request.query.get("success_payment") == "true":
        # Back from the bank: the next order will believe that its buyer came from there.
        referer, inside = "https://pay.bank.example/", False
    if not (fresh or typed or (referer and not inside)):
        return
    pair = [("current_location", location), ("referer", "" if inside else referer)]
    visitor.cookies += [(name, quote(value, safe=""), None) for name, value in pair]
    if "first_current_location" not in request.cookies:
        visitor.cookies += [(f"first_{name}", quote(value, safe=""), YEAR) for name, value in pair]


def visit_of(request: Request) -> Visit:
    """What the order will say of its buyer's way, from the browser's cookies; nothing when they are blocked."""

    def told(name: str) -> str | None:
        return unquote(request.cookies.get(name, "")) or None

    return Visit(
        first_location=told("first_current_location"),
        first_referer=told("first_referer"),
        location=told("current_location"),
        referer=told("referer"),
    )
