"""Products of the fake shop: made, told of, and put into collections with their parents."""

from decimal import Decimal, InvalidOperation

from molva.demo.shop.seed import permalink
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp


def product_body(row: Row) -> Row:
    """A product as the API and the webhooks tell it."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def announce_product(shop: Shop, row: Row, *, made: bool) -> None:
    """Tell the webhooks: a list with one product."""
    shop.announce("products/create" if made else "products/update", row["id"], [product_body(row)])


def money_text(value: object) -> str:
    """A price as goods tell it: text. Raises Refused."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise Refused({"price": ["не является числом"]}) from error
    if not amount.is_finite() or amount < 0:
        raise Refused({"price": ["должно быть больше или равно 0"]})
    return str(float(amount))


def new_variant(shop: Shop, product_id: int, wanted: Row) -> Row:
    """A size or kind of a product. Raises Refused."""
    price, moment = money_text(wanted.get("price")), stamp(exact=True)
    quantity = int(wanted.get("quantity") or 0)
    return {
        "id": shop.store.next_id("variant"),
        "title": wanted.get("title"),
        "product_id": product_id,
        "sku": wanted.get("sku"),
        "barcode": wanted.get("barcode"),
        "price": price,
        "old_price": None,
        "quantity": quantity,
        "quantity_at_warehouse0": str(float(quantity)),
        "unit": wanted.get("unit", "pce"),
        "option_values": [],
        "created_at": moment,
        "updated_at": moment,
    }


def new_product(shop: Shop, wanted: Row) -> Row:
    """A product of the admin API's words. Raises Refused."""
    number, moment = shop.store.next_id("product"), stamp(exact=True)
    variants = [new_variant(shop, number, entry) for entry in wanted["variants_attributes"]]
    row: Row = {
        "id": number,
        "title": str(wanted["title"]),
        "permalink": _free_permalink(shop, str(wanted["title"])),
        "is_hidden": bool(wanted.get("is_hidden", False)),
        "archived": False,
        "category_id": int(wanted.get("category_id") or 1),
        "collections_ids": [],
        "canonical_url_collection_id": None,
        "description": wanted.get("description"),
        "short_description": wanted.get("short_description"),
        "unit": variants[0]["unit"],
        "sort_weight": len(shop.store.tables["product"]) + 1,
        "variants": variants,
        "properties": [],
        "characteristics": [],
        "product_field_values": [],
        "images": [],
        "bundle": None,
        "created_at": moment,
        "updated_at": moment,
    }
    shop.store.tables["product"][number] = row
    shop.store.changed = True
    return row


def _free_permalink(shop: Shop, title: str) -> str:
    taken = {row["permalink"] for row in shop.store.tables["product"].values()}
    name = base = permalink(title)
    count = 1
    while name in taken:
        count += 1
        name = f"{base}-{count}"
    return name


def place(shop: Shop, product_id: int) -> None:
    """Tell a product the collections that it stands in, with all their parents."""
    rows, found = shop.store.tables["collection"], []
    for link in shop.store.tables["collect"].values():
        number = link["collection_id"] if link["product_id"] == product_id else None
        while number in rows and number not in found:
            found.append(number)
            number = rows[number]["parent_id"]
    product = shop.store.tables["product"][product_id]
    product.update(collections_ids=found, updated_at=stamp(exact=True))
    product["canonical_url_collection_id"] = found[0] if found else None
    shop.store.changed = True
