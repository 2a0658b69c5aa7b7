"""Checks of sums that are kept so that pages are quick: they must be what the rows they stand for add up to (I2)."""

from collections.abc import Iterator

from molva.audit.breaches import Breach, Check, Extent
from molva.audit.sql import rows
from molva.commissions.models import Cut
from molva.orders.models import DELETED_STATUS


def check_account_balances(extent: Extent) -> Iterator[Breach]:
    """I2: the balance that the database has added up for an account is the sum of its postings."""
    statement = """
        SELECT a.id, a.kind, COALESCE(b.balance_minor, 0), COALESCE(m.amount, 0) FROM ledger_account a
        LEFT JOIN ledger_accountbalance b ON b.account_id = a.id
        LEFT JOIN (
            SELECT account_id, SUM(amount) AS amount FROM (
                SELECT to_account_id AS account_id, amount_minor AS amount FROM ledger_posting WHERE workspace_id = %s
                UNION ALL
                SELECT from_account_id, -amount_minor FROM ledger_posting WHERE workspace_id = %s
            ) moves GROUP BY account_id
        ) m ON m.account_id = a.id
        WHERE a.workspace_id = %s AND a.partner_id IS NULL
          AND COALESCE(b.balance_minor, 0) <> COALESCE(m.amount, 0) ORDER BY a.id
    """
    for pk, kind, kept, amount in rows(statement, *[extent.workspace_id] * 3):
        yield Breach("I2", f"account {pk} ({kind})", f"{kept} is kept, the postings make {amount}")


def check_figures_of_orders(extent: Extent) -> Iterator[Breach]:
    """I2: what orders bring a partner in reports is what the books posted for them."""
    statement = """
        SELECT partner_id, SUM(counted), SUM(posted) FROM (
            SELECT partner_id, level1_minor + level2_minor AS counted, 0 AS posted
            FROM commissions_orderfigure WHERE workspace_id = %s
            UNION ALL
            SELECT t.partner_id, 0, CASE t.kind WHEN 'accrual' THEN p.amount_minor ELSE -p.amount_minor END
            FROM ledger_transaction t JOIN ledger_posting p ON p.transaction_id = t.id
            WHERE t.workspace_id = %s AND t.kind IN ('accrual', 'clawback')
        ) both_sides GROUP BY partner_id HAVING SUM(counted) <> SUM(posted) ORDER BY partner_id
    """
    for partner, counted, posted in rows(statement, extent.workspace_id, extent.workspace_id):
        yield Breach(
            "I2", f"figures of partner {partner}", f"{counted} is reported, the books posted {posted}"
        )


def check_sums_of_partners(extent: Extent) -> Iterator[Breach]:
    """I2: what a partner's orders have ever brought is the sum of what is reported of them."""
    statement = """
        SELECT partner_id FROM (
            SELECT partner_id, orders, revenue_minor AS sales, level1_minor + level2_minor AS earned
            FROM commissions_orderfigure WHERE workspace_id = %s
            UNION ALL
            SELECT partner_id, -orders, -sales_minor, -earned_minor FROM commissions_partnersum WHERE workspace_id = %s
        ) both_sides GROUP BY partner_id HAVING SUM(orders) <> 0 OR SUM(sales) <> 0 OR SUM(earned) <> 0
        ORDER BY partner_id
    """
    for (partner,) in rows(statement, extent.workspace_id, extent.workspace_id):
        yield Breach("I2", f"sums of partner {partner}", "are not those of his orders")


def check_figures_of_days(extent: Extent) -> Iterator[Breach]:
    """I2: a programme's figures of a day are the sum of what its orders add to that day."""
    names = ("orders", "revenue_minor", "returned", "returned_minor", "level1_minor", "level2_minor")
    sums = " OR ".join(f"SUM(o_{name}) <> SUM(d_{name})" for name in names)
    orders = ", ".join(f"{name} AS o_{name}, 0 AS d_{name}" for name in names)
    days = ", ".join(f"0, {name}" for name in names)
    statement = f"""
        SELECT programme_id, day FROM (
            SELECT programme_id, day, {orders} FROM commissions_orderfigure WHERE workspace_id = %s
            UNION ALL
            SELECT programme_id, day, {days} FROM commissions_dayfigure WHERE workspace_id = %s AND cut = %s
        ) both_sides GROUP BY programme_id, day HAVING {sums} ORDER BY programme_id, day
    """  # noqa: S608 - names of our own columns
    for programme, day in rows(statement, extent.workspace_id, extent.workspace_id, int(Cut.WHOLE)):
        yield Breach("I2", f"figures of programme {programme}, {day}", "are not the sum of its orders")


def check_days_of_books(extent: Extent) -> Iterator[Breach]:
    """I2: the days of a partner in the report of accruals add up to his postings, and partners' days to everybody's."""
    of_postings = """
        SELECT t.partner_id AS key,
          CASE t.kind WHEN 'accrual' THEN p.amount_minor ELSE 0 END AS accrued,
          CASE t.kind WHEN 'clawback' THEN p.amount_minor ELSE 0 END AS taken_back,
          CASE t.kind WHEN 'release' THEN p.amount_minor ELSE 0 END AS released,
          CASE WHEN t.kind NOT IN ('welcome', 'adjustment', 'write_off') THEN 0
            WHEN b.partner_id IS NULL THEN -p.amount_minor ELSE p.amount_minor END AS other,
          CASE WHEN b.kind = 'cash' THEN p.amount_minor WHEN a.kind = 'cash' THEN -p.amount_minor ELSE 0 END AS paid
        FROM ledger_transaction t JOIN ledger_posting p ON p.transaction_id = t.id
        JOIN ledger_account a ON a.id = p.from_account_id JOIN ledger_account b ON b.id = p.to_account_id
        WHERE t.workspace_id = %s
    """
    names = ("accrued", "taken_back", "released", "other", "paid")
    kept = ", ".join(f"-{name}_minor" for name in names)
    statement = f"""
        SELECT key FROM ({of_postings} UNION ALL
            SELECT key, {kept} FROM ledger_ledgerday WHERE workspace_id = %s AND key <> 0) both_sides
        GROUP BY key HAVING {" OR ".join(f"SUM({name}) <> 0" for name in names)} ORDER BY key
    """  # noqa: S608 - names of our own columns
    for (partner,) in rows(statement, extent.workspace_id, extent.workspace_id):
        yield Breach("I2", f"days of partner {partner} in the books", "do not add up to the postings")
    differs = " OR ".join(
        f"SUM(CASE key WHEN 0 THEN {name}_minor ELSE -{name}_minor END) <> 0" for name in names
    )
    statement = f"""
        SELECT programme_id, day FROM ledger_ledgerday WHERE workspace_id = %s
        GROUP BY programme_id, day HAVING {differs} ORDER BY programme_id, day
    """  # noqa: S608
    for programme, day in rows(statement, extent.workspace_id):
        yield Breach("I2", f"books of programme {programme}, {day}", "are not the sum of its partners")


def check_uses_of_codes(extent: Extent) -> Iterator[Breach]:
    """I2: a used code says of its order what the order says; a deleted one is no use."""
    statement = """
        SELECT c.id, c.code FROM orders_ordercode c JOIN orders_order o ON o.id = c.order_id
        WHERE c.workspace_id = %s AND (c.sold_minor <> o.total_minor
            OR (c.used_at IS NULL) <> (o.status = %s) OR c.used_at <> o.created_at)
        ORDER BY c.id
    """
    for pk, code in rows(statement, extent.workspace_id, DELETED_STATUS):
        yield Breach("I2", f"used code {pk} ({code})", "says other than its order")


SUM_CHECKS: tuple[Check, ...] = (
    check_account_balances,
    check_figures_of_orders,
    check_sums_of_partners,
    check_figures_of_days,
    check_days_of_books,
    check_uses_of_codes,
)
