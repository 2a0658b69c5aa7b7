"""Stage 2: from a click to a known customer.

Links and promo codes lead to a partner; clicks become touches; a customer is one person known by ids, e-mails, phones
and visitors; attributions say whose customer it is, and are a projection that `commissions.settle_customer` renews.
"""

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


class Customer(WorkspaceModel):
    """One person brought to the programme. When records join two persons, one row takes the other's facts over."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="customers")
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    # present owner, a copy of the running attribution for lists and filters
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="customers")

    class Meta(WorkspaceModel.Meta):
        indexes = [
            models.Index(fields=["programme", "-created_at"], name="customer_recent")
        ]  # list of customers

    def __str__(self) -> str:
        return self.name or self.email or self.phone or f"№ {self.pk}"


class CustomerKey(WorkspaceModel):
    """What a customer is known by: an id of the source, a normalised e-mail, a normalised phone."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=5)  # id, email, phone
    value = models.CharField(max_length=300)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["programme", "kind", "value"], name="customer_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class CustomerVisitor(WorkspaceModel):
    """A visitor with whom a customer was seen in an order or a lead; one visitor may serve two customers."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="visitors")
    visitor = models.CharField(max_length=40)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["programme", "visitor", "customer"], name="customer_visitor_once")
        ]

    def __str__(self) -> str:
        return self.visitor


class Touch(WorkspaceModel):
    """A contact of a visitor with a partner's link, QR code or form. Append-only."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="touches")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="touches")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, null=True, related_name="+")
    visitor = models.CharField(max_length=40)
    kind = models.CharField(max_length=4, choices=LinkKind, default=LinkKind.LINK)
    at = models.DateTimeField()
    click_id = models.BigIntegerField(null=True, unique=True)
    # where it came from, for the customer's path: {"referrer_host": …, "sub1": …, "landing": …}
    source = models.JSONField(default=dict)

    class Meta(WorkspaceModel.Meta):
        indexes = [models.Index(fields=["programme", "visitor"], name="touch_visitor")]  # facts of a customer

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Attribution(WorkspaceModel):
    """From when till when a customer is a partner's. A projection of the facts, renewed at each settlement."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="attributions")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="attributions")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # when the term runs out if nothing is bought before (null: no term)
    ends_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ["started_at"]
        indexes = [
            # job that ends what has run out
            models.Index(
                fields=["ends_at"], name="attribution_due", condition=models.Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer} → {self.partner}"


class ClickDay(WorkspaceModel):
    """Clicks of a link on a day of the programme's time zone, kept for ever."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    link_key = models.BigIntegerField(
        default=0
    )  # Link.pk, or 0 for the bare partner parameter on a shop page
    day = models.DateField()
    clicks = models.PositiveIntegerField(default=0)
    visitors = models.PositiveIntegerField(default=0)
    bots = models.PositiveIntegerField(default=0)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["partner", "link_key", "day"], name="click_day_once")]
        indexes = [
            models.Index(fields=["programme", "day"], name="click_day_programme"),  # links of a period
            models.Index(  # partners of a period with their clicks, in the order of partners, from the index alone
                fields=["workspace", "programme", "partner", "day", "clicks", "visitors", "bots"],
                name="click_day_partner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.clicks}"


class ClickTotal(WorkspaceModel):
    """Clicks of a whole programme on a day of its time zone: the sums of `ClickDay`, kept for ever."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    day = models.DateField()
    clicks = models.PositiveIntegerField(default=0)
    visitors = models.PositiveIntegerField(default=0)
    bots = models.PositiveIntegerField(default=0)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["programme", "day"], name="click_total_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.clicks}"


class ClickHour(WorkspaceModel):
    """Human clicks of a partner in an hour (UTC), kept for 31 days."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    hour = models.DateTimeField()
    clicks = models.PositiveIntegerField(default=0)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["partner", "hour"], name="click_hour_once")]

    def __str__(self) -> str:
        return f"{self.hour} {self.clicks}"


class ClickHourTotal(WorkspaceModel):
    """Human clicks of a whole programme in an hour (UTC), kept for 31 days: the sums of `ClickHour`."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    hour = models.DateTimeField()
    clicks = models.PositiveIntegerField(default=0)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["programme", "hour"], name="click_hour_total_once")]

    def __str__(self) -> str:
        return f"{self.hour} {self.clicks}"


class IngestMark(models.Model):
    """How far a click file has been loaded; moved in the transaction that writes the touches."""

    file = models.CharField(max_length=40, unique=True)
    last_click_id = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.file} up to {self.last_click_id}"


class TrackerNode(models.Model):
    """A machine that takes clicks: which click folder its number belongs to. Two folders of one number would give ids
    and file names twice, so the second one is not loaded while the first one is alive.
    """

    number = models.PositiveSmallIntegerField(primary_key=True)
    folder = models.CharField(max_length=32)  # what `molva.tracking.nodes` has written into it
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"node {self.number}"
