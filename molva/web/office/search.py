"""Search through a programme (Ctrl K): one field, one page with everything that fits."""

from django.http import HttpRequest, HttpResponse

from molva.reports.search import search_all
from molva.web.office.access import Place, office_page
from molva.web.office.shell import page
from molva.web.ui.filters import search_word


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """Partners, customers, orders, links and promo codes."""
    word = search_word(request)
    found = search_all(place.programme, word) if word else None
    return page(request, place, "office/search.html", "search", {"q": word, "found": found})
