"""Rows of a few keys out of many."""

from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from molva.reports.period import Period


def within_days(rows: "QuerySet[Any]", period: Period) -> "QuerySet[Any]":
    """Rows of the period's days, to be found by their keys."""
    days = rows.alias(blunt_day=blunt("day"))
    return days.filter(blunt_day__gte=period.first, blunt_day__lte=period.last)


def blunt(column: str) -> Coalesce:
    """A column by which no index is chosen; conditions on it only narrow what others have found.

    SQLite would rather read a month of everybody from an index that begins with the day than step to fifty keys: it
    takes a condition on the day for a sharp one.
    """
    return Coalesce(column, column)
