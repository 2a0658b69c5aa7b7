"""Stage 5: what a partner earned with an order, and why. The ledger holds the money; rows here explain it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from molva.kit import clock
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme, TermsVersion
from molva.workspaces.scoping import WorkspaceModel


class CommissionStatus(models.TextChoices):
    EXPECTED = "expected", _("Expected")
    HELD = "held", _("On hold")
    AVAILABLE = "available", _("Available")
    PAID = "paid", _("Paid")
    CLAWED_BACK = "clawed_back", _("Taken back")


class Commission(WorkspaceModel):
    """One partner's reward on one level of one order. Statuses mirror the ledger and never decide a balance."""

    # these three have no index of their own: the ones below begin with them
    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, db_index=False, related_name="commissions"
    )
    order = models.ForeignKey(Order, on_delete=models.PROTECT, db_index=False, related_name="commissions")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="commissions")
    level = models.PositiveSmallIntegerField()
    terms = models.ForeignKey(TermsVersion, on_delete=models.PROTECT, related_name="+")

    owed_minor = models.BigIntegerField(default=0)  # what the latest facts say
    posted_minor = models.BigIntegerField(default=0)  # what the ledger holds of it (Σ accruals − Σ clawbacks)
    expected_minor = models.BigIntegerField(default=0)  # what an open order would earn
    status = models.CharField(max_length=12, choices=CommissionStatus, default=CommissionStatus.EXPECTED)
    explanation = models.JSONField(default=dict)
    accrued_at = models.DateTimeField(null=True)  # first accrual
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["order", "partner", "level"], name="commission_once"),
        ]
        indexes = [
            # cabinet; what a partner has earned and may hope for is read from the index alone
            models.Index(
                fields=[
                    "partner",
                    "-created_at",
                    "status",
                    "level",
                    "posted_minor",
                    "expected_minor",
                    "workspace",
                ],
                name="commission_partner",
            ),
            models.Index(
                fields=["programme", "status", "posted_minor", "expected_minor", "workspace"],
                name="commission_status",
            ),  # tabs of the list
            # what orders owe, likewise
            models.Index(
                fields=["order", "owed_minor", "expected_minor", "workspace"], name="commission_owed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} · {self.level}"


class AccrualLot(WorkspaceModel):
    """One accrual posting and what is left of it on hold; renewed together with the ledger, proved by `molva check`."""

    commission = models.ForeignKey(Commission, on_delete=models.PROTECT, related_name="lots")
    posted_at = models.DateTimeField()
    amount_minor = models.BigIntegerField()
    held_minor = models.BigIntegerField()  # still waiting
    due_at = models.DateTimeField()  # when the rest becomes available

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(held_minor__gte=0) & models.Q(held_minor__lte=models.F("amount_minor")),
                name="lot_within_amount",
            )
        ]
        indexes = [
            # job that releases what is due
            models.Index(fields=["due_at"], name="lot_due", condition=models.Q(held_minor__gt=0))
        ]

    def __str__(self) -> str:
        return f"{self.commission} {self.amount_minor}"
