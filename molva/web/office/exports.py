"""My files: long lists that are being made or lie ready. Each is its person's alone."""

from decimal import Decimal

from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from molva.reports import longwork
from molva.reports.exports import (
    KEEP_DAYS,
    MOST_LIVE,
    TooManyExports,
    ask_export,
    before,
    ends_at,
    list_exports,
    path_of,
    restart_export,
    set_gone,
)
from molva.reports.models import Export, ExportForm, ExportState
from molva.web.office.access import Place, office_page
from molva.web.office.export_jobs import wake
from molva.web.office.exporting import CONTENT_TYPES, EXPORTS, plain_query, table_of
from molva.web.office.lists import paged
from molva.web.office.shell import page
from molva.web.ui import formats
from molva.web.ui.flash import say

STATES: dict[str, tuple[str, str | Promise]] = {
    ExportState.WAITING: ("queued", gettext_lazy("Waits its turn")),
    ExportState.RUNNING: ("running", gettext_lazy("Being written")),
    ExportState.READY: ("good", gettext_lazy("Ready")),
    ExportState.FAILED: ("failed", gettext_lazy("Not made")),
    ExportState.CANCELLED: ("cancelled", gettext_lazy("Cancelled")),
    ExportState.EXPIRED: ("none", gettext_lazy("Removed")),
}
PROBLEMS: dict[str, str | Promise] = {
    "disk": gettext_lazy("The disk is full. Tell whoever runs this Molva, then try again."),
    "killed": gettext_lazy("The worker stopped several times while it was writing this file."),
    "error": gettext_lazy("Something in the list could not be written. The log of the worker says what."),
}


@office_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponse:
    """The person's own files, the newest first."""
    shown = paged(request, list_exports(place.programme, place.user))
    context = {"page": shown, "rows": [_row(one) for one in shown], "keep_days": KEEP_DAYS}
    return page(request, place, "office/exports.html", "exports", context)


def _row(export: Export) -> dict[str, object]:
    badge, words = STATES[export.state]
    kind = EXPORTS.get(export.name)
    return {
        "export": export,
        "title": kind.title if kind else export.name,
        "badge": badge,
        "state_words": words,
        "ends_at": ends_at(export) if export.state == ExportState.READY else None,
    }


@office_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """How far a file is; the page may be closed and opened again."""
    export = _own(place, pk)
    row, seconds = _row(export), longwork.seconds_left(export, export.rows)
    context = {
        **row,
        "before": before(export) if export.state == ExportState.WAITING else 0,
        "seconds": seconds,
        "minutes": -(-(seconds or 0) // 60),
        "size": _size(export.size_bytes),
        "crumbs": [
            (_("My files"), reverse("office:exports", args=[place.programme.code])),
            (str(row["title"]), ""),
        ],
        "problem": PROBLEMS.get(export.problem, ""),
        "keep_days": KEEP_DAYS,
        "back": _back(export),
    }
    return page(request, place, "office/export.html", "exports", context)


def _size(size_bytes: int) -> str:
    """«24 KB», «1.4 MB»."""
    if size_bytes < 1_000_000:
        return _("%(n)s KB") % {"n": formats.number(-(-size_bytes // 1000))}
    return _("%(n)s MB") % {"n": formats.number(Decimal(size_bytes // 100_000) / 10)}


def _back(export: Export) -> str:
    if export.name not in EXPORTS:
        return ""
    here = reverse(f"office:{export.name}", args=[export.programme.code])
    return f"{here}?{export.query}" if export.query else here


@require_POST
@office_page()
def start(request: HttpRequest, place: Place) -> HttpResponse:
    """Ask for the file of a long list."""
    name, form = request.POST.get("name", ""), request.POST.get("form", "")
    if name not in EXPORTS or form not in ExportForm.values:
        raise Http404
    query = plain_query(QueryDict(request.POST.get("query", "")))
    table = table_of(name, place.programme, query)
    try:
        with transaction.atomic():
            export = ask_export(
                programme=place.programme, person=place.user, name=name, query=query.urlencode(), form=form,
                language=get_language() or "en", rows=table.count,
            )  # fmt: skip
            wake()
    except TooManyExports:
        words = _("You wait for %(n)d files already. Let them be made, or cancel one.") % {"n": MOST_LIVE}
        say(request, words, is_bad=True)
        return redirect("office:exports", place.programme.code)
    return redirect("office:export", place.programme.code, export.pk)


@require_POST
@office_page()
def cancel(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Let it be."""
    longwork.cancel(_own(place, pk))
    return redirect("office:export", place.programme.code, pk)


@require_POST
@office_page()
def again(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Make the same list once more, as it is now."""
    export = _own(place, pk)
    with transaction.atomic():
        restart_export(export)
        wake()
    return redirect("office:export", place.programme.code, pk)


@office_page()
def file(request: HttpRequest, place: Place, pk: int) -> HttpResponseBase:
    """The file itself; one that is not there any more leads to its page."""
    export = _own(place, pk)
    if export.state != ExportState.READY:
        return redirect("office:export", place.programme.code, pk)
    try:
        opened = path_of(export).open("rb")
    except FileNotFoundError:
        set_gone(export)
        return redirect("office:export", place.programme.code, pk)
    day = export.created_at.date().isoformat()
    name = f"{export.name.replace('_', '-')}-{place.programme.code}-{day}.{export.form}"
    return FileResponse(
        opened, as_attachment=True, filename=name, content_type=CONTENT_TYPES[ExportForm(export.form)]
    )


def _own(place: Place, pk: int) -> Export:
    """A file of this person and programme, or 404."""
    rows = list_exports(place.programme, place.user).select_related("programme")
    return get_object_or_404(rows, pk=pk)
