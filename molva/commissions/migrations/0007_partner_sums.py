"""What orders have ever brought each partner, added up by the database itself with every row of `OrderFigure`.

A later migration that rebuilds `commissions_orderfigure` on SQLite drops the triggers, and must run `install` again.
"""

import django.db.models.deletion
from django.db import migrations, models

_INTO = "commissions_partnersum (partner_id, workspace_id, programme_id, orders, sales_minor, earned_minor)"
_ADD = """
ON CONFLICT (partner_id) DO UPDATE SET orders = {kept}orders + excluded.orders,
  sales_minor = {kept}sales_minor + excluded.sales_minor, earned_minor = {kept}earned_minor + excluded.earned_minor
"""
_ROWS = """
SELECT partner_id, workspace_id, programme_id, {sign}orders AS orders, {sign}revenue_minor AS sales_minor,
  {sign}(level1_minor + level2_minor) AS earned_minor FROM {table}
"""
_SUMMED = """
INSERT INTO {into} SELECT partner_id, workspace_id, programme_id, SUM(orders), SUM(sales_minor), SUM(earned_minor)
FROM ({rows}) changes GROUP BY partner_id, workspace_id, programme_id
HAVING SUM(orders) <> 0 OR SUM(sales_minor) <> 0 OR SUM(earned_minor) <> 0 ORDER BY partner_id
"""
_VERBS = {"INSERT": ["fresh"], "UPDATE": ["fresh", "gone"], "DELETE": ["gone"]}
# A row that goes takes away from a sum that is there, and makes none: sums may be emptied before their rows.
_KNOWN = " partner_id IN (SELECT partner_id FROM commissions_partnersum)"


def _summed(tables, where=""):
    rows = [_ROWS.format(sign="-" if table == "gone" else "", table=table) + where for table in tables]
    return _SUMMED.format(into=_INTO, rows=" UNION ALL ".join(rows))


def _postgres(verb, tables):
    name = f"partner_sum_{verb.lower()}"
    known = " ".join({"fresh": "NEW TABLE AS fresh", "gone": "OLD TABLE AS gone"}[table] for table in tables)
    body = _summed(tables, f" WHERE {_KNOWN}" if verb == "DELETE" else "") + _ADD.format(
        kept="commissions_partnersum."
    )
    yield (
        f"CREATE FUNCTION molva_{name}() RETURNS trigger LANGUAGE plpgsql AS $body$"
        f" BEGIN {body}; RETURN NULL; END $body$"
    )
    yield (
        f"CREATE TRIGGER {name} AFTER {verb} ON commissions_orderfigure REFERENCING {known}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION molva_{name}()"
    )


def _sqlite(verb, tables):
    steps = []
    for table in tables:
        sign, row = ("-", "OLD") if table == "gone" else ("", "NEW")
        values = [f"{row}.partner_id", f"{row}.workspace_id", f"{row}.programme_id", f"{sign}{row}.orders",
                  f"{sign}{row}.revenue_minor", f"{sign}({row}.level1_minor + {row}.level2_minor)"]  # fmt: skip
        # without a WHERE SQLite takes ON CONFLICT for the ON of a join
        where = f"OLD.{_KNOWN.strip()}" if verb == "DELETE" else "true"
        steps.append(f"INSERT INTO {_INTO} SELECT {', '.join(values)} WHERE {where} {_ADD.format(kept='')};")
    same = " AND ".join(
        f"OLD.{name} = NEW.{name}"
        for name in ("partner_id", "orders", "revenue_minor", "level1_minor", "level2_minor")
    )
    when = f"WHEN NOT ({same})" if verb == "UPDATE" else ""
    yield (
        f"CREATE TRIGGER partner_sum_{verb.lower()} AFTER {verb} ON commissions_orderfigure {when}"
        f" BEGIN {' '.join(steps)} END"
    )


def install(apps, editor):
    """Add up what is there, and let the database go on."""
    make = _postgres if editor.connection.vendor == "postgresql" else _sqlite
    with editor.connection.cursor() as cursor:
        cursor.execute(_summed(["commissions_orderfigure"]))
        for verb, tables in _VERBS.items():
            for statement in make(verb, tables):
                cursor.execute(statement)


def remove(apps, editor):
    """Undo `install`; the table goes by the other operation."""
    with editor.connection.cursor() as cursor:
        for verb in map(str.lower, _VERBS):
            if editor.connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER partner_sum_{verb} ON commissions_orderfigure")
                cursor.execute(f"DROP FUNCTION molva_partner_sum_{verb}()")
            else:
                cursor.execute(f"DROP TRIGGER partner_sum_{verb}")


class Migration(migrations.Migration):
    dependencies = [
        ("commissions", "0006_ordered_at"),
        ("programmes", "0010_at_scale"),
        ("workspaces", "0002_at_scale"),
    ]

    operations = [
        migrations.CreateModel(
            name="PartnerSum",
            fields=[
                (
                    "partner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="programmes.partner",
                    ),
                ),
                ("orders", models.BigIntegerField()),
                ("sales_minor", models.BigIntegerField()),
                ("earned_minor", models.BigIntegerField()),
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
            options={"abstract": False, "base_manager_name": "unscoped"},
            managers=[
                ("objects", django.db.models.manager.Manager()),
                ("unscoped", django.db.models.manager.Manager()),
            ],
        ),
        migrations.RunPython(install, remove),
    ]
