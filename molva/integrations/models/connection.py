"""A shop that is connected to a programme."""

from typing import Any

from django.db import models, transaction

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
    # SHA-256 of the key that the order widget in the shop's back office asks with
    widget_hash = models.CharField(max_length=64, blank=True, db_index=True)
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

    def learn(self, **facts: Any) -> None:
        """Keep facts of the shop beside the others: what another process has learned meanwhile is not lost."""
        self.facts.update(facts)
        with transaction.atomic():
            row = Connection.objects.select_for_update().filter(pk=self.pk).first()
            if row is not None:
                Connection.objects.filter(pk=self.pk).update(facts={**row.facts, **facts})
