"""What a shop tells of itself: names, addresses, time zone, currency; enough to make a company of it."""

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings

from molva.integrations.base import PlugError
from molva.integrations.models import Connection
from molva.integrations.sources.insales.api import InSalesApi
from molva.integrations.sources.insales.source import InSalesSource, shop_url
from molva.kit.money import CURRENCY_DIGITS

_MOSCOW = "Europe/Moscow"
# Names of Rails for zones where shops of InSales are; each other name that is not one of IANA's is Moscow.
_ZONES = {
    "Kaliningrad": "Europe/Kaliningrad", "Moscow": _MOSCOW, "St. Petersburg": _MOSCOW, "Volgograd": "Europe/Volgograd",
    "Samara": "Europe/Samara", "Ekaterinburg": "Asia/Yekaterinburg", "Omsk": "Asia/Omsk",
    "Novosibirsk": "Asia/Novosibirsk", "Krasnoyarsk": "Asia/Krasnoyarsk", "Irkutsk": "Asia/Irkutsk",
    "Yakutsk": "Asia/Yakutsk", "Vladivostok": "Asia/Vladivostok", "Magadan": "Asia/Magadan",
    "Srednekolymsk": "Asia/Srednekolymsk", "Solomon Is.": "Pacific/Guadalcanal", "Kamchatka": "Asia/Kamchatka",
    "Minsk": "Europe/Minsk", "Kyiv": "Europe/Kiev", "Almaty": "Asia/Almaty", "Astana": "Asia/Almaty",
    "Tashkent": "Asia/Tashkent", "Yerevan": "Asia/Yerevan", "Tbilisi": "Asia/Tbilisi", "Baku": "Asia/Baku",
    "UTC": "UTC",
}  # fmt: skip


def timezone_of(name: str) -> str:
    """The IANA zone behind a name as Rails writes it."""
    if name in _ZONES:
        return _ZONES[name]
    return name if name in available_timezones() else _MOSCOW


def currency_of(code: str) -> str:
    """The code that everybody else uses; roubles when the shop's one is not known."""
    code = "RUB" if code == "RUR" else code
    return code if code in CURRENCY_DIGITS else "RUB"


def application_secrets(password: str) -> dict[str, str]:
    """How a connection keeps the key of an application: the identifier is the login in all shops."""
    return {"login": settings.MOLVA_INSALES_APP, "password": password}


def read_shop(connection: Connection) -> dict[str, Any]:
    """Everything at once, with id and statuses. Raises PlugError when host or password do not fit.

    Only the account itself must answer: an application may have no right to read orders or statuses.
    """
    with InSalesApi(connection) as api:
        account = api.get("/admin/account.json")
        if not isinstance(account, dict) or not account.get("id"):
            raise PlugError("the shop answered with something that is not an account")
        subdomain = str(account.get("subdomain") or connection.host.split(".")[0])
        return {
            "id": str(account["id"]),
            "name": str(account.get("title") or subdomain)[:200],
            "company": str(account.get("organization") or account.get("title") or subdomain)[:200],
            "email": str(account.get("email") or "")[:254],
            "subdomain": subdomain[:60],
            "timezone": timezone_of(str(account.get("time_zone") or "")),
            "shop_url": shop_url(account, connection.host),
            "currency": _currency(api, account),
            "statuses": _statuses(api),
        }


def _statuses(api: InSalesApi) -> list[dict[str, str]] | None:
    try:
        return InSalesSource().statuses(api)
    except (PlugError, LookupError, TypeError):
        return None


def _currency(api: InSalesApi, account: dict[str, Any]) -> str:
    """The account's own word is not documented; an order's is."""
    if account.get("currency_code"):
        return currency_of(str(account["currency_code"]))
    try:
        orders = api.get("/admin/orders.json", {"per_page": 1})
        return currency_of(str(orders[0].get("currency_code"))) if orders else "RUB"
    except (PlugError, LookupError, TypeError, AttributeError):
        return "RUB"
