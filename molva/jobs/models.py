"""The queue's tables. They lie below the tenants: a job carries the number of its workspace, not a key to it.

A job is claimed for a lease; `token` grows with every claim, and every later write names it, so a worker that
was taken for dead cannot end a job that another one has begun again.
"""

from django.db import models
from django.db.models import Q

from molva.kit import clock


class JobState(models.TextChoices):
    READY = "ready"  # waits for `run_after` and a free thread
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"  # no more tries; waits for a person
    DISCARDED = "discarded"  # a person let it go


LIVE = (JobState.READY, JobState.RUNNING)
SCHEDULED = "every:"  # how the `dedupe` of a schedule's job begins


class Job(models.Model):
    """One piece of work, from its INSERT to its end."""

    path = models.CharField(max_length=200)  # package.module:function
    kwargs = models.JSONField(default=dict)
    queue = models.CharField(max_length=30, default="default")
    priority = models.SmallIntegerField(default=0)
    workspace_id = models.BigIntegerField(null=True)
    dedupe = models.CharField(max_length=200, null=True)  # noqa: DJ001 - NULL is «like no other»
    state = models.CharField(max_length=10, choices=JobState, default=JobState.READY)
    run_after = models.DateTimeField(default=clock.now)
    attempts = models.PositiveSmallIntegerField(default=0)  # since it was last started afresh
    max_attempts = models.PositiveSmallIntegerField(default=8)
    token = models.PositiveIntegerField(default=0)  # claims ever made: the fence
    again = models.BooleanField(default=False)  # asked for once more while it was running
    worker = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe"], condition=Q(state__in=["ready", "running"]), name="job_dedupe_live"
            )
        ]
        indexes = [
            # claim: the next job that may start
            models.Index(
                fields=["-priority", "run_after", "id"], condition=Q(state="ready"), name="job_ready"
            ),
            # leases that ran out
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="job_running"),
            # dead jobs page, pruning
            models.Index(
                fields=["state", "finished_at"], condition=Q(finished_at__isnull=False), name="job_ended"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path} #{self.pk} {self.state}"

    @property
    def is_scheduled(self) -> bool:
        """Whether the timetable put it in."""
        return self.dedupe is not None and self.dedupe.startswith(SCHEDULED)


class ScheduleTick(models.Model):
    """When a schedule last fired; the conditional UPDATE of this row lets one worker of many fire."""

    name = models.CharField(max_length=100, primary_key=True)
    tick = models.BigIntegerField(default=0)  # whole seconds since 1970 UTC

    def __str__(self) -> str:
        return f"{self.name} {self.tick}"


class WorkerBeat(models.Model):
    """A living worker process, as it last reported itself."""

    worker = models.CharField(max_length=100, primary_key=True)
    started_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.worker} {self.seen_at:%H:%M:%S}"
