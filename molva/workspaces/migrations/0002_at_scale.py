"""Events of a partner in the order in which they are shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workspaces", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="event",
            name="event_partner",
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["workspace", "partner_id", "-at", "-id"], name="event_partner"),
        ),
    ]
