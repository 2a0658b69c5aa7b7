"""Comparison with the shop: its runs, what they found, and what became of each finding."""

from django.db import models
from django.db.models import Q

from molva.integrations.models.connection import Connection
from molva.integrations.models.runs import ShopRun
from molva.kit import clock
from molva.orders.models import Order
from molva.workspaces.models import User
from molva.workspaces.scoping import WorkspaceModel


class ComparisonRun(ShopRun):
    """One reading of a shop's orders to compare them with ours. A nightly one puts right at once what it can."""

    is_nightly = models.BooleanField(default=False)
    found = models.PositiveIntegerField(default=0)  # differences
    repaired = models.PositiveIntegerField(default=0)  # of them put right at once

    class Meta(ShopRun.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(state__in=["running", "paused"]),
                name="comparison_run_live_once",
            )
        ]
        indexes = [models.Index(fields=["connection", "-started_at"], name="comparison_run_recent")]


class SeenOrder(WorkspaceModel):
    """An order that the shop has told in a run: ours that were not told may be gone. Removed with the run's end."""

    run = models.ForeignKey(ComparisonRun, on_delete=models.CASCADE, related_name="seen")
    external_id = models.CharField(max_length=120)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["run", "external_id"], name="seen_order_once")]

    def __str__(self) -> str:
        return self.external_id


class FindingKind(models.TextChoices):
    MISSING = "missing"  # the shop has the order, we have not
    GONE = "gone"  # we have it, the shop has not
    STATUS = "status"
    SUM = "sum"
    VERDICT = "verdict"  # nobody has decided whose it is
    MARKS = "marks"  # it names a partner now, and did not when it came
    CODE = "code"  # buyers use a promo code that no partner has


class FindingState(models.TextChoices):
    OPEN = "open"
    FIXED = "fixed"
    EXPLAINED = "explained"  # closed by a person with a note; opens again when the facts change


REPAIRABLE = (
    FindingKind.MISSING.value,
    FindingKind.GONE.value,
    FindingKind.STATUS.value,
    FindingKind.SUM.value,
    FindingKind.VERDICT.value,
)


class Finding(WorkspaceModel):
    """One difference between the shop and us; `key` is the order's id there, or the promo code."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=10, choices=FindingKind)
    key = models.CharField(max_length=120)
    label = models.CharField(max_length=120)  # number of the order, or the promo code
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="findings")
    state = models.CharField(max_length=10, choices=FindingState, default=FindingState.OPEN)
    facts = models.JSONField(
        default=dict
    )  # {"ours": …, "theirs": …}; other facts open an explained one again
    found_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["connection", "kind", "key"], name="finding_once")]
        indexes = [
            models.Index(fields=["connection", "state", "-found_at"], name="finding_state")
        ]  # the list

    def __str__(self) -> str:
        return self.label

    @property
    def is_repairable(self) -> bool:
        """Whether reading the order again can put it right."""
        return self.kind in REPAIRABLE
