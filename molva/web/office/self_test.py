"""The self-test's page: one button, the steps with what each proves, earlier runs, and the daily wish."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from molva.integrations.models import Connection
from molva.programmes.models import Programme
from molva.programmes.services import update_programme
from molva.selftest import runs
from molva.selftest.models import SelfTest, SelfTestState
from molva.selftest.words import STEPS, reason_words
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.plug_words import plug_words
from molva.web.office.shell import page
from molva.web.ui.flash import say

_SHOWN_RUNS = 20


class StartForm(forms.Form):
    """How the test orders."""

    with_order = forms.BooleanField(
        label=gettext_lazy("Make a real order in the shop"),
        required=False,
        help_text=gettext_lazy(
            "It is marked as a test and deleted at the end; the shop's staff may get its usual notices. "
            "Off: the order is told as the shop would tell it, and the shop notices nothing."
        ),
    )


class DailyForm(forms.Form):
    """Whether the test runs by itself."""

    tests_daily = forms.BooleanField(
        label=gettext_lazy("Every day by itself"),
        required=False,
        help_text=gettext_lazy("When a step fails, owners and managers get a letter."),
    )


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """The newest run, or the invitation to the first one."""
    return _page(request, place, runs.last_run(place.programme))


@office_page()
def one(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """An earlier run."""
    return _page(request, place, get_object_or_404(SelfTest, programme=place.programme, pk=pk))


@require_POST
@office_page(*RULERS)
def start(request: HttpRequest, place: Place) -> HttpResponse:
    """Begin a run; one that is running goes on."""
    form = StartForm(request.POST)
    form.is_valid()
    run = runs.start(programme=place.programme, actor=place.user, with_order=form.cleaned_data["with_order"])
    return redirect("office:self_test_run", place.programme.code, run.pk)


@require_POST
@office_page(*RULERS)
def stop(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """End a run."""
    runs.stop(run=get_object_or_404(SelfTest, programme=place.programme, pk=pk), actor=place.user)
    say(request, _("The test is stopped."))
    return redirect("office:self_test_run", place.programme.code, pk)


@require_POST
@office_page(*RULERS)
def daily(request: HttpRequest, place: Place) -> HttpResponse:
    """Let it run every day, or no more."""
    form = DailyForm(request.POST)
    form.is_valid()
    update_programme(programme=place.programme, actor=place.user, changes=form.cleaned_data)
    say(request, _("Saved."))
    return redirect("office:self_test", place.programme.code)


def _page(request: HttpRequest, place: Place, run: SelfTest | None) -> HttpResponse:
    programme = place.programme
    shops = Connection.objects.filter(programme=programme).exclude(kind="manual")
    context: dict[str, Any] = {
        "run": run,
        "is_running": run is not None and run.state == SelfTestState.RUNNING,
        "steps": _steps(run) if run else [],
        "earlier": _earlier(programme),
        "start_form": StartForm(),
        "daily_form": DailyForm(initial={"tests_daily": programme.tests_daily}),
        "has_shop": shops.exclude(state="disconnected").exists(),
        "may_edit": place.may(*RULERS),
        "left_behind": plug_words(str(run.notes.get("left_behind", ""))) if run else "",
    }
    return page(request, place, "office/self_test.html", "self_test", context)


def _earlier(programme: Programme) -> QuerySet[SelfTest]:
    found = SelfTest.objects.filter(programme=programme).select_related("started_by")
    return found.order_by("-started_at", "-pk")[:_SHOWN_RUNS]


def _steps(run: SelfTest) -> list[dict[str, Any]]:
    """All steps of the way, those that were not reached too."""
    found = {step["key"]: step for step in run.steps}
    rows: list[dict[str, Any]] = []
    for key, (title, proof) in STEPS.items():
        step = found.get(key, {})
        state = step.get("state", "waiting")
        facts = step.get("facts", {})
        if state == "waiting" and run.state == SelfTestState.RUNNING and len(rows) == len(run.steps):
            state = "running"
        if facts.get("is_skipped"):
            state = "skipped"
        reason = str(step.get("reason", ""))
        rows.append(
            {
                "key": key,
                "title": title,
                "proof": proof,
                "state": state,
                "facts": facts,
                "reason": reason_words(plug_words(reason)) if reason else "",
            }
        )
    return rows
