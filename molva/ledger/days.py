"""What the books do by day: sums kept with every posting, so that a report of a month reads days, not postings.

A projection: transactions decide, these rows follow in the same database transaction, under the lock of the books.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from molva.ledger.models import PARTNER_KINDS, AccountKind, Transaction, TransactionKind
from molva.workspaces.scoping import current_workspace_id

SUMS = ("accrued_minor", "taken_back_minor", "released_minor", "other_minor", "paid_minor")
EVERYBODY = 0  # the key of a day's row for all partners together
_OTHER = frozenset({TransactionKind.WELCOME, TransactionKind.ADJUSTMENT, TransactionKind.WRITE_OFF})
_PLACE = {TransactionKind.ACCRUAL: 0, TransactionKind.CLAWBACK: 1, TransactionKind.RELEASE: 2}
_ADD = f"""
INSERT INTO ledger_ledgerday (workspace_id, programme_id, day, key, {", ".join(SUMS)})
VALUES (%s, %s, %s, %s, {", ".join(["%s"] * len(SUMS))})
ON CONFLICT (programme_id, day, key) DO UPDATE SET
  {", ".join(f"{name} = ledger_ledgerday.{name} + excluded.{name}" for name in SUMS)}
"""  # noqa: S608 - names of our own columns

Way = tuple[str, str, int]  # kind of account the money left, kind it came to, minor units
DayKey = tuple[int, str, int]  # programme, ISO day, Partner.pk or EVERYBODY


def sums_of(kind: str, ways: Iterable[Way]) -> list[int]:
    """What a transaction adds to SUMS. Approving a payout moves money between accounts of one partner: nothing."""
    sums = [0] * len(SUMS)
    for source, target, amount in ways:
        if kind in _PLACE:
            sums[_PLACE[TransactionKind(kind)]] += amount
        elif kind in _OTHER:
            sums[3] += amount * ((target in PARTNER_KINDS) - (source in PARTNER_KINDS))
        else:
            sums[4] += amount * ((target == AccountKind.CASH) - (source == AccountKind.CASH))
    return sums


def local_day(moment: datetime, zone: str) -> date:
    """The day that a programme's clocks show; a programme never changes its zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


class DaySums:
    """Sums in the making."""

    def __init__(self) -> None:
        self._sums: dict[DayKey, list[int]] = {}

    def add(self, programme_id: int, day: date, partner_id: int, sums: list[int]) -> None:
        """Count a transaction for its partner and for everybody."""
        if any(sums):
            for key in (partner_id, EVERYBODY):
                there = self._sums.setdefault((programme_id, day.isoformat(), key), [0] * len(SUMS))
                for place, amount in enumerate(sums):
                    there[place] += amount

    def save(self, workspace_id: int) -> None:
        """Add these to the stored ones, in one order of keys; the caller holds the lock of the books."""
        rows: list[list[Any]] = [
            [workspace_id, *key, *sums] for key, sums in sorted(self._sums.items()) if any(sums)
        ]
        if rows:
            with connection.cursor() as cursor:
                cursor.executemany(_ADD, rows)


def count_days(entries: Iterable[tuple[Transaction, Sequence[Way]]]) -> None:
    """Add new transactions to their days; the caller holds the lock of the books."""
    days = DaySums()
    for row, ways in entries:
        day = local_day(row.at, row.programme.timezone)
        days.add(row.programme_id, day, row.partner_id or 0, sums_of(row.kind, ways))
    days.save(current_workspace_id())
