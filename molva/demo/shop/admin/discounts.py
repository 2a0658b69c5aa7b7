"""Outer discounts: addresses that the storefront asks what to take off a cart."""

import ipaddress
from urllib.parse import urlsplit

from molva.demo.shop.admin.crud import Resource, crud, is_taken, number_of, picked
from molva.demo.shop.outgoing import is_address
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.web import Routes

routes = Routes()
LONGEST_DESCRIPTION = 200


def build_discount(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """An address is refused when it is of a private network (unless the fault menu allows it) or known already."""
    defaults: Row = {
        "url": None,
        "description": None,
        "order_lines_depend": False,
        "observed_fields": [],
        "active": True,
    }
    values = picked(wanted, row, defaults)
    if not is_address(values["url"]) or (_is_private(values["url"]) and not shop.faults.private_addresses):
        raise Refused({"url": ["Недопустимый URL"]})
    if is_taken(shop, "outer", row, url=values["url"]):
        raise Refused({"url": ["уже существует"]})
    if len(str(values["description"] or "")) > LONGEST_DESCRIPTION:
        text = "Описание слишком большой длины (не может быть больше, чем 200 символов)"
        raise Refused({"description": [text]})
    values["observed_fields"] = [number_of(field) for field in values["observed_fields"] or []]
    return values


def _is_private(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host


crud(routes, "/admin/external_discounts", Resource("outer", "external_discount", build_discount))
