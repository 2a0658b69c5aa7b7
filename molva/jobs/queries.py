"""What the office page and `/readyz` ask about the queue."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from molva.jobs.models import LIVE, Job, JobState, WorkerBeat
from molva.kit import clock


@dataclass(frozen=True)
class QueueRow:
    """One queue: how many jobs wait, run and died; how long ago the oldest waiting one could have started."""

    queue: str
    ready: int
    running: int
    dead: int
    oldest_seconds: float


def queue_state() -> list[QueueRow]:
    """The state of every queue that has live or dead jobs, by name."""
    now = clock.now()
    ready = Q(state=JobState.READY)
    rows = (
        Job.objects.filter(state__in=[*LIVE, JobState.DEAD])
        .values("queue")
        .annotate(
            ready_count=Count("pk", filter=ready),
            running_count=Count("pk", filter=Q(state=JobState.RUNNING)),
            dead_count=Count("pk", filter=Q(state=JobState.DEAD)),
            oldest=Min("run_after", filter=ready & Q(run_after__lte=now)),
        )
        .order_by("queue")
    )
    return [
        QueueRow(
            queue=row["queue"],
            ready=row["ready_count"],
            running=row["running_count"],
            dead=row["dead_count"],
            oldest_seconds=(now - row["oldest"]).total_seconds() if row["oldest"] else 0.0,
        )
        for row in rows
    ]


def list_dead_jobs(workspace_id: int | None = None) -> QuerySet[Job]:
    """Dead jobs, latest first; of one workspace and of none (Molva's own) when `workspace_id` is given."""
    dead = Job.objects.filter(state=JobState.DEAD).order_by("-finished_at", "-id")
    if workspace_id is None:
        return dead
    return dead.filter(Q(workspace_id=workspace_id) | Q(workspace_id__isnull=True))


def oldest_ready_seconds() -> float:
    """Age of the oldest job that should have started by now, in seconds; 0 when none waits."""
    now = clock.now()
    oldest = Job.objects.filter(state=JobState.READY, run_after__lte=now).aggregate(oldest=Min("run_after"))[
        "oldest"
    ]
    return (now - oldest).total_seconds() if oldest else 0.0


def last_beat() -> datetime | None:
    """When a worker was last seen alive."""
    return WorkerBeat.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
