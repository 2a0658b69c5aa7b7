"""Search through a programme (Ctrl K)."""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from molva.programmes.models import Partner
from molva.web.office.access import Place
from molva.web.office.shell import page
from molva.web.office.work_page import work_page
from molva.web.ui.filters import search_word


@work_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """Partners by name, code, e-mail or phone."""
    word = search_word(request)
    found = Q(name__icontains=word) | Q(code__icontains=word) | Q(email__icontains=word) | Q(phone__icontains=word)
    rows = Partner.objects.filter(found, programme=place.programme).order_by("name")[:10] if word else []
    return page(request, place, "office/search.html", "search", {"rows": rows})
