"""The shop itself in the admin API: account, domains, currencies."""

from molva.demo.shop.shop import Shop
from molva.demo.shop.store import Row
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()
OPENED = "2024-01-10T12:00:00.000+03:00"


@routes.add("GET", "/admin/account.json")
def account(shop: Shop, request: Request, login: str) -> Response:
    """Who the shop is; its id is the permanent one."""
    settings, owner = shop.store.settings, shop.store.tables["staff"][1]
    body = {
        "id": settings["account_id"],
        "title": settings["title"],
        "blocked": settings.get("blocked", False),
        "city": "Архангельск",
        "country": "RU",
        "state": "Архангельская обл",
        "subdomain": "pogrebok",
        "main_host": shop.main_host,
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
        "icq": None,
        "paid_till": settings.get("paid_till", "2036-01-01"),
        "client_cookies_whitelist": settings["client_cookies_whitelist"],
        "next_order_number": 1001 + len(shop.store.orders),
        "time_zone": "Moscow",
        "owner": {
            "created_at": "2024-01-10 12:00:00 +0300",
            "email": owner["email"],
            "id": owner["id"],
            "name": owner["name"],
        },
    }
    return json_response(body)


@routes.add("GET", "/admin/domains.json")
def domains(shop: Shop, request: Request, login: str) -> Response:
    """The hosts that the storefront answers on."""
    return json_response([_domain(shop, number, host) for number, host in enumerate(shop.hosts, 1)])


def _domain(shop: Shop, number: int, host: str) -> Row:
    times = {"created_at": OPENED, "updated_at": OPENED}
    return {"id": number, "domain": host, "main": host == shop.main_host, **times}


@routes.add("GET", "/admin/stock_currencies.json")
def currencies(shop: Shop, request: Request, login: str) -> Response:
    """One currency; roubles go under their old code."""
    return json_response([{"id": 1, "code": shop.faults.currency_code, "course": "1.0", "default": True}])
