"""History of a programme: the journal in plain words, with filters in the address."""

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from molva.programmes.models import Programme
from molva.reports.finding import NEWEST
from molva.reports.matching import contains
from molva.reports.period import Period
from molva.web.office.access import Place, office_page
from molva.web.office.history_words import GROUPS, told
from molva.web.office.lists import paged, read_period
from molva.web.office.shell import page
from molva.web.ui.filters import read_filter, search_word
from molva.workspaces.models import Event

PEOPLE = ("user", "partner")
OBJECTS = ("partner", "customer", "order", "payout", "programme", "connection")


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """What happened, newest first."""
    programme = place.programme
    chosen = read_period(request, programme)
    groups = [(key, str(label)) for key, (label, _kinds) in GROUPS.items()]
    actors = [
        ("user", _("Staff")), ("partner", _("Partners")), ("source", _("The shop")), ("system", _("Molva itself")),
    ]  # fmt: skip
    events = _events(request, programme, chosen.period)
    shown = paged(request, events)
    context = {
        "page": shown,
        "told": [told(event, programme) for event in shown],
        "filters": [
            read_filter(request, "about", _("About"), groups),
            read_filter(request, "who", _("Who"), actors),
            chosen.filter,
        ],
        "q": search_word(request),
        "is_filtered": bool(request.GET),
    }
    return page(request, place, "office/history.html", "history", context)


def _events(request: HttpRequest, programme: Programme, period: Period | None) -> "QuerySet[Event]":
    """Of this programme and of the whole company; `?object=order-15` is one thing's history."""
    rows = Event.objects.filter(Q(programme_id=programme.pk) | Q(programme_id=None))
    kinds = GROUPS.get(request.GET.get("about", ""))
    if kinds:
        rows = rows.filter(reduce(or_, (Q(kind__startswith=start) for start in kinds[1])))
    if who := request.GET.get("who"):
        rows = rows.filter(actor_kind=who)
        if who in PEOPLE:
            rows = rows.filter(actor_id__isnull=False)  # they have an index of their own
    if search_word(request):
        # the journal has several lines for each order: parts of words are looked for among the newest
        newest = rows.order_by("-at", "-pk").values("pk")[:NEWEST]
        rows = rows.filter(contains(search_word(request), "object_label", "actor_label"), pk__in=newest)
    name, _dash, pk = request.GET.get("object", "").partition("-")
    if name in OBJECTS and pk.isdecimal():
        rows = rows.filter(object_kind=name, object_id=int(pk))
    if request.GET.get("partner", "").isdecimal():
        rows = rows.filter(partner_id=int(request.GET["partner"]))
    if period:
        rows = rows.filter(at__gte=period.start, at__lt=period.end)
    return rows.order_by("-at", "-pk")
