"""History of a programme: the journal in plain words."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from molva.web.office.access import Place
from molva.web.office.shell import page
from molva.web.office.work_page import work_page
from molva.workspaces.models import Event


@work_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """What happened, newest first."""
    rows = Event.objects.filter(Q(programme_id=place.programme.pk) | Q(programme_id=None)).order_by("-at", "-pk")[:50]
    return page(request, place, "office/history.html", "history", {"rows": rows})
