"""Everything that sources sent, as it came."""

from django.db import models

from molva.integrations.models.connection import Connection
from molva.kit import clock
from molva.workspaces.scoping import WorkspaceModel


class InboundState(models.TextChoices):
    NEW = "new"
    APPLIED = "applied"
    REPEATED = "repeated"  # nothing new in it
    DEAD = "dead"  # not understood; waits with a reason
    REJECTED = "rejected"  # dismissed by a person, with a reason


class InboundEvent(WorkspaceModel):
    """What a source sent, byte for byte, and what became of it."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="inbound")
    topic = models.CharField(max_length=60)
    received_at = models.DateTimeField(default=clock.now)
    body = models.BinaryField()
    content_type = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=10, choices=InboundState, default=InboundState.NEW)
    reason = models.CharField(max_length=500, blank=True)
    object_id = models.CharField(max_length=120, blank=True)  # external id of the order, once known
    attempts = models.PositiveIntegerField(default=0)
    processed_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        indexes = [
            models.Index(
                fields=["workspace", "state", "-received_at"], name="inbound_state"
            ),  # dead letters page
            models.Index(fields=["connection", "object_id"], name="inbound_object"),  # history of one order
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.object_id}"
