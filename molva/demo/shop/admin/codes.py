"""Discount codes in the admin API."""

from datetime import date

from molva.demo.shop.admin.crud import Resource, crud, picked, refuse_empty, refuse_other
from molva.demo.shop.seed import new_code
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.web import Routes

routes = Routes()
LONGEST_CODE = 100


def build_code(shop: Shop, wanted: Row, row: Row | None, login: str) -> Row:
    """A discount code; its text is unique whatever the letters' case, `worked` is the shop's own knowledge."""
    values = picked(wanted, row, new_code())
    refuse_empty(values, "code")
    refuse_other(values, "type_id", (1, 2))
    values["code"] = str(values["code"]).strip()
    if len(values["code"]) > LONGEST_CODE:
        raise Refused({"code": ["слишком большой длины"]})
    others = (other for other in shop.store.tables["code"].values() if other is not row)
    if any(other["code"].casefold() == values["code"].casefold() for other in others):
        raise Refused({"code": ["уже существует"]})
    values["discount"] = _decimal(values, "discount")
    values["min_price"] = None if values["min_price"] in (None, "") else _decimal(values, "min_price")
    if values["expired_at"]:
        values["expired_at"] = _day(values["expired_at"])
    for name in ("act_once", "act_once_for_client", "disabled"):
        values[name] = values[name] in (True, 1, "1", "true")
    return {**values, "worked": (row or new_code())["worked"]}


def _decimal(values: Row, name: str) -> str:
    try:
        number = float(str(values[name]))
    except ValueError as error:
        raise Refused({name: ["не является числом"]}) from error
    if not 0 <= number < 1e9:
        raise Refused({name: ["должно быть больше или равно 0"]})
    return str(number)


def _day(text: object) -> str:
    try:
        return date.fromisoformat(str(text)[:10]).isoformat()
    except ValueError as error:
        raise Refused({"expired_at": ["имеет неверное значение"]}) from error


codes = Resource("code", "discount_code", build_code)
crud(routes, "/admin/discount_codes", codes)
