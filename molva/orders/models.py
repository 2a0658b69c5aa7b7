"""Stage 3: orders and leads as a source last told them, with the verdict that the settlement gave.

An order keeps two frozen things besides its latest snapshot: the facts of its creation (they decide who gets it) and
the snapshot with which it first reached an accrual status (it decides which rule holds).
"""

from django.db import models

from molva.kit import clock
from molva.programmes.models import Partner, Programme
from molva.tracking.models import Customer
from molva.workspaces.scoping import WorkspaceModel

DELETED_STATUS = "~deleted"  # what an order gets when its shop deleted it; no merchant can choose it


class Order(WorkspaceModel):
    """A purchase. Money in minor units of the programme's currency."""

    # programme and partner have no index of their own: the ones below begin with them
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="orders")
    source = models.CharField(max_length=40)  # which connection told it, «manual» for people and files
    external_id = models.CharField(max_length=120)
    number = models.CharField(max_length=60)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")

    created_at = models.DateTimeField()  # in the shop
    recorded_at = models.DateTimeField(default=clock.now)
    seq = models.BigIntegerField()  # version of the latest snapshot
    creation_seq = models.BigIntegerField()  # version of the snapshot that gave the creation facts
    # {"client": {"id","email","phone"}, "visitor": …, "codes": [...], "landing": …}
    creation = models.JSONField()
    # every sign of whose it may be, also those that were passed over: see `orders.evidence`
    evidence = models.JSONField(default=list)

    status = models.CharField(max_length=120)
    status_title = models.CharField(max_length=200, blank=True)
    delivery_minor = models.BigIntegerField(default=0)
    discount_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)  # what the buyer pays, for people

    reached_at = models.DateTimeField(null=True)
    reached_lines = models.JSONField(null=True)  # {"lines": [...], "discount": …} of that first moment

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, db_index=False, related_name="orders"
    )
    reason = models.CharField(max_length=20, blank=True)
    unpaid = models.CharField(max_length=20, blank=True)
    verdict = models.JSONField(default=dict)
    judged_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["programme", "source", "external_id"], name="order_once")
        ]
        indexes = [
            # (the workspace stands at the end of those that are read alone: every query names it)
            # list of orders; sums of a period are read from the index alone
            models.Index(
                fields=["programme", "-created_at", "partner", "total_minor", "status", "workspace"],
                name="order_recent",
            ),
            # cabinet; what each partner has sold, likewise
            models.Index(
                fields=["partner", "-created_at", "total_minor", "status", "workspace"], name="order_partner"
            ),
            # the list by status, by verdict, by reason of paying nothing, and which of them there are
            models.Index(fields=["programme", "status", "-created_at", "workspace"], name="order_status"),
            models.Index(fields=["programme", "reason", "-created_at", "workspace"], name="order_reason"),
            models.Index(fields=["programme", "unpaid", "-created_at", "workspace"], name="order_unpaid"),
            # how many orders of partners have accrued in a period
            models.Index(
                fields=["programme", "-created_at", "workspace", "partner", "reached_at"],
                name="order_reached",
                condition=models.Q(partner__isnull=False, reached_at__isnull=False),
            ),
            models.Index(fields=["programme", "number"], name="order_number"),  # search, and sorted by it
            models.Index(fields=["programme", "total_minor"], name="order_total"),  # sorted by the sum
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(WorkspaceModel):
    """One line of the latest snapshot; total after discounts, without delivery."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    external_id = models.CharField(max_length=120)
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=300, blank=True)
    product = models.CharField(max_length=120, blank=True)
    categories = models.JSONField(default=list)
    sku = models.CharField(max_length=120, blank=True)
    quantity = models.CharField(max_length=30, default="1")  # exact decimal text
    price_minor = models.BigIntegerField(default=0)  # before discounts, for people
    total_minor = models.BigIntegerField()

    class Meta(WorkspaceModel.Meta):
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["order", "external_id"], name="order_line_once")]
        indexes = [
            models.Index(fields=["product", "sku"], name="order_line_product")
        ]  # orders that have a product

    def __str__(self) -> str:
        return self.title or self.external_id


class OrderCode(WorkspaceModel):
    """A promo code that an order was made with, and the outside page the buyer came from, when the source knows it."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, db_index=False, related_name="used_codes")
    code = models.CharField(max_length=200)  # as the source writes it
    code_folded = models.CharField(max_length=200)
    referrer_host = models.CharField(max_length=255, blank=True)
    # of the order, so that codes can be sorted by their uses; kept by whoever records it
    # when it was made; null: it was deleted and is no use of the code
    used_at = models.DateTimeField(null=True)
    sold_minor = models.BigIntegerField(default=0)  # what the buyer pays

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["order", "code_folded"], name="order_code_once")]
        indexes = [
            # uses of codes, read from the index alone (hence the workspace, which every query names)
            models.Index(
                fields=["programme", "code_folded", "used_at", "sold_minor", "workspace"],
                name="order_code_uses",
            )
        ]

    def __str__(self) -> str:
        return self.code


class Lead(WorkspaceModel):
    """A request without payment; it attributes a customer as an order would."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="leads")
    source = models.CharField(max_length=40)
    external_id = models.CharField(max_length=120)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="leads")
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)
    creation = models.JSONField()
    text = models.TextField(blank=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="leads")
    reason = models.CharField(max_length=20, blank=True)
    verdict = models.JSONField(default=dict)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["programme", "source", "external_id"], name="lead_once")
        ]
        indexes = [models.Index(fields=["programme", "at"], name="lead_recent")]  # leads of a period

    def __str__(self) -> str:
        return self.external_id
