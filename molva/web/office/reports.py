"""Reports of accruals and of sales: a period, a view (partner, day, …), the period before, a chart, a file."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.reports.accruals import AccrualReport, AccrualRow, accrual_report, narrowed_report
from molva.reports.orders import ANYBODY
from molva.reports.period import Period
from molva.reports.sales import SalesReport, sales_report
from molva.web.office.access import Place, office_page
from molva.web.office.exporting import Table, downloads, export_answer
from molva.web.office.lists import PAGE, exact, local_day, paged, read_period
from molva.web.office.people_filters import partner_filter
from molva.web.office.shell import page
from molva.web.ui import formats
from molva.web.ui.charts import LineChart, Series
from molva.web.ui.figure_filters import figure_filters, money_rows
from molva.web.ui.filters import address
from molva.web.ui.longlist import MOST
from molva.web.ui.periods import LONGEST, report_period
from molva.web.ui.shell import Tab


def _by(query: QueryDict, names: Sequence[str]) -> str:
    by = query.get("by", "")
    return by if by in names else names[0]


def _view(request: HttpRequest, words: dict[str, str]) -> tuple[str, list[Tab]]:
    by = _by(request.GET, list(words))
    return by, [Tab(label, address(request, by=key), None, key == by) for key, label in words.items()]


@office_page()
def accruals(request: HttpRequest, place: Place) -> HttpResponseBase:
    """What the books did in the period; the sums are the ledger's."""
    programme = place.programme
    if (answer := export_answer(request, place, "report_accruals")) is not None:
        return answer
    period = report_period(request.GET, programme)
    by, tabs = _view(request, {"partner": _("By partner"), "day": _("By day"), "order": _("By order")})
    report = _accruals(request.GET, programme, period, by, most=MOST)
    shown = paged(request, report.rows, size=LONGEST if by == "day" else PAGE)
    before = _accruals(request.GET, programme, period.before(), "day")
    columns = _accrual_columns(report)
    context = {
        **_common(request, programme, period, tabs),
        "report": report,
        "columns": columns,
        "page": shown,
        "rows": [
            (row, _accrual_url(request, row, report.by, programme), _cells(row, columns)) for row in shown
        ],
        "totals": _cells(report.total, columns),
        "tiles": _tiles(report, before),
        "chart": _chart(
            _("Accrued"),
            period,
            [r.accrued for r in report.days],
            [r.accrued for r in before.days],
            programme,
        ),
    }
    return page(request, place, "office/report_accruals.html", "figures", context)


def _accruals(
    query: QueryDict, programme: Programme, period: Period, by: str, *, most: int | None = None
) -> AccrualReport:
    """The report that an address asks for: the whole books, or what stands behind a figure."""
    if (figures := money_rows(query, programme, period)) is not None:
        return narrowed_report(figures, period, by=by, most=most)
    return accrual_report(programme, period, by=by, partner=query.get("partner", ""), most=most)


def _common(request: HttpRequest, programme: Programme, period: Period, tabs: list[Tab]) -> dict[str, Any]:
    chosen = read_period(request, programme, default="30")
    return {
        "tabs": tabs,
        "filters": [
            chosen.filter,
            *partner_filter(request, programme),
            *figure_filters(request, programme, skip=("partner",)),
        ],
        "period": period,
        **downloads(request),
        "lead": _("From %(first)s to %(last)s, by the clocks of %(zone)s.")
        % {"first": formats.day(period.first), "last": formats.day(period.last), "zone": programme.timezone},
        "kinds": report_tabs(request, programme),
    }


def report_tabs(request: HttpRequest, programme: Programme) -> list[Tab]:
    """The reports, with period and partner kept."""
    query = request.GET.copy()
    for name in query.keys() - {"period", "from", "to", "partner"}:
        query.pop(name, None)
    tail = f"?{query.urlencode()}" if query else ""
    names = {
        "figures": pgettext("report", "Figures"),
        "report_accruals": _("Accruals"),
        "report_sales": _("Sales"),
    }
    return [
        Tab(
            label,
            reverse(f"office:{name}", args=[programme.code]) + tail,
            None,
            request.path.endswith(f"/{name.removeprefix('report_')}/"),
        )
        for name, label in names.items()
    ]


def _change(now: int, before: int) -> str:
    """«+12,4 %» against the period before; nothing when there was nothing."""
    if not before:
        return ""
    share = formats.share(abs(now - before), abs(before))
    return (formats.MINUS if now < before else "+") + share


def _tiles(now: AccrualReport, before: AccrualReport) -> list[dict[str, Any]]:
    words = {"accrued": _("Accrued"), "taken_back": _("Taken back")}
    if now.is_narrowed:
        words["commission"] = _("Commission")
    else:
        words |= {"paid": _("Paid"), "end": _("Owed to partners")}
    tiles = []
    for name, label in words.items():
        change = _change(getattr(now.total, name), getattr(before.total, name))
        tiles.append({"label": label, "minor": getattr(now.total, name), "change": change})
    return tiles


def _chart(title: str, period: Period, now: list[int], before: list[int], programme: Programme) -> LineChart:
    labels = [formats.day_short(day) for day in period.days]
    series = [Series(_("This period"), now), Series(_("The period before"), before, is_past=True)]
    return LineChart(title, labels, series, programme.currency)


def _cells(row: AccrualRow, columns: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "label": label, "minor": getattr(row, name), "is_balance": name in ("begin", "end")}
        for name, label in columns.items()
    ]


def _accrual_url(request: HttpRequest, row: AccrualRow, by: str, programme: Programme) -> str:
    """The rows behind a figure: a partner's orders, a day's orders, the order itself."""
    if by == "partner" and isinstance(row.label_obj, Partner):
        return address(request, by="order", partner=row.label_obj.code)
    if by == "day":
        return address(request, by="order", period=None, **{"from": str(row.key), "to": str(row.key)})
    if by == "order" and row.label_obj is not None:
        return reverse("office:order", args=[programme.code, row.key])
    period = report_period(request.GET, programme)
    return f"{reverse('office:payouts', args=[programme.code])}?from={period.first}&to={period.last}"


def export_accruals(programme: Programme, query: QueryDict) -> Table:
    """The report of accruals as a file, with its total."""
    period, by = report_period(query, programme), _by(query, ("partner", "day", "order"))
    report = _accruals(query, programme, period, by)
    name = f"accruals-{programme.code}-{period.first}-{period.last}"
    return Table(name, _accrual_header(report), _accrual_cells(report, programme), len(report.rows) + 1)


def _accrual_columns(report: AccrualReport) -> dict[str, str]:
    """Names of figures and their words: an order has no balance, and what stands behind a figure is no whole."""
    if report.is_narrowed:
        return {"accrued": _("Accrued"), "taken_back": _("Taken back"), "commission": _("Commission")}
    columns = {
        "begin": _("At the beginning"), "accrued": _("Accrued"), "taken_back": _("Taken back"),
        "released": _("Became available"), "other": _("Other"), "paid": _("Paid"), "end": _("At the end"),
    }  # fmt: skip
    if report.by == "order":
        del columns["begin"], columns["end"]
    return columns


def _accrual_header(report: AccrualReport) -> list[str]:
    first = {"partner": [_("Code"), _("Partner")], "day": [_("Day")], "order": [_("Order"), _("Made")]}
    return [*first[report.by], *_accrual_columns(report).values()]


def _accrual_cells(report: AccrualReport, programme: Programme) -> Iterator[list[object]]:
    names, blank = list(_accrual_columns(report)), 0 if report.by == "day" else 1
    for row in report.rows:
        yield [*_label_cells(row), *_accrual_sums(row, names, programme)]
    yield [_("Total"), *[""] * blank, *_accrual_sums(report.total, names, programme)]


def _label_cells(row: AccrualRow) -> list[object]:
    one = row.label_obj
    if isinstance(one, Partner):
        return [one.code, one.name]
    if one is None:
        return [_("Without an order"), ""]
    return [one.number, local_day(one.created_at)] if isinstance(one, Order) else [one]


def _accrual_sums(row: AccrualRow, names: Sequence[str], programme: Programme) -> list[object]:
    return [exact(getattr(row, name), programme.currency) for name in names]


@office_page()
def sales(request: HttpRequest, place: Place) -> HttpResponseBase:
    """What customers of partners bought in the period."""
    programme = place.programme
    if (answer := export_answer(request, place, "report_sales")) is not None:
        return answer
    period = report_period(request.GET, programme)
    by, tabs = _view(request, {"partner": _("By partner"), "day": _("By day"), "product": _("By product")})
    partner = request.GET.get("partner", "")
    report = sales_report(programme, period, by=by, partner=partner)
    days = report if by == "day" else sales_report(programme, period, by="day", partner=partner)
    shown = paged(request, report.rows, size=LONGEST if by == "day" else PAGE)
    before = sales_report(programme, period.before(), by="day", partner=partner)
    orders = f"{reverse('office:orders', args=[programme.code])}?from={period.first}&to={period.last}"
    context = {
        **_common(request, programme, period, tabs),
        "report": report,
        "page": shown,
        "rows": [(row, _sales_url(row, report.by, programme, period, partner)) for row in shown],
        "orders_url": f"{orders}&partner={partner or ANYBODY}",
        "before": before.total,
        "changes": {
            name: _change(getattr(report.total, name), getattr(before.total, name))
            for name in ("orders", "sales", "average", "commission")
        },
        "chart": _chart(
            _("Sales"), period, [r.sales for r in days.rows], [r.sales for r in before.rows], programme
        ),
    }
    return page(request, place, "office/report_sales.html", "figures", context)


def _sales_url(row: Any, by: str, programme: Programme, period: Period, partner: str) -> str:
    orders = reverse("office:orders", args=[programme.code])
    if by == "partner":
        return f"{orders}?partner={row.label_obj.code}&from={period.first}&to={period.last}"
    if by == "day":
        return f"{orders}?from={row.label_obj}&to={row.label_obj}&partner={partner or ANYBODY}"
    query = {
        "product": "|".join(row.key),
        "partner": partner or ANYBODY,
        "from": period.first,
        "to": period.last,
    }
    return f"{orders}?{urlencode(query)}"


def export_sales(programme: Programme, query: QueryDict) -> Table:
    """The report of sales as a file, with its total."""
    period, by = report_period(query, programme), _by(query, ("partner", "day", "product"))
    report = sales_report(programme, period, by=by, partner=query.get("partner", ""))
    name = f"sales-{programme.code}-{period.first}-{period.last}"
    return Table(name, _sales_header(by), _sales_cells(report, programme), len(report.rows) + 1)


def _sales_header(by: str) -> list[str]:
    first = {"partner": [_("Code"), _("Partner")], "day": [_("Day")], "product": [_("Product"), _("SKU")]}[by]
    sums = [_("Orders"), _("Sales"), _("Average order"), _("Orders returned"), _("Returned for")]
    return [*first, *sums, _("Commission")]


def _sales_cells(report: SalesReport, programme: Programme) -> Iterator[list[object]]:
    currency = programme.currency
    for row in [*report.rows, report.total]:
        one = row.label_obj
        label: list[object] = [one.code, one.name] if isinstance(one, Partner) else [one]
        if report.by == "product":
            label = [one, row.pieces]
        if row is report.total:
            label = [_("Total")] if report.by == "day" else [_("Total"), ""]
        yield [
            *label, row.orders, exact(row.sales, currency), exact(row.average, currency), row.returned,
            exact(row.returned_sales, currency), exact(row.commission, currency),
        ]  # fmt: skip
