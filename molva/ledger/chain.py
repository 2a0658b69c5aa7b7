"""The hash chain: a transaction's hash covers the one before it, every money field, the accounts by name.

A changed, removed or added row breaks the chain at a known number. Accounts go into the hash by kind and partner
and not by id alone, so that a posting cannot be sent elsewhere by renaming an account.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Count, F, Max, Min, OuterRef, Subquery, Value, Window
from django.db.models.functions import Coalesce, Lag

from molva.kit.clock import to_micros
from molva.ledger.models import LedgerHead, Posting, Transaction
from molva.workspaces.models import Workspace

_CHUNK = 1000
# What the hash of a transaction covers, in this order, after the hash before it and before its moves.
_HASHED = (
    "workspace_id",
    "number",
    "programme_id",
    "kind",
    "at",
    "key",
    "inputs_hash",
    "partner_id",
    "order_id",
    "commission_id",
    "payout_id",
    "level",
    "facts",
)
_AT = _HASHED.index("at")


@dataclass(frozen=True, slots=True, order=True)
class ChainProblem:
    """A place where the chain does not hold: `number` is the transaction's, `what` says what was found."""

    number: int
    what: str


def digest(value: Any) -> str:
    """SHA-256 of a JSON value in its one canonical form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def transaction_hash(entry: Transaction, moves: list[list[Any]]) -> str:
    """The hash a transaction must carry.

    `moves` in posting order: `[from id, from name, to id, to name, amount]`.
    """
    return _hash(entry.prev_hash, [getattr(entry, name) for name in _HASHED], moves)


def account_name(kind: str, partner_id: int | None) -> str:
    """How an account is called inside a hash."""
    return f"{kind}:{partner_id or 0}"


def verify_chain(
    workspace: Workspace | int, *, partners: Collection[int] | None = None
) -> list[ChainProblem]:
    """Every place where numbers, hashes or the head of the chain disagree with the rows.

    Needs no open scope and changes nothing. With `partners` (ids) the contents of their transactions are hashed again,
    and the links to the transactions right before and after them followed; of the others only the numbers are counted,
    so that none can be missing.
    """
    workspace_id = workspace if isinstance(workspace, int) else workspace.pk
    links = _broken_links(workspace_id) if partners is None else _broken_near(workspace_id, partners)
    return sorted([*links, *_wrong_end(workspace_id), *_broken_contents(workspace_id, partners)])


def _broken_links(workspace_id: int) -> Iterator[ChainProblem]:
    everything = Transaction.unscoped.filter(workspace_id=workspace_id)
    in_order = [F("number"), F("id")]
    linked = everything.annotate(
        number_before=Window(Lag("number", default=Value(0)), order_by=in_order),
        hash_before=Window(Lag("hash", default=Value("")), order_by=in_order),
    ).exclude(number=F("number_before") + 1, prev_hash=F("hash_before"))
    for number, prev_hash, number_before, hash_before in linked.values_list(
        "number", "prev_hash", "number_before", "hash_before"
    ):
        if number != number_before + 1:
            yield ChainProblem(number, f"number {number_before + 1} is missing")
        if prev_hash != hash_before:
            yield ChainProblem(number, "does not continue the transaction before it")


def _broken_near(workspace_id: int, partners: Collection[int]) -> Iterator[ChainProblem]:
    everything = Transaction.unscoped.filter(workspace_id=workspace_id)
    # numbers are whole, above zero and each there once: as many as the last one says means that none is missing
    found = everything.aggregate(count=Count("number"), first=Min("number"), last=Max("number"))
    if found["count"] and (found["first"], found["last"]) != (1, found["count"]):
        yield ChainProblem(
            found["last"], f"there are {found['count']} transactions, the first is {found['first']}"
        )
    near = everything.filter(number=OuterRef("number") + 1).values("prev_hash")
    before = everything.filter(number=OuterRef("number") - 1).values("hash")
    rows = everything.filter(partner__in=partners).annotate(
        hash_before=Coalesce(Subquery(before), Value("")), told_after=Subquery(near)
    )
    for number, prev_hash, hash_before, own, told_after in rows.values_list(
        "number", "prev_hash", "hash_before", "hash", "told_after"
    ):
        if prev_hash != hash_before:
            yield ChainProblem(number, "does not continue the transaction before it")
        if told_after is not None and told_after != own:
            yield ChainProblem(number + 1, "does not continue the transaction before it")


def _wrong_end(workspace_id: int) -> Iterator[ChainProblem]:
    everything = Transaction.unscoped.filter(workspace_id=workspace_id)
    head = (
        LedgerHead.unscoped.filter(workspace_id=workspace_id).values_list("last_number", "last_hash").first()
    )
    last = everything.order_by("-number", "-id").values_list("number", "hash").first()
    stated, found = head or (0, ""), last or (0, "")
    if stated != found:
        yield ChainProblem(stated[0], f"the chain should end at {stated[0]}, its rows end at {found[0]}")


def _broken_contents(workspace_id: int, partners: Collection[int] | None) -> Iterator[ChainProblem]:
    chosen = Transaction.unscoped.filter(workspace_id=workspace_id)
    if partners is not None:
        chosen = chosen.filter(partner__in=partners)
    rows = chosen.order_by("number", "id").values_list("id", "hash", "prev_hash", *_HASHED).iterator(_CHUNK)
    while chunk := list(islice(rows, _CHUNK)):
        moves = _moves([pk for pk, *_ in chunk])
        for pk, stored, prev_hash, *values in chunk:
            if stored != _hash(prev_hash, values, moves[pk]):
                yield ChainProblem(values[1], "its contents differ from its hash")


def _hash(prev_hash: str, values: list[Any], moves: list[list[Any]]) -> str:
    plain = [*values]
    plain[_AT] = to_micros(plain[_AT])
    return digest([prev_hash, *plain, moves])


def _moves(transaction_ids: list[int]) -> dict[int, list[list[Any]]]:
    found: dict[int, list[list[Any]]] = defaultdict(list)
    postings = (
        Posting.unscoped.filter(transaction_id__in=transaction_ids)
        .order_by("id")
        .values_list(
            "transaction_id",
            "from_account_id",
            "from_account__kind",
            "from_account__partner_id",
            "to_account_id",
            "to_account__kind",
            "to_account__partner_id",
            "amount_minor",
        )
    )
    for entry_id, from_id, from_kind, from_partner, to_id, to_kind, to_partner, amount in postings:
        found[entry_id].append(
            [from_id, account_name(from_kind, from_partner), to_id, account_name(to_kind, to_partner), amount]
        )
    return found
