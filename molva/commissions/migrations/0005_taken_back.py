"""What was taken back on a day, beside what remains of the accruals: the report of accruals tells them apart."""

from zoneinfo import ZoneInfo

from django.db import migrations, models
from django.db.models import F, Sum


def count(apps, editor):
    """Of what the books have taken back until now."""
    figures = apps.get_model("commissions", "OrderFigure")
    zones = dict(apps.get_model("programmes", "Programme").objects.values_list("pk", "timezone"))
    taken = apps.get_model("ledger", "Transaction").objects.filter(kind="clawback")
    rows = taken.annotate(sum=Sum("postings__amount_minor")).order_by("pk")
    for programme, order, partner, at, amount in rows.values_list(
        "programme_id", "order_id", "partner_id", "at", "sum"
    ).iterator():
        day = at.astimezone(ZoneInfo(zones[programme])).date()
        row = figures.objects.filter(order_id=order, partner_id=partner, day=day)
        row.update(taken_back_minor=F("taken_back_minor") + amount)


class Migration(migrations.Migration):
    dependencies = [("commissions", "0004_at_scale"), ("ledger", "0003_balances")]

    operations = [
        migrations.AddField(
            model_name="orderfigure", name="taken_back_minor", field=models.BigIntegerField(default=0)
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
