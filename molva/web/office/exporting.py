"""Lists as files: which lists there are, and how one is sent at once or asked for when it is long.

An export is a name and the parameters of the list's own address. `table_of` turns both into a header, rows and their
count; the list's page and the background job call the same function, so that a file holds what its page shows.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import tzinfo
from typing import IO, Any, cast

from django.http import FileResponse, HttpRequest, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy

from molva.kit.sheets import Row, csv_lines, write_xlsx
from molva.programmes.models import Programme
from molva.reports.models import ExportForm
from molva.web.office.access import Place
from molva.web.office.shell import page
from molva.web.ui import formats
from molva.web.ui.filters import address
from molva.workspaces.scoping import current_workspace_id, scope

AT_ONCE = 5000  # rows that a request may wait for
CONTENT_TYPES = {
    ExportForm.CSV: "text/csv; charset=utf-8",
    ExportForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Table:
    """A list as a file: `name` without an ending; cells are texts, whole numbers, Decimal money, days, moments or None.

    `rows` is read once; `count` is known before it is read.
    """

    name: str
    header: list[str]
    rows: Iterable[Row]
    count: int


@dataclass(frozen=True)
class Kind:
    """A list that can be taken as a file: `maker(programme, query) -> Table` by its path, and what people call it."""

    maker: str
    title: str | Promise


# By the name of the list's address; each maker stands beside its page.
EXPORTS: dict[str, Kind] = {
    "partners": Kind("molva.web.office.partners.export", gettext_lazy("Partners")),
    "customers": Kind("molva.web.office.customers.export", gettext_lazy("Customers")),
    "codes": Kind("molva.web.office.codes.export", gettext_lazy("Promo codes")),
    "content": Kind("molva.web.office.content.export", gettext_lazy("Content")),
    "orders": Kind("molva.web.office.orders.export", gettext_lazy("Orders")),
    "commissions": Kind("molva.web.office.commissions.export", gettext_lazy("Commissions")),
    "payouts": Kind("molva.web.office.payouts.export", gettext_lazy("Payouts")),
    "figures": Kind("molva.web.office.figures.export", pgettext_lazy("report", "Figures")),
    "report_accruals": Kind("molva.web.office.reports.export_accruals", gettext_lazy("Accruals")),
    "report_sales": Kind("molva.web.office.reports.export_sales", gettext_lazy("Sales")),
    "comparison": Kind("molva.web.office.comparison.export", gettext_lazy("Comparison with the shop")),
}


def table_of(name: str, programme: Programme, query: QueryDict) -> Table:
    """The table of a list of EXPORTS, in the active language and zone, inside the programme's scope."""
    maker = cast(Callable[[Programme, QueryDict], Table], import_string(EXPORTS[name].maker))
    return maker(programme, query)


def downloads(request: HttpRequest) -> dict[str, str]:
    """Addresses of the present list as files, for its menu «Download»."""
    return {"csv_url": address(request, **{"as": "csv"}), "xlsx_url": address(request, **{"as": "xlsx"})}


def export_answer(request: HttpRequest, place: Place, name: str) -> HttpResponseBase | None:
    """The file that `?as=csv` or `?as=xlsx` asks for, or the question whether to make a long one; None: the page."""
    form = request.GET.get("as", "")
    if form not in ExportForm.values:
        return None
    query = plain_query(request.GET)
    table = table_of(name, place.programme, query)
    if table.count > AT_ONCE:
        context = {
            "name": name, "title": EXPORTS[name].title, "query": query.urlencode(), "form": form,
            "count": table.count, "back": f"{request.path}?{query.urlencode()}",
        }  # fmt: skip
        return page(request, place, "office/export_ask.html", name, context)
    return table_answer(table, form)


def table_answer(table: Table, form: str) -> HttpResponseBase:
    """A table that is not too long, as a file at once."""
    return _csv_answer(table) if form == ExportForm.CSV else _xlsx_answer(table)


def plain_query(query: QueryDict) -> QueryDict:
    """The parameters that choose rows: without the page and the kind of file."""
    kept = query.copy()
    for name in ("as", "page"):
        kept.pop(name, None)
    return kept


def write_table(table: Table, form: str, file: IO[bytes], *, folder: str | None = None) -> None:
    """Write a whole file, in the active language; rows may wait in `folder` meanwhile."""
    if form == ExportForm.XLSX:
        write_xlsx(file, table.header, table.rows, day_format=_day_format(), folder=folder)
        return
    for text in csv_lines(table.header, table.rows, decimal_comma=formats.is_russian()):
        file.write(text.encode())


def _day_format() -> str:
    return "dd.mm.yyyy" if formats.is_russian() else "yyyy-mm-dd"


def _csv_answer(table: Table) -> StreamingHttpResponse:
    lines = _lines(table, current_workspace_id(), get_language() or "en", timezone.get_current_timezone())
    answer = StreamingHttpResponse(lines, content_type=CONTENT_TYPES[ExportForm.CSV])
    answer["Content-Disposition"] = f'attachment; filename="{table.name}.csv"'
    return answer


def _lines(table: Table, workspace_id: int, language: str, zone: tzinfo) -> Iterator[str]:
    """Sent after the view has ended: the workspace, the reader's language and the programme's zone are kept for it."""
    with ExitStack() as kept:
        for place in (scope(workspace_id), translation.override(language), timezone.override(zone)):
            kept.enter_context(cast(Any, place))
        yield from csv_lines(table.header, table.rows, decimal_comma=formats.is_russian())


def _xlsx_answer(table: Table) -> FileResponse:
    file = io.BytesIO()
    write_table(table, ExportForm.XLSX, file)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"{table.name}.xlsx", content_type=CONTENT_TYPES[ExportForm.XLSX]
    )
