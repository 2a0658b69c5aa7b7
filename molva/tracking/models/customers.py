"""Customers, what they are known by, their touches, and whose they are."""

from datetime import datetime

from django.db import models

from molva.domain.click_id import click_micros
from molva.kit import clock
from molva.programmes.models import Partner, Programme
from molva.tracking.models.links import Link, LinkKind
from molva.workspaces.scoping import WorkspaceModel


class Customer(WorkspaceModel):
    """One person brought to the programme. When records join two persons, one row takes the other's facts over."""

    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, db_index=False, related_name="customers"
    )
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    # present owner, a copy of the running attribution for lists and filters
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, db_index=False, related_name="customers"
    )

    class Meta(WorkspaceModel.Meta):
        indexes = [
            models.Index(
                fields=["programme", "-created_at", "workspace"], name="customer_recent"
            ),  # list of customers
            models.Index(
                fields=["partner", "-created_at", "workspace"], name="customer_partner"
            ),  # of one partner, or nobody's
            models.Index(fields=["programme", "name"], name="customer_name"),  # search
        ]

    def __str__(self) -> str:
        return self.name or self.email or self.phone or f"№ {self.pk}"


class CustomerKey(WorkspaceModel):
    """What a customer is known by: an id of the source, a normalised e-mail, a normalised phone."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
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

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="visitors")
    visitor = models.CharField(max_length=40)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            # the visitor first: loading asks which of the visitors who clicked are customers, of all programmes
            models.UniqueConstraint(fields=["visitor", "programme", "customer"], name="customer_visitor_once")
        ]

    def __str__(self) -> str:
        return self.visitor


class Touch(WorkspaceModel):
    """A contact of a visitor with a partner's link, QR code or form. Append-only, and the largest table there is.

    `id` is the click's own, and says when it was: ids sort by time (`domain.click_id`). What is no click takes the id
    of its moment on a node that no tracker has. No index but the one by visitor: a row is written for each click, and
    nobody asks for the touches of a partner or a link.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="touches")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, db_index=False, related_name="touches")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, null=True, db_index=False, related_name="+")
    visitor = models.CharField(max_length=40)
    kind = models.CharField(max_length=4, choices=LinkKind, default=LinkKind.LINK)
    # where it came from, for the customer's path: {"referrer_host": …, "sub1": …, "landing": …}
    source = models.JSONField(default=dict)

    class Meta(WorkspaceModel.Meta):
        # facts of a customer, visitors of a day; ids of visitors are random, so a programme would narrow nothing
        indexes = [models.Index(fields=["visitor"], name="touch_visitor")]

    @property
    def at(self) -> datetime:
        """When it was, in UTC."""
        return clock.from_micros(click_micros(self.pk))

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
