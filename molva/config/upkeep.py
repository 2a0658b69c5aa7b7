"""Housekeeping of what Django and the database keep for us."""

from django.core.management import call_command
from django.db import connection

from molva.jobs import job

SAMPLE = 400  # entries of each index that are looked at: milliseconds, whatever the size


@job(max_attempts=1)
def clear_sessions() -> None:
    """Timetable entry: remove sessions that have ended."""
    call_command("clearsessions")


@job(max_attempts=1)
def refresh_statistics() -> None:
    """Timetable entry: let SQLite see which of its indexes tell many rows apart; PostgreSQL does so by itself.

    Without that it takes the index that begins with the workspace for as good as any other: a page about one customer
    among a million events then takes three seconds instead of a hundredth.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA analysis_limit={SAMPLE}")
            cursor.execute("ANALYZE")
