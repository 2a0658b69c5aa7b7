"""Commissions of a programme."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from molva.commissions.models import Commission
from molva.web.office.access import Place
from molva.web.office.shell import page
from molva.web.office.work_page import work_page


@work_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponse:
    """All of them, newest first."""
    rows = Commission.objects.filter(programme=place.programme).order_by("-pk")[:50]
    return page(request, place, "office/commissions.html", "commissions", {"rows": rows})


@work_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """One of them."""
    row = get_object_or_404(Commission, programme=place.programme, pk=pk)
    return page(request, place, "office/commissions.html", "commissions", {"rows": [row]})
