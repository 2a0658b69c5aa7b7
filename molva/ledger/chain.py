"""The hash chain: a transaction's hash covers the one before it, every money field, the accounts by name.

A changed, removed or added row breaks the chain at a known number. Accounts go into the hash by kind and
partner and not by id alone, so that a posting cannot be sent elsewhere by renaming an account.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from molva.kit.clock import to_micros
from molva.ledger.models import LedgerHead, Posting, Transaction
from molva.workspaces.models import Workspace

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """A place where the chain does not hold: `number` is the transaction's, `what` says what was found."""

    number: int
    what: str


def digest(value: Any) -> str:
    """SHA-256 of a JSON value in its one canonical form."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def transaction_hash(entry: Transaction, moves: Iterable[list[Any]]) -> str:
    """The hash a transaction must carry.

    `moves` in posting order: `[from id, from name, to id, to name, amount]`.
    """
    return digest(
        [
            entry.prev_hash,
            entry.workspace_id,
            entry.number,
            entry.programme_id,
            entry.kind,
            to_micros(entry.at),
            entry.key,
            entry.inputs_hash,
            entry.partner_id,
            entry.order_id,
            entry.commission_id,
            entry.payout_id,
            entry.level,
            entry.facts,
            list(moves),
        ]
    )


def account_name(kind: str, partner_id: int | None) -> str:
    """How an account is called inside a hash."""
    return f"{kind}:{partner_id or 0}"


def verify_chain(workspace: Workspace | int) -> list[ChainProblem]:
    """Every place where numbers, hashes or the head of the chain disagree with the rows.

    Needs no open scope and changes nothing. After a broken hash the walk goes on from the stored one, so each
    problem is named once.
    """
    workspace_id = workspace if isinstance(workspace, int) else workspace.pk
    problems: list[ChainProblem] = []
    number, previous = 0, ""
    for entry, moves in _entries(workspace_id):
        number += 1
        if entry.number != number:
            problems.append(ChainProblem(entry.number, f"number {number} is missing"))
            number = entry.number
        if entry.prev_hash != previous:
            problems.append(ChainProblem(entry.number, "does not continue the transaction before it"))
        if entry.hash != transaction_hash(entry, moves):
            problems.append(ChainProblem(entry.number, "its contents differ from its hash"))
        previous = entry.hash
    head = LedgerHead.unscoped.filter(workspace_id=workspace_id).first()
    expected = (head.last_number, head.last_hash) if head else (0, "")
    if (number, previous) != expected:
        problems.append(
            ChainProblem(expected[0], f"the chain should end at {expected[0]}, its rows end at {number}")
        )
    return problems


def _entries(workspace_id: int) -> Iterator[tuple[Transaction, list[list[Any]]]]:
    rows = Transaction.unscoped.filter(workspace_id=workspace_id).order_by("number", "id").iterator(_CHUNK)
    while chunk := list(islice(rows, _CHUNK)):
        moves = _moves(chunk)
        for entry in chunk:
            yield entry, moves[entry.pk]


def _moves(entries: Iterable[Transaction]) -> dict[int, list[list[Any]]]:
    found: dict[int, list[list[Any]]] = defaultdict(list)
    postings = (
        Posting.unscoped.filter(transaction_id__in=[entry.pk for entry in entries])
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
