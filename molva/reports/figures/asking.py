"""From a question to its report: orders and clicks are asked apart and put together, row by row.

The number of queries does not grow with the rows.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from molva.orders.models import Lead
from molva.reports.figures.clicks import ClickAnswers
from molva.reports.figures.keys import Keys
from molva.reports.figures.labels import with_labels
from molva.reports.figures.orders import sums_by_day, sums_whole
from molva.reports.figures.questions import FigureQuestion, FigureReport, FigureRow
from molva.reports.figures.rows import cut_rows, figures_of, sort_rows
from molva.reports.figures.values import Clicks, Figures, Sums
from molva.reports.period import Period
from molva.tracking.columns.errors import NoAnswerError

Key = str | date


def ask(question: FigureQuestion) -> FigureReport:
    """Answer a question; the total and the period before are those of the same filters."""
    try:
        return _asked(question, ClickAnswers(question))
    except NoAnswerError as error:
        return replace(_asked(question, ClickAnswers(question, is_mute=True)), no_answer=error.why)


def _asked(question: FigureQuestion, answers: ClickAnswers) -> FigureReport:
    report = _by_time(question, answers) if question.view.is_time else _by_key(question, answers)
    return replace(report, known_from=max(answers.known_from, default=None))


def _whole(question: FigureQuestion, answers: ClickAnswers, period: Period) -> Figures:
    days = question if question.view.is_time else replace(question, by="day")
    return figures_of(
        days,
        ClickAnswers(days, answers.known_from, answers.is_mute).whole(period),
        sums_whole(days, period),
        leads=_leads(days, period).count() if _has_leads(days) else None,
    )


def _by_time(question: FigureQuestion, answers: ClickAnswers) -> FigureReport:
    period, before = question.period, question.period.before()
    now = _steps(question, answers, period)
    total = _summed(question, now.values(), answers, period)
    if not question.compare:
        past, past_total = {}, None
    else:
        past = _steps(question, answers, before)
        past_total = _summed(question, past.values(), answers, before)
    # day by day beside its counterpart: the first of this period with the first of the one before
    paired = dict(zip(now, past.values(), strict=False))
    rows = [
        FigureRow(key, shown, paired.get(key) if question.compare else None) for key, shown in now.items()
    ]
    if question.sort:
        rows = sort_rows(rows, question.sort)
    return FigureReport(question, cut_rows(rows, question), total, past_total, len(rows))


def _steps(question: FigureQuestion, answers: ClickAnswers, period: Period) -> dict[Key, Figures]:
    """Every day, week or month of a period, also those without anything."""
    sums = sums_by_day(question, period)
    clicks = answers.by_day(period) if answers.has_meaning else None
    leads = _leads_by_day(question, period) if _has_leads(question) else None
    parts: dict[date, list[Any]] = {}
    for day in period.days:
        part = parts.setdefault(_START[question.by](day), [Sums(), Clicks(), 0])
        part[0] += sums.get(day, Sums())
        part[1] += (clicks or {}).get(day, Clicks())
        part[2] += (leads or {}).get(day, 0)
    return {
        key: figures_of(
            question,
            part[1] if clicks is not None else None,
            part[0],
            leads=part[2] if leads is not None else None,
        )
        for key, part in parts.items()
    }


_START = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
}


def _summed(
    question: FigureQuestion, parts: Iterable[Figures], answers: ClickAnswers, period: Period
) -> Figures:
    """The whole of the days. People who came on two days are one where raw clicks can tell, so these are asked."""
    listed = list(parts)

    def add(name: str) -> int | None:
        values = [getattr(one, name) for one in listed]
        return None if None in values or not values else sum(values)

    names = (
        "clicks",
        "visitors",
        "bots",
        "leads",
        "orders",
        "revenue",
        "returned",
        "returned_sum",
        "level1",
        "level2",
    )
    total = Figures(**{name: add(name) for name in names})
    if answers.has_meaning and not answers.is_kept:
        clicks = answers.whole(period)
        total = replace(total, visitors=clicks.visitors if clicks else None)
    return total


def _has_leads(question: FigureQuestion) -> bool:
    """Leads know their partner and their moment, and no mark of a click."""
    return {"partner"} >= question.where.keys()


def _leads(question: FigureQuestion, period: Period) -> "QuerySet[Lead]":
    rows = Lead.objects.filter(
        programme=question.programme, at__gte=period.start, at__lt=period.end, partner__isnull=False
    )
    return rows.filter(partner=question.partner) if question.partner is not None else rows


def _leads_by_day(question: FigureQuestion, period: Period) -> dict[date, int]:
    rows = _leads(question, period).annotate(day=TruncDate("at", tzinfo=period.zone)).order_by()
    return dict(rows.values_list("day").annotate(n=Count("pk")))


def _leads_by_partner(question: FigureQuestion, period: Period) -> dict[str, int]:
    rows = _leads(question, period).order_by().values_list("partner").annotate(n=Count("pk"))
    return {str(partner): n for partner, n in rows}


def _by_key(question: FigureQuestion, answers: ClickAnswers) -> FigureReport:
    period = question.period
    total = _whole(question, answers, period)
    leads = _leads_by_partner(question, period) if question.by == "partner" and _has_leads(question) else None
    keys = Keys(question, answers, total, leads)
    shown = with_labels(question.programme, question.by, keys.page())
    past_total = _whole(question, answers, period.before()) if question.compare else None
    return FigureReport(question, shown, total, past_total, keys.count, keys.rest)
