"""The first page of the office: what waits for a person, the month in four figures, the first hour's checklist."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from molva.integrations.attention import attention, count_refused_steps
from molva.integrations.models import Connection
from molva.kit import clock
from molva.programmes.models import TermsVersion
from molva.reports.overview import overview
from molva.selftest.runs import has_failed
from molva.web.office.access import Place, office_page
from molva.web.office.shell import page
from molva.web.ui.charts import LineChart, Series
from molva.web.ui.formats import day_short

_DAYS = 30


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """Today."""
    programme = place.programme
    zone = ZoneInfo(programme.timezone)
    today = clock.now().astimezone(zone).date()
    figures = overview(programme, first_day=today - timedelta(days=_DAYS - 1), last_day=today)
    chart = LineChart(
        _("Sales through partners"),
        [day_short(day) for day in figures.days],
        [
            Series(_("these 30 days"), figures.sales_by_day),
            Series(_("the 30 before"), figures.sales_before_by_day, is_past=True),
        ],
        programme.currency,
    )
    context = {
        "figures": figures,
        "chart": chart,
        "tasks": _tasks(place),
        "steps": _steps(place, figures.has_partners, figures.has_orders),
        "period": f"?from={figures.first_day.isoformat()}&to={figures.last_day.isoformat()}",
    }
    return page(request, place, "office/today.html", "today", context)


def _tasks(place: Place) -> list[dict[str, object]]:
    """What waits, from urgent to patient; each with where to go."""
    seen, code = attention(place.programme), place.programme.code
    refused = count_refused_steps(place.programme)
    tasks = [
        (
            seen.shop_state == "broken",
            "plug-connected-x",
            "bad",
            _("The shop does not answer"),
            _("Orders wait in the shop; nothing is lost."),
            "shop",
            0,
        ),
        (
            refused,
            "plug-connected-x",
            "bad",
            _("The shop has refused a part of its set-up"),
            _("It says there what to do."),
            "shop_setup",
            refused,
        ),
        (
            has_failed(place.programme),
            "test-pipe",
            "bad",
            _("The last self-test failed"),
            _("It says there at which step, and why."),
            "self_test",
            0,
        ),
        (
            seen.waiting_payouts,
            "cash-banknote",
            "need",
            _("Payouts wait for your decision"),
            "",
            "payouts",
            seen.waiting_payouts,
        ),
        (
            seen.dead_letters,
            "alert-triangle",
            "bad",
            _("Messages of the shop that are not understood"),
            "",
            "inbound",
            seen.dead_letters,
        ),
        (
            seen.findings,
            "scale",
            "need",
            _("Differences with the shop"),
            "",
            "comparison",
            seen.findings,
        ),
        (
            seen.waiting_partners,
            "user-plus",
            "new",
            _("New applications of partners"),
            "",
            "partners",
            seen.waiting_partners,
        ),
        (seen.dead_jobs, "activity", "bad", _("Background work that failed"), "", "jobs", seen.dead_jobs),
    ]
    return [
        {
            "icon": icon,
            "tone": tone,
            "title": title,
            "note": note,
            "url": reverse(f"office:{name}", args=[code]),
            "count": count,
        }
        for waits, icon, tone, title, note, name, count in tasks
        if waits
    ]


def _steps(place: Place, has_partners: bool, has_orders: bool) -> list[dict[str, object]]:  # noqa: FBT001
    """The first hour: each step done or with its door; the block leaves when all are done."""
    programme, code = place.programme, place.programme.code
    connected = Connection.objects.filter(programme=programme).exclude(state="disconnected").exists()
    steps = [
        (connected, _("The shop is connected, or an order is typed in"), "shop"),
        (
            TermsVersion.objects.filter(programme=programme).count() > 1,
            _("You have looked through the terms"),
            "terms",
        ),
        (bool(programme.landing_title), _("The page for partners has your words"), "page"),
        (bool(programme.documents), _("Documents are linked"), "settings"),
        (has_partners, _("The first partner is in"), "partners"),
        (has_orders, _("The first order of a partner came"), "orders"),
    ]
    rows = [
        {"done": done, "title": title, "url": reverse(f"office:{name}", args=[code])}
        for done, title, name in steps
    ]
    return [] if all(row["done"] for row in rows) else rows
