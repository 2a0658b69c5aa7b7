"""The statements that every posting repeats, in plain SQL.

Every order makes several postings, and composing such a query anew takes the ORM many times longer than the database
takes to answer it.
"""

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


def is_key_used(workspace_id: int, key: str) -> bool:
    """Whether a transaction of the workspace has this idempotency key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM ledger_transaction WHERE workspace_id = %s AND key = %s", [workspace_id, key]
        )
        return cursor.fetchone() is not None


def accounts_of(workspace_id: int, programme_id: int, partner_id: int | None) -> list[Account]:
    """The accounts of the programme itself and of one partner of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, kind, partner_id FROM ledger_account"
            " WHERE workspace_id = %s AND programme_id = %s AND (partner_id IS NULL OR partner_id = %s)",
            [workspace_id, programme_id, partner_id],
        )
        rows = cursor.fetchall()
    return [
        Account(id=pk, workspace_id=workspace_id, programme_id=programme_id, kind=kind, partner_id=owner)
        for pk, kind, owner in rows
    ]
