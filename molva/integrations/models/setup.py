"""What Molva brings to order in a connected shop, step by step, so that a stop in the middle loses nothing."""

from django.db import models

from molva.integrations.models.connection import Connection
from molva.kit import clock
from molva.workspaces.scoping import WorkspaceModel


class StepState(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    LATER = "later"  # the shop was out of order or asked to wait: tried again by itself
    REFUSED = "refused"  # the shop says no: a person must do something


class SetupStep(WorkspaceModel):
    """One named part of a shop's set-up, as it was last brought to order."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="setup_steps")
    name = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=StepState, default=StepState.WAITING)
    note = models.CharField(max_length=300, blank=True)  # why not, in the short English of the plugs
    at = models.DateTimeField(default=clock.now)  # of the last change of state
    checked_at = models.DateTimeField(null=True)  # last found, or brought, to order
    wish = models.CharField(max_length=64, blank=True)  # SHA-256 of what was wished for when it was done
    things = models.JSONField(default=dict)  # what we made in the shop: {"orders/create": id, …}
    found = models.JSONField(default=list)  # the last drift: [["missing", "orders/create"], …]
    found_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="setup_step_once")]

    def __str__(self) -> str:
        return f"{self.connection} · {self.name}"
