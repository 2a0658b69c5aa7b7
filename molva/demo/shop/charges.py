"""Money that an application asks of the merchant: single charges and the monthly one. Nothing is really paid."""

from datetime import date, timedelta

from molva.demo.shop.applications import find
from molva.demo.shop.outgoing import Answer, call
from molva.demo.shop.shop import Refused, Shop
from molva.demo.shop.store import Row
from molva.demo.shop.times import stamp

PENDING, ACCEPTED, DECLINED = "pending", "accepted", "declined"
MONTH_DAYS = 30
DEFAULT_TRIAL = 14


def today() -> date:
    """The shop's own date."""
    return date.fromisoformat(stamp()[:10])


def single(shop: Shop, number: int) -> Row:
    """A single charge. Raises LookupError."""
    return shop.store.tables["charge"][number]


def settle(shop: Shop, number: int, status: str) -> Answer | None:
    """The merchant pays or declines; the return address is called once, whatever it answers, and never again.

    Nothing happens to a charge that is settled already. The lock must not be held: the application may call back.
    """
    with shop.store.lock:
        row = single(shop, number)
        if row["status"] != PENDING:
            return None
        row.update(status=status, updated_at=stamp(exact=True))
        shop.store.changed = True
        address = row["return_url"]
    if shop.faults.charge_silent:
        return None
    answer = call(address)
    with shop.store.lock:
        row["_called"] = answer.words
    return answer


def monthly(shop: Shop, login: str) -> Row:
    """The monthly charge of an application. Raises LookupError."""
    for row in shop.store.tables["monthly"].values():
        if row["_owner"] == login:
            return row
    raise LookupError(login)


def trial_days(shop: Shop, login: str) -> int:
    """How long the application may be tried."""
    try:
        return int(find(shop, login).get("trial_days") or DEFAULT_TRIAL)
    except LookupError:
        return DEFAULT_TRIAL


def move_paid_till(row: Row, days: int) -> None:
    """Paid longer, from today on when the term is over; a charge that is paid is not blocked."""
    start = (
        max(date.fromisoformat(row["paid_till"]), today())
        if days > 0
        else date.fromisoformat(row["paid_till"])
    )
    row.update(paid_till=(start + timedelta(days=days)).isoformat(), updated_at=stamp(exact=True))
    row["blocked"] = date.fromisoformat(row["paid_till"]) < today()


def act(shop: Shop, login: str, what: str, days: int = 0) -> Row:
    """What happens to a monthly charge: pay a month, block, unblock, or days pass. Raises LookupError, Refused."""
    row = monthly(shop, login)
    if what == "pay":
        move_paid_till(row, MONTH_DAYS)
    elif what == "pass":
        # The shop's clock stands: instead, what was promised comes nearer.
        for name in ("paid_till", "trial_expired_at"):
            row[name] = (date.fromisoformat(row[name]) - timedelta(days=days)).isoformat()
        row.update(blocked=date.fromisoformat(row["paid_till"]) < today(), updated_at=stamp(exact=True))
    elif what in {"block", "unblock"}:
        row.update(blocked=what == "block", updated_at=stamp(exact=True))
    else:
        raise Refused({"act": [what]})
    shop.store.changed = True
    return row
