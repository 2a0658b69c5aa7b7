"""Reports of accruals and of sales."""

from django.http import HttpRequest, HttpResponse

from molva.ledger.models import Transaction
from molva.orders.models import Order
from molva.web.office.access import Place
from molva.web.office.shell import page
from molva.web.office.work_page import work_page


@work_page()
def accruals(request: HttpRequest, place: Place) -> HttpResponse:
    """What the books say."""
    rows = Transaction.objects.filter(programme=place.programme).order_by("-number")[:50]
    return page(request, place, "office/report_accruals.html", "report_accruals", {"rows": rows})


@work_page()
def sales(request: HttpRequest, place: Place) -> HttpResponse:
    """What was bought."""
    rows = Order.objects.filter(programme=place.programme).order_by("-created_at")[:50]
    return page(request, place, "office/report_accruals.html", "report_accruals", {"rows": rows})
