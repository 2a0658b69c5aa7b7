"""What was written stays: money, the journal, terms and what money depends on about partners."""

from django.db import migrations

from molva.kit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0001_initial"),
        ("workspaces", "0001_initial"),
        ("programmes", "0002_initial"),
    ]

    operations = [
        append_only(
            "ledger_account",
            "ledger_transaction",
            "ledger_posting",
            "workspaces_event",
            "programmes_termsversion",
            "programmes_partnerversion",
        )
    ]
