"""What-if: terms that are not published yet, run over orders of the past. Nothing of it touches the books.

A row keeps the form as it was filled in, so that it can be gone back to and published as it is, and the terms that were
tried; the answer, partner by partner, is in rows of its own. Both are one person's and go after some days.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.http import QueryDict

from molva.programmes.models import Partner, Programme, TermsVersion
from molva.reports.longwork import LongWork
from molva.workspaces.scoping import WorkspaceModel


class WhatIfKind(models.TextChoices):
    TERMS = "terms"
    RULE = "rule"


class WhatIfState(models.TextChoices):
    DRAFT = "draft"  # the days are not chosen yet
    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WhatIf(LongWork):
    """One try of unpublished terms over the orders made from `first_day` to `last_day`, programme's days."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, db_index=False, related_name="+")
    base = models.ForeignKey(
        TermsVersion, on_delete=models.CASCADE, related_name="+"
    )  # the form began from it
    kind = models.CharField(max_length=5, choices=WhatIfKind)
    rule = models.CharField(
        max_length=60, blank=True
    )  # of a rule: its name before the change, "" for a new one
    form = models.JSONField(default=dict)  # as it was sent: {field: [values]}
    # what is tried, in the form of TermsVersion
    settings = models.JSONField()
    rules = models.JSONField()

    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)
    state = models.CharField(max_length=9, choices=WhatIfState, default=WhatIfState.DRAFT)
    orders = models.PositiveIntegerField(default=0)  # of these days, as they were counted
    changed = models.PositiveIntegerField(default=0)  # orders with another sum or another partner
    # [{"order": pk, "number": …, "was": {…}, "would": {…}}]: see `whatif.examples`
    examples = models.JSONField(default=list)

    class Meta(LongWork.Meta):
        indexes = [
            models.Index(fields=["programme", "person", "-created_at"], name="whatif_mine"),  # my what-ifs
            models.Index(  # the queue
                fields=["created_at"], condition=Q(state__in=["waiting", "running"]), name="whatif_live"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme} {self.first_day}–{self.last_day}"

    @property
    def sent(self) -> QueryDict:
        """The form as it was sent."""
        query = QueryDict(mutable=True)
        for name, values in self.form.items():
            query.setlist(name, values)
        return query

    @property
    def tried_rule(self) -> dict[str, Any] | None:
        """The special rule that is tried."""
        name = (self.form.get("name") or [""])[0].strip()
        return next((rule for rule in self.rules if rule["id"] == name), None)


class WhatIfPartner(WorkspaceModel):
    """What one partner is owed for the orders of these days: by the books, and by the terms tried. Minor units.

    `expected`: what open orders would earn. `sales`: goods of the partner's orders that earn, after discounts.
    """

    whatif = models.ForeignKey(WhatIf, on_delete=models.CASCADE, db_index=False, related_name="partners")
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    level1_was_minor = models.BigIntegerField(default=0)
    above_was_minor = models.BigIntegerField(default=0)  # level 2 and higher
    level1_would_minor = models.BigIntegerField(default=0)
    above_would_minor = models.BigIntegerField(default=0)
    expected_was_minor = models.BigIntegerField(default=0)
    expected_would_minor = models.BigIntegerField(default=0)
    sales_was_minor = models.BigIntegerField(default=0)
    sales_would_minor = models.BigIntegerField(default=0)

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["whatif", "partner"], name="whatif_partner_once")]

    def __str__(self) -> str:
        return f"{self.whatif_id} {self.partner_id}"
