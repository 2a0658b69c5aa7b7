"""Reports → Figures: every figure by any view, compared, drawn, filtered; each opens the rows behind it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from molva.programmes.models import Programme
from molva.reports.figures.asking import ask
from molva.reports.figures.questions import FILTERS, FigureQuestion, FigureReport
from molva.reports.figures.trends import trends
from molva.reports.orders import ANYBODY
from molva.web.office.access import Place, office_page
from molva.web.office.exporting import Table, downloads, export_answer
from molva.web.office.people_filters import partner_filter
from molva.web.office.reports import report_tabs
from molva.web.office.shell import page
from molva.web.ui import formats
from molva.web.ui.figure_files import file_header, file_rows
from molva.web.ui.figure_filters import added_filter, figure_filters
from molva.web.ui.figure_reading import read_question, views_of
from molva.web.ui.figure_words import ROW_WORDS
from molva.web.ui.figures import FigurePage, Targets
from molva.web.ui.filters import address
from molva.web.ui.periods import read_period, report_period


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponseBase:
    """The report that the address asks for."""
    if added := added_filter(request):
        return redirect(added)
    if (answer := export_answer(request, place, "figures")) is not None:
        return answer
    programme = place.programme
    question = _question(programme, request.GET)
    report = ask(question)
    made = FigurePage(request, report, _targets(programme), trends=_trends(question, report))
    period = question.period
    context: dict[str, Any] = {
        "made": made,
        "report": report,
        "views": made.view_filter(views_of(has_partners=True)),
        "filters": [
            read_period(request, programme, default="30").filter,
            *partner_filter(request, programme),
            *figure_filters(request, programme, skip=("partner",)),
        ],
        "fields": [(name, ROW_WORDS[name]) for name in FILTERS if name not in ("partner", "customer")],
        "kinds": report_tabs(request, programme),
        "period": period,
        "compare_url": address(request, compare="off" if question.compare else None),
        **downloads(request),
        "lead": _("From %(first)s to %(last)s, by the clocks of %(zone)s.")
        % {"first": formats.day(period.first), "last": formats.day(period.last), "zone": programme.timezone},
    }
    return page(request, place, "office/figures.html", "figures", context)


def _question(programme: Programme, query: QueryDict) -> FigureQuestion:
    return read_question(query, programme, report_period(query, programme), views=views_of(has_partners=True))


def export(programme: Programme, query: QueryDict) -> Table:
    """The report as a file: all its rows."""
    question = replace(_question(programme, query), first=0, size=0, compare=False)
    report = ask(question)
    rows = file_rows(report)
    period = question.period
    name = f"figures-{programme.code}-{question.by}-{period.first}-{period.last}"
    return Table(name, file_header(report), rows, len(rows))


def _trends(question: FigureQuestion, report: FigureReport) -> Mapping[str, list[int]]:
    return trends(question, [str(row.key) for row in report.rows]) if question.by == "partner" else {}


def _targets(programme: Programme) -> Targets:
    orders = reverse("office:orders", args=[programme.code])
    accruals = reverse("office:report_accruals", args=[programme.code])
    return Targets(
        here=reverse("office:figures", args=[programme.code]),
        orders=lambda params: f"{orders}?{urlencode({'partner': ANYBODY, **params})}",
        money=lambda params: f"{accruals}?{urlencode({'by': 'order', **params})}",
        time_view="partner",
    )
