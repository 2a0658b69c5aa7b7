"""Days of a few keys out of many."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from molva.reports.period import Period


def within_days(rows: "QuerySet[Any]", period: Period) -> "QuerySet[Any]":
    """Rows of the period, to be found by their keys and not by their days.

    SQLite would rather read a month of everybody from an index that begins with the day than step to fifty keys: it
    takes a condition on the day for a sharp one. This one is none that an index could begin with.
    """
    days = rows.alias(at_day=Coalesce("day", "day"))
    return days.filter(at_day__gte=period.first, at_day__lte=period.last)
