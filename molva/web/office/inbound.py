"""What sources sent, byte for byte, and what became of it; what was not understood can be tried again or put away."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from molva.integrations.inbound import reject_dead, retry_dead
from molva.integrations.models import InboundEvent, InboundState
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.plug_words import plug_words
from molva.web.office.shell import page
from molva.web.ui.flash import say
from molva.web.ui.shell import Tab

_STATES: tuple[tuple[str, Any], ...] = (
    (InboundState.DEAD.value, gettext_lazy("Not understood")),
    (InboundState.NEW.value, gettext_lazy("Waiting")),
    (InboundState.APPLIED.value, gettext_lazy("Applied")),
    (InboundState.REPEATED.value, gettext_lazy("Nothing new")),
    (InboundState.REJECTED.value, gettext_lazy("Put away")),
)
_LABELS: dict[str, Any] = dict(_STATES)
_BADGES: dict[str, str] = {
    InboundState.DEAD.value: "broken",
    InboundState.NEW.value: "queued",
    InboundState.APPLIED.value: "good",
    InboundState.REPEATED.value: "expected",
    InboundState.REJECTED.value: "cancelled",
}
_PREVIEW = 20_000  # characters of a body on the page


class RejectForm(forms.Form):
    """Why a message is put away."""

    reason = forms.CharField(label=gettext_lazy("Why it is put away"), max_length=300)


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """Messages by state, newest first; what was not understood comes first of all."""
    wanted = request.GET.get("state", InboundState.DEAD.value)
    events = InboundEvent.objects.filter(connection__programme=place.programme).select_related("connection")
    counts = dict(events.values_list("state").annotate(n=Count("pk")).order_by())
    tabs = [
        Tab(str(label), f"?state={state}", counts.get(state, 0), wanted == state) for state, label in _STATES
    ]
    tabs.append(Tab(_("All"), "?state=all", sum(counts.values()), wanted == "all"))
    shown = events if wanted == "all" else events.filter(state=wanted)
    rows = Paginator(shown.defer("body").order_by("-received_at", "-pk"), 50).get_page(
        request.GET.get("page")
    )
    told = [
        {
            "event": row,
            "badge": _BADGES[row.state],
            "label": _LABELS[row.state],
            "words": plug_words(row.reason),
        }
        for row in rows
    ]
    context = {"tabs": tabs, "rows": rows, "told": told, "wanted": wanted}
    return page(request, place, "office/inbound.html", "shop", context)


@office_page()
def event(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """One message whole."""
    row = get_object_or_404(
        InboundEvent.objects.select_related("connection"), connection__programme=place.programme, pk=pk
    )
    context = {
        "row": row,
        "badge": _BADGES[row.state],
        "label": _LABELS[row.state],
        "words": plug_words(row.reason),
        "body": bytes(row.body).decode("utf-8", "replace")[:_PREVIEW],
        "form": RejectForm(),
        "may_edit": place.may(*RULERS) and row.state == InboundState.DEAD,
    }
    return page(request, place, "office/inbound_event.html", "shop", context)


@require_POST
@office_page(*RULERS)
def retry(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Try a message again."""
    row = get_object_or_404(InboundEvent, connection__programme=place.programme, pk=pk)
    retry_dead(event=row, actor=place.user)
    say(request, _("We try once more. The result is here in a few seconds."))
    return redirect("office:inbound_event", place.programme.code, row.pk)


@require_POST
@office_page(*RULERS)
def reject(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Put a message away for good, with a reason."""
    row = get_object_or_404(InboundEvent, connection__programme=place.programme, pk=pk)
    form = RejectForm(request.POST)
    if form.is_valid():
        reject_dead(event=row, actor=place.user, reason=form.cleaned_data["reason"])
        say(request, _("Put away. It stays readable under “Put away”."))
        return redirect("office:inbound", place.programme.code)
    say(request, _("Say in a few words why it is put away."), is_bad=True)
    return redirect("office:inbound_event", place.programme.code, row.pk)
