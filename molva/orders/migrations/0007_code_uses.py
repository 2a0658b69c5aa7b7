"""What an order says beside each code it was made with, so that codes can be sorted by their uses."""

import django.db.models.deletion
from django.db import migrations, models

from molva.kit.indexes import without_index

_COPY = """
UPDATE orders_ordercode SET
  used_at = (SELECT o.created_at FROM orders_order o WHERE o.id = order_id AND o.status <> '~deleted'),
  sold_minor = (SELECT o.total_minor FROM orders_order o WHERE o.id = order_id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0006_at_scale"),
        ("programmes", "0010_at_scale"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="ordercode", name="order_code_uses"),
        migrations.AddField(model_name="ordercode", name="used_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="ordercode", name="sold_minor", field=models.BigIntegerField(default=0)
        ),
        # other indexes begin with them
        without_index(
            [
                migrations.AlterField(
                    model_name="ordercode",
                    name=name,
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=on_delete,
                        related_name=related,
                        to=target,
                    ),
                )
                for name, on_delete, related, target in (
                    ("programme", django.db.models.deletion.PROTECT, "+", "programmes.programme"),
                    ("order", django.db.models.deletion.CASCADE, "used_codes", "orders.order"),
                )
            ],
            table="orders_ordercode",
            columns=["programme_id", "order_id"],
        ),
        migrations.RunSQL(_COPY, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="ordercode",
            index=models.Index(
                fields=["programme", "code_folded", "used_at", "sold_minor", "workspace"],
                name="order_code_uses",
            ),
        ),
    ]
