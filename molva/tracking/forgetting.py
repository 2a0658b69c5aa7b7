"""What may be forgotten of visits: hours after a month, and touches that nobody can use any more.

A touch decides about an order or a lead that is made with its visitor, and only as long as it counts (the click window
of the terms at that moment). So, where an operator asks for it (`MOLVA_TOUCH_DAYS`), touches are forgotten that are
older than the visitor's cookie lives and than any click window the programme ever had, each with `LATE_DAYS` on top,
because shops tell orders late. Never: those of visitors who became customers, whose orders are judged again whenever
something is told of them; those of a programme whose clicks count without end.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from molva.domain.click_id import make_click_id
from molva.kit import clock
from molva.kit.clock import to_micros
from molva.programmes.models import Programme, TermsVersion
from molva.tracking.models import ClickHour, ClickHourTotal, CustomerVisitor, Touch

HOURS_KEPT = timedelta(days=31)
LATE_DAYS = 60  # how long after it was made an order may still be told
_PORTION = 1000  # rows of one transaction: others write beside it
_BREATH_SECONDS = 0.015


def forget_old_hours(*, seconds: float = float("inf")) -> int:
    """Drop hour counts older than 31 days for about so many seconds; the day counts stay for ever."""
    limit, forgotten = clock.now() - HOURS_KEPT, 0
    until = time.monotonic() + seconds
    ClickHourTotal.unscoped.filter(hour__lt=limit).delete()
    for programme in Programme.unscoped.values_list("pk", flat=True):
        old = ClickHour.unscoped.filter(programme=programme, hour__lt=limit)
        while time.monotonic() < until and (found := list(old.values_list("pk", flat=True)[:_PORTION])):
            forgotten += _apart(_hours, found)
    return forgotten


def forget_touches(*, seconds: float = float("inf")) -> int:
    """Drop touches that nobody can use any more, for about so many seconds; nothing when that is not asked for."""
    limits = _limits()
    if not limits:
        return 0
    until, forgotten, after, end = time.monotonic() + seconds, 0, 0, max(limits.values())
    while time.monotonic() < until:
        rows = Touch.unscoped.filter(pk__gt=after, pk__lt=end).order_by("pk")
        portion = list(rows.values_list("pk", "programme_id")[:_PORTION])
        if not portion:
            break
        after = portion[-1][0]
        old = [pk for pk, programme in portion if pk < limits.get(programme, 0)]
        if old:
            forgotten += _apart(_of_strangers, old)
    return forgotten


def _limits() -> dict[int, int]:
    """By programme the click id before which touches of people who are no customers are of no use."""
    if not settings.MOLVA_TOUCH_DAYS:
        return {}
    windows: dict[int, list[int | None]] = {}
    for programme, terms in TermsVersion.unscoped.values_list("programme_id", "settings"):
        windows.setdefault(programme, []).append(terms["attribution"].get("click_window_days"))
    now = clock.now()
    return {
        programme: _before(now - timedelta(days=_days([one for one in found if one is not None])))
        for programme, found in windows.items()
        if None not in found
    }


def _days(windows: list[int]) -> int:
    return max(settings.MOLVA_TOUCH_DAYS, max([settings.MOLVA_TRACKER_COOKIE_DAYS, *windows]) + LATE_DAYS)


def _before(moment: datetime) -> int:
    return make_click_id(to_micros(moment))


def _of_strangers(ids: list[int]) -> int:
    """Delete those of these touches whose visitors are no customers; how many."""
    customers = CustomerVisitor.unscoped.filter(
        visitor=OuterRef("visitor"), programme=OuterRef("programme_id")
    )
    rows = Touch.unscoped.filter(pk__in=ids)
    strangers = list(rows.exclude(Exists(customers)).values_list("pk", flat=True))
    return rows.filter(pk__in=strangers).delete()[0]


def _hours(ids: list[int]) -> int:
    return ClickHour.unscoped.filter(pk__in=ids).delete()[0]


def _apart(work: Callable[[list[int]], int], ids: list[int]) -> int:
    """In a transaction of its own, with a breath for who waits for SQLite's only lock."""
    with transaction.atomic():
        done = work(ids)
    if not connection.features.has_select_for_update and not connection.in_atomic_block:
        time.sleep(_BREATH_SECONDS)
    return done
