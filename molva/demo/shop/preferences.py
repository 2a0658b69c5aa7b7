"""What the owner of the fake shop sets: its name, hosts, the cookies that orders may tell, its own subscription."""

from datetime import date

from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row

NAMES = ("title", "client_cookies_whitelist", "extra_domains", "main_host", "paid_till", "blocked")


def change(shop: Shop, wanted: Row) -> None:
    """New values by name. `extra_domains` are more hosts of the storefront, `main_host` is one of all hosts.

    Raises Refused.
    """
    unknown = set(wanted) - set(NAMES)
    if unknown:
        raise Refused({name: ["неизвестно"] for name in unknown})
    values = dict(wanted)
    if "extra_domains" in values:
        values["extra_domains"] = [str(host).strip().lower() for host in values["extra_domains"] if host]
    if values.get("paid_till"):
        try:
            date.fromisoformat(str(values["paid_till"]))
        except ValueError as error:
            raise Refused({"paid_till": ["имеет неверное значение"]}) from error
    hosts = [shop.host, *values.get("extra_domains", shop.hosts[1:])]
    main = values.get("main_host", shop.store.settings.get("main_host"))
    if main and main not in hosts:
        if values.get("main_host"):
            raise Refused({"main_host": ["нет среди доменов"]})
        values["main_host"] = None
    shop.store.settings.update(values)
    shop.store.changed = True
