"""Rows of figures: made, sorted, cut into pages."""

from collections.abc import Sequence

from molva.reports.figures.questions import FigureQuestion, FigureRow
from molva.reports.figures.values import NAMES, Clicks, Figures, Sums, figures


def figures_of(
    question: FigureQuestion, clicks: Clicks | None, sums: Sums | None, *, leads: int | None = None
) -> Figures:
    """Both halves together, as the question's view can tell them."""
    return figures(clicks, sums, leads=leads, has_commission=question.view.has_commission)


def sort_rows(rows: Sequence[FigureRow], sort: str) -> list[FigureRow]:
    """By a figure; those without it last; equal ones by key."""
    name = sort.lstrip("-")
    if name not in NAMES:
        return list(rows)
    is_down = sort.startswith("-")
    valued = [(getattr(row.figures, name), row) for row in rows]
    known = [(value, row) for value, row in valued if value is not None]
    known.sort(key=lambda pair: str(pair[1].key))
    known.sort(key=lambda pair: pair[0], reverse=is_down)
    unknown = [row for value, row in valued if value is None]
    return [*(row for _value, row in known), *sorted(unknown, key=lambda row: str(row.key))]


def cut_rows(rows: Sequence[FigureRow], question: FigureQuestion) -> list[FigureRow]:
    """The page that is asked for."""
    end = question.first + question.size if question.size else len(rows)
    return list(rows[question.first : end])
