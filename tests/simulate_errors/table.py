"""Wrong inputs of the simulate contract: what is changed in a right one, and where the fault is told.

A change is (pointer, value); `GONE` takes the key away. `expected` is the pointer on the error line,
or several of which any will do where the contract does not decide.
"""

import copy
from dataclasses import dataclass
from typing import Any

GONE = object()

PROGRAMME: dict[str, Any] = {
    "currency": "RUB",
    "timezone": "Europe/Moscow",
    "attribution": {"policy": "last", "click_window_days": 30, "term_days": None, "term_mode": "sliding"},
    "accrual": {"statuses": ["delivered"], "lost": ["cancelled"], "hold_days": 0},
    "levels": 2,
    "rules": [
        {"id": "r", "when": {"product": ["p1"]}, "reward": {"1": {"percent": "10"}, "2": {"fixed": "5.00"}}},
        {"id": "s", "reward": {"1": {"none": True}}},
    ],
    "partners": [{"id": "A", "email": None}, {"id": "B", "invited_by": "A"}],
    "codes": [{"code": "ANNA10", "partner": "B"}, {"code": "X", "partner": "A"}],
}
TOUCH = {"at": "2026-03-01T12:00:00Z", "type": "touch", "visitor": "v", "partner": "B", "kind": "link"}
LEAD = {"at": "2026-03-01T12:00Z", "type": "lead", "visitor": None, "client": {"id": "c1"}}
ORDER = {
    "at": "2026-03-02T12:00:00.123456+03:00",
    "type": "order",
    "seq": 1,
    "order": {
        "id": "o1",
        "created_at": "2026-03-02T09:00:00Z",
        "client": {"id": "c1"},
        "visitor": "v",
        "codes": ["anna10"],
        "status": "new",
        "lines": [{"id": "1", "total": "10.00"}, {"id": "2", "total": "5"}],
    },
}
RULES = {"at": "2026-03-03T12:00:00Z", "type": "rules", "rules": PROGRAMME["rules"]}
PARTNER = {"at": "2026-03-03T12:00:00Z", "type": "partner", "partner": {"id": "D", "invited_by": "B"}}
PAYOUT = {"at": "2026-03-04T12:00:00Z", "type": "payout", "partner": "B"}


@dataclass
class Wrong:
    """One wrong input: a changed base and the pointers that may stand on the error line."""

    base: dict[str, Any]
    pointer: str
    value: Any
    expected: tuple[str, ...]

    def made(self) -> dict[str, Any]:
        """The base with the change."""
        made = copy.deepcopy(self.base)
        target: Any = made
        *way, last = [step.replace("~1", "/").replace("~0", "~") for step in self.pointer.split("/")[1:]]
        for step in way:
            target = target[int(step)] if isinstance(target, list) else target[step]
        key = int(last) if isinstance(target, list) else last
        if self.value is GONE:
            del target[key]
        else:
            target[key] = self.value
        return made


def wrong(base: dict[str, Any], pointer: str, value: Any, *expected: str) -> Wrong:
    """The pointer of the change is the expected one unless others are named."""
    return Wrong(base, pointer, value, expected or (pointer,))


IN_PROGRAMME = [
    *[
        wrong(PROGRAMME, pointer, GONE)
        for pointer in (
            "/currency",
            "/timezone",
            "/levels",
            "/rules",
            "/partners",
            "/attribution/policy",
            "/accrual/statuses",
            "/rules/1/id",
            "/rules/1/reward",
            "/partners/1/id",
            "/codes/0/code",
            "/codes/0/partner",
        )
    ],
    wrong(PROGRAMME, "/attribution", GONE, "/attribution", "/attribution/policy"),
    wrong(PROGRAMME, "/accrual", GONE, "/accrual", "/accrual/statuses"),
    wrong(PROGRAMME, "/currency", None),
    wrong(PROGRAMME, "/rules", None),
    wrong(PROGRAMME, "/partners/0/id", None),
    *[
        wrong(PROGRAMME, pointer, "x")
        for pointer in (
            "/colour",
            "/a~1b~0c",
            "/attribution/window_days",
            "/accrual/hold",
            "/rules/0/prio",
            "/rules/0/when/clients",
            "/rules/0/reward/1/percents",
            "/partners/0/name",
            "/partners/0/codes",
            "/codes/0/owner",
        )
    ],
    wrong(PROGRAMME, "/rules/0/reward/x", {"percent": "1"}),
    wrong(PROGRAMME, "/rules/0/reward/0", {"percent": "1"}),
    wrong(PROGRAMME, "/currency", "ROUBLES"),
    wrong(PROGRAMME, "/timezone", "Mars/Base"),
    *[wrong(PROGRAMME, "/levels", value) for value in ("2", 0, 10, 2.5, True)],
    wrong(PROGRAMME, "/attribution/policy", "best"),
    wrong(PROGRAMME, "/attribution/code_over_link", "yes"),
    wrong(PROGRAMME, "/attribution/own_purchases", 1),
    wrong(PROGRAMME, "/attribution/term_mode", "rolling"),
    wrong(PROGRAMME, "/attribution/term_days", "30"),
    wrong(PROGRAMME, "/attribution/click_window_days", -1),
    wrong(PROGRAMME, "/accrual/hold_days", -1),
    wrong(PROGRAMME, "/accrual/statuses", "delivered"),
    wrong(PROGRAMME, "/accrual/lost", ["gone", "delivered"], "/accrual/lost/1", "/accrual/lost"),
    *[
        wrong(PROGRAMME, "/rules/0/reward/1/percent", value)
        for value in (10, 10.5, "10%", "-5", "1e2", "10.", ".5", "", "+1", " 1", "١")
    ],
    *[wrong(PROGRAMME, "/rules/0/reward/2/fixed", value) for value in (150, "1.005", "1,50")],
    wrong(PROGRAMME, "/rules/0/reward/1", {}, "/rules/0/reward/1", "/rules/0/reward/1/percent"),
    wrong(PROGRAMME, "/rules/0/reward/1", "10"),
    wrong(PROGRAMME, "/rules/0/reward", []),
    wrong(PROGRAMME, "/rules/0/cap", "5.001"),
    wrong(PROGRAMME, "/rules/0/cap", 5),
    wrong(PROGRAMME, "/rules/0/per", "piece"),
    wrong(PROGRAMME, "/rules/0/paid_sales", -1),
    wrong(PROGRAMME, "/rules/0/paid_sales", "1"),
    wrong(PROGRAMME, "/rules/0/priority", "high"),
    wrong(PROGRAMME, "/rules/0/when/client", "old"),
    wrong(PROGRAMME, "/rules/0/when/product", "p1"),
    wrong(PROGRAMME, "/rules/0/when/product", ["p1", 2], "/rules/0/when/product/1"),
    wrong(PROGRAMME, "/rules/0/when/order_total_from", 1000),
    wrong(PROGRAMME, "/rules/0/when/order_total_to", "1.005"),
    wrong(PROGRAMME, "/rules/0/when/sale_from", "1"),
    wrong(PROGRAMME, "/rules/0/when/valid_from", "yesterday"),
    wrong(PROGRAMME, "/rules/0/when/valid_to", "2026-03-01T00:00:00"),
    wrong(PROGRAMME, "/rules/1/id", "r"),
    wrong(PROGRAMME, "/partners/0/id", ""),
    wrong(PROGRAMME, "/partners/0/id", 7),
    wrong(PROGRAMME, "/partners/1/id", "A", "/partners/1/id"),
    wrong(PROGRAMME, "/partners/1/invited_by", "Z"),
    wrong(PROGRAMME, "/partners/1/invited_by", "B"),
    wrong(PROGRAMME, "/partners/0/invited_by", "B", "/partners/0/invited_by", "/partners/1/invited_by"),
    wrong(PROGRAMME, "/partners/0/email", 5),
    wrong(PROGRAMME, "/partners/0/blocked", "no"),
    wrong(PROGRAMME, "/partners/0/welcome", 5),
    wrong(PROGRAMME, "/partners/0/welcome", "0.001"),
    wrong(PROGRAMME, "/partners/0/joined", "2026-03-01"),
    wrong(PROGRAMME, "/partners/0/groups", "g"),
    wrong(PROGRAMME, "/codes/1/code", " anna10"),
    wrong(PROGRAMME, "/codes/0/code", ""),
    wrong(PROGRAMME, "/partners", {}),
]

IN_EVENTS = [
    *[wrong(TOUCH, pointer, GONE) for pointer in ("/at", "/type", "/visitor", "/partner", "/kind")],
    wrong(TOUCH, "/type", "click"),
    wrong(TOUCH, "/kind", "code"),
    wrong(TOUCH, "/visitor", None),
    wrong(TOUCH, "/visitor", ""),
    wrong(TOUCH, "/partner", "Z"),
    wrong(TOUCH, "/partner", "b"),
    wrong(TOUCH, "/order", {}),
    wrong(LEAD, "/client", GONE),
    wrong(LEAD, "/client", {}, "/client", "/client/id"),
    wrong(LEAD, "/client", {"id": None, "email": None}, "/client", "/client/id"),
    wrong(LEAD, "/client", "c1"),
    wrong(LEAD, "/client/name", "Anna"),
    wrong(LEAD, "/client/id", 7),
    wrong(LEAD, "/landing", "/?aff=B"),
    *[
        wrong(ORDER, pointer, GONE)
        for pointer in (
            "/order",
            "/order/id",
            "/order/created_at",
            "/order/client",
            "/order/status",
            "/order/lines",
            "/order/lines/1/id",
            "/order/lines/0/total",
        )
    ],
    wrong(ORDER, "/order/status", None),
    wrong(ORDER, "/order/colour", "red"),
    wrong(ORDER, "/order/lines/1/price", "5.00"),
    wrong(ORDER, "/extra", 1),
    wrong(ORDER, "/order/lines/0/total", 5000),
    wrong(ORDER, "/order/lines/0/total", "1.005"),
    wrong(ORDER, "/order/lines/0/total", "-1.00"),
    wrong(ORDER, "/order/lines/0/quantity", 2),
    wrong(ORDER, "/order/lines/0/quantity", "-2"),
    wrong(ORDER, "/order/lines/0/categories", "k"),
    wrong(ORDER, "/order/lines/1/id", "1"),
    wrong(ORDER, "/order/lines", {}),
    wrong(ORDER, "/order/discount", 1),
    wrong(ORDER, "/order/delivery", "1.999"),
    wrong(ORDER, "/order/codes", "anna10"),
    wrong(ORDER, "/order/codes", ["anna10", ""], "/order/codes/1"),
    wrong(ORDER, "/order/codes", [5], "/order/codes/0"),
    *[wrong(ORDER, "/seq", value) for value in (-1, "1", 1.5, True)],
    *[
        wrong(ORDER, "/at", value)
        for value in (
            "2026-13-02T12:00:00Z",
            "2026-03-02T12:00:00",
            "2026-03-02T12:00:00.1234567Z",
            "2026-03-02",
            1772442000,
            "2026-03-02T12:00:00+0300",
            "2026-03-02T12:00:00+03",
            "2026-03-02 12:00:00Z",
            "20260302T120000Z",
            "2026-03-02T12Z",
            "2026-03-02T12:00.5Z",
            "2026-03-02T12:00:60Z",
            "2026-03-02T12:00:00,5Z",
            "2026-02-29T12:00:00Z",
            "2026-03-02T12:00:00.Z",
            " 2026-03-02T12:00:00Z",
        )
    ],
    wrong(ORDER, "/order/created_at", "2026-03-02T09:00:00.123457Z", "/at", "/order/created_at"),
    wrong(RULES, "/rules", GONE),
    wrong(RULES, "/rules/1/id", "r"),
    wrong(RULES, "/rules/0/reward/2/fixed", 150),
    wrong(RULES, "/rules/0/wen", {}),
    wrong(PARTNER, "/partner", GONE),
    wrong(PARTNER, "/partner/id", GONE),
    wrong(PARTNER, "/partner/name", "x"),
    wrong(PARTNER, "/partner/invited_by", "Z"),
    wrong(PARTNER, "/partner", {"id": "A", "invited_by": "B"}, "/partner/invited_by"),
    wrong(PARTNER, "/partner/invited_by", "D"),
    wrong(PARTNER, "/partner/codes", ["new", "Anna10 "], "/partner/codes/1"),
    wrong(PARTNER, "/partner/welcome", "1.005"),
    wrong(PAYOUT, "/partner", GONE),
    wrong(PAYOUT, "/partner", "Z"),
]
