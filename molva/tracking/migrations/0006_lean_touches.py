"""Touches lose what can be told from the rest: their id becomes that of the click, which says the moment as well.

Indexes that no question needs go with it: of the touches of a partner, a link, a programme.
"""

import django.db.models.deletion
from django.db import migrations, models

from molva.domain.click_id import MAX_NODE, click_micros, make_click_id
from molva.kit.clock import from_micros, to_micros
from molva.kit.indexes import without_index


def number_by_clicks(apps, editor):
    """Give each touch the id of its click; what was no click gets one of its moment, on a node that no tracker has."""
    touches = apps.get_model("tracking", "Touch")
    with editor.connection.cursor() as cursor:
        cursor.execute("UPDATE tracking_touch SET id = click_id WHERE click_id IS NOT NULL")
        if (
            editor.connection.vendor == "postgresql"
        ):  # else the table could not be altered in this transaction
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    others = touches.objects.filter(click_id__isnull=True)
    for place, (pk, at) in enumerate(others.order_by("at", "pk").values_list("pk", "at")):
        number = make_click_id(to_micros(at) + place, MAX_NODE)
        touches.objects.filter(pk=pk).update(id=number)


def tell_moments(apps, editor):
    """The way back: the columns get what the ids say."""
    touches = apps.get_model("tracking", "Touch")
    for pk in touches.objects.values_list("pk", flat=True).iterator():
        click = None if pk & MAX_NODE == MAX_NODE else pk
        touches.objects.filter(pk=pk).update(at=from_micros(click_micros(pk)), click_id=click)


class Migration(migrations.Migration):
    dependencies = [
        ("programmes", "0009_codes"),
        ("tracking", "0005_content"),
        ("workspaces", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(number_by_clicks, migrations.RunPython.noop),
        migrations.AlterField(model_name="touch", name="at", field=models.DateTimeField(null=True)),
        migrations.RunPython(migrations.RunPython.noop, tell_moments),
        migrations.RemoveConstraint(
            model_name="customervisitor",
            name="customer_visitor_once",
        ),
        migrations.RemoveIndex(
            model_name="touch",
            name="touch_visitor",
        ),
        migrations.RemoveField(
            model_name="touch",
            name="at",
        ),
        migrations.RemoveField(
            model_name="touch",
            name="click_id",
        ),
        migrations.AlterField(
            model_name="clickday",
            name="partner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="programmes.partner",
            ),
        ),
        migrations.AlterField(
            model_name="clickday",
            name="programme",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="programmes.programme",
            ),
        ),
        migrations.AlterField(
            model_name="clickhour",
            name="partner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="programmes.partner",
            ),
        ),
        migrations.AlterField(
            model_name="clickhour",
            name="programme",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="programmes.programme",
            ),
        ),
        migrations.AlterField(
            model_name="customervisitor",
            name="programme",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="programmes.programme",
            ),
        ),
        migrations.AlterField(
            model_name="touch",
            name="link",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tracking.link",
            ),
        ),
        migrations.AlterField(
            model_name="touch",
            name="partner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="touches",
                to="programmes.partner",
            ),
        ),
        migrations.AlterField(
            model_name="touch",
            name="programme",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="touches",
                to="programmes.programme",
            ),
        ),
        migrations.AddIndex(
            model_name="clickhour",
            index=models.Index(fields=["programme", "hour"], name="click_hour_programme"),
        ),
        migrations.AddIndex(
            model_name="touch",
            index=models.Index(fields=["visitor"], name="touch_visitor"),
        ),
        migrations.AddConstraint(
            model_name="customervisitor",
            constraint=models.UniqueConstraint(
                fields=("visitor", "programme", "customer"), name="customer_visitor_once"
            ),
        ),
        without_index(
            [
                migrations.AlterField(
                    model_name="customer",
                    name="partner",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to="programmes.partner",
                    ),
                ),
                migrations.AlterField(
                    model_name="customer",
                    name="programme",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to="programmes.programme",
                    ),
                ),
            ],
            table="tracking_customer",
            columns=["programme_id", "partner_id"],
        ),
        without_index(
            [
                migrations.AlterField(
                    model_name="customerkey",
                    name="programme",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programmes.programme",
                    ),
                ),
            ],
            table="tracking_customerkey",
            columns=["programme_id"],
        ),
        migrations.RemoveIndex(model_name="customer", name="customer_recent"),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["partner", "-created_at", "workspace"], name="customer_partner"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["programme", "name"], name="customer_name"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["programme", "-created_at", "workspace"], name="customer_recent"),
        ),
    ]
