"""Products in the admin API. A deleted one is archived: it can be listed and recovered, but not read."""

from collections.abc import Sequence

from molva.demo.shop.admin.crud import OK, body_of, number_of, refuse_empty
from molva.demo.shop.admin.paging import changed_rows, page_of
from molva.demo.shop.goods import announce_product, money_text, new_product, new_variant, product_body
from molva.demo.shop.seed import permalink
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()
FEWEST_PRODUCTS, MOST_BY_IDS = 10, 100
TEXTS = ("title", "description", "short_description", "is_hidden", "sort_weight", "unit")


def _chosen(shop: Shop, request: Request) -> list[Row]:
    query = request.query
    wanted = query.get("filter[title]", "").casefold()
    gone, both = (query.get(name) == "true" for name in ("deleted", "with_deleted"))
    rows = shop.store.tables["product"].values()
    return [row for row in rows if wanted in row["title"].casefold() and (both or row["archived"] == gone)]


@routes.add("GET", "/admin/products.json")
def products(shop: Shop, request: Request, login: str) -> Response:
    """A page of products; pages shorter than ten are not given."""
    rows = page_of(changed_rows(_chosen(shop, request), request), request, fewest=FEWEST_PRODUCTS)
    return json_response([product_body(row) for row in rows])


@routes.add("GET", "/admin/products/count.json")
def products_count(shop: Shop, request: Request, login: str) -> Response:
    """How many products the same choice has."""
    return json_response({"count": len(changed_rows(_chosen(shop, request), request))})


@routes.add("GET", "/admin/products/by_ids.json")
def products_by_ids(shop: Shop, request: Request, login: str) -> Response:
    """Up to a hundred products at once; unknown ids are passed over."""
    wanted = [number_of(text) for text in request.query.get("product_ids", "").split(",")]
    rows = shop.store.tables["product"]
    return json_response([product_body(rows[number]) for number in wanted[:MOST_BY_IDS] if number in rows])


def _one(shop: Shop, number: str) -> Row:
    row = shop.store.tables["product"][number_of(number)]
    if row["archived"]:
        raise LookupError(number)
    return row


@routes.add("GET", "/admin/products/<number>.json")
def product(shop: Shop, request: Request, login: str, number: str) -> Response:
    """One product."""
    return json_response(product_body(_one(shop, number)))


@routes.add("GET", "/admin/products/<number>/variants.json")
def variants(shop: Shop, request: Request, login: str, number: str) -> Response:
    """The sizes and kinds of one product."""
    return json_response(_one(shop, number)["variants"])


@routes.add("POST", "/admin/products.json")
def post_product(shop: Shop, request: Request, login: str) -> Response:
    """A new product with at least one variant; its permalink is made of the title."""
    wanted = body_of(request, "product")
    refuse_empty(wanted, "title", "variants_attributes")
    _check_category(shop, wanted)
    row = new_product(shop, wanted)
    announce_product(shop, row, made=True)
    return json_response(product_body(row), 201)


def _check_category(shop: Shop, wanted: Row) -> None:
    if "category_id" in wanted and number_of(wanted["category_id"]) not in shop.store.tables["category"]:
        raise Refused({"category_id": ["Категория удалена или отсутствует."]})


@routes.add("PUT PATCH", "/admin/products/<number>.json")
def put_product(shop: Shop, request: Request, login: str, number: str) -> Response:
    """New texts, another category, new prices; the permalink changes only when it is named."""
    row, wanted = _one(shop, number), body_of(request, "product")
    _check_category(shop, wanted)
    _put_variants(shop, row, wanted.get("variants_attributes", []))
    row.update({name: wanted[name] for name in TEXTS if name in wanted})
    if wanted.get("permalink"):
        row["permalink"] = permalink(str(wanted["permalink"]))
    if "category_id" in wanted:
        row["category_id"] = number_of(wanted["category_id"])
    row["updated_at"] = stamp(exact=True)
    shop.store.changed = True
    announce_product(shop, row, made=False)
    return json_response(product_body(row))


def _put_variants(shop: Shop, row: Row, asked: Sequence[Row]) -> None:
    known = {variant["id"]: variant for variant in row["variants"]}
    for wanted in asked:
        variant = known.get(number_of(wanted.get("id")))
        if variant is None:
            row["variants"].append(new_variant(shop, row["id"], wanted))
            continue
        texts: Row = {name: wanted[name] for name in ("sku", "barcode", "title") if name in wanted}
        if "price" in wanted:
            texts["price"] = money_text(wanted["price"])
        if "quantity" in wanted:
            count = number_of(wanted["quantity"])
            texts |= {"quantity": count, "quantity_at_warehouse0": str(float(count))}
        variant.update(texts, updated_at=stamp(exact=True))


@routes.add("DELETE", "/admin/products/<number>.json")
def delete_product(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Into the archive; what does not exist is deleted just as happily."""
    row = shop.store.tables["product"].get(number_of(number))
    if row is not None and not row["archived"]:
        row.update(archived=True, updated_at=stamp(exact=True))
        shop.store.changed = True
        announce_product(shop, row, made=False)
    return json_response(OK)


@routes.add("POST", "/admin/products/<number>/recover.json")
def recover_product(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Back from the archive; the answer still says archived, as the real one may."""
    row = shop.store.tables["product"][number_of(number)]
    body = product_body(row)
    row.update(archived=False, updated_at=stamp(exact=True))
    shop.store.changed = True
    announce_product(shop, row, made=False)
    return json_response(body)
