"""Figures as a file: every figure in a column of its own, exact."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.http import HttpResponse
from django.utils.translation import gettext as _

from molva.kit.money import CURRENCY_DIGITS
from molva.kit.sheets import Row, csv_lines
from molva.reports.figures.questions import FigureReport
from molva.reports.figures.values import MONEY, NAMES, SHARES, Figures, whole_minor
from molva.web.ui import formats
from molva.web.ui.figure_words import FIGURE_WORDS, ROW_WORDS, row_label
from molva.web.ui.figures import has_meaning


def file_header(report: FigureReport) -> list[str]:
    """Names of the columns."""
    return [str(ROW_WORDS[report.question.by]), *(str(FIGURE_WORDS[name]) for name in _names(report))]


def file_rows(report: FigureReport) -> list[Row]:
    """All rows, what is beyond them, the total."""
    rows: list[Row] = [
        [
            row.key if isinstance(row.key, date) else row_label(report.question, row),
            *_cells(report, row.figures),
        ]
        for row in report.rows
    ]
    if report.rest is not None:
        rows.append([_("The rest"), *_cells(report, report.rest)])
    return [*rows, [_("Total"), *_cells(report, report.total)]]


def csv_answer(name: str, report: FigureReport) -> HttpResponse:
    """The file as an answer."""
    lines = csv_lines(file_header(report), file_rows(report), decimal_comma=formats.is_russian())
    answer = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _names(report: FigureReport) -> list[str]:
    return [name for name in NAMES if has_meaning(report, name) and (name != "leads" or report.total.leads)]


def _cells(report: FigureReport, figures: Figures) -> Row:
    currency = report.question.programme.currency
    return [_exact(name, getattr(figures, name), currency) for name in _names(report)]


def _exact(name: str, value: int | Fraction | None, currency: str) -> Decimal | int | None:
    if value is None:
        return None
    if name in MONEY:
        return Decimal(whole_minor(Fraction(value))).scaleb(-CURRENCY_DIGITS[currency])
    if name in SHARES:
        exact = Fraction(value)
        return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.0001"))
    return int(value)
