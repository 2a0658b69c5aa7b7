"""The admin API's reading of the shop itself and of its goods."""

from molva.demo.shop.paging import changed_rows, page_of
from molva.demo.shop.shop import Shop
from molva.demo.shop.store import Row
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()
FEWEST_PRODUCTS = 10


@routes.add("GET", "/admin/account.json")
def account(shop: Shop, request: Request, login: str) -> Response:
    """Who the shop is; its id is the permanent one."""
    settings = shop.store.settings
    owner = {"id": 1, "name": "Мария Таёжная", "email": "owner@pogrebok.example"}
    body = {
        "id": settings["account_id"],
        "title": settings["title"],
        "blocked": False,
        "city": "Архангельск",
        "country": "RU",
        "state": "Архангельская обл",
        "subdomain": "pogrebok",
        "main_host": shop.host,
        "main_host_protocol": "http",
        "email": owner["email"],
        "phone": "+70000000000",
        "contact_phone": None,
        "organization": None,
        "inviter_id": None,
        "notification_email": None,
        "sms_notification_phone": None,
        "minimum_items_price": None,
        "stock_currency_exchange_rate": "1.0",
        "enable_cart_discounts": False,
        "enable_client_discounts": False,
        "enable_group_discounts": False,
        "enable_order_discounts": True,
        "hide_items_out_of_stock": False,
        "paid_till": "2036-01-01",
        "client_cookies_whitelist": settings["client_cookies_whitelist"],
        "next_order_number": 1001 + len(shop.store.orders),
        "time_zone": "Moscow",
        "owner": {**owner, "created_at": "2024-01-10 12:00:00 +0300"},
    }
    return json_response(body)


@routes.add("GET", "/admin/domains.json")
def domains(shop: Shop, request: Request, login: str) -> Response:
    """The shop's hosts."""
    times = dict.fromkeys(("created_at", "updated_at"), "2024-01-10T12:00:00.000+03:00")
    return json_response([{"id": 1, "domain": shop.host, "main": True, **times}])


@routes.add("GET", "/admin/stock_currencies.json")
def currencies(shop: Shop, request: Request, login: str) -> Response:
    """Roubles only, under their old code."""
    return json_response([{"id": 1, "code": "RUR", "course": "1.0", "default": True}])


@routes.add("GET", "/admin/products.json")
def products(shop: Shop, request: Request, login: str) -> Response:
    """A page of products; pages shorter than ten are not given."""
    wanted = request.query.get("filter[title]", "").casefold()
    rows = [row for row in shop.store.tables["product"].values() if wanted in row["title"].casefold()]
    return json_response(page_of(changed_rows(rows, request), request, fewest=FEWEST_PRODUCTS))


@routes.add("GET", "/admin/products/count.json")
def products_count(shop: Shop, request: Request, login: str) -> Response:
    """How many products there are."""
    return json_response({"count": len(shop.store.tables["product"])})


@routes.add("GET", "/admin/products/by_ids.json")
def products_by_ids(shop: Shop, request: Request, login: str) -> Response:
    """Up to a hundred products at once; unknown ids are passed over."""
    wanted = [int(text) for text in request.query.get("product_ids", "").split(",") if text.strip().isdigit()]
    rows = shop.store.tables["product"]
    return json_response([rows[number] for number in wanted[:100] if number in rows])


@routes.add("GET", "/admin/products/<number>.json")
def product(shop: Shop, request: Request, login: str, number: str) -> Response:
    """One product."""
    return json_response(_one(shop, "product", number))


def _one(shop: Shop, table: str, number: str) -> Row:
    return shop.store.tables[table][int(number) if number.isdigit() else 0]


@routes.add("GET", "/admin/collections.json")
def collections(shop: Shop, request: Request, login: str) -> Response:
    """The storefront's tree. Here `from_id` leaves nothing out."""
    rows = changed_rows(shop.store.tables["collection"].values(), request, from_id_excludes=False)
    return json_response(page_of(rows, request))


@routes.add("GET", "/admin/collections/<number>.json")
def collection(shop: Shop, request: Request, login: str, number: str) -> Response:
    """One collection."""
    return json_response(_one(shop, "collection", number))


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


@routes.add("GET", "/admin/orders/fields.json", "/admin/order_fields.json")
def order_fields(shop: Shop, request: Request, login: str) -> Response:
    """Extra fields of orders."""
    return json_response([row for row in shop.store.tables["field"].values() if row["destiny"] == 3])
