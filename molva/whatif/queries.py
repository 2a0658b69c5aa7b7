"""Reads of an answer: sums of all partners, and the partners one by one."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from molva.whatif.models import WhatIf, WhatIfPartner
from molva.whatif.runs import ROW_SUMS

WAS, WOULD = F("level1_was_minor") + F("above_was_minor"), F("level1_would_minor") + F("above_would_minor")
SORTS = {
    "partner": "partner__name", "was": "was_minor", "would": "would_minor", "difference": "difference_minor",
    "sales": "sales_was_minor",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Totals:
    """All partners together; minor units. `losers`, `gainers`: partners who would get less, or more."""

    level1_was_minor: int
    above_was_minor: int
    level1_would_minor: int
    above_would_minor: int
    expected_was_minor: int
    expected_would_minor: int
    sales_was_minor: int
    sales_would_minor: int
    losers: int
    gainers: int

    @property
    def was_minor(self) -> int:
        """Owed by the books."""
        return self.level1_was_minor + self.above_was_minor

    @property
    def would_minor(self) -> int:
        """Owed by the terms tried."""
        return self.level1_would_minor + self.above_would_minor

    @property
    def difference_minor(self) -> int:
        """What the terms tried cost more."""
        return self.would_minor - self.was_minor


def totals_of(whatif: WhatIf) -> Totals:
    """The sums of an answer."""
    sums: dict[str, Any] = {name: Sum(name, default=0) for name in ROW_SUMS}
    less, more = Count("pk", filter=Q(difference_minor__lt=0)), Count("pk", filter=Q(difference_minor__gt=0))
    return Totals(**partners_of(whatif).order_by().aggregate(**sums, losers=less, gainers=more))


def partners_of(whatif: WhatIf, *, word: str = "", sort: str = "", only: str = "") -> "QuerySet[Any]":
    """Partners of an answer with `was_minor`, `would_minor`, `difference_minor`; who loses most comes first.

    `sort`: a key of SORTS, with «-» for the largest first. `only`: «less», «more», «same».
    """
    rows = WhatIfPartner.objects.filter(whatif=whatif).annotate(was_minor=WAS, would_minor=WOULD)
    rows = rows.annotate(difference_minor=F("would_minor") - F("was_minor"))
    if word:
        rows = rows.filter(Q(partner__name__icontains=word) | Q(partner__code__icontains=word))
    chosen = {
        "less": Q(difference_minor__lt=0),
        "more": Q(difference_minor__gt=0),
        "same": Q(difference_minor=0),
    }
    if only in chosen:
        rows = rows.filter(chosen[only])
    name = SORTS.get(sort.removeprefix("-"), "difference_minor")
    order = F(name).desc() if sort.startswith("-") and sort[1:] in SORTS else F(name).asc()
    return rows.select_related("partner").order_by(order, "partner__code")
