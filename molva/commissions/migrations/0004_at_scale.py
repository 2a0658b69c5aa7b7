"""Indexes for lists and sums over millions of rows; each index says in the model which question it is for."""

import django.db.models.deletion
from django.db import migrations, models

from molva.kit.indexes import without_index


class Migration(migrations.Migration):
    dependencies = [
        ("commissions", "0003_figures"),
        ("orders", "0004_codes"),
        ("programmes", "0009_codes"),
        ("workspaces", "0002_at_scale"),
    ]

    operations = [
        without_index(
            [
                migrations.AlterField(
                    model_name="commission",
                    name="order",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commissions",
                        to="orders.order",
                    ),
                ),
                migrations.AlterField(
                    model_name="commission",
                    name="partner",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commissions",
                        to="programmes.partner",
                    ),
                ),
                migrations.AlterField(
                    model_name="commission",
                    name="programme",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commissions",
                        to="programmes.programme",
                    ),
                ),
            ],
            table="commissions_commission",
            columns=["programme_id", "order_id", "partner_id"],
        ),
        migrations.RemoveIndex(
            model_name="commission",
            name="commission_partner",
        ),
        migrations.AddIndex(
            model_name="commission",
            index=models.Index(
                fields=[
                    "partner",
                    "-created_at",
                    "status",
                    "level",
                    "posted_minor",
                    "expected_minor",
                    "workspace",
                ],
                name="commission_partner",
            ),
        ),
        migrations.AddIndex(
            model_name="commission",
            index=models.Index(
                fields=["programme", "status", "posted_minor", "expected_minor", "workspace"],
                name="commission_status",
            ),
        ),
        migrations.AddIndex(
            model_name="commission",
            index=models.Index(
                fields=["order", "owed_minor", "expected_minor", "workspace"], name="commission_owed"
            ),
        ),
    ]
