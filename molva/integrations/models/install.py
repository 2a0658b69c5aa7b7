"""Molva as an application of shops: where it was installed, and which people of a shop have come in through it."""

from typing import Any

from django.db import models

from molva.integrations.models.connection import Connection
from molva.kit import clock
from molva.kit.crypto import EncryptedJSONField
from molva.workspaces.models import User
from molva.workspaces.scoping import WorkspaceModel


class InstallState(models.TextChoices):
    NEW = "new"  # somebody has called the install address; nothing is proved yet
    WAITING = "waiting"  # proved; a person decides which programme it belongs to
    REFUSED = "refused"  # a person did not want it; installing again asks once more
    ACTIVE = "active"
    REMOVED = "removed"  # removed in the shop; connection and data stay


class AppInstall(models.Model):
    """The application in one shop, by the shop's permanent id. It comes before any workspace, hence no key to one.

    `secrets`: `password` (the proved one), `number` (of the call that gave it), `candidates` (newest last: `id`,
    `number`, `password`, `host`), `last` (number of the last call).
    """

    kind = models.CharField(max_length=20)
    external_id = models.CharField(max_length=20)
    host = models.CharField(max_length=255)
    name = models.CharField(max_length=200, blank=True)
    secrets = EncryptedJSONField(default=dict)
    # keyed hash of the password with which it was removed, so that the same call may come again
    removed_hash = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=10, choices=InstallState, default=InstallState.NEW)
    facts = models.JSONField(default=dict)  # what the shop told of itself when it was proved
    connection = models.OneToOneField(Connection, on_delete=models.PROTECT, null=True, related_name="install")
    created_at = models.DateTimeField(default=clock.now)
    proved_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "external_id"], name="install_once")]

    def __str__(self) -> str:
        return self.name or self.host

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """Passwords that have not been proved yet, newest last."""
        found: list[dict[str, Any]] = self.secrets.get("candidates", [])
        return found


class ShopStaff(WorkspaceModel):
    """A person of a shop's back office, as the shop named them when they came in.

    `mark`: a keyed hash of the user's own mark as it was then; it changes as soon as somebody else can claim the
    e-mail, and from then on the shop's word alone is not enough.
    """

    install = models.ForeignKey(AppInstall, on_delete=models.PROTECT, related_name="staff")
    external_id = models.CharField(max_length=20)  # user_id in the shop
    email = models.CharField(max_length=254)
    name = models.CharField(max_length=300)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="shop_staff")
    mark = models.CharField(max_length=64)
    is_closed = models.BooleanField(default=False)  # the owner took the access away
    created_at = models.DateTimeField(default=clock.now)
    proved_at = models.DateTimeField(null=True)  # when a code of ours proved the e-mail
    seen_at = models.DateTimeField(default=clock.now)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["install", "external_id"], name="shop_staff_once")]

    def __str__(self) -> str:
        return self.name or self.email
