"""What-ifs from the form to the answer and to their end, kept apart by person. The queue: `reports.longwork`."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from molva.kit import clock
from molva.programmes.models import Programme, TermsVersion
from molva.programmes.terms import check_terms
from molva.reports.longwork import LIVE, Stopped, held
from molva.reports.period import Period
from molva.whatif.models import WhatIf, WhatIfKind, WhatIfPartner, WhatIfState
from molva.whatif.rows import count_orders
from molva.workspaces import journal
from molva.workspaces.models import User

KEEP_DAYS = 14
MOST_KEPT = 20  # what-ifs of one person in a programme; the oldest make room
MOST_LIVE = 3
MOST_ATTEMPTS = 3
ROW_SUMS = (
    "level1_was_minor", "above_was_minor", "level1_would_minor", "above_would_minor",
    "expected_was_minor", "expected_would_minor", "sales_was_minor", "sales_would_minor",
)  # fmt: skip  # in the order of a row of the tally


class NoOrders(Exception):
    """There are no orders in these days."""


class TooManyWhatIfs(Exception):
    """The person waits for as many as one may."""


def begin(
    *,
    programme: Programme,
    person: User,
    base: TermsVersion,
    kind: WhatIfKind,
    rule: str = "",
    form: Mapping[str, list[str]],
    content: tuple[dict[str, Any], list[dict[str, Any]]],
) -> WhatIf:
    """Keep what a form says, to be tried. `content`: settings and rules. TermsError when they are no terms."""
    settings, rules = content
    check_terms(settings, rules, currency=programme.currency, timezone=programme.timezone)
    with transaction.atomic():
        kept = list_whatifs(programme, person).exclude(state__in=LIVE)
        WhatIf.objects.filter(pk__in=[one.pk for one in kept[MOST_KEPT - 1 :]]).delete()
        return WhatIf.objects.create(
            programme=programme, person=person, base=base, kind=kind, rule=rule,
            form={name: list(values) for name, values in form.items()}, settings=settings, rules=rules,
        )  # fmt: skip


def list_whatifs(programme: Programme, person: User) -> "QuerySet[WhatIf]":
    """A person's own what-ifs of a programme, the newest first."""
    return WhatIf.objects.filter(programme=programme, person=person).order_by("-created_at", "-pk")


def start(whatif: WhatIf, first: date, last: date) -> None:
    """Put it into the queue for these days. NoOrders, TooManyWhatIfs; one that waits or runs goes on as it is."""
    period = days_of(whatif.programme, first, last)
    count = count_orders(whatif.programme, period.start, period.end)
    if not count:
        raise NoOrders
    with transaction.atomic():
        live = WhatIf.objects.filter(programme=whatif.programme, person=whatif.person, state__in=LIVE)
        if live.exclude(pk=whatif.pk).count() >= MOST_LIVE:
            raise TooManyWhatIfs
        begun = WhatIf.objects.filter(pk=whatif.pk).exclude(state__in=LIVE).update(
            state=WhatIfState.WAITING, first_day=first, last_day=last, orders=count, done=0, changed=0, examples=[],
            attempts=0, problem="", created_at=clock.now(), started_at=None, finished_at=None,
        )  # fmt: skip
        if begun:
            WhatIfPartner.objects.filter(whatif=whatif).delete()
            journal.record("whatif.started", whatif, actor=whatif.person, data={"orders": count})


def period_of(whatif: WhatIf) -> Period:
    """The days of one that was started."""
    if whatif.first_day is None or whatif.last_day is None:
        raise ValueError("the days are not chosen yet")
    return days_of(whatif.programme, whatif.first_day, whatif.last_day)


def days_of(programme: Programme, first: date, last: date) -> Period:
    """Whole days of the programme's zone."""
    return Period(first, last, ZoneInfo(programme.timezone))


def finish(
    whatif: WhatIf, rows: Mapping[int, list[int]], *, changed: int, examples: list[dict[str, Any]]
) -> None:
    """Store the answer: sums by partner's key. Raises Stopped."""
    with transaction.atomic():
        ended = held(whatif).update(
            state=WhatIfState.READY, done=whatif.orders, changed=changed, examples=examples,
            finished_at=clock.now(),
        )  # fmt: skip
        if not ended:
            raise Stopped
        WhatIfPartner.objects.insert_each(
            WhatIfPartner(whatif=whatif, partner_id=partner, **dict(zip(ROW_SUMS, sums, strict=True)))
            for partner, sums in rows.items()
            if any(sums)
        )


def ends_at(whatif: WhatIf) -> datetime:
    """When it will be removed."""
    return whatif.created_at + timedelta(days=KEEP_DAYS)


def remove_old() -> int:
    """Remove those whose days are over. Returns how many went."""
    limit = clock.now() - timedelta(days=KEEP_DAYS)
    old = list(
        WhatIf.unscoped.filter(created_at__lt=limit).exclude(state__in=LIVE).values_list("pk", flat=True)
    )
    WhatIfPartner.unscoped.filter(whatif__in=old).delete()
    WhatIf.unscoped.filter(pk__in=old).delete()
    return len(old)
