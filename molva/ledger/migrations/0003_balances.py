"""Balances of accounts, added up by the database itself with every posting.

A later migration that rebuilds `ledger_posting` on SQLite drops the trigger, and must run `install` again.
"""

import django.db.models.deletion
from django.db import migrations, models

_COLUMNS = "account_id, workspace_id, programme_id, partner_id, kind, balance_minor"
_SUMMED = """
INSERT INTO ledger_accountbalance ({columns})
SELECT a.id, a.workspace_id, a.programme_id, a.partner_id, a.kind, SUM(m.amount) FROM (
  SELECT to_account_id AS account_id, amount_minor AS amount FROM {postings}
  UNION ALL SELECT from_account_id, -amount_minor FROM {postings}
) m JOIN ledger_account a ON a.id = m.account_id
GROUP BY a.id, a.workspace_id, a.programme_id, a.partner_id, a.kind ORDER BY a.id
"""
_MOVE = "ON CONFLICT (account_id) DO UPDATE SET balance_minor = {table}balance_minor + excluded.balance_minor"
_SQLITE = """
CREATE TRIGGER ledger_posting_balance AFTER INSERT ON ledger_posting BEGIN
  INSERT INTO ledger_accountbalance ({columns})
  SELECT id, workspace_id, programme_id, partner_id, kind,
    CASE id WHEN NEW.to_account_id THEN NEW.amount_minor ELSE -NEW.amount_minor END
  FROM ledger_account WHERE id IN (NEW.to_account_id, NEW.from_account_id)
  {move};
END
"""
_POSTGRES = """
CREATE FUNCTION molva_move_balances() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  {summed}
  {move};
  RETURN NULL;
END $body$
"""
_POSTGRES_TRIGGER = """
CREATE TRIGGER ledger_posting_balance AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION molva_move_balances()
"""


def install(apps, editor):
    """Add up what is there, and let the database go on."""
    with editor.connection.cursor() as cursor:
        cursor.execute(_SUMMED.format(columns=_COLUMNS, postings="ledger_posting"))
        if editor.connection.vendor == "postgresql":
            summed = _SUMMED.format(columns=_COLUMNS, postings="fresh")
            cursor.execute(_POSTGRES.format(summed=summed, move=_MOVE.format(table="ledger_accountbalance.")))
            cursor.execute(_POSTGRES_TRIGGER)
        else:
            cursor.execute(_SQLITE.format(columns=_COLUMNS, move=_MOVE.format(table="")))


def remove(apps, editor):
    """Undo `install`; the table goes by the other operation."""
    with editor.connection.cursor() as cursor:
        if editor.connection.vendor == "postgresql":
            cursor.execute("DROP TRIGGER ledger_posting_balance ON ledger_posting")
            cursor.execute("DROP FUNCTION molva_move_balances()")
        else:
            cursor.execute("DROP TRIGGER ledger_posting_balance")


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0002_append_only"),
        ("programmes", "0009_codes"),
        ("workspaces", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountBalance",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="ledger.account",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("held", "On hold"),
                            ("available", "Available"),
                            ("bonus", "Bonus, not paid out"),
                            ("in_payout", "In payout"),
                            ("expense", "Cost of the programme"),
                            ("cash", "Paid out"),
                            ("written_off", "Written off"),
                        ],
                        max_length=12,
                    ),
                ),
                ("balance_minor", models.BigIntegerField()),
                (
                    "partner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programmes.partner",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programmes.programme",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "unscoped",
                "indexes": [
                    models.Index(fields=["programme", "kind", "balance_minor"], name="balance_of_kind")
                ],
            },
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
        migrations.RunPython(install, remove),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["programme", "at"], name="transaction_at"),
        ),
    ]
