"""When the order of a commission was made, beside the commission: the list and its tabs go by it."""

from datetime import UTC, datetime

from django.db import migrations, models

_COPY = """
UPDATE commissions_commission
SET ordered_at = (SELECT o.created_at FROM orders_order o WHERE o.id = commissions_commission.order_id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("commissions", "0005_taken_back"),
        ("orders", "0006_at_scale"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="commission", name="commission_status"),
        migrations.AddField(
            model_name="commission",
            name="ordered_at",
            field=models.DateTimeField(default=datetime(2000, 1, 1, tzinfo=UTC)),
            preserve_default=False,
        ),
        migrations.RunSQL(_COPY, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="commission",
            index=models.Index(
                fields=[
                    "programme",
                    "status",
                    "-ordered_at",
                    "level",
                    "posted_minor",
                    "expected_minor",
                    "workspace",
                ],
                name="commission_status",
            ),
        ),
    ]
