"""Statistics of a partner: the office's own figures, narrowed to his clicks, his orders and his money."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from molva.programmes.models import Partner, Programme
from molva.reports.figures.asking import ask
from molva.reports.figures.questions import FILTERS
from molva.web.cabinet.shell import page, partner_page
from molva.web.ui import formats
from molva.web.ui.figure_files import csv_answer
from molva.web.ui.figure_filters import added_filter, figure_filters
from molva.web.ui.figure_reading import read_question, views_of
from molva.web.ui.figure_words import ROW_WORDS
from molva.web.ui.figures import FigurePage, Look, Targets
from molva.web.ui.filters import address
from molva.web.ui.periods import read_period, report_period

_LOOK = Look(
    columns=(
        "clicks", "visitors", "orders", "conversion", "revenue", "returned", "level1", "level2", "epc",
    ),
    tiles=("commission", "clicks", "orders", "conversion", "epc", "revenue", "average", "returned"),
    charted=("commission", "orders", "clicks", "revenue"),
)  # fmt: skip


@require_GET
@partner_page
def show(request: HttpRequest, partner: Partner) -> HttpResponse:
    """The figures that the address asks for."""
    if added := added_filter(request):
        return redirect(added)
    programme = partner.programme
    views = views_of(has_partners=False)
    period = report_period(request.GET, programme)
    question = read_question(request.GET, programme, period, views=views, partner=partner)
    if request.GET.get("as") == "csv":
        report = ask(replace(question, first=0, size=0, compare=False))
        return csv_answer(f"statistics-{programme.code}-{question.by}-{period.first}-{period.last}", report)
    report = ask(question)
    made = FigurePage(request, report, _targets(programme), look=_LOOK)
    context: dict[str, Any] = {
        "made": made,
        "report": report,
        "views": made.view_filter(views),
        "filters": [
            read_period(request, programme, default="30").filter,
            *figure_filters(request, programme, skip=("partner",)),
        ],
        "fields": [(name, ROW_WORDS[name]) for name in FILTERS if name not in ("partner", "customer")],
        "period": period,
        "compare_url": address(request, compare="off" if question.compare else None),
        "csv_url": address(request, **{"as": "csv"}),
        "lead": _("From %(first)s to %(last)s: what your links and promo codes have brought")
        % {"first": formats.day(period.first), "last": formats.day(period.last)},
    }
    return page(request, partner, "cabinet/statistics.html", "statistics", context)


def _targets(programme: Programme) -> Targets:
    orders = reverse("cabinet:orders", args=[programme.code])
    return Targets(
        here=reverse("cabinet:statistics", args=[programme.code]),
        orders=lambda params: f"{orders}?{urlencode({'level': '1', **params})}",
        money=lambda params: f"{orders}?{urlencode({'paid': '1', **params})}",
        time_view="link",
    )
