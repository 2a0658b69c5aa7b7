"""Long readings of a shop: past orders brought in, orders compared. Each can be paused, killed and gone on with."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from molva.integrations.models.connection import Connection
from molva.kit import clock
from molva.workspaces.models import User
from molva.workspaces.scoping import WorkspaceModel


class RunState(models.TextChoices):
    RUNNING = "running"
    PAUSED = "paused"  # by a person, or because the shop wants a person
    DONE = "done"


class ImportPeriod(models.TextChoices):
    ALL = "all"
    YEAR = "year"
    QUARTER = "quarter"
    NONE = "none"


class ShopRun(WorkspaceModel):
    """One reading of a shop's orders from a moment on, page by page; `anchor` is how far it has come."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    since = models.DateTimeField()
    anchor = models.JSONField(default=dict)
    pages = models.PositiveIntegerField(default=0)  # also the fence: who knows an older number keeps nothing
    read = models.PositiveIntegerField(default=0)
    estimate = models.PositiveIntegerField(null=True)  # how many there may be, by the numbers of orders
    spent_ms = models.PositiveBigIntegerField(
        default=0
    )  # of work, waiting for the limit of calls not counted
    problem = models.CharField(max_length=300, blank=True)
    started_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(default=clock.now)
    moved_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.connection} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def per_minute(self) -> int:
        """Orders read in a minute of work; 0 while nobody can tell."""
        return self.read * 60_000 // self.spent_ms if self.spent_ms else 0

    @property
    def total(self) -> int:
        """The estimate, never less than what was read."""
        return self.read if self.state == RunState.DONE else max(self.estimate or 0, self.read)

    @property
    def minutes_left(self) -> int | None:
        """At the present speed, rounded up; None while nobody can tell."""
        left = self.total - self.read
        if self.state != RunState.RUNNING or not left or not self.per_minute:
            return None
        return -(-left // self.per_minute)

    @property
    def lasted(self) -> timedelta:
        """From its start to its end, or to now."""
        return (self.finished_at or clock.now()) - self.started_at


class ImportRun(ShopRun):
    """Past orders of a shop brought in."""

    period = models.CharField(max_length=10, choices=ImportPeriod)
    recorded = models.PositiveIntegerField(default=0)  # had something new in them
    refused = models.PositiveIntegerField(default=0)  # wait as dead letters

    class Meta(ShopRun.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(state__in=["running", "paused"]),
                name="import_run_live_once",
            )
        ]
        indexes = [models.Index(fields=["connection", "-started_at"], name="import_run_recent")]
