"""Themes, their files, and pages of text. A shop of the cheapest kind refuses every change of code: 403."""

from molva.demo.shop.admin.crud import (
    OK,
    Resource,
    body_of,
    crud,
    number_of,
    picked,
    refuse_empty,
    refuse_other,
)
from molva.demo.shop.admin.paging import page_of
from molva.demo.shop.seed import permalink
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()
KINDS = {
    "Asset::Template": "text/html",
    "Asset::Snippet": "text/html",
    "Asset::Configuration": "application/json",
    "Asset::Media": "application/octet-stream",
}
ASSETS = "/admin/themes/<theme>/assets"


@routes.add("GET", "/admin/themes.json")
def list_themes(shop: Shop, request: Request, login: str) -> Response:
    """All themes; one of them is published."""
    return json_response(list(shop.store.tables["theme"].values()))


@routes.add("GET", "/admin/themes/<number>.json")
def get_theme(shop: Shop, request: Request, login: str, number: str) -> Response:
    """One theme."""
    return json_response(shop.store.tables["theme"][number_of(number)])


def _asset(shop: Shop, theme: str, number: str) -> Row:
    row = shop.store.tables["asset"][number_of(number)]
    if row["theme_id"] != number_of(theme):
        raise LookupError(number)
    return row


@routes.add("GET", f"{ASSETS}.json")
def list_assets(shop: Shop, request: Request, login: str, theme: str) -> Response:
    """Files of a theme without their content."""
    number = shop.store.tables["theme"][number_of(theme)]["id"]
    rows = [row for row in shop.store.tables["asset"].values() if row["theme_id"] == number]
    return json_response([{**row, "content": None} for row in page_of(rows, request)])


@routes.add("POST", f"{ASSETS}.json")
def post_asset(shop: Shop, request: Request, login: str, theme: str) -> Response:
    """A new file; its name is unique within the theme."""
    wanted, number = body_of(request, "asset"), shop.store.tables["theme"][number_of(theme)]["id"]
    refuse_empty(wanted, "name")
    refuse_other(wanted, "type", KINDS)
    rows = shop.store.tables["asset"].values()
    if any(row["theme_id"] == number and row["name"] == wanted["name"] for row in rows):
        raise Refused({"name": ["уже существует"]})
    text, moment = str(wanted.get("content") or ""), stamp(exact=True)
    row = {
        "theme_id": number,
        "type": wanted["type"],
        "name": str(wanted["name"]),
        "content_type": KINDS[wanted["type"]],
        "file_size": len(text.encode()),
        "human_readable_name": str(wanted["name"]),
        "content": text,
        "asset_url": f"/static/themes/{number}/{wanted['name']}",
        "created_at": moment,
        "updated_at": moment,
    }
    return json_response(shop.store.add_row("asset", row), 201)


@routes.add("GET", f"{ASSETS}/<number>.json")
def get_asset(shop: Shop, request: Request, login: str, theme: str, number: str) -> Response:
    """One file with its content."""
    return json_response(_asset(shop, theme, number))


@routes.add("GET", f"{ASSETS}/<number>/raw", f"{ASSETS}/<number>/raw.json")
def raw_asset(shop: Shop, request: Request, login: str, theme: str, number: str) -> Response:
    """The content alone."""
    row = _asset(shop, theme, number)
    return Response(row["content"], 200, f"{row['content_type']}; charset=utf-8")


@routes.add("PUT PATCH", f"{ASSETS}/<number>.json")
def put_asset(shop: Shop, request: Request, login: str, theme: str, number: str) -> Response:
    """New content."""
    row, wanted = _asset(shop, theme, number), body_of(request, "asset")
    text = str(wanted.get("content") or "")
    row.update(content=text, file_size=len(text.encode()), updated_at=stamp(exact=True))
    shop.store.changed = True
    return json_response(row)


@routes.add("PUT PATCH", f"{ASSETS}/<number>/rename.json")
def rename_asset(shop: Shop, request: Request, login: str, theme: str, number: str) -> Response:
    """Another name."""
    row, wanted = _asset(shop, theme, number), body_of(request, "asset")
    refuse_empty(wanted, "new_name")
    name = str(wanted["new_name"])
    row.update(name=name, human_readable_name=name, updated_at=stamp(exact=True))
    shop.store.changed = True
    return json_response(row)


@routes.add("DELETE", f"{ASSETS}/<number>.json")
def delete_asset(shop: Shop, request: Request, login: str, theme: str, number: str) -> Response:
    """The file is gone."""
    del shop.store.tables["asset"][_asset(shop, theme, number)["id"]]
    shop.store.changed = True
    return json_response(OK)


def build_page(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A page of text under /page/PERMALINK."""
    title = str(wanted.get("title") or (row or {}).get("title") or "")
    defaults = {
        "title": None,
        "permalink": permalink(title),
        "content": "",
        "position": 1,
        "is_hidden": False,
    }
    values = picked(wanted, row, defaults)
    refuse_empty(values, "title")
    others = (other for other in shop.store.tables["page"].values() if other is not row)
    if any(other["permalink"] == values["permalink"] for other in others):
        raise Refused({"permalink": ["уже существует"]})
    return {**values, "url": f"/page/{values['permalink']}"}


crud(routes, "/admin/pages", Resource("page", "page", build_page))
