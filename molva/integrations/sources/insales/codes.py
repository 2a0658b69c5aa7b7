"""Promo codes of an InSales shop: read, made, changed, removed. There is no bulk call: one code, one call.

The shop refuses a code that exists with 422, so whoever makes codes lists them first; numbers come as numbers or as
texts; a day of expiry may come with a time.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from types import TracebackType
from typing import Any, Self

from molva.domain.codes import NONE, PER_CLIENT, PERCENT, SUM, TOTAL, UNLIMITED, CodeSeen, CodeWish
from molva.integrations.models import Connection
from molva.integrations.sources.insales.api import InSalesApi
from molva.kit.money import format_minor, is_writable, round_half_up

_PATH = "/admin/discount_codes"
_TYPES = {PERCENT: 1, SUM: 2}


class InSalesCodes:
    """The codes of one shop; use it as a context manager. Raises PlugError as every call of the shop."""

    def __init__(self, connection: Connection) -> None:
        self._api = InSalesApi(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._api.__exit__(kind, error, trace)

    def every(self) -> Iterator[CodeSeen]:
        """All codes, a page of 250 for a call."""
        return (seen_code(row) for row in self._api.every(f"{_PATH}.json"))

    def make(self, wish: CodeWish) -> CodeSeen:
        """Make a code."""
        return seen_code(self._api.post(f"{_PATH}.json", {"discount_code": body_of(wish)}))

    def change(self, external_id: str, wish: CodeWish) -> CodeSeen:
        """Bring a code to what is wished, switched on."""
        return seen_code(self._api.put(f"{_PATH}/{external_id}.json", {"discount_code": body_of(wish)}))

    def switch_off(self, external_id: str) -> None:
        """The shop refuses the code from now on, and goes on knowing its name."""
        self._api.put(f"{_PATH}/{external_id}.json", {"discount_code": {"disabled": True}})

    def remove(self, external_id: str) -> None:
        """Delete a code; one that is gone is fine."""
        self._api.delete(f"{_PATH}/{external_id}.json")


def body_of(wish: CodeWish) -> dict[str, Any]:
    """What the shop is told of a code. Percentages and sums alike are numbers with a point."""
    return {
        "code": wish.code,
        "type_id": _TYPES[wish.kind],
        "discount": format_minor(wish.discount),
        "description": wish.mark,
        "act_once": wish.limit == TOTAL,
        "act_once_for_client": wish.limit == PER_CLIENT,
        "disabled": False,
        "expired_at": wish.expires.isoformat() if wish.expires else None,
        "min_price": format_minor(wish.min_order_minor) if wish.min_order_minor else None,
    }


def seen_code(row: dict[str, Any]) -> CodeSeen:
    """A code of the shop's list; what cannot be read counts as empty, so that one odd code stops nothing."""
    kinds = {str(number): kind for kind, number in _TYPES.items()}
    limit = TOTAL if row.get("act_once") else PER_CLIENT if row.get("act_once_for_client") else UNLIMITED
    return CodeSeen(
        external_id=str(row.get("id") or ""),
        code=str(row.get("code") or ""),
        description=str(row.get("description") or ""),
        kind=kinds.get(str(row.get("type_id")), NONE),
        discount=_hundredths(row.get("discount")),
        limit=limit,
        expires=_day(row.get("expired_at")),
        min_order_minor=_hundredths(row.get("min_price")),
        is_disabled=bool(row.get("disabled")),
        is_used=bool(row.get("worked")),
    )


def _hundredths(value: Any) -> int:
    try:
        number = Decimal(str(value or 0).replace(",", "."))
    except InvalidOperation:
        return 0
    if not number.is_finite() or not is_writable(number):
        return 0
    return round_half_up(*(number * 100).as_integer_ratio())


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
