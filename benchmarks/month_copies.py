"""Copies of settled orders: the same rows with other ids, people and moments, chained anew in the books.

The engine settles some tens of thousands of orders; SQL repeats them, each copy as many days later as the originals
took.
Everything that the books say is as the engine would have written it (the chain is hashed by the ledger's own functions,
`molva check` finds nothing in the books); inside the stored explanations the moments and numbers stay those of the
original, which no page minds, but `molva check` would when it judges those orders anew.
"""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from month_world import World

from molva.kit.bulk import insert_plain
from molva.ledger.chain import account_name, digest, transaction_hash
from molva.ledger.models import LedgerHead, Posting, Transaction
from molva.orders.models import Order
from molva.workspaces.scoping import scope

from django.db import connection, transaction  # isort: skip

# Columns that a copy has otherwise: shifted by the number of rows of a table, by time, or by an expression.
_IDS = {
    "tracking_customer": {"id": "tracking_customer"},
    "tracking_customerkey": {"id": "tracking_customerkey", "customer_id": "tracking_customer"},
    "tracking_attribution": {"id": "tracking_attribution", "customer_id": "tracking_customer"},
    "orders_order": {"id": "orders_order", "customer_id": "tracking_customer"},
    "orders_orderline": {"id": "orders_orderline", "order_id": "orders_order"},
    "orders_ordercode": {"id": "orders_ordercode", "order_id": "orders_order"},
    "commissions_commission": {"id": "commissions_commission", "order_id": "orders_order"},
    "commissions_accruallot": {"id": "commissions_accruallot", "commission_id": "commissions_commission"},
    "workspaces_event": {"id": "workspaces_event"},
}
_TIMES = {
    "created_at", "recorded_at", "reached_at", "judged_at", "started_at", "ended_at", "ends_at", "accrued_at", "at",
    "updated_at", "posted_at", "due_at", "ordered_at", "used_at",
}  # fmt: skip
_TRANSACTION = (
    "id", "number", "kind", "at", "recorded_at", "key", "inputs_hash", "order_id", "commission_id", "payout_id",
    "level", "facts", "prev_hash", "hash", "partner_id", "programme_id", "workspace_id",
)  # fmt: skip
_POSTING = ("transaction_id", "from_account_id", "to_account_id", "amount_minor", "workspace_id")


def make_copies(world: World, base: int, wanted: int, step: timedelta) -> float:
    """Copy the first `base` orders until there are about `wanted`; each copy is `step` later. Seconds that it took."""
    began = time.perf_counter()
    with scope(world.workspace), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA cache_size=-1000000")
        done = Order.objects.count() // base
        tops = {table: _top(cursor, table) // done for table in (*_IDS, "ledger_transaction")}
        for copy in range(done, wanted // base):
            with transaction.atomic():
                for table, ids in _IDS.items():
                    cursor.execute(_statement(cursor, table, ids, tops, copy, base, step))
                _transactions(tops, copy, base, copy * step)
            print(f"  copy {copy}: {time.perf_counter() - began:.0f} s", flush=True)
        if connection.vendor == "postgresql":
            _let_ids_follow(cursor)
    return time.perf_counter() - began


def _top(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT max(id) FROM {table}")  # noqa: S608
    return int(cursor.fetchone()[0] or 0)


def _statement(
    cursor: Any, table: str, ids: dict[str, str], tops: dict[str, int], copy: int, base: int, step: timedelta
) -> str:
    """INSERT … SELECT of one copy of a table."""
    columns = [one.name for one in connection.introspection.get_table_description(cursor, table)]
    seconds = copy * step.total_seconds()
    values = []
    for column in columns:
        if column in ids:
            values.append(f"{column} + {copy * tops[ids[column]]}")
        elif column in _TIMES:
            values.append(_later(column, seconds))
        else:
            values.append(_special(table, column, tops, copy, base, seconds))
    head = f"INSERT INTO {table} ({', '.join(columns)})"
    return f"{head} SELECT {', '.join(values)} FROM {table} WHERE id <= {tops[table]}"  # noqa: S608


def _later(column: str, seconds: float) -> str:
    if connection.vendor == "postgresql":
        return f"{column} + interval '{seconds} seconds'"
    return f"strftime('%Y-%m-%d %H:%M:%f', {column}, '+{seconds} seconds')"


def _special(table: str, column: str, tops: dict[str, int], copy: int, base: int, seconds: float) -> str:
    if table == "orders_order" and column in ("external_id", "number"):
        return f"CAST(CAST({column} AS integer) + {copy * base} AS text)"
    if table == "orders_order" and column in ("seq", "creation_seq"):
        return f"{column} + {int(seconds * 1_000_000)}"
    if (table, column) == ("tracking_customer", "email"):
        return f"'k{copy}' || email"
    if (table, column) == ("tracking_customer", "phone"):
        return f"'+7{911 + copy}' || substr(phone, 6)"
    if (table, column) == ("tracking_customerkey", "value"):
        return (
            f"CASE kind WHEN 'phone' THEN '+7{911 + copy}' || substr(value, 6) WHEN 'email' THEN 'k{copy}' || value "
            f"ELSE value || '-{copy}' END"
        )
    if (table, column) == ("workspaces_event", "object_id"):
        order, customer = copy * tops["orders_order"], copy * tops["tracking_customer"]
        return f"object_id + CASE object_kind WHEN 'order' THEN {order} WHEN 'customer' THEN {customer} ELSE 0 END"
    return column


def _transactions(tops: dict[str, int], copy: int, base: int, later: timedelta) -> None:
    """The copies' transactions with their postings, at the end of the chain."""
    head = LedgerHead.objects.get()
    top, commissions, orders = (
        tops["ledger_transaction"],
        tops["commissions_commission"],
        tops["orders_order"],
    )
    for rows in _portions(top):
        postings = _postings([row.pk for row in rows])
        entries: list[tuple[Any, ...]] = []
        moves: list[tuple[Any, ...]] = []
        for entry in rows:
            mine = postings[entry.pk]
            entry.pk += copy * top
            entry.number, entry.at = head.last_number + 1, entry.at + later
            entry.order_id, entry.commission_id = (
                entry.order_id + copy * orders,
                entry.commission_id + copy * commissions,
            )
            kind, _number, place = entry.key.split(":")
            entry.key = f"{kind}:{entry.commission_id}:{place}"
            entry.facts = {"order": str(int(entry.facts["order"]) + copy * base)}
            ends = [[one[1], one[3], one[4]] for one in mine]
            reference = [entry.order_id, entry.commission_id, entry.payout_id, entry.level]
            entry.inputs_hash = digest(
                [entry.programme_id, entry.kind, entry.partner_id, reference, entry.facts, ends]
            )
            entry.prev_hash, entry.recorded_at = head.last_hash, entry.at
            entry.hash = transaction_hash(entry, mine)
            head.last_number, head.last_hash = entry.number, entry.hash
            entries.append(tuple(_plain(getattr(entry, name)) for name in _TRANSACTION))
            moves += [(entry.pk, one[0], one[2], one[4], entry.workspace_id) for one in mine]
        insert_plain("ledger_transaction", _TRANSACTION, entries)
        insert_plain("ledger_posting", _POSTING, moves)
    head.save()


def _portions(top: int) -> Iterator[list[Transaction]]:
    rows = Transaction.objects.filter(pk__lte=top).order_by("number").iterator(2000)
    while portion := list(islice(rows, 2000)):
        yield portion


def _postings(ids: list[int]) -> dict[int, list[list[Any]]]:
    found: dict[int, list[list[Any]]] = {pk: [] for pk in ids}
    names = (
        "from_account_id", "from_account__kind", "from_account__partner_id",
        "to_account_id", "to_account__kind", "to_account__partner_id", "amount_minor",
    )  # fmt: skip
    rows = Posting.objects.filter(transaction_id__gte=min(ids), transaction_id__lte=max(ids)).order_by("id")
    for pk, source, source_kind, giver, target, target_kind, taker, amount in rows.values_list(
        "transaction_id", *names
    ):
        found[pk].append(
            [source, account_name(source_kind, giver), target, account_name(target_kind, taker), amount]
        )
    return found


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        text = f"{value:%Y-%m-%d %H:%M:%S.%f}"
        return f"{text}+00" if connection.vendor == "postgresql" else text
    if isinstance(value, dict):
        return json.dumps(value)
    return value


def _let_ids_follow(cursor: Any) -> None:
    for table in (*_IDS, "ledger_transaction", "ledger_posting"):
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608
        )
