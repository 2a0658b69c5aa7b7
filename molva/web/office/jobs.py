"""Background work: what waits, what runs, what died and can be tried again."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from molva.jobs.queries import last_beat, list_dead_jobs, queue_state
from molva.jobs.queue import discard, retry
from molva.kit import clock
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.shell import page
from molva.web.ui.flash import say

_ALIVE_SECONDS = 60


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """Queues with ages, the worker's pulse, dead jobs of this company."""
    beat = last_beat()
    context = {
        "queues": queue_state(),
        "beat": beat,
        "is_alive": beat is not None and (clock.now() - beat).total_seconds() < _ALIVE_SECONDS,
        "dead": list_dead_jobs(place.workspace.pk)[:100],
        "may_edit": place.may(*RULERS),
    }
    return page(request, place, "office/jobs.html", "jobs", context)


@require_POST
@office_page(*RULERS)
def retry_dead(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Try a dead job again."""
    retry(get_object_or_404(list_dead_jobs(place.workspace.pk), pk=pk))
    say(request, _("It starts again at once."))
    return redirect("office:jobs", place.programme.code)


@require_POST
@office_page(*RULERS)
def discard_dead(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Let a dead job go; what it should have done stays undone."""
    discard(get_object_or_404(list_dead_jobs(place.workspace.pk), pk=pk))
    say(request, _("Let go."))
    return redirect("office:jobs", place.programme.code)
