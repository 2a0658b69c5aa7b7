"""A promo code as one shop has it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from molva.integrations.models.connection import Connection
from molva.tracking.models import PromoCode
from molva.workspaces.scoping import WorkspaceModel


class ShopCodeState(models.TextChoices):
    THERE = "there", _("Works in the shop")
    OFF = "off", _("Switched off in the shop")
    REFUSED = "refused", _("The shop refused it")
    DRIFTED = "drifted", _("Different in the shop")
    GONE = "gone", _("Deleted in the shop")


class ShopCode(WorkspaceModel):
    """What became of a promo code in one shop. What we wish stands in the code itself, what differs in `drift`."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="codes")
    promo_code = models.ForeignKey(PromoCode, on_delete=models.CASCADE, related_name="shop_codes")
    external_id = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=8, choices=ShopCodeState)
    drift = models.JSONField(default=dict)  # {field: [wished, seen]}
    problem = models.CharField(max_length=300, blank=True)
    proposal = models.CharField(
        max_length=60, blank=True
    )  # a free spelling, when the code is somebody else's
    is_used = models.BooleanField(default=False)  # the shop says that somebody ordered with it
    checked_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["connection", "promo_code"], name="shop_code_once")]

    def __str__(self) -> str:
        return f"{self.promo_code} {self.state}"
