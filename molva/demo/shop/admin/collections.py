"""Where goods stand: categories of the stock, collections of the storefront, and which product is in which."""

from molva.demo.shop.admin.crud import OK, Resource, body_of, crud, number_of, picked, refuse_empty, shown
from molva.demo.shop.admin.paging import changed_rows, page_of
from molva.demo.shop.goods import place
from molva.demo.shop.seed import permalink
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()


def build_category(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A shelf of the stock."""
    defaults = {"title": None, "parent_id": None, "position": len(shop.store.tables["category"]) + 1}
    values = picked(wanted, row, defaults)
    refuse_empty(values, "title")
    return values


def build_collection(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A branch of the storefront; its address is made of the first title."""
    name = permalink(str(wanted.get("permalink") or wanted.get("title") or ""))
    defaults = {
        "parent_id": None,
        "title": None,
        "permalink": name,
        "url": f"/collection/{name}",
        "position": len(shop.store.tables["collection"]) + 1,
        "is_hidden": False,
        "description": None,
    }
    values = picked({name: value for name, value in wanted.items() if name != "url"}, row, defaults)
    refuse_empty(values, "title")
    if values["parent_id"] and values["parent_id"] not in shop.store.tables["collection"]:
        raise Refused({"parent_id": ["не найден"]})
    return values


@routes.add("GET", "/admin/collections.json")
def collections(shop: Shop, request: Request, login: str) -> Response:
    """The storefront's tree. Here `from_id` leaves nothing out."""
    rows = changed_rows(shop.store.tables["collection"].values(), request, from_id_excludes=False)
    return json_response([shown(row) for row in page_of(rows, request)])


crud(routes, "/admin/categories", Resource("category", "category", build_category))
crud(routes, "/admin/collections", Resource("collection", "collection", build_collection))


@routes.add("GET", "/admin/collects.json")
def collects(shop: Shop, request: Request, login: str) -> Response:
    """Which product is in which collection."""
    wanted = {
        name: int(request.query[name])
        for name in ("collection_id", "product_id")
        if request.query.get(name, "").isdigit()
    }
    rows = shop.store.tables["collect"].values()
    chosen = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return json_response(page_of(chosen, request))


@routes.add("POST", "/admin/collects.json")
def post_collect(shop: Shop, request: Request, login: str) -> Response:
    """Put a product into a collection."""
    wanted = body_of(request, "collect")
    pair = {name: number_of(wanted.get(name)) for name in ("collection_id", "product_id")}
    for name, table in (("collection_id", "collection"), ("product_id", "product")):
        if pair[name] not in shop.store.tables[table]:
            raise Refused({name: ["не найден"]})
    rows = shop.store.tables["collect"].values()
    if any(all(row[name] == value for name, value in pair.items()) for row in rows):
        raise Refused({"product_id": ["уже существует"]})
    row = shop.store.add_row("collect", {**pair, "position": number_of(wanted.get("position")) or 1})
    place(shop, pair["product_id"])
    return json_response({"id": row["id"], **{name: row[name] for name in (*pair, "position")}}, 201)


@routes.add("PUT PATCH", "/admin/collects/<number>.json")
def put_collect(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Another place in the same collection."""
    row = shop.store.tables["collect"][number_of(number)]
    row["position"] = number_of(body_of(request, "collect").get("position")) or row["position"]
    shop.store.changed = True
    return json_response(row)


@routes.add("DELETE", "/admin/collects/<number>.json")
def delete_collect(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Take a product out of a collection."""
    row = shop.store.tables["collect"].pop(number_of(number))
    place(shop, row["product_id"])
    return json_response(OK)
