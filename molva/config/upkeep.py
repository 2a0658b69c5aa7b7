"""Housekeeping of what Django keeps for us."""

from django.core.management import call_command

from molva.jobs import job


@job(max_attempts=1)
def clear_sessions() -> None:
    """Timetable entry: remove sessions that have ended."""
    call_command("clearsessions")
