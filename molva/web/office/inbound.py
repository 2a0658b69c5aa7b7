"""What sources sent, byte for byte, and what became of it; what was not understood can be tried again or put away."""

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from molva.integrations.models import InboundEvent, InboundState
from molva.integrations.services import reject_dead, retry_dead
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.plug_words import plug_words
from molva.web.office.shell import page
from molva.web.ui.flash import say
from molva.web.ui.shell import Tab

_STATES = (
    (InboundState.DEAD, gettext_lazy("Not understood")),
    (InboundState.NEW, gettext_lazy("Waiting")),
    (InboundState.APPLIED, gettext_lazy("Applied")),
    (InboundState.REPEATED, gettext_lazy("Nothing new")),
    (InboundState.REJECTED, gettext_lazy("Put away")),
    ("all", gettext_lazy("All")),
)
_BADGES = {
    InboundState.DEAD: "broken", InboundState.NEW: "queued", InboundState.APPLIED: "good",
    InboundState.REPEATED: "expected", InboundState.REJECTED: "cancelled",
}
_PREVIEW = 20_000  # characters of a body on the page


class RejectForm(forms.Form):
    """Why a message is put away."""

    reason = forms.CharField(label=gettext_lazy("Why it is put away"), max_length=300)


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """Messages by state, newest first; what was not understood comes first of all."""
    wanted = request.GET.get("state", InboundState.DEAD)
    rows = InboundEvent.objects.filter(connection__programme=place.programme).select_related("connection")
    counts = {state: rows.filter(state=state).count() for state, _label in _STATES[:-1]}
    counts["all"] = sum(counts.values())
    shown = rows if wanted == "all" else rows.filter(state=wanted)
    context = {
        "tabs": [Tab(str(label), f"?state={state}", counts[state], wanted == state) for state, label in _STATES],
        "rows": Paginator(shown.defer("body").order_by("-received_at", "-pk"), 50).get_page(request.GET.get("page")),
        "badges": _BADGES,
        "labels": dict(_STATES),
        "wanted": wanted,
    }
    for row in context["rows"]:
        row.badge, row.label, row.words = _BADGES[row.state], dict(_STATES)[row.state], plug_words(row.reason)
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
        "label": dict(_STATES)[row.state],
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
