"""From a question to its report: orders and clicks are asked apart and put together, row by row.

The number of queries does not grow with the rows. What splits into more than MOST keys is cut: the side that the sort
is about chooses the first ones, the other side is asked for these only, and the rest is told as one sum.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from molva.orders.models import Lead
from molva.reports.figures.clicks import ClickAnswers
from molva.reports.figures.labels import with_labels
from molva.reports.figures.orders import (
    is_by_orders,
    is_kept,
    named_sums,
    sums_by_day,
    sums_by_key,
    sums_whole,
)
from molva.reports.figures.questions import MOST, PLAIN, FigureQuestion, FigureReport, FigureRow
from molva.reports.figures.values import NAMES, Clicks, Figures, Sums, figures
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
    return _figures(
        days,
        ClickAnswers(days, answers.known_from, answers.is_mute).whole(period),
        sums_whole(days, period),
        leads=_leads(days, period).count() if _has_leads(days) else None,
    )


def _figures(
    question: FigureQuestion, clicks: Clicks | None, sums: Sums | None, *, leads: int | None = None
) -> Figures:
    return figures(clicks, sums, leads=leads, has_commission=question.view.has_commission)


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
        FigureRow(key, figures_, paired.get(key) if question.compare else None)
        for key, figures_ in now.items()
    ]
    if question.sort:
        rows = _sorted(rows, question.sort)
    return FigureReport(question, _cut(rows, question), total, past_total, len(rows))


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
        key: _figures(
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
    rows, rest = _rows(question, answers, total)
    past_total = _whole(question, answers, period.before()) if question.compare else None
    shown = _cut(rows, question)
    if question.compare:
        shown = _with_before(question, answers, shown)
    shown = with_labels(question.programme, question.by, shown)
    return FigureReport(question, shown, _shaped(question, total), past_total, len(rows), rest)


def _shaped(question: FigureQuestion, total: Figures) -> Figures:
    """A total as its view can tell it: products have no clicks, but the programme has."""
    return total


def _rows(
    question: FigureQuestion, answers: ClickAnswers, total: Figures
) -> tuple[list[FigureRow], Figures | None]:
    """The first MOST rows by the sort, and what is beyond them."""
    sort = question.sort or "-revenue"
    period = question.period
    has_clicks = answers.has_meaning
    by_orders = is_by_orders(sort) or not has_clicks
    sums: dict[str, Sums] = {}
    clicks: dict[str, Clicks] = {}
    if by_orders:
        sums = sums_by_key(question, period, limit=MOST + 1, sort=sort)
        is_full = len(sums) > MOST
        if has_clicks:
            keys = list(sums) if is_full and question.by in PLAIN else None
            clicks = answers.by_key(period, limit=MOST, keys=keys)
    else:
        clicks = answers.by_key(period, limit=MOST + 1, sort=sort)
        is_full = len(clicks) > MOST
        keys = list(clicks) if is_full else None
        sums = sums_by_key(question, period, limit=MOST, sort=sort, keys=keys)
    if is_full:
        known: Mapping[str, Any] = sums if by_orders else clicks
        kept = list(known)[:MOST]
        sums = {key: sums[key] for key in kept if key in sums}
        clicks = {key: clicks[key] for key in kept if key in clicks}
    leads = _leads_by_partner(question, period) if question.by == "partner" and _has_leads(question) else None
    rest = None
    if is_kept(question, question.by):
        rest = _left(question, sums, clicks if has_clicks else None, total, is_full=is_full)
    keys_ = list(dict.fromkeys([*sums, *clicks]))
    rows = [
        FigureRow(
            key,
            _figures(
                question,
                clicks.get(key, Clicks()) if has_clicks else None,
                sums.get(key, Sums()),
                leads=leads.get(key, 0) if leads is not None else None,
            ),
        )
        for key in keys_
    ]
    return _sorted(rows, sort), rest


def _left(
    question: FigureQuestion,
    sums: dict[str, Sums],
    clicks: dict[str, Clicks] | None,
    total: Figures,
    *,
    is_full: bool,
) -> Figures | None:
    """Adds «not given» to the sums, which kept ones do not have, and tells what stands beyond them."""
    listed = sum(sums.values(), start=Sums())
    named = named_sums(question, question.period) if is_full else listed
    if question.by not in _COMPLETE:
        nowhere = _sums_of(total) - named
        if nowhere:
            sums[""] = nowhere
    beyond = None
    if clicks is not None and question.by in PLAIN and total.clicks is not None:
        counted = Clicks(total.clicks, total.visitors or 0, total.bots or 0)
        beyond = counted - sum(clicks.values(), start=Clicks())
    if not is_full and not (beyond and beyond.clicks):
        return None
    return _figures(question, beyond, named - listed)


_COMPLETE = ("partner", "hour", "product", "customer")  # every order has its word


def _sums_of(total: Figures) -> Sums:
    """The half of orders of figures that have it."""
    return Sums(
        total.orders or 0, total.revenue or 0, total.returned or 0, total.returned_sum or 0, total.level1 or 0,
        total.level2 or 0,
    )  # fmt: skip


def _with_before(
    question: FigureQuestion, answers: ClickAnswers, rows: Sequence[FigureRow]
) -> list[FigureRow]:
    """The same rows with what they were in the period before."""
    keys = [str(row.key) for row in rows]
    period = question.period.before()
    sums = sums_by_key(question, period, limit=MOST, keys=keys)
    clicks = answers.by_key(period, limit=MOST, keys=keys) if answers.has_meaning else None
    return [
        replace(
            row,
            before=_figures(
                question,
                clicks.get(str(row.key), Clicks()) if clicks is not None else None,
                sums.get(str(row.key), Sums()) if row.key or not is_kept(question, question.by) else None,
            ),
        )
        for row in rows
    ]


def _sorted(rows: Sequence[FigureRow], sort: str) -> list[FigureRow]:
    """By a figure; those without it last; equal ones by key."""
    name = sort.lstrip("-")
    if name not in NAMES:
        return list(rows)
    is_down = sort.startswith("-")
    known = [row for row in rows if getattr(row.figures, name) is not None]
    unknown = [row for row in rows if getattr(row.figures, name) is None]
    known.sort(key=lambda row: str(row.key))
    known.sort(key=lambda row: getattr(row.figures, name), reverse=is_down)
    return [*known, *sorted(unknown, key=lambda row: str(row.key))]


def _cut(rows: Sequence[FigureRow], question: FigureQuestion) -> list[FigureRow]:
    end = question.first + question.size if question.size else len(rows)
    return list(rows[question.first : end])
