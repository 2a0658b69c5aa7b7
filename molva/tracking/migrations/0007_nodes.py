"""Machines that take clicks have numbers; PostgreSQL tells trackers when links, marks or hosts change."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from molva.kit.triggers import run
from molva.tracking.notices import TABLES, install_sql, remove_sql


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    run(editor.connection, TABLES, install_sql)


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    run(editor.connection, TABLES, remove_sql)


class Migration(migrations.Migration):
    dependencies = [
        ("programmes", "0009_codes"),
        ("tracking", "0006_lean_touches"),
    ]

    operations = [
        migrations.CreateModel(
            name="TrackerNode",
            fields=[
                ("number", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("folder", models.CharField(max_length=32)),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.RunPython(install, remove),
    ]
