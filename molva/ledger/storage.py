"""The statements that every posting repeats, in plain SQL.

Every order makes several postings, and composing such a query anew takes the ORM many times longer than the database
takes to answer it.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from molva.ledger.models import Account, LedgerHead

_HEAD = "SELECT id, last_number, last_hash FROM ledger_ledgerhead WHERE workspace_id = %s"
_HEAD_FOR_UPDATE = f"{_HEAD} FOR UPDATE"


def locked_head(workspace_id: int) -> LedgerHead | None:
    """The end of the chain, locked until the transaction ends; None before the first posting ever."""
    # SQLite locks the whole file at the start of a writing transaction and knows no such clause.
    statement = _HEAD_FOR_UPDATE if connection.features.has_select_for_update else _HEAD
    with connection.cursor() as cursor:
        cursor.execute(statement, [workspace_id])
        row = cursor.fetchone()
    if row is None:
        return None
    return LedgerHead(id=row[0], workspace_id=workspace_id, last_number=row[1], last_hash=row[2])


def move_head(head: LedgerHead, number: int, last_hash: str) -> None:
    """Let the chain end at this transaction from now on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_ledgerhead SET last_number = %s, last_hash = %s WHERE id = %s",
            [number, last_hash, head.pk],
        )


def used_keys(workspace_id: int, keys: Sequence[str]) -> list[str]:
    """Which of these idempotency keys transactions of the workspace have."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT key FROM ledger_transaction WHERE workspace_id = %s AND key IN ({_places(keys)})",  # noqa: S608
            [workspace_id, *keys],
        )
        return [key for (key,) in cursor.fetchall()]


def accounts_of(workspace_id: int, programmes: Sequence[int], partners: Sequence[int]) -> list[Account]:
    """The accounts of these programmes themselves and of these partners."""
    owners = (
        f"partner_id IS NULL OR partner_id IN ({_places(partners)})" if partners else "partner_id IS NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, programme_id, kind, partner_id FROM ledger_account"  # noqa: S608
            f" WHERE workspace_id = %s AND programme_id IN ({_places(programmes)}) AND ({owners})",
            [workspace_id, *programmes, *partners],
        )
        rows = cursor.fetchall()
    return [
        Account(id=pk, workspace_id=workspace_id, programme_id=programme_id, kind=kind, partner_id=owner)
        for pk, programme_id, kind, owner in rows
    ]


def _places(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))
