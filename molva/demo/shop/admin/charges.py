"""Charges of applications in the admin API."""

from datetime import date, timedelta

from molva.demo.shop import charges
from molva.demo.shop.admin.crud import OK, body_of, number_of, refuse_empty, shown
from molva.demo.shop.admin.paging import page_of
from molva.demo.shop.goods import money_text
from molva.demo.shop.outgoing import is_address
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp
from molva.demo.shop.web import Request, Response, Routes, json_response

routes = Routes()
MONTHLY = "/admin/recurring_application_charge"


def _mine(shop: Shop, login: str) -> list[Row]:
    return [row for row in shop.store.tables["charge"].values() if row["_owner"] == login]


@routes.add("GET", "/admin/application_charges.json")
def list_charges(shop: Shop, request: Request, login: str) -> Response:
    """Single charges of this application."""
    return json_response([shown(row) for row in page_of(_mine(shop, login), request)])


def _one(shop: Shop, login: str, number: str) -> Row:
    row = charges.single(shop, number_of(number))
    if row["_owner"] != login:
        raise LookupError(number)
    return row


@routes.add("GET", "/admin/application_charges/<number>.json")
def get_charge(shop: Shop, request: Request, login: str, number: str) -> Response:
    """One charge."""
    return json_response(shown(_one(shop, login, number)))


@routes.add("POST", "/admin/application_charges.json")
def post_charge(shop: Shop, request: Request, login: str) -> Response:
    """Ask the merchant for money; the merchant pays or declines on the page of `confirmation_url`."""
    wanted = body_of(request, "application_charge")
    refuse_empty(wanted, "name", "price", "return_url")
    if not is_address(wanted["return_url"]):
        raise Refused({"return_url": ["имеет неверное значение"]})
    number, moment = shop.store.next_id("charge"), stamp(exact=True)
    row = {
        "id": number,
        "name": str(wanted["name"]),
        "price": money_text(wanted["price"]),
        "return_url": str(wanted["return_url"]),
        "test": bool(wanted.get("test", False)),
        "status": charges.PENDING,
        "confirmation_url": f"{shop.url}/admin/application_charges/{number}",
        "created_at": moment,
        "updated_at": moment,
        "_owner": login,
    }
    shop.store.tables["charge"][number] = row
    return json_response(shown(row), 201)


@routes.add("POST", "/admin/application_charges/<number>/decline.json")
def decline_charge(shop: Shop, request: Request, login: str, number: str) -> Response:
    """Take back a charge that is not paid."""
    row = _one(shop, login, number)
    if row["status"] == charges.ACCEPTED:
        raise Refused({"status": ["счет уже оплачен"]})
    row.update(status=charges.DECLINED, updated_at=stamp(exact=True))
    shop.store.changed = True
    return json_response(shown(row))


@routes.add("GET", f"{MONTHLY}.json")
def get_monthly(shop: Shop, request: Request, login: str) -> Response:
    """The monthly charge of this application."""
    return json_response(_told(charges.monthly(shop, login)))


def _told(row: Row) -> Row:
    return {name: value for name, value in shown(row).items() if name != "id"}


@routes.add("POST", f"{MONTHLY}.json")
def post_monthly(shop: Shop, request: Request, login: str) -> Response:
    """Ask for money every month, after a time for trying."""
    wanted = body_of(request, "recurring_application_charge")
    refuse_empty(wanted, "monthly")
    if any(row["_owner"] == login for row in shop.store.tables["monthly"].values()):
        raise Refused({"base": ["уже существует"]})
    last = charges.today() + timedelta(days=charges.trial_days(shop, login))
    if wanted.get("trial_expired_at"):
        try:
            last = date.fromisoformat(str(wanted["trial_expired_at"])[:10])
        except ValueError as error:
            raise Refused({"trial_expired_at": ["имеет неверное значение"]}) from error
    moment = stamp(exact=True)
    row = {
        "monthly": money_text(wanted["monthly"]),
        "trial_expired_at": last.isoformat(),
        "created_at": moment,
        "updated_at": moment,
        "paid_till": last.isoformat(),
        "blocked": last < charges.today(),
        "_owner": login,
    }
    return json_response(_told(shop.store.add_row("monthly", row)), 201)


@routes.add("PUT", f"{MONTHLY}.json")
def put_monthly(shop: Shop, request: Request, login: str) -> Response:
    """Another price; the time for trying stays."""
    row, wanted = charges.monthly(shop, login), body_of(request, "recurring_application_charge")
    refuse_empty(wanted, "monthly")
    row.update(monthly=money_text(wanted["monthly"]), updated_at=stamp(exact=True))
    shop.store.changed = True
    return json_response(_told(row))


@routes.add("DELETE", f"{MONTHLY}.json")
def delete_monthly(shop: Shop, request: Request, login: str) -> Response:
    """Ask no more."""
    del shop.store.tables["monthly"][charges.monthly(shop, login)["id"]]
    shop.store.changed = True
    return json_response(OK)


@routes.add("PATCH PUT", f"{MONTHLY}/add_free_days.json")
def add_free_days(shop: Shop, request: Request, login: str) -> Response:
    """Days for nothing: `paid_till` moves, the time for trying may not."""
    row = charges.monthly(shop, login)
    days = number_of(body_of(request, "recurring_application_charge").get("days_count"))
    if days <= 0:
        raise Refused({"days_count": ["должно быть больше 0"]})
    charges.move_paid_till(row, days)
    shop.store.changed = True
    return json_response(_told(row))
