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
    ordered_at = models.DateTimeField()  # when the order was made: lists go by it
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
            # the list; its tabs by level and days of the orders are counted from the index alone
            models.Index(
                fields=[
                    "programme",
                    "status",
                    "-ordered_at",
                    "level",
                    "posted_minor",
                    "expected_minor",
                    "workspace",
                ],
                name="commission_status",
            ),
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


class OrderFigure(WorkspaceModel):
    """What one order adds to one partner's figures on one day of the programme's time zone (`commissions.counting`).

    The row of the order's own partner and day counts the order and its sums; rows of other days and of the inviter
    carry what the books posted then. The marks (link, tags, code …) are those of the touch that brought the order.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, db_index=False, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="+")
    day = models.DateField()

    orders = models.PositiveSmallIntegerField(default=0)  # 1 in the row of the order's own partner and day
    revenue_minor = models.BigIntegerField(default=0)
    returned = models.PositiveSmallIntegerField(default=0)
    returned_minor = models.BigIntegerField(default=0)
    level1_minor = models.BigIntegerField(default=0)  # accrued less taken back, as posted that day
    level2_minor = models.BigIntegerField(default=0)
    taken_back_minor = models.BigIntegerField(default=0)  # of both levels, as posted that day
    earned_minor = models.BigIntegerField(
        default=0
    )  # all that the order earned to anybody, in the row that counts it

    is_own = models.BooleanField(default=True)  # the order is this partner's: its marks may be shown to him
    is_new = models.BooleanField(default=False)  # the customer's first order
    hour = models.PositiveSmallIntegerField(default=0)  # of the order
    goods = models.JSONField(default=list)  # [[product, SKU, sum], …], in the row that counts the order
    touch_at = models.BigIntegerField(null=True)  # µs; tells when another touch has won
    link_key = models.BigIntegerField(null=True)  # null: no click; 0: the bare partner parameter
    click_id = models.BigIntegerField(null=True)
    code = models.CharField(max_length=200, blank=True)  # the promo code that won, folded
    sub1 = models.CharField(max_length=200, blank=True)
    sub2 = models.CharField(max_length=200, blank=True)
    sub3 = models.CharField(max_length=200, blank=True)
    sub4 = models.CharField(max_length=200, blank=True)
    sub5 = models.CharField(max_length=200, blank=True)
    referrer = models.CharField(max_length=200, blank=True)
    utm_source = models.CharField(max_length=200, blank=True)
    utm_medium = models.CharField(max_length=200, blank=True)
    utm_campaign = models.CharField(max_length=200, blank=True)
    # told by the raw clicks a little later; null: not asked yet
    device = models.CharField(max_length=20, null=True)  # noqa: DJ001 - «not asked» is not «not given»
    country = models.CharField(max_length=2, null=True)  # noqa: DJ001

    class Meta(WorkspaceModel.Meta):
        constraints = [
            # rows of an order, when it is settled again
            models.UniqueConstraint(fields=["order", "partner", "day"], name="order_figure_once")
        ]
        indexes = [
            models.Index(fields=["partner", "day"], name="order_figure_partner"),  # cabinet, filter by partner
            models.Index(fields=["programme", "day"], name="order_figure_day"),  # filters without an index of their own
            # filters by what brought the order
            models.Index(fields=["programme", "code", "day"], name="order_figure_code"),
            models.Index(fields=["programme", "sub1", "day"], name="order_figure_sub1"),
            models.Index(fields=["programme", "referrer", "day"], name="order_figure_referrer"),
            models.Index(fields=["programme", "utm_source", "day"], name="order_figure_utm"),
            models.Index(  # job that asks the raw clicks
                fields=["id"], name="order_figure_untold",
                condition=models.Q(click_id__isnull=False, device__isnull=True),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.order_id} {self.partner_id} {self.day}"


class PartnerSum(WorkspaceModel):
    """All that orders have ever brought a partner, to sort twenty thousand of them by it: the sums of `OrderFigure`.

    Written by triggers of the database in the very statements that write those rows (migration 0006), and by nobody
    else. A partner without orders has no row.
    """

    partner = models.OneToOneField(Partner, on_delete=models.PROTECT, primary_key=True, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    orders = models.BigIntegerField()
    sales_minor = models.BigIntegerField()  # of the orders that are his
    earned_minor = models.BigIntegerField()  # accrued less taken back, both levels

    def __str__(self) -> str:
        return f"{self.partner_id} {self.orders}"


class Cut(models.IntegerChoices):
    """What a sum of a day is about."""

    WHOLE = 0
    PARTNER = 1  # key: Partner.pk
    LINK = 2  # key: Link.pk, 0 for the bare partner parameter, -1 for none
    CODE = 3  # from here on the word says it
    SUB1 = 4
    SUB2 = 5
    SUB3 = 6
    SUB4 = 7
    SUB5 = 8
    REFERRER = 9
    UTM_SOURCE = 10
    UTM_MEDIUM = 11
    UTM_CAMPAIGN = 12
    KIND = 13  # new, returning
    HOUR = 14  # «0-00» (Monday, midnight) … «6-23»
    PRODUCT = 15  # product, SKU
    DEVICE = 16
    COUNTRY = 17


class GoodsTitle(WorkspaceModel):
    """What a product was called when it was last bought: names for the rows of figures."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    word = models.CharField(max_length=260)  # as the cut of products writes it
    title = models.CharField(max_length=300, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["programme", "word"], name="goods_title_once")]

    def __str__(self) -> str:
        return self.title


class DayFigure(WorkspaceModel):
    """Sums of `OrderFigure` by one cut and day, kept with it in the same transaction; empty marks have no row."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    cut = models.PositiveSmallIntegerField(choices=Cut)
    key = models.BigIntegerField(default=0)
    word = models.CharField(max_length=260, blank=True)
    day = models.DateField()
    orders = models.BigIntegerField(default=0)
    revenue_minor = models.BigIntegerField(default=0)
    returned = models.BigIntegerField(default=0)
    returned_minor = models.BigIntegerField(default=0)
    level1_minor = models.BigIntegerField(default=0)
    level2_minor = models.BigIntegerField(default=0)
    earned_minor = models.BigIntegerField(default=0)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            # upserts; figures of few keys over any time
            models.UniqueConstraint(fields=["programme", "cut", "key", "word", "day"], name="day_figure_once")
        ]
        indexes = [
            # all keys of a period, read from the index alone (hence the workspace, which every query names): a month of
            # all partners is a hundred thousand rows
            models.Index(
                fields=[
                    "workspace", "programme", "cut", "day", "key", "word", "orders", "revenue_minor", "returned",
                    "returned_minor", "level1_minor", "level2_minor", "earned_minor",
                ],
                name="day_figure_period",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_cut_display()} {self.key} {self.word} {self.day}"
