"""Checks of payouts: I12. Plain SQL, since this package stands below that stage: payouts ask it before they go."""

from collections.abc import Iterator

from molva.audit.breaches import Breach, Check, Extent
from molva.audit.sql import rows

_POSTINGS = """SELECT x.id FROM payouts_payout owner
    JOIN ledger_transaction y ON y.workspace_id = owner.workspace_id AND y.payout_id = owner.id
    JOIN ledger_posting x ON x.transaction_id = y.id WHERE true"""
_OF_PARTNER = "SELECT owner.id FROM ledger_transaction owner WHERE true"
_OF_PAYOUT = """SELECT x.id FROM payouts_payout owner
    JOIN ledger_transaction x ON x.workspace_id = owner.workspace_id AND x.payout_id = owner.id WHERE true"""
_OF_SOURCE = "SELECT x.id FROM {table} owner JOIN payouts_payoutline x ON x.{key} = owner.id WHERE true"
# lines of a partner's payouts, and whatever draws from what he has earned
_LINES = (
    _OF_SOURCE.format(table="payouts_payout", key="payout_id"),
    _OF_SOURCE.format(table="commissions_commission", key="commission_id"),
    _OF_SOURCE.format(table="ledger_transaction", key="transaction_id"),
)


def check_lines(extent: Extent) -> Iterator[Breach]:
    """I12: the lines of a payout make its amount."""
    statement = f"""
        SELECT p.id, p.amount_minor, COALESCE(SUM(l.amount_minor), 0) FROM payouts_payout p
        LEFT JOIN payouts_payoutline l ON l.payout_id = p.id
        WHERE p.workspace_id = %s {extent.of("p.partner_id")} GROUP BY p.id, p.amount_minor
        HAVING p.amount_minor <> COALESCE(SUM(l.amount_minor), 0)
    """  # noqa: S608 - ids of our own
    for payout, amount, lines in rows(statement, extent.workspace_id):
        yield Breach("I12", f"payout {payout}", f"is {amount}, its lines make {lines}")


def check_ledger(extent: Extent) -> Iterator[Breach]:
    """I12: where the books have a payout's money is what its status says."""
    statement = f"""
        SELECT p.id, p.status, p.amount_minor, COALESCE(b.sent, 0), COALESCE(b.cash, 0) FROM payouts_payout p
        LEFT JOIN (
            SELECT t.payout_id,
                SUM(CASE WHEN y.kind = 'in_payout' THEN m.amount_minor ELSE 0 END)
                    - SUM(CASE WHEN x.kind = 'in_payout' THEN m.amount_minor ELSE 0 END) AS sent,
                SUM(CASE WHEN y.kind = 'cash' THEN m.amount_minor ELSE 0 END)
                    - SUM(CASE WHEN x.kind = 'cash' THEN m.amount_minor ELSE 0 END) AS cash
            FROM ledger_posting m
            JOIN ledger_transaction t ON t.id = m.transaction_id
            JOIN ledger_account x ON x.id = m.from_account_id
            JOIN ledger_account y ON y.id = m.to_account_id
            WHERE m.workspace_id = %s AND t.payout_id IS NOT NULL {extent.through("m.id", _POSTINGS)}
            GROUP BY t.payout_id
        ) b ON b.payout_id = p.id
        WHERE p.workspace_id = %s {extent.of("p.partner_id")}
            AND (COALESCE(b.sent, 0) <> CASE WHEN p.status = 'approved' THEN p.amount_minor ELSE 0 END
                OR COALESCE(b.cash, 0) <> CASE WHEN p.status = 'paid' THEN p.amount_minor ELSE 0 END)
    """  # noqa: S608
    for payout, status, amount, sent, cash in rows(statement, extent.workspace_id, extent.workspace_id):
        what = f"is {status} with {amount}, the books have {sent} in payout and {cash} paid"
        yield Breach("I12", f"payout {payout}", what)


def check_owners(extent: Extent) -> Iterator[Breach]:
    """I12: payout transactions belong to payouts, and a payout's lines are its own partner's."""
    lost = f"""
        SELECT t.number FROM ledger_transaction t LEFT JOIN payouts_payout p
            ON p.id = t.payout_id AND p.partner_id = t.partner_id AND p.workspace_id = t.workspace_id
        WHERE t.workspace_id = %s AND p.id IS NULL AND (t.kind LIKE %s OR t.payout_id IS NOT NULL)
            {extent.through("t.id", _OF_PARTNER, _OF_PAYOUT)}
    """  # noqa: S608
    for (number,) in rows(lost, extent.workspace_id, "payout%"):
        yield Breach("I12", f"transaction № {number}", "names no payout of its partner")
    foreign = f"""
        SELECT l.id, l.payout_id FROM payouts_payoutline l
        JOIN payouts_payout p ON p.id = l.payout_id
        LEFT JOIN commissions_commission c ON c.id = l.commission_id
        LEFT JOIN ledger_transaction t ON t.id = l.transaction_id
        WHERE l.workspace_id = %s AND COALESCE(c.partner_id, t.partner_id, 0) <> p.partner_id
            {extent.through("l.id", *_LINES)}
    """  # noqa: S608
    for line, payout in rows(foreign, extent.workspace_id):
        yield Breach("I12", f"payout {payout}, line {line}", "pays for what another partner earned")


def check_drawn_once(extent: Extent) -> Iterator[Breach]:
    """I12: by the time a payout was approved its source had earned all that payouts had drawn of it until then."""
    statement = f"""
        SELECT s.line_id, s.payout_id, s.drawn, s.earned FROM (
            SELECT l.id AS line_id, l.payout_id, a.number,
                SUM(l.amount_minor) OVER (
                    PARTITION BY l.commission_id, l.transaction_id ORDER BY a.number, l.id
                ) AS drawn,
                (
                    SELECT COALESCE(SUM(CASE WHEN y.kind = 'available' THEN m.amount_minor
                        WHEN x.kind = 'available' THEN -m.amount_minor ELSE 0 END), 0)
                    FROM ledger_transaction t
                    JOIN ledger_posting m ON m.transaction_id = t.id
                    JOIN ledger_account x ON x.id = m.from_account_id
                    JOIN ledger_account y ON y.id = m.to_account_id
                    WHERE t.number < a.number AND t.workspace_id = l.workspace_id
                        AND (t.commission_id = l.commission_id OR t.id = l.transaction_id)
                ) AS earned
            FROM payouts_payoutline l
            JOIN payouts_payout p ON p.id = l.payout_id
            JOIN ledger_transaction a ON a.payout_id = p.id AND a.kind = 'payout_approved'
            WHERE l.workspace_id = %s AND p.status IN ('approved', 'paid') {extent.through("l.id", *_LINES)}
        ) s WHERE s.drawn > s.earned
    """  # noqa: S608
    for line, payout, drawn, earned in rows(statement, extent.workspace_id):
        what = f"payouts drew {drawn} of its source, which had made {earned} available"
        yield Breach("I12", f"payout {payout}, line {line}", what)


PAYOUT_CHECKS: tuple[Check, ...] = (check_lines, check_ledger, check_owners, check_drawn_once)
