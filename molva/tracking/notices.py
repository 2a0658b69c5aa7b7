"""How PostgreSQL tells the tracker that links, marks or hosts have changed: statement triggers that NOTIFY.

SQLite needs none: there the tracker watches `PRAGMA data_version`.
"""

CHANNEL = "molva_links"
TRIGGER = "molva_links_changed"
TABLES = ("tracking_link", "tracking_promocode", "programmes_partner", "programmes_programme")
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM pg_notify('{CHANNEL}', '');
  RETURN NULL;
END $body$
"""


def install_sql(vendor: str, table: str) -> list[str]:
    """Statements that make changes of `table` be told; harmless when repeated."""
    if vendor != "postgresql":
        return []
    return [
        _FUNCTION,
        *remove_sql(vendor, table),
        f"CREATE TRIGGER {TRIGGER} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {TRIGGER}()",
    ]


def remove_sql(vendor: str, table: str) -> list[str]:
    """Statements that undo `install_sql`."""
    return [f"DROP TRIGGER IF EXISTS {TRIGGER} ON {table}"] if vendor == "postgresql" else []
