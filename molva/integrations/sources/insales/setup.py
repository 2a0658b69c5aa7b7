"""What Molva keeps in an InSales shop, each part listed first and changed only where it differs.

What is ours is known by the id that was remembered when it was made, by a mark of ours (the name of a script, the
address of a hook, the key in a widget), and never belongs to another connection. The rest is not touched.
"""

import html
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from molva.integrations.base import PlugError, Reconciled, Wish, secret_hash
from molva.integrations.sources.insales.api import InSalesApi
from molva.integrations.sources.insales.parse import MARK_FIELD

TOPICS = {
    "orders/create": "orders-create",
    "orders/update": "orders-update",
    "orders/destroy": "orders-destroy",
}
WIDGET_HEIGHT = 280
_PER_PAGE = 250
_HOOK_SECRET = re.compile(r"/hooks/[a-z0-9-]+/([^/?#]+)/")
_WIDGET_KEY = re.compile(r'data-molva-key="([A-Za-z0-9_-]{20,100})"')
_ORDER_FIELD = 3  # the shop's number for fields that belong to an order

Row = dict[str, Any]


def widget_code(widget_url: str, key: str) -> str:
    """What is stored in the shop: a place, and a script that fills it."""
    return f'<div id="molva-order"></div>\n<script src="{html.escape(widget_url)}" data-molva-key="{key}"></script>'


def hooks(api: InSalesApi, wish: Wish, known: Row) -> Reconciled:
    """A webhook for each topic of orders, in JSON, for all warehouses."""
    base, _slash, secret = wish.hook_url.rpartition("/")
    wished = {
        topic: {"address": f"{wish.hook_url}/{name}", "topic": topic, "format_type": "json"}
        for topic, name in TOPICS.items()
    }

    def key(row: Row) -> str | None:
        address = str(row.get("address") or "")
        found = _HOOK_SECRET.search(address)
        told = found[1] if found else ""
        if secret_hash(told) in wish.others:
            return None
        is_ours = told == secret or (told != "" and address.startswith(f"{base}/"))
        return str(row.get("topic")) if is_ours or row["id"] in known.values() else None

    return _settle(api, "/admin/webhooks", "webhook", wished, key)


def field(api: InSalesApi, wish: Wish, known: Row) -> Reconciled:
    """The extra field of an order that carries the click; one that is there is never deleted: orders use it."""
    rows = [
        row for row in _rows(api, "/admin/fields.json") if row.get("destiny", _ORDER_FIELD) == _ORDER_FIELD
    ]
    marks = ("handle", "system_name", "office_title")
    ours = [row for row in rows if row["id"] in known.values()]
    ours += [row for row in rows if MARK_FIELD in {row.get(mark) for mark in marks}]
    changes: tuple[tuple[str, str], ...] = ()
    if not ours:
        wanted = {"type": "Field::TextField", "office_title": MARK_FIELD, "handle": MARK_FIELD}
        made = api.post("/admin/fields.json", {"field": {**wanted, "destiny": _ORDER_FIELD}})
        changes, ours = (("missing", "field"),), [made]
    elif ours[0].get("active") is False:
        api.put(f"/admin/fields/{ours[0]['id']}.json", {"field": {"active": True}})
        changes = (("changed", "field"),)
    number = int(ours[0]["id"])
    return Reconciled(changes, {"field": number}, {"field_id": number})


def script(api: InSalesApi, wish: Wish, known: Row) -> Reconciled:
    """The storefront script on all pages of the shop."""
    wished = {"script": {"type": "JsTag::FileTag", "content": wish.script_url, "name": MARK_FIELD}}

    def key(row: Row) -> str | None:
        if row.get("content") in wish.others:
            return None
        marks = (
            row.get("name") == MARK_FIELD,
            row.get("content") == wish.script_url,
            row["id"] in known.values(),
        )
        return "script" if any(marks) else None

    return _settle(api, "/admin/js_tags", "js_tag", wished, key)


def widget(api: InSalesApi, wish: Wish, known: Row) -> Reconciled:
    """The widget on the page of an order; its key is read from the shop, as only the hash of it is kept here."""
    rows = _rows(api, "/admin/application_widgets.json")
    keys = {row["id"]: found[1] for row in rows if (found := _WIDGET_KEY.search(str(row.get("code") or "")))}
    right = [one for one in keys.values() if wish.widget_hash and secret_hash(one) == wish.widget_hash]
    secret = right[0] if right else secrets.token_urlsafe(32)
    wished = {"code": widget_code(wish.widget_url, secret), "height": WIDGET_HEIGHT, "page_type": "order"}

    def key(row: Row) -> str | None:
        if row["id"] in keys and secret_hash(keys[row["id"]]) in wish.others:
            return None
        return "widget" if row["id"] in keys or row["id"] in known.values() else None

    done = _settle(api, "/admin/application_widgets", "application_widget", {"widget": wished}, key, rows)
    return Reconciled(done.changes, done.things, widget_hash="" if right else secret_hash(secret))


def codes(api: InSalesApi, wish: Wish, known: Row) -> Reconciled:
    """The shop's promo codes by their ids, as the body of an order names only the id.

    Whatever the programme keeps in the shop for its own codes (groups, discounts of partners) is brought to order here.
    """
    return Reconciled(facts={"codes": codes_by_id(api)})


PARTS: dict[str, Callable[[InSalesApi, Wish, Row], Reconciled]] = {
    "hooks": hooks,
    "field": field,
    "script": script,
    "widget": widget,
    "codes": codes,
}


def codes_by_id(api: InSalesApi) -> dict[str, str]:
    """Texts of the promo codes by the shop's ids."""
    return {str(code["id"]): str(code["code"]) for code in api.every("/admin/discount_codes.json")}


def _settle(
    api: InSalesApi,
    path: str,
    wrapper: str,
    wished: Mapping[str, Row],
    key_of: Callable[[Row], str | None],
    rows: list[Row] | None = None,
) -> Reconciled:
    """One row for each wish: the right one stays, a wrong one is changed, a missing one is made, others of ours go."""
    ours: dict[str, list[Row]] = {}
    for row in rows if rows is not None else _rows(api, f"{path}.json"):
        key = key_of(row)
        if key is not None:
            ours.setdefault(key, []).append(row)
    things: Row = {}
    changes: list[tuple[str, str]] = []
    for key, values in wished.items():
        mine = sorted(ours.pop(key, []), key=lambda row: not _fits(row, values))  # a right one first
        for row in mine[1:]:
            api.delete(f"{path}/{row['id']}.json")
            changes.append(("double", key))
        if not mine:
            made = _made(api, path, wrapper, values)
            changes.append(("missing", key))
            things[key] = made["id"]
            continue
        things[key] = mine[0]["id"]
        if not _fits(mine[0], values):
            api.put(f"{path}/{mine[0]['id']}.json", {wrapper: values})
            changes.append(("changed", key))
    for key, leftover in ours.items():
        for row in leftover:
            api.delete(f"{path}/{row['id']}.json")
            changes.append(("double", key))
    return Reconciled(tuple(changes), things)


def _made(api: InSalesApi, path: str, wrapper: str, values: Row) -> Row:
    """Make a row. Refused because a twin of it has just come to be there: that one is taken."""
    try:
        made: Row = api.post(f"{path}.json", {wrapper: values})
    except PlugError as problem:
        if not problem.permanent:
            raise
        twin = next((row for row in _rows(api, f"{path}.json") if _fits(row, values)), None)
        if twin is None:
            raise
        return twin
    return made


def _fits(row: Row, values: Row) -> bool:
    """Whether a row holds these values. A name that the shop does not tell is believed; blanks do not matter."""
    return all(_plain(row[name]) == _plain(value) for name, value in values.items() if name in row)


def _plain(value: Any) -> str:
    return " ".join(html.unescape(str(value)).split())


def _rows(api: InSalesApi, path: str) -> list[Row]:
    """A whole list; a shop that does not page this one tells the same rows again, which ends it."""
    found: dict[Any, Row] = {}
    for page in range(1, 41):
        rows = api.get(path, {"page": page, "per_page": _PER_PAGE})
        fresh = {row["id"]: row for row in rows if row["id"] not in found}
        found.update(fresh)
        if len(rows) < _PER_PAGE or not fresh:
            break
    return list(found.values())
