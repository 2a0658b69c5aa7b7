"""Writing money. `post` is the only function that does; the rest name what happened and call it.

All take keyword arguments, need an open workspace scope and open their own transaction. Each is idempotent by
its `key`: the same key with the same inputs returns the transaction that is already there, with other inputs
it raises. Whoever writes rows of his own beside money takes `lock_books()` before the first of them, so that
locks never cross.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from molva.kit import clock
from molva.ledger.chain import account_name, digest, transaction_hash
from molva.ledger.errors import ForbiddenMoveError, KeyReusedError, LedgerError
from molva.ledger.models import (
    ALLOWED_MOVES,
    PARTNER_KINDS,
    Account,
    AccountKind,
    LedgerHead,
    Posting,
    Transaction,
    TransactionKind,
)
from molva.ledger.queries import balances
from molva.ledger.storage import accounts_of, is_key_used, locked_head, move_head
from molva.programmes.models import Partner, Programme
from molva.workspaces import journal
from molva.workspaces.models import User
from molva.workspaces.scoping import current_workspace_id


@dataclass(frozen=True, slots=True)
class Move:
    """Money from one account to another; the partner is None for the programme's own accounts."""

    from_kind: str
    from_partner: Partner | None
    to_kind: str
    to_partner: Partner | None
    amount_minor: int


def lock_books() -> LedgerHead:
    """Lock the books of the open workspace until the caller's transaction ends; others who post wait."""
    if not connection.in_atomic_block:
        raise LedgerError("a lock without a transaction holds nothing")
    workspace_id = current_workspace_id()
    head = locked_head(workspace_id)
    if head is None:
        # The first ever: of two who try at once, one makes it and the other waits for that one here.
        LedgerHead.objects.bulk_create([LedgerHead(workspace_id=workspace_id)], ignore_conflicts=True)
        head = locked_head(workspace_id)
    if head is None:
        raise LedgerError("the end of the chain is missing")
    return head


def post(
    *,
    programme: Programme,
    kind: str,
    key: str,
    moves: Sequence[Move],
    at: datetime,
    partner: Partner | None = None,
    order_id: int | None = None,
    commission_id: int | None = None,
    payout_id: int | None = None,
    level: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Transaction:
    """Write one transaction: moves of 0 are left out, at least one other must remain.

    `at` is no part of what the key stands for: a repeated request naturally comes later.
    """
    moves = [move for move in moves if move.amount_minor != 0]
    entry = Transaction(
        workspace_id=current_workspace_id(),
        programme=programme,
        kind=TransactionKind(kind),
        at=at,
        key=key,
        partner=partner,
        order_id=order_id,
        commission_id=commission_id,
        payout_id=payout_id,
        level=level,
        facts=dict(facts or {}),
    )
    _refuse_nonsense(entry, moves)
    entry.inputs_hash = _inputs_hash(entry, moves)
    with transaction.atomic():
        head = lock_books()
        if is_key_used(entry.workspace_id, key):
            return _known(entry)
        return _append(head, entry, moves)


def _known(entry: Transaction) -> Transaction:
    """The transaction that has the entry's key already, if it was asked for with the same inputs."""
    known = Transaction.objects.get(key=entry.key)
    if known.inputs_hash != entry.inputs_hash:
        raise KeyReusedError(f"key {known.key!r} belongs to transaction {known.number} with other inputs")
    return known


def _append(head: LedgerHead, entry: Transaction, moves: Sequence[Move]) -> Transaction:
    accounts = _accounts(entry, moves)
    entry.number, entry.prev_hash = head.last_number + 1, head.last_hash
    postings = [
        Posting(
            workspace_id=entry.workspace_id,
            from_account=accounts[move.from_kind, _pk(move.from_partner)],
            to_account=accounts[move.to_kind, _pk(move.to_partner)],
            amount_minor=move.amount_minor,
        )
        for move in moves
    ]
    entry.hash = transaction_hash(entry, [_hashed(posting) for posting in postings])
    entry.save(force_insert=True)
    for posting in postings:
        posting.transaction = entry
    Posting.objects.bulk_create(postings)
    move_head(head, entry.number, entry.hash)
    return entry


def _hashed(posting: Posting) -> list[Any]:
    source, target = posting.from_account, posting.to_account
    return [
        source.pk,
        account_name(source.kind, source.partner_id),
        target.pk,
        account_name(target.kind, target.partner_id),
        posting.amount_minor,
    ]


def _accounts(entry: Transaction, moves: Sequence[Move]) -> dict[tuple[str, int | None], Account]:
    """The accounts that the moves name, made on first use; the caller holds the books' lock."""
    ends = {(str(m.from_kind), _pk(m.from_partner)) for m in moves}
    ends |= {(str(m.to_kind), _pk(m.to_partner)) for m in moves}
    rows = accounts_of(entry.workspace_id, entry.programme_id, entry.partner_id)
    found = {(account.kind, account.partner_id): account for account in rows}
    for kind, partner_id in sorted(ends - found.keys(), key=str):
        made = Account(programme_id=entry.programme_id, kind=kind, partner_id=partner_id)
        made.save(force_insert=True)
        found[kind, partner_id] = made
    return found


def _refuse_nonsense(entry: Transaction, moves: Sequence[Move]) -> None:
    """The rules that no caller may break, checked on every posting, in production too."""
    if not moves:
        raise LedgerError("nothing to post")
    if entry.programme.workspace_id != entry.workspace_id:
        raise LedgerError("the programme belongs to another workspace")
    for move in moves:
        if type(move.amount_minor) is not int or move.amount_minor < 0:
            raise LedgerError(f"an amount must be a whole number of minor units, not {move.amount_minor!r}")
        if (move.from_kind, move.to_kind) not in ALLOWED_MOVES[entry.kind]:
            raise ForbiddenMoveError(
                f"{entry.kind} may not move money from {move.from_kind} to {move.to_kind}"
            )
        for kind, owner in ((move.from_kind, move.from_partner), (move.to_kind, move.to_partner)):
            _refuse_wrong_owner(entry, kind, owner)


def _refuse_wrong_owner(entry: Transaction, kind: str, owner: Partner | None) -> None:
    if (kind in PARTNER_KINDS) != (owner is not None):
        raise LedgerError(f"account {kind} needs {'a' if kind in PARTNER_KINDS else 'no'} partner")
    if owner is not None and (owner != entry.partner or owner.programme_id != entry.programme_id):
        raise LedgerError("a transaction moves money of its own partner, in the partner's own programme")


def _inputs_hash(entry: Transaction, moves: Sequence[Move]) -> str:
    ends = [
        [
            account_name(m.from_kind, _pk(m.from_partner)),
            account_name(m.to_kind, _pk(m.to_partner)),
            m.amount_minor,
        ]
        for m in moves
    ]
    reference = [entry.order_id, entry.commission_id, entry.payout_id, entry.level]
    return digest([entry.programme_id, entry.kind, entry.partner_id, reference, entry.facts, ends])


def _pk(partner: Partner | None) -> int | None:
    return None if partner is None else partner.pk


def accrue(
    *,
    partner: Partner,
    amount_minor: int,
    key: str,
    at: datetime,
    order_id: int,
    commission_id: int,
    level: int,
    is_held: bool = True,
    facts: Mapping[str, Any] | None = None,
) -> Transaction:
    """Recognise what a partner earned; without a waiting period (`is_held` false) it is available at once."""
    target = AccountKind.HELD if is_held else AccountKind.AVAILABLE
    return post(
        programme=partner.programme,
        kind=TransactionKind.ACCRUAL,
        key=key,
        moves=[Move(AccountKind.EXPENSE, None, target, partner, amount_minor)],
        at=at,
        partner=partner,
        order_id=order_id,
        commission_id=commission_id,
        level=level,
        facts=facts,
    )


def claw_back(
    *,
    partner: Partner,
    from_held: int,
    from_available: int,
    key: str,
    at: datetime,
    order_id: int,
    commission_id: int,
    level: int,
    facts: Mapping[str, Any] | None = None,
) -> Transaction:
    """Take an accrual back from what waits and from what is available; the latter may fall below zero."""
    return post(
        programme=partner.programme,
        kind=TransactionKind.CLAWBACK,
        key=key,
        moves=[
            Move(AccountKind.HELD, partner, AccountKind.EXPENSE, None, from_held),
            Move(AccountKind.AVAILABLE, partner, AccountKind.EXPENSE, None, from_available),
        ],
        at=at,
        partner=partner,
        order_id=order_id,
        commission_id=commission_id,
        level=level,
        facts=facts,
    )


def release(
    *,
    partner: Partner,
    amount_minor: int,
    key: str,
    at: datetime,
    order_id: int,
    commission_id: int,
    level: int,
    facts: Mapping[str, Any] | None = None,
) -> Transaction:
    """The waiting period of an accrual is over: what is left of it becomes available."""
    return post(
        programme=partner.programme,
        kind=TransactionKind.RELEASE,
        key=key,
        moves=[Move(AccountKind.HELD, partner, AccountKind.AVAILABLE, partner, amount_minor)],
        at=at,
        partner=partner,
        order_id=order_id,
        commission_id=commission_id,
        level=level,
        facts=facts,
    )


def welcome(*, partner: Partner, amount_minor: int, at: datetime, is_payable: bool) -> Transaction:
    """Money for joining, once for each partner, whatever the sum is later; not payable: to the bonus account."""
    target = AccountKind.AVAILABLE if is_payable else AccountKind.BONUS
    key = f"welcome:{partner.pk}"
    with transaction.atomic():
        lock_books()
        known = Transaction.objects.filter(key=key, kind=TransactionKind.WELCOME, partner=partner).first()
        if known is not None:
            return known
        return post(
            programme=partner.programme,
            kind=TransactionKind.WELCOME,
            key=key,
            moves=[Move(AccountKind.EXPENSE, None, target, partner, amount_minor)],
            at=at,
            partner=partner,
        )


def adjust(
    *, partner: Partner, amount_minor: int, reason: str, actor: User, key: str, at: datetime | None = None
) -> Transaction:
    """Change what is available by hand: a positive amount gives, a negative one takes."""
    if not reason.strip():
        raise LedgerError("an adjustment needs a reason")
    if amount_minor > 0:
        move = Move(AccountKind.EXPENSE, None, AccountKind.AVAILABLE, partner, amount_minor)
    else:
        move = Move(AccountKind.AVAILABLE, partner, AccountKind.EXPENSE, None, -amount_minor)
    return _post_by_hand(TransactionKind.ADJUSTMENT, move, reason, actor, key, at)


def write_off(
    *, partner: Partner, reason: str, actor: User, key: str, at: datetime | None = None
) -> Transaction:
    """Forgive a partner's debt: what is available comes back from below zero to exactly zero."""
    if not reason.strip():
        raise LedgerError("writing off a debt needs a reason")
    with transaction.atomic():
        lock_books()
        known = Transaction.objects.filter(key=key, kind=TransactionKind.WRITE_OFF, partner=partner).first()
        if known is not None:
            return known
        debt = -balances(partner).available
        if debt <= 0:
            raise LedgerError("the partner owes nothing")
        move = Move(AccountKind.WRITTEN_OFF, None, AccountKind.AVAILABLE, partner, debt)
        return _post_by_hand(TransactionKind.WRITE_OFF, move, reason, actor, key, at)


def _post_by_hand(
    kind: TransactionKind, move: Move, reason: str, actor: User, key: str, at: datetime | None
) -> Transaction:
    partner = move.from_partner or move.to_partner
    if partner is None:
        raise LedgerError("a transaction by hand is about a partner")
    with transaction.atomic():
        before = lock_books().last_number
        entry = post(
            programme=partner.programme,
            kind=kind,
            key=key,
            moves=[move],
            at=at or clock.now(),
            partner=partner,
            facts={"reason": reason.strip(), "actor_id": actor.pk},
        )
        if entry.number > before:
            data = {"amount_minor": _signed(move), "reason": reason.strip(), "transaction": entry.number}
            journal.record(f"ledger.{kind.value}", partner, actor=actor, data=data)
        return entry


def _signed(move: Move) -> int:
    """What the move adds to the partner's available money."""
    return move.amount_minor if move.to_kind == AccountKind.AVAILABLE else -move.amount_minor
