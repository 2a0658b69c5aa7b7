"""The usual lines of events.jsonl: touches and orders in which all is plainly well, read without asking for reasons.

A month of a big shop is a million of them. Nothing is told here of what is wrong: of whatever is not plainly well, be
it wrong or merely unusual, `read` answers None, and the full reader (`events`) reads the line again and tells. What
both read is equal.
"""

import json
from collections.abc import Callable
from fractions import Fraction
from sys import intern
from typing import Any

from molva.domain.facts import ClientKeys, Line, OrderFacts, Snapshot
from molva.domain.reading import code, decimal, moment, name
from molva.kit import emails, phones
from molva.simulate.told import SeenTouch

# All keys of an object in the order in which they are unpacked; what is not written is None. With an unknown key there
# is one value too many to unpack.
_TOUCH: dict[str, Any] = dict.fromkeys(("at", "type", "visitor", "partner", "kind"))
_EVENT: dict[str, Any] = dict.fromkeys(("at", "type", "seq", "order"))
_ORDER: dict[str, Any] = dict.fromkeys(
    [
        "id",
        "number",
        "created_at",
        "client",
        "visitor",
        "codes",
        "landing",
        "status",
        "delivery",
        "discount",
        "lines",
    ]
)
_CLIENT: dict[str, Any] = dict.fromkeys(("id", "email", "phone"))
_LINE: dict[str, Any] = dict.fromkeys(("id", "product", "categories", "sku", "quantity", "total"))
_KINDS = frozenset({"link", "qr", "form"})
_TEXT = frozenset({str, type(None)})  # the types of a text that may be missing
_MANY = 1000  # spellings of quantities that are kept
# What values that are not as they should be raise below.
_NOT_PLAIN = (ValueError, TypeError, LookupError, AttributeError, RecursionError)

Read = tuple[int, SeenTouch | OrderFacts, int]


class _Unusual(ValueError):
    """Not plainly well."""


class QuickReader:
    """Reads the usual lines of one file."""

    def __init__(self, money: Callable[[Any], int]) -> None:
        self._decode = json.JSONDecoder().raw_decode
        self._money = money
        self._quantities: dict[str | None, int | Fraction] = {None: 1}
        self._categories: dict[tuple[str, ...], tuple[str, ...]] = {}

    def read(self, raw: bytes, number: int) -> Read | None:
        """The time of a line, its touch or order and the sequence number; None: the full reader has to look."""
        text = raw.strip(b" \t\r\n")
        if b" :" in text or b"\t" in text or b"\r" in text:
            return None
        try:
            written = text.decode()
            value, end = self._decode(written)
            if end != len(written):
                return None
            # Every key ends with a quote and a colon here: as many as there are keys, so none stands twice.
            keys = written.count('":') - len(value)
            if value["type"] == "order":
                return self._order(value, keys, number)
            if value["type"] == "touch" and not keys:
                return self._touch(value, number)
        except _NOT_PLAIN:
            pass
        return None

    def _touch(self, value: dict[str, Any], number: int) -> Read:
        time, _, visitor, partner, kind = (_TOUCH | value).values()
        if not (type(visitor) is type(partner) is str and visitor and partner and kind in _KINDS):
            raise _Unusual
        at = moment(time)
        return at, SeenTouch(visitor, intern(partner), intern(kind), at, number, intern(time[16:])), 0

    def _order(self, value: dict[str, Any], keys: int, number: int) -> Read:
        time, _, seq, order = (_EVENT | value).values()
        ident, shown, created, client, visitor, codes, landing, status, delivery, discount, lines = (
            _ORDER | order
        ).values()
        at = moment(time)
        created_at = at if created == time else moment(created)
        if (
            keys != len(order) + len(client) + sum(map(len, lines))
            or not (seq is None or (type(seq) is int and seq >= 0))
            or at < created_at
            or not (type(ident) is type(status) is str and ident)
            or not (visitor is None or (type(visitor) is str and visitor))
            or not (type(shown) in _TEXT and type(landing) in _TEXT and type(lines) is list)
        ):
            raise _Unusual
        money = self._money
        snapshot = Snapshot(
            intern(status),
            self._lines(lines),
            0 if discount is None else money(discount),
            0 if delivery is None else money(delivery),
        )
        folded = () if codes is None else tuple([code(one) for one in _listed(codes)])
        keys_of = _client(client)
        return (
            at,
            OrderFacts(ident, created_at, keys_of, visitor, folded, landing, number, snapshot),
            seq or 0,
        )

    def _lines(self, written: list[dict[str, Any]]) -> tuple[Line, ...]:
        lines = tuple([self._line(one) for one in written])
        if len(lines) > 1 and len({line.id for line in lines}) < len(lines):
            raise _Unusual
        return lines

    def _line(self, written: dict[str, Any]) -> Line:
        ident, product, categories, sku, quantity, total = (_LINE | written).values()
        if not (
            type(ident) is str
            and ident
            and (product is None or (type(product) is str and product))
            and type(sku) in _TEXT
        ):
            raise _Unusual
        many = self._quantities.get(quantity)
        return Line(
            intern(ident),
            self._money(total),
            self._quantity(quantity) if many is None else many,
            product and intern(product),
            sku and intern(sku),
            () if categories is None else self._named(categories),
        )

    def _quantity(self, written: str) -> int | Fraction:
        many = decimal(written)
        if len(self._quantities) < _MANY:
            self._quantities[written] = many
        return many

    def _named(self, written: list[str]) -> tuple[str, ...]:
        """Ids of categories; of few different lists, each kept once."""
        found = tuple(_listed(written))
        known = self._categories.get(found)
        if known is None:
            known = self._categories[found] = tuple([name(one) for one in found])
        return known


def _client(written: dict[str, Any]) -> ClientKeys:
    given, email, phone = (_CLIENT | written).values()
    if (
        not (given is None or (type(given) is str and given))
        or not (type(email) in _TEXT and type(phone) in _TEXT)
        or not (given or email or phone)
    ):
        raise _Unusual
    email_key = emails.normalise(email) if email else None
    phone_key = phones.normalise(phone) if phone else None
    return ClientKeys(
        given, email_key, phone_key, "" if given or email_key or phone_key else email or phone or ""
    )


def _listed(value: Any) -> list[Any]:
    if type(value) is not list:
        raise _Unusual
    return value
