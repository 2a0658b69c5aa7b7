"""Money that an application asks of the merchant, by the shop's API: one monthly charge, any number of single ones.

Facts: the monthly charge is a singleton; access is told by `paid_till` and `blocked`, not by the date of the trial.
A single charge is confirmed by the merchant at `confirmation_url`; its return address is called once, without proof.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from molva.integrations.base import PlugError
from molva.integrations.models import Connection
from molva.integrations.sources.insales.api import InSalesApi
from molva.kit.money import format_minor, parse_minor

_MONTHLY = "/admin/recurring_application_charge.json"
_SINGLE = "/admin/application_charges"


@dataclass(frozen=True, slots=True)
class Monthly:
    """The monthly charge as the shop tells it."""

    monthly_minor: int
    paid_till: date | None
    is_blocked: bool


@dataclass(frozen=True, slots=True)
class Single:
    """A single charge as the shop tells it."""

    id: str
    price_minor: int
    state: str
    confirmation_url: str


def bring_monthly(connection: Connection, *, monthly_minor: int, trial_until: datetime) -> Monthly:
    """The monthly charge as it should be: made when missing, its sum brought to ours. Raises PlugError."""
    with InSalesApi(connection) as api:
        found = api.get_or_none(_MONTHLY)
        wish = {"monthly": format_minor(monthly_minor, 2)}
        if not found:
            until = {"trial_expired_at": trial_until.date().isoformat()}
            return _monthly(api.post(_MONTHLY, {"recurring_application_charge": {**wish, **until}}))
        if _monthly(found).monthly_minor != monthly_minor:
            found = api.put(_MONTHLY, {"recurring_application_charge": wish})
        return _monthly(found)


def add_free_days(connection: Connection, days: int) -> Monthly:
    """A present of the operator. Raises PlugError."""
    with InSalesApi(connection) as api:
        body = {"recurring_application_charge": {"days_count": days}}
        return _monthly(api.patch(_MONTHLY.replace(".json", "/add_free_days.json"), body))


def make_single(connection: Connection, *, name: str, price_minor: int, return_url: str) -> Single:
    """A new charge that waits for the merchant. Raises PlugError."""
    with InSalesApi(connection) as api:
        wish = {"name": name, "price": format_minor(price_minor, 2), "return_url": return_url}
        return _single(api.post(f"{_SINGLE}.json", {"application_charge": wish}))


def read_single(connection: Connection, charge_id: str) -> Single | None:
    """A charge as it is now; None when the shop has no such. Raises PlugError."""
    with InSalesApi(connection) as api:
        found = api.get_or_none(f"{_SINGLE}/{charge_id}.json")
        return _single(found) if found else None


def decline_single(connection: Connection, charge_id: str) -> Single:
    """Take back a charge that was not paid. Raises PlugError."""
    with InSalesApi(connection) as api:
        return _single(api.post(f"{_SINGLE}/{charge_id}/decline.json", {}))


def _monthly(body: Any) -> Monthly:
    try:
        till = body.get("paid_till")
        return Monthly(
            monthly_minor=_minor(body["monthly"]),
            paid_till=date.fromisoformat(str(till)[:10]) if till else None,
            is_blocked=bool(body.get("blocked")),
        )
    except (AttributeError, LookupError, ValueError, TypeError) as problem:
        raise PlugError("the shop answered with something that is not a charge") from problem


def _single(body: Any) -> Single:
    try:
        return Single(
            str(body["id"]),
            _minor(body["price"]),
            str(body["status"]),
            str(body.get("confirmation_url") or ""),
        )
    except (AttributeError, LookupError, ValueError, TypeError) as problem:
        raise PlugError("the shop answered with something that is not a charge") from problem


def _minor(value: Any) -> int:
    return parse_minor(f"{Decimal(str(value)):.2f}", 2)
