"""Indexes for lists and sums over millions of rows; each index says in the model which question it is for."""

import django.db.models.deletion
from django.db import migrations, models

from molva.kit.indexes import without_index


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0005_figures"),
        ("programmes", "0009_codes"),
        ("tracking", "0006_lean_touches"),
        ("workspaces", "0002_at_scale"),
    ]

    operations = [
        without_index(
            [
                migrations.AlterField(
                    model_name="order",
                    name="partner",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="programmes.partner",
                    ),
                ),
                migrations.AlterField(
                    model_name="order",
                    name="programme",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="programmes.programme",
                    ),
                ),
            ],
            table="orders_order",
            columns=["programme_id", "partner_id"],
        ),
        migrations.RemoveIndex(
            model_name="order",
            name="order_recent",
        ),
        migrations.RemoveIndex(
            model_name="order",
            name="order_partner",
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["programme", "-created_at", "partner", "total_minor", "status", "workspace"],
                name="order_recent",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["partner", "-created_at", "total_minor", "status", "workspace"], name="order_partner"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["programme", "status", "-created_at", "workspace"], name="order_status"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["programme", "reason", "-created_at", "workspace"], name="order_reason"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["programme", "unpaid", "-created_at", "workspace"], name="order_unpaid"
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["programme", "number"], name="order_number"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["programme", "total_minor"], name="order_total"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("partner__isnull", False), ("reached_at__isnull", False)),
                fields=["programme", "-created_at", "workspace", "partner", "reached_at"],
                name="order_reached",
            ),
        ),
    ]
