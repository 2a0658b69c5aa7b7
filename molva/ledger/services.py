"""Writing money. `post_all` is the only function that does; the rest name what happened and call it.

All need an open workspace scope and open their own transaction. Each entry is idempotent by its `key`: the same
key with the same inputs returns the transaction that is already there, with other inputs it raises.
Whoever writes rows of his own beside money takes `lock_books()` before the first of them, so that
locks never cross.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from molva.kit import clock
from molva.ledger.chain import account_name, digest, transaction_hash
from molva.ledger.days import count_days
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
from molva.ledger.storage import accounts_of, locked_head, move_head, used_keys
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


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written as one transaction: moves of 0 are left out, at least one other must remain.

    `at` is no part of what the key stands for: a repeated request naturally comes later.
    """

    programme: Programme
    kind: str
    key: str
    moves: Sequence[Move]
    at: datetime
    partner: Partner | None = None
    order_id: int | None = None
    commission_id: int | None = None
    payout_id: int | None = None
    level: int | None = None
    facts: Mapping[str, Any] | None = None


def post(**what: Any) -> Transaction:
    """Write one transaction; takes the fields of `Entry`."""
    return post_all([Entry(**what)])[0]


def post_all(entries: Sequence[Entry]) -> list[Transaction]:
    """Write several transactions, in this order and all or none; the books are locked and moved on once."""
    if not entries:
        return []
    wanted = [_wanted(entry) for entry in entries]
    with transaction.atomic():
        head = lock_books()
        there = _known(wanted)
        new: list[_Wanted] = []
        for row, moves in wanted:
            before = there.setdefault(row.key, row)
            if before is row:
                new.append((row, moves))
            elif before.inputs_hash != row.inputs_hash:
                raise KeyReusedError(
                    f"key {row.key!r} belongs to transaction {before.number} with other inputs"
                )
        if new:
            _append(head, new)
    return [there[row.key] for row, _moves in wanted]


_Wanted = tuple[Transaction, list[Move]]


def _wanted(entry: Entry) -> _Wanted:
    moves = [move for move in entry.moves if move.amount_minor != 0]
    row = Transaction(
        workspace_id=current_workspace_id(),
        programme=entry.programme,
        kind=TransactionKind(entry.kind),
        at=entry.at,
        key=entry.key,
        partner=entry.partner,
        order_id=entry.order_id,
        commission_id=entry.commission_id,
        payout_id=entry.payout_id,
        level=entry.level,
        facts=dict(entry.facts or {}),
    )
    _refuse_nonsense(row, moves)
    row.inputs_hash = _inputs_hash(row, moves)
    return row, moves


def _known(wanted: Sequence[_Wanted]) -> dict[str, Transaction]:
    """Transactions that have one of these keys already."""
    used = used_keys(current_workspace_id(), [row.key for row, _moves in wanted])
    return {row.key: row for row in Transaction.objects.filter(key__in=used)} if used else {}


def _append(head: LedgerHead, new: Sequence[_Wanted]) -> None:
    """Continue the chain by these; numbers and hashes are made here, while the books are locked."""
    accounts = _accounts(new)
    number, last_hash = head.last_number, head.last_hash
    postings: list[Posting] = []
    for row, moves in new:
        number += 1
        row.number, row.prev_hash = number, last_hash
        made = [
            Posting(
                workspace_id=row.workspace_id,
                transaction=row,
                from_account=accounts[row.programme_id, str(move.from_kind), _pk(move.from_partner)],
                to_account=accounts[row.programme_id, str(move.to_kind), _pk(move.to_partner)],
                amount_minor=move.amount_minor,
            )
            for move in moves
        ]
        row.hash = last_hash = transaction_hash(row, [_hashed(posting) for posting in made])
        postings += made
    Transaction.objects.insert_each(row for row, _moves in new)
    Posting.objects.insert_each(postings)
    count_days((row, [(m.from_kind, m.to_kind, m.amount_minor) for m in moves]) for row, moves in new)
    move_head(head, number, last_hash)


def _hashed(posting: Posting) -> list[Any]:
    source, target = posting.from_account, posting.to_account
    return [
        source.pk,
        account_name(source.kind, source.partner_id),
        target.pk,
        account_name(target.kind, target.partner_id),
        posting.amount_minor,
    ]


def _accounts(new: Sequence[_Wanted]) -> dict[tuple[int, str, int | None], Account]:
    """The accounts that the moves name, made on first use; the caller holds the books' lock."""
    ends: dict[tuple[int, str, int | None], None] = {}
    for row, moves in new:
        of_row = {(str(m.from_kind), _pk(m.from_partner)) for m in moves}
        of_row |= {(str(m.to_kind), _pk(m.to_partner)) for m in moves}
        ends |= dict.fromkeys((row.programme_id, *end) for end in sorted(of_row, key=str))
    rows = accounts_of(
        current_workspace_id(),
        sorted({programme_id for programme_id, _kind, _partner in ends}),
        sorted({partner_id for _programme, _kind, partner_id in ends if partner_id is not None}),
    )
    found = {(row.programme_id, row.kind, row.partner_id): row for row in rows}
    missing = [
        Account(programme_id=programme_id, kind=kind, partner_id=partner_id)
        for programme_id, kind, partner_id in ends
        if (programme_id, kind, partner_id) not in found
    ]
    if missing:
        Account.objects.insert_each(missing)
        found |= {(row.programme_id, row.kind, row.partner_id): row for row in missing}
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


def accrual(
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
) -> Entry:
    """Recognise what a partner earned; without a waiting period (`is_held` false) it is available at once."""
    target = AccountKind.HELD if is_held else AccountKind.AVAILABLE
    move = Move(AccountKind.EXPENSE, None, target, partner, amount_minor)
    return Entry(
        partner.programme, TransactionKind.ACCRUAL, key, [move], at,
        partner, order_id, commission_id, level=level, facts=facts,
    )  # fmt: skip


def clawback(
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
) -> Entry:
    """Take an accrual back from what waits and from what is available; the latter may fall below zero."""
    moves = [
        Move(AccountKind.HELD, partner, AccountKind.EXPENSE, None, from_held),
        Move(AccountKind.AVAILABLE, partner, AccountKind.EXPENSE, None, from_available),
    ]
    return Entry(
        partner.programme, TransactionKind.CLAWBACK, key, moves, at,
        partner, order_id, commission_id, level=level, facts=facts,
    )  # fmt: skip


def releasing(
    *,
    partner: Partner,
    amount_minor: int,
    key: str,
    at: datetime,
    order_id: int,
    commission_id: int,
    level: int,
    facts: Mapping[str, Any] | None = None,
) -> Entry:
    """The waiting period of an accrual is over: what is left of it becomes available."""
    move = Move(AccountKind.HELD, partner, AccountKind.AVAILABLE, partner, amount_minor)
    return Entry(
        partner.programme, TransactionKind.RELEASE, key, [move], at,
        partner, order_id, commission_id, level=level, facts=facts,
    )  # fmt: skip


def accrue(**what: Any) -> Transaction:
    """Post one `accrual`."""
    return post_all([accrual(**what)])[0]


def claw_back(**what: Any) -> Transaction:
    """Post one `clawback`."""
    return post_all([clawback(**what)])[0]


def release(**what: Any) -> Transaction:
    """Post one `releasing`."""
    return post_all([releasing(**what)])[0]


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
