"""Stage 8, the edge: shops that tell us of orders, and everything they sent, as it came.

A payload is stored before it is understood; what cannot be understood waits here with a reason and can be retried.
"""

from django.db import models

from molva.kit import clock
from molva.kit.crypto import EncryptedJSONField
from molva.programmes.models import Programme
from molva.workspaces.scoping import WorkspaceModel


class Connection(WorkspaceModel):
    """One shop connected to a programme through one source (`kind` is the source's folder name)."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="connections")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    external_id = models.CharField(max_length=120, blank=True)  # the shop's permanent id
    host = models.CharField(max_length=255, blank=True)
    secrets = EncryptedJSONField(default=dict)  # login and password of the API, hook secret
    hook_hash = models.CharField(
        max_length=64, blank=True, db_index=True
    )  # SHA-256 of the hook address's secret
    state = models.CharField(max_length=12, default="active")  # active, broken, disconnected
    problem = models.CharField(max_length=300, blank=True)
    # what the shop has: {"statuses": [{"permalink", "title", "system_status"}], "field_id": …, "codes": {id: code}}
    facts = models.JSONField(default=dict)
    anchor = models.JSONField(default=dict)  # (updated_at, id) of the last order read by polling
    created_at = models.DateTimeField(default=clock.now)
    checked_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["programme", "kind", "external_id"], name="connection_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def source_key(self) -> str:
        """The value of `Order.source` for orders of this shop."""
        return f"{self.kind}:{self.pk}"


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
