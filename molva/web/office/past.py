"""Past orders of a shop: choose how far back, watch them come, pause and go on."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from molva.integrations import imports
from molva.integrations.models import Connection, ImportPeriod, ImportRun
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.plug_words import plug_words
from molva.web.office.shell import page
from molva.web.ui.flash import say

PERIODS: dict[str, Any] = {
    ImportPeriod.ALL.value: gettext_lazy("All orders"),
    ImportPeriod.YEAR.value: gettext_lazy("The last year"),
    ImportPeriod.QUARTER.value: gettext_lazy("The last three months"),
    ImportPeriod.NONE.value: gettext_lazy("None"),
}
_HINTS: tuple[tuple[str, Any], ...] = (
    (
        ImportPeriod.ALL.value,
        gettext_lazy("From the first day of the shop. A large shop takes an hour or more."),
    ),
    (ImportPeriod.YEAR.value, gettext_lazy("Enough to know the clients who buy again.")),
    (ImportPeriod.QUARTER.value, gettext_lazy("Enough for returns that may still come.")),
    (ImportPeriod.NONE.value, gettext_lazy("Molva begins with the orders of today.")),
)


class PeriodForm(forms.Form):
    """How far back."""

    period = forms.ChoiceField(
        label=gettext_lazy("How far back"),
        choices=list(PERIODS.items()),
        initial=ImportPeriod.YEAR.value,
        widget=forms.RadioSelect,
    )


@office_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """The choice, or the progress; below it what was brought in before."""
    connection = _connection(place, pk)
    runs = list(ImportRun.objects.filter(connection=connection).order_by("-started_at", "-pk")[:11])
    live = next((run for run in runs if run.state in ("running", "paused")), None)
    context = {
        "connection": connection,
        "run": live,
        "words": plug_words(live.problem) if live else "",
        "earlier": [{"run": run, "period": PERIODS[run.period]} for run in runs if run is not live][:10],
        "form": PeriodForm(),
        "hints": _HINTS,
        "period": PERIODS[live.period] if live else "",
        "may_edit": place.may(*RULERS) and connection.state != "disconnected",
    }
    return page(request, place, "office/past.html", "shop", context)


@require_POST
@office_page(*RULERS)
def start(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Begin."""
    connection = _connection(place, pk)
    form = PeriodForm(request.POST)
    if connection.state == "disconnected" or not form.is_valid():
        say(request, _("Choose how far back."), is_bad=True)
    else:
        imports.start(connection, period=form.cleaned_data["period"], actor=place.user)
        say(request, _("Chosen. You may close the page: it goes on by itself."))
    return redirect("office:past", place.programme.code, connection.pk)


@require_POST
@office_page(*RULERS)
def pause(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Stop reading for now."""
    return _act(request, place, pk, imports.pause, _("Paused. What has come stays."))


@require_POST
@office_page(*RULERS)
def resume(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Go on from where it stopped."""
    return _act(request, place, pk, imports.resume, _("It goes on from where it stopped."))


def _act(request: HttpRequest, place: Place, pk: int, act: Any, words: str) -> HttpResponse:
    connection = _connection(place, pk)
    run = imports.live_import(connection)
    if run is not None:
        act(run, actor=place.user)
        say(request, words)
    return redirect("office:past", place.programme.code, connection.pk)


def _connection(place: Place, pk: int) -> Connection:
    shops = Connection.objects.filter(programme=place.programme).exclude(kind="manual")
    return get_object_or_404(shops, pk=pk)
