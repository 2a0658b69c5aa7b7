"""Stage 6: money to a partner. A payout says what it consists of; the books say where the money is.

What always holds: the lines add up to the amount; a draft moves nothing; an approved payout's amount is in the
partner's `in_payout` account, a paid one's in the programme's cash; what a payout took is in no other live payout.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from molva.commissions.models import Commission
from molva.kit import clock
from molva.ledger.models import Transaction
from molva.programmes.models import Partner, Programme
from molva.workspaces.models import User
from molva.workspaces.scoping import WorkspaceModel


class PayoutStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    PAID = "paid", _("Paid out")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Came back")


LIVE_STATUSES = (PayoutStatus.DRAFT, PayoutStatus.APPROVED, PayoutStatus.PAID)


class Payout(WorkspaceModel):
    """Everything that was available to one partner at one moment, on its way to him."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="payouts")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="payouts")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=9, choices=PayoutStatus, default=PayoutStatus.DRAFT)
    method = models.TextField(_("Where to send"), blank=True)
    comment = models.TextField(_("Comment"), blank=True)
    external_reference = models.CharField(_("Number of the bank's document"), max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)  # why it was cancelled or came back

    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    paid_at = models.DateTimeField(null=True)
    paid_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)  # cancelled or came back
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payout_positive"),
            models.UniqueConstraint(
                fields=["partner"], name="payout_one_draft", condition=models.Q(status=PayoutStatus.DRAFT)
            ),
        ]
        indexes = [
            models.Index(fields=["programme", "-created_at"], name="payout_recent"),  # list of payouts
            models.Index(fields=["partner", "-created_at"], name="payout_partner"),  # cabinet
        ]

    def __str__(self) -> str:
        return f"№ {self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether the money has not reached an end yet."""
        return self.status in (PayoutStatus.DRAFT, PayoutStatus.APPROVED)


class LineKind(models.TextChoices):
    COMMISSION = "commission", _("Commission")
    WELCOME = "welcome", _("Welcome money")
    ADJUSTMENT = "adjustment", _("Adjustment")
    WRITE_OFF = "write_off", _("Debt written off")


class PayoutLine(WorkspaceModel):
    """One part of a payout: what a commission (or a transaction without one) had available and not drawn yet.

    Below zero when a commission was taken back after it had been paid.
    """

    payout = models.ForeignKey(Payout, on_delete=models.CASCADE, related_name="lines")
    kind = models.CharField(max_length=10, choices=LineKind)
    commission = models.ForeignKey(
        Commission, on_delete=models.PROTECT, null=True, related_name="payout_lines"
    )
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, null=True, related_name="+")
    amount_minor = models.BigIntegerField()

    class Meta(WorkspaceModel.Meta):
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["payout", "commission"],
                name="payout_line_commission_once",
                condition=models.Q(commission__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["payout", "transaction"],
                name="payout_line_transaction_once",
                condition=models.Q(transaction__isnull=False),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind=LineKind.COMMISSION, commission__isnull=False, transaction__isnull=True
                )
                | (
                    ~models.Q(kind=LineKind.COMMISSION)
                    & models.Q(commission__isnull=True, transaction__isnull=False)
                ),
                name="payout_line_one_source",
            ),
            models.CheckConstraint(condition=~models.Q(amount_minor=0), name="payout_line_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"

    @property
    def source(self) -> tuple[str, int]:
        """Where the money comes from: the kind, and the id of the commission or of the transaction."""
        return str(self.kind), self.commission_id or self.transaction_id or 0
