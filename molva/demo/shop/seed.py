"""The first content of the fake shop: its name, goods, statuses, ways of delivery and payment, codes."""

import json
import re
from pathlib import Path
from typing import Any

from molva.demo.shop.store import Row, Store
from molva.demo.shop.times import stamp

DATA = Path(__file__).parent / "data"
STATIC = Path(__file__).parent / "static"
CATALOGUE: Row = json.loads((DATA / "catalogue.json").read_text(encoding="utf-8"))
SHAPES: Row = json.loads((DATA / "shapes.json").read_text(encoding="utf-8"))
LATIN = "a-b-v-g-d-e-yo-zh-z-i-y-k-l-m-n-o-p-r-s-t-u-f-h-ts-ch-sh-sch--y--e-yu-ya"
CYRILLIC = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", re.split("-", LATIN), strict=True))


def permalink(title: str) -> str:
    """Latin letters, digits and hyphens of a title: «Заказ выполнен» becomes zakaz-vypolnen."""
    letters = "".join(CYRILLIC.get(letter, letter) for letter in title.lower())
    plain = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in letters)
    return "-".join(plain.split()) or "bez-nazvaniya"


def fill(
    store: Store, language: str, *, account_id: int, api_key: str, api_password: str, step: int = 0
) -> None:
    """Make an empty store a working shop, the number `step` of its server. `language` is ru or en for ever."""
    title = CATALOGUE["shop"]["title"][language]
    store.settings = {
        "language": language,
        "account_id": account_id,
        "keys": {api_key: api_password},
        "secret": api_password[::-1],
        "id_step": step,
        "title": f"{title} № {step + 1}" if step else title,
        "motto": CATALOGUE["shop"]["motto"][language],
        "client_cookies_whitelist": None,
    }
    moment = stamp(exact=True)
    times = {"created_at": moment, "updated_at": moment}
    collections = {
        entry["permalink"]: _collection(store, entry, language, position, times)
        for position, entry in enumerate(CATALOGUE["collections"], 1)
    }
    for position, entry in enumerate(CATALOGUE["products"], 1):
        _product(store, entry, language, collections[entry["collection"]]["id"], position, times)
    for position, entry in enumerate(CATALOGUE["statuses"], 1):
        store.add_row("status", {**entry, "title": entry["title"][language], "position": position, **times})
    fill_staff(store)
    store.add_row("category", {"title": "Склад", "parent_id": None, "position": 1, **times})
    _theme(store, times)
    for field in SHAPES["fields"]:
        store.add_row("field", {**SHAPES["field"], **field, **times})
    for code in CATALOGUE["codes"]:
        store.add_row("code", {**new_code(), **code, **times})
    store.changed = True


def fill_staff(store: Store) -> None:
    """People of the back office; a shop kept by an earlier version has none."""
    if not store.tables["staff"]:
        for person in CATALOGUE["staff"]:
            store.add_row("staff", {**person, "name": person["name"][store.settings["language"]]})


def new_code() -> Row:
    """A discount code before its owner has said anything about it."""
    return {
        "code": "",
        "description": None,
        "act_once": False,
        "act_once_for_client": False,
        "disabled": False,
        "discount": "0.0",
        "type_id": 1,
        "min_price": None,
        "expired_at": None,
        "discount_collections": [],
        "worked": False,
    }


def _theme(store: Store, times: Row) -> None:
    """One published theme with its three usual files."""
    theme = {"title": "Погребок", "is_published": True, "is_mobile": False, "description": None}
    number = store.add_row("theme", {**theme, "errors_text": None, **times})["id"]
    for name, text in CATALOGUE["assets"].items():
        store.add_row(
            "asset",
            {
                "theme_id": number,
                "type": "Asset::Template",
                "name": name,
                "content_type": "text/html",
                "file_size": len(text.encode()),
                "human_readable_name": name,
                "content": text,
                "asset_url": f"/static/themes/{number}/{name}",
                **times,
            },
        )


def _collection(store: Store, entry: Row, language: str, position: int, times: Row) -> Row:
    row = {
        "parent_id": None,
        "title": entry["title"][language],
        "permalink": entry["permalink"],
        "url": f"/collection/{entry['permalink']}",
        "position": position,
        "is_hidden": False,
        "description": None,
        **times,
    }
    return store.add_row("collection", row)


def _product(store: Store, entry: Row, language: str, collection_id: int, position: int, times: Row) -> None:
    product_id = store.next_id("product")
    variants = [_variant(store, variant, language, product_id, times) for variant in entry["variants"]]
    store.tables["product"][product_id] = {
        "id": product_id,
        "title": entry["title"][language],
        "permalink": entry["permalink"],
        "is_hidden": False,
        "archived": False,
        "category_id": 1,
        "collections_ids": [collection_id],
        "canonical_url_collection_id": collection_id,
        "description": f"<p>{entry['text'][language]}</p>",
        "short_description": entry["text"][language],
        "unit": variants[0]["unit"],
        "sort_weight": position,
        "variants": variants,
        "properties": [],
        "characteristics": [],
        "product_field_values": [],
        "images": [{"id": product_id, "position": 1, "filename": f"{entry['permalink']}.svg"}],
        "bundle": None,
        **times,
    }
    store.add_row("collect", {"collection_id": collection_id, "product_id": product_id, "position": position})


def _variant(store: Store, entry: Row, language: str, product_id: int, times: Row) -> Row:
    price = str(float(entry["price"]))
    return {
        "id": store.next_id("variant"),
        "title": entry["title"][language] if "title" in entry else None,
        "product_id": product_id,
        "sku": entry["sku"] or None,
        "barcode": None,
        "price": price,
        "old_price": None,
        "quantity": 50,
        "quantity_at_warehouse0": "50.0",
        "unit": entry.get("unit", "pce"),
        "option_values": [],
        **times,
    }


def words_of(choices: list[Row], wanted: int, language: str) -> dict[str, Any]:
    """A way of delivery or payment by id (the first one when unknown), its texts in one language."""
    row = next((choice for choice in choices if choice["id"] == wanted), choices[0])
    return {**row, "title": row["title"][language], "text": row["text"][language]}
