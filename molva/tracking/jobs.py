"""Jobs of stage 2: what of visits may be forgotten."""

from molva.jobs import job
from molva.tracking import forgetting

_SECONDS = 30.0  # of each; what is left waits for the next hour


@job(max_attempts=1)
def forget_visits() -> None:
    """Timetable entry: old hour counts, and touches that nobody can use any more."""
    forgetting.forget_old_hours(seconds=_SECONDS)
    forgetting.forget_touches(seconds=_SECONDS)
