"""Checks of the books themselves: I1, I2, I5, I6, I7."""

from collections.abc import Iterator

from django.db import connection

from molva.audit.breaches import Breach, Check, Extent
from molva.audit.sql import rows
from molva.kit.triggers import guarded_tables
from molva.ledger.chain import verify_chain
from molva.ledger.models import ALLOWED_MOVES, PARTNER_KINDS, Transaction
from molva.ledger.queries import PartnerBalance, balances_for
from molva.programmes.models import Partner, Programme

APPEND_ONLY = (
    "ledger_account",
    "ledger_transaction",
    "ledger_posting",
    "workspaces_event",
    "programmes_termsversion",
    "programmes_termsrecall",
    "programmes_partnerversion",
)


_OF_TRANSACTION = """SELECT x.id FROM ledger_transaction owner
    JOIN ledger_posting x ON x.transaction_id = owner.id WHERE true"""
_OF_ACCOUNT = """SELECT x.id FROM ledger_account owner
    JOIN ledger_posting x ON x.workspace_id = owner.workspace_id AND x.{end}_account_id = owner.id WHERE true"""
# postings that tell of a partner: in his transactions, or from or to his accounts, whoever's the transaction is
_TOLD = (_OF_TRANSACTION, _OF_ACCOUNT.format(end="from"), _OF_ACCOUNT.format(end="to"))
_ACCOUNTS = "SELECT owner.id FROM ledger_account owner WHERE true"
_OF_COMMISSION = """SELECT x.id FROM commissions_commission owner
    JOIN ledger_transaction y ON y.workspace_id = owner.workspace_id AND y.commission_id = owner.id
    JOIN ledger_posting x ON x.transaction_id = y.id WHERE true"""
_COMMISSIONS = "SELECT owner.id FROM commissions_commission owner WHERE true"


def check_balanced(extent: Extent) -> Iterator[Breach]:
    """I1: each transaction moves money, between accounts of one programme and in a way its kind allows."""
    empty = f"""
        SELECT t.number FROM ledger_transaction t LEFT JOIN ledger_posting p ON p.transaction_id = t.id
        WHERE t.workspace_id = %s AND p.id IS NULL {extent.of("t.partner_id")}
    """  # noqa: S608 - ids of our own
    for (number,) in rows(empty, extent.workspace_id):
        yield Breach("I1", f"transaction № {number}", "has no postings")
    crossing = f"""
        SELECT t.number, p.id FROM ledger_posting p
        JOIN ledger_transaction t ON t.id = p.transaction_id
        JOIN ledger_account a ON a.id = p.from_account_id
        JOIN ledger_account b ON b.id = p.to_account_id
        WHERE p.workspace_id = %s {extent.through("p.id", *_TOLD)} AND (
            a.programme_id <> t.programme_id OR b.programme_id <> t.programme_id OR p.amount_minor < 0
            OR a.partner_id <> t.partner_id OR b.partner_id <> t.partner_id
            OR (t.partner_id IS NULL AND (a.partner_id IS NOT NULL OR b.partner_id IS NOT NULL)))
    """  # noqa: S608
    for number, posting in rows(crossing, extent.workspace_id):
        what = "is below zero or between accounts of different programmes or partners"
        yield Breach("I1", f"transaction № {number}, posting {posting}", what)
    yield from _forbidden_moves(extent)


def _forbidden_moves(extent: Extent) -> Iterator[Breach]:
    ways = f"""
        SELECT t.kind, a.kind, b.kind, MIN(t.number), COUNT(*) FROM ledger_posting p
        JOIN ledger_transaction t ON t.id = p.transaction_id
        JOIN ledger_account a ON a.id = p.from_account_id
        JOIN ledger_account b ON b.id = p.to_account_id
        WHERE p.workspace_id = %s {extent.through("p.id", *_TOLD)} GROUP BY t.kind, a.kind, b.kind
    """  # noqa: S608
    for kind, source, target, number, count in rows(ways, extent.workspace_id):
        if (source, target) not in ALLOWED_MOVES.get(kind, frozenset()):
            what = f"{kind} moves money from {source} to {target} ({count} times, this is the first)"
            yield Breach("I1", f"transaction № {number}", what)


def check_balances(extent: Extent) -> Iterator[Breach]:
    """I2: every balance that is shown is the sum of the postings of its account."""
    sums: dict[int, dict[str, int]] = {}
    statement = f"""
        SELECT a.partner_id, a.kind, SUM(m.amount) FROM (
            SELECT to_account_id AS account_id, amount_minor AS amount FROM ledger_posting
            WHERE workspace_id = %s {extent.through("to_account_id", _ACCOUNTS)}
            UNION ALL
            SELECT from_account_id, -amount_minor FROM ledger_posting
            WHERE workspace_id = %s {extent.through("from_account_id", _ACCOUNTS)}
        ) m JOIN ledger_account a ON a.id = m.account_id
        WHERE a.partner_id IS NOT NULL GROUP BY a.partner_id, a.kind
    """  # noqa: S608
    for partner_id, kind, amount in rows(statement, extent.workspace_id, extent.workspace_id):
        sums.setdefault(partner_id, {})[kind] = int(amount)
    shown: dict[int, PartnerBalance] = {}
    partners = None if extent.partners is None else Partner.objects.filter(pk__in=extent.partners)
    for programme in Programme.objects.all():
        shown.update(balances_for(programme, partners))
    for partner_id in sorted(sums.keys() | shown.keys()):
        found, balance = sums.get(partner_id, {}), shown.get(partner_id, PartnerBalance())
        for kind in sorted(PARTNER_KINDS):
            if found.get(kind, 0) != getattr(balance, kind):
                what = f"{kind} is shown as {getattr(balance, kind)}, the postings make {found.get(kind, 0)}"
                yield Breach("I2", f"partner {partner_id}", what)


def check_mirrors(extent: Extent) -> Iterator[Breach]:
    """I2: what a commission says is posted and waiting is what the books hold of it."""
    statement = f"""
        SELECT c.id, c.posted_minor, COALESCE(b.posted, 0), COALESCE(l.held, 0), COALESCE(b.held, 0)
        FROM commissions_commission c
        LEFT JOIN (
            SELECT t.commission_id,
                SUM(CASE WHEN x.kind = 'expense' THEN p.amount_minor WHEN y.kind = 'expense' THEN -p.amount_minor
                    ELSE 0 END) AS posted,
                SUM(CASE WHEN y.kind = 'held' THEN p.amount_minor WHEN x.kind = 'held' THEN -p.amount_minor
                    ELSE 0 END) AS held
            FROM ledger_posting p
            JOIN ledger_transaction t ON t.id = p.transaction_id
            JOIN ledger_account x ON x.id = p.from_account_id
            JOIN ledger_account y ON y.id = p.to_account_id
            WHERE p.workspace_id = %s AND t.commission_id IS NOT NULL
                {extent.through("p.id", _OF_COMMISSION)} GROUP BY t.commission_id
        ) b ON b.commission_id = c.id
        LEFT JOIN (
            SELECT commission_id, SUM(held_minor) AS held FROM commissions_accruallot
            WHERE workspace_id = %s {extent.through("commission_id", _COMMISSIONS)} GROUP BY commission_id
        ) l ON l.commission_id = c.id
        WHERE c.workspace_id = %s {extent.of("c.partner_id")}
            AND (c.posted_minor <> COALESCE(b.posted, 0) OR COALESCE(l.held, 0) <> COALESCE(b.held, 0))
    """  # noqa: S608
    for commission, posted, in_books, waiting, held in rows(statement, *[extent.workspace_id] * 3):
        what = f"says posted {posted} and waiting {waiting}, the books hold {in_books} and {held}"
        yield Breach("I2", f"commission {commission}", what)


def check_never_below_zero(extent: Extent) -> Iterator[Breach]:
    """I5: only available money may be below zero, and no payout was ever approved out of a debt."""
    statement = f"""
        SELECT number, kind, account, partner_id, balance FROM (
            SELECT t.number, t.kind, a.kind AS account, a.partner_id,
                SUM(m.amount) OVER (PARTITION BY m.account_id ORDER BY t.number, m.id) AS balance
            FROM (
                SELECT id, transaction_id, to_account_id AS account_id, amount_minor AS amount
                FROM ledger_posting WHERE workspace_id = %s {extent.through("to_account_id", _ACCOUNTS)}
                UNION ALL
                SELECT id, transaction_id, from_account_id, -amount_minor
                FROM ledger_posting WHERE workspace_id = %s {extent.through("from_account_id", _ACCOUNTS)}
            ) m
            JOIN ledger_transaction t ON t.id = m.transaction_id
            JOIN ledger_account a ON a.id = m.account_id
            WHERE a.partner_id IS NOT NULL
        ) s
        WHERE balance < 0 AND (account <> 'available' OR kind = 'payout_approved') ORDER BY number
    """  # noqa: S608
    for number, _kind, account, partner_id, balance in rows(statement, *[extent.workspace_id] * 2):
        what = f"leaves {balance} on the account {account} of partner {partner_id}"
        yield Breach("I5", f"transaction № {number}", what)


def check_by_hand(extent: Extent) -> Iterator[Breach]:
    """I5: whatever was written by hand names a person and a reason."""
    by_hand = Transaction.objects.filter(kind__in=["adjustment", "write_off"]).order_by("number")
    if extent.partners is not None:
        by_hand = by_hand.filter(partner__in=extent.partners)
    for number, facts in by_hand.values_list("number", "facts"):
        if not facts.get("reason") or not facts.get("actor_id"):
            yield Breach("I5", f"transaction № {number}", "was made by hand without a reason or a person")


def check_guards(extent: Extent) -> Iterator[Breach]:
    """I6: the database itself refuses to change what was written."""
    guarded = set(guarded_tables(connection))
    for table in APPEND_ONLY:
        if table not in guarded:
            yield Breach("I6", f"table {table}", "has no trigger against changes, or it is switched off")


def check_references(extent: Extent) -> Iterator[Breach]:
    """I6: a correction names what it corrects: the commission of the same order, partner and level."""
    statement = f"""
        SELECT t.number FROM ledger_transaction t LEFT JOIN commissions_commission c
            ON c.id = t.commission_id AND c.order_id = t.order_id AND c.level = t.level
            AND c.partner_id = t.partner_id AND c.workspace_id = t.workspace_id
        WHERE t.workspace_id = %s AND t.kind IN ('accrual', 'clawback', 'release') AND c.id IS NULL
            {extent.of("t.partner_id")} ORDER BY t.number
    """  # noqa: S608
    for (number,) in rows(statement, extent.workspace_id):
        yield Breach("I6", f"transaction № {number}", "names no commission of its order, partner and level")


def check_chain(extent: Extent) -> Iterator[Breach]:
    """I7: numbers without gaps, each hash covers its row and the row before it."""
    for problem in verify_chain(extent.workspace_id, partners=extent.partners):
        yield Breach("I7", f"transaction № {problem.number}", problem.what)


BOOK_CHECKS: tuple[Check, ...] = (
    check_balanced,
    check_balances,
    check_mirrors,
    check_never_below_zero,
    check_by_hand,
    check_guards,
    check_references,
    check_chain,
)
