"""The shape of a row over time, for small drawings beside it."""

from collections.abc import Collection

from molva.commissions.models import Cut, DayFigure
from molva.reports.figures.questions import FigureQuestion

LONGEST = 100  # days that a drawing of a few pixels can tell apart


def trends(question: FigureQuestion, keys: Collection[str]) -> dict[str, list[int]]:
    """Revenue of each day by partner id, in one query; nothing where it would not be cheap."""
    period = question.period
    if question.where or period.length > LONGEST or period.length < 2 or not keys:
        return {}
    rows = DayFigure.objects.filter(
        programme=question.programme,
        cut=Cut.PARTNER,
        key__in=[int(key) for key in keys if key.isdecimal()],
        day__gte=period.first,
        day__lte=period.last,
    )
    found = {key: [0] * period.length for key in keys}
    for key, day, minor in rows.order_by().values_list("key", "day", "revenue_minor"):
        found[str(key)][(day - period.first).days] = minor
    return {key: values for key, values in found.items() if any(values)}
