"""Times of the fake shop: Moscow text with milliseconds, as an InSales body carries them.

All moments are kept in this one form with one offset, so that comparing texts compares moments.
"""

from datetime import datetime, timedelta, timezone

from molva.kit.clock import now

ZONE = timezone(timedelta(hours=3))


def stamp(moment: datetime | None = None, *, exact: bool = False) -> str:
    """The text form of an aware moment (default: now). Whole seconds, as in orders, unless `exact`."""
    local = (moment or now()).astimezone(ZONE)
    return (local if exact else local.replace(microsecond=0)).isoformat(timespec="milliseconds")


def read(text: str) -> datetime:
    """An aware moment from any ISO text; a moment without an offset is Moscow time.

    Raises `ValueError` for anything else.
    """
    moment = datetime.fromisoformat(text.strip().replace(" ", "T", 1).replace(" ", ""))
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)
