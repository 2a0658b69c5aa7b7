"""Orders that people type in or bring in a CSV file, as exact domain values. Pure.

A file may have Russian or English column names, commas or semicolons, «1 234,50» or «1234.50», «02.10.2026» or ISO
dates. Each row stands for itself: a broken one is reported with its number and reason, the others go on.
"""

import csv
import io
import re
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from molva.domain.inbound import InboundClient, InboundLine, InboundMarks, InboundOrder, NotUnderstood
from molva.kit.clock import to_micros
from molva.kit.money import is_writable

COLUMNS = {
    "number": ("number", "номер", "номер заказа", "заказ"),
    "date": ("date", "дата", "дата заказа"),
    "total": ("total", "сумма", "сумма заказа", "стоимость"),
    "name": ("name", "имя", "клиент", "покупатель"),
    "email": ("email", "e-mail", "почта", "эл. почта"),
    "phone": ("phone", "телефон"),
    "partner": ("partner", "партнёр", "партнер", "код партнёра", "код партнера"),
    "code": ("code", "промокод", "код"),
    "status": ("status", "статус"),
    "product": ("product", "товар", "артикул", "sku"),
    "quantity": ("quantity", "количество", "кол-во"),
    "delivery": ("delivery", "доставка"),
}
REQUIRED = ("number", "total")
_LONGEST = {"number": 60, "name": 200, "email": 254, "phone": 40, "product": 120, "quantity": 30, "code": 60}
_YEARS = range(2000, 2101)  # terms are counted from moments, and must not leave the calendar
_DATE_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its number as a spreadsheet shows it, and the texts by our column names."""

    number: int
    values: dict[str, str]


def read_csv(data: bytes) -> list[Row]:
    """Rows of a file; NotUnderstood when it is no table with the columns that must be there."""
    text = _decode(data).replace("\x00", "")
    if not text.strip():
        raise NotUnderstood("the file is empty")
    first = text.splitlines()[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        table = list(reader)
    except csv.Error as error:
        raise NotUnderstood(f"not an order: {error}") from error
    header = [_column(cell) for cell in table[0]]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise NotUnderstood(f"no column “{missing[0]}” in the first row")
    rows = []
    for number, cells in enumerate(table[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        # csv.reader counts from the header: the number is the one that the person sees in the spreadsheet
        values = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name}
        rows.append(Row(number, values))
    return rows


def parse_row(
    values: dict[str, str],
    *,
    timezone: str,
    currency: str,
    digits: int,
    told_at: int,
    statuses: dict[str, tuple[str, str]],
) -> InboundOrder:
    """One typed or imported order.

    `told_at`: the moment (µs) when a person said so; it orders the tellings. `statuses`: (permalink, title) by each
    spelling without case; a status that nobody knows would never be rewarded, so it is refused.
    """
    for name in REQUIRED:
        if not values.get(name):
            raise NotUnderstood(f"“{name}” is empty")
    for name, longest in _LONGEST.items():
        if len(values.get(name, "")) > longest:
            raise NotUnderstood(f"“{name}” is out of range: {values[name][:40]}…")
    total = _money(values["total"], "total", digits)
    delivery = _money(values.get("delivery") or "0", "delivery", digits)
    quantity = _decimal(values.get("quantity") or "1", "quantity")
    codes = [text for text in (values.get("code"), values.get("partner")) if text]
    if not (values.get("email") or values.get("phone") or values.get("name")):
        raise NotUnderstood("no customer: name, e-mail or phone is needed")
    created_at = _moment(values.get("date", ""), timezone, told_at)
    wanted = values.get("status") or next(iter(statuses))
    if wanted.casefold() not in statuses:
        raise NotUnderstood(f"“status” is not one of the shop's: {wanted}")
    status, status_title = statuses[wanted.casefold()]
    contacts = bool(values.get("email") or values.get("phone"))
    return InboundOrder(
        external_id=values["number"],
        number=values["number"],
        created_at=created_at,
        seq=max(told_at, created_at),
        client=InboundClient(
            # a customer with a name only is known by it, inside this programme's typed orders
            id=None if contacts else f"name:{values['name'].casefold()}",
            email=values.get("email") or None,
            phone=values.get("phone") or None,
            name=values.get("name", ""),
        ),
        status=status,
        status_title=status_title,
        currency=currency,
        delivery_minor=delivery,
        discount_minor=0,
        total_minor=total + delivery,
        lines=(
            InboundLine(
                id="1",
                title=values.get("product", ""),
                product=values.get("product", ""),
                sku=values.get("product", ""),
                quantity=f"{quantity.normalize():f}",
                price_minor=total,
                total_minor=total,
            ),
        ),
        marks=InboundMarks(codes=tuple(codes)),
    )


def _column(cell: str) -> str:
    wanted = cell.strip().strip("\ufeff").casefold()
    return next((name for name, spellings in COLUMNS.items() if wanted in spellings), "")


def _decode(data: bytes) -> str:
    # spreadsheets of Russian Windows still write cp1251
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotUnderstood("the file is neither UTF-8 nor Windows-1251")


def _money(text: str, name: str, digits: int) -> int:
    amount = _decimal(text.replace("₽", "").replace("руб.", ""), name)
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise NotUnderstood(f"“{name}” has more than {digits} digits after the point: {text}")
    return int(minor)


def _decimal(text: str, name: str) -> Decimal:
    try:
        value = Decimal(_SPACES.sub("", text).replace(",", "."))
    except InvalidOperation as error:
        raise NotUnderstood(f"“{name}” is not a number: {text}") from error
    if not value.is_finite() or not is_writable(value) or value < 0 or value > 10**12:
        raise NotUnderstood(f"“{name}” is out of range: {text}")
    return value


def _moment(text: str, timezone: str, told_at: int) -> int:
    """The date of the order; a bare day means its noon, so that no time zone moves it to another day."""
    if not text:
        return told_at
    for form in _DATE_FORMATS:
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007  the programme's zone is put in below
        except ValueError:
            continue
        if moment.year not in _YEARS:
            raise NotUnderstood(f"“date” is out of range: {text}")
        if "%H" not in form:
            moment = datetime.combine(moment.date(), time(12))
        return to_micros(moment.replace(tzinfo=ZoneInfo(timezone)))
    raise NotUnderstood(f"“date” is not a date: {text}")
