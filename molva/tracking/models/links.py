"""Links and promo codes: what leads to a partner."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from molva.kit import clock
from molva.programmes.models import Partner, Programme
from molva.workspaces.scoping import WorkspaceModel


class LinkKind(models.TextChoices):
    LINK = "link"
    QR = "qr"
    FORM = "form"


class Link(WorkspaceModel):
    """A partner link `/r/CODE`. `target_url` is whole, with the programme's partner parameter already inside.

    The tracker reads this table by `code_folded`, and `updated_at` tells it what changed.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="links")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="links")
    code = models.CharField(max_length=60)
    code_folded = models.CharField(max_length=60, unique=True, editable=False)
    name = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=4, choices=LinkKind, default=LinkKind.LINK)
    # The page it leads to: empty means the programme's shop address, and follows it when that changes.
    page_url = models.CharField(max_length=1000, blank=True)
    target_url = models.CharField(max_length=1500)
    is_main = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)  # the tracker asks for what is newer

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["partner"], name="link_one_main", condition=models.Q(is_main=True)
            )
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.code_folded = self.code.strip().casefold()
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.name or self.code


class CodeDiscount(models.TextChoices):
    """What the shop gives for a code; with none Molva makes nothing in the shop and only attributes."""

    NONE = "none", _("No discount by Molva")
    PERCENT = "percent", _("Per cent off")
    SUM = "sum", _("Sum off")


class CodeLimit(models.TextChoices):
    UNLIMITED = "", _("As often as one likes")
    PER_CLIENT = "client", _("Once for each client")
    TOTAL = "total", _("Once at all")


class CodeTerms(models.Model):
    """What a code gives to a buyer and when: the part that a shop checks."""

    discount_kind = models.CharField(max_length=7, choices=CodeDiscount, default=CodeDiscount.NONE)
    discount = models.BigIntegerField(default=0)  # basis points of a percentage, minor units of a sum
    limit = models.CharField(max_length=6, choices=CodeLimit, default=CodeLimit.UNLIMITED, blank=True)
    expires_date = models.DateField(null=True)  # the last day on which the shop takes it
    min_order_minor = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class PromoCode(CodeTerms, WorkspaceModel):
    """A code that a buyer types in; it attributes orders made from `valid_from` on and before `voided_at`.

    `awaits_shop`: what is here is not yet in every connected shop; `revision` tells one change from the next, so that
    a change made while the shop is being told is not lost.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="promo_codes")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="promo_codes")
    code = models.CharField(max_length=60)
    code_folded = models.CharField(max_length=60, editable=False)
    valid_from = models.DateTimeField(default=clock.now)
    is_active = models.BooleanField(default=True)  # false: voided; the tracker reads it
    is_private = models.BooleanField(default=False)  # not to be published; where it comes from is watched
    batch = models.CharField(max_length=16, blank=True)  # codes made together, for their progress
    awaits_shop = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=300, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["programme", "code_folded"], name="promo_code_once")]
        indexes = [
            models.Index(  # job that tells the shop
                fields=["programme"], name="promo_code_awaits", condition=models.Q(awaits_shop=True)
            ),
            models.Index(fields=["programme", "batch"], name="promo_code_batch"),  # progress page
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.code_folded = self.code.strip().casefold()
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.code


class RequestState(models.TextChoices):
    ASKED = "asked", _("Waiting for an answer")
    GRANTED = "granted", _("Granted")
    DECLINED = "declined", _("Declined")


class CodeRequest(WorkspaceModel):
    """A partner asks for promo codes; staff grant a number of them or decline with words."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="code_requests")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="code_requests")
    wanted = models.PositiveIntegerField()
    note = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=8, choices=RequestState, default=RequestState.ASKED)
    granted = models.PositiveIntegerField(default=0)
    answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    answered_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["partner"], name="code_request_one_open", condition=models.Q(state="asked")
            )
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.wanted}"
