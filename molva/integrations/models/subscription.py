"""What a shop pays an operator who offers Molva to many shops: the monthly charge and single ones.

Where Molva serves one company (`MOLVA_OPERATOR` off) these tables are empty. InSales takes the money; what stands here
is what its API told last. Money is in minor units of roubles: InSales charges in nothing else.
"""

from django.db import models

from molva.integrations.models.connection import Connection
from molva.kit import clock
from molva.workspaces.models import User
from molva.workspaces.scoping import WorkspaceModel


class Subscription(WorkspaceModel):
    """The right of a shop to go on changing things. Orders are settled and partners are paid without it, too."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="subscription")
    trial_until = models.DateTimeField()
    monthly_minor = models.BigIntegerField()
    # as the shop told; `paid_till` counts to the end of that day
    paid_till = models.DateField(null=True)
    is_blocked = models.BooleanField(default=False)
    checked_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.connection}: {self.monthly_minor}"


class ChargeState(models.TextChoices):
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Charge(WorkspaceModel):
    """A single charge for a service; its answer is never believed, its state is read from the shop."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="charges")
    external_id = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    price_minor = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=ChargeState, default=ChargeState.PENDING)
    confirmation_url = models.CharField(max_length=500)
    # hash of the secret in the return address: only who was sent there can have it read at once
    return_hash = models.CharField(max_length=64, db_index=True)
    ordered_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    checked_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["connection", "external_id"], name="charge_once")]
        indexes = [
            # daily reading of what waits for the merchant
            models.Index(fields=["state"], name="charge_pending", condition=models.Q(state="pending"))
        ]

    def __str__(self) -> str:
        return self.name
