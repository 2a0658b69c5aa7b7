"""Orders of a partner's clients: status, verdict in words, what each one brings."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from molva.commissions.models import CommissionStatus
from molva.programmes.models import Partner
from molva.reports.cabinet_orders import list_orders, mine_of
from molva.web.cabinet.shell import page, partner_page
from molva.web.cabinet.why import why_page
from molva.web.cabinet.words import masked, unpaid_words, verdict_words
from molva.web.ui.figure_filters import behind, figure_filters
from molva.web.ui.filters import read_filter, search_word
from molva.web.ui.periods import read_period
from molva.web.ui.verdicts import shown

PER_PAGE = 25


@require_GET
@partner_page
def show(request: HttpRequest, partner: Partner) -> HttpResponse:
    """The list, newest first."""
    states = [(str(value), str(label)) for value, label in CommissionStatus.choices]
    filters = [
        read_filter(request, "state", _("Reward"), [*states, ("nothing", _("No reward"))]),
        read_filter(request, "level", _("Whose"), [("1", _("My clients")), ("2", _("Second level"))]),
    ]
    chosen = [one.chosen.value if one.chosen else "" for one in filters]
    word = search_word(request)
    # what stands behind a figure: the orders of the days, or those whose reward was written down in them
    is_paid = bool(request.GET.get("paid"))
    days = read_period(request, partner.programme)
    narrowed = figure_filters(request, partner.programme, skip=("partner",))
    found = list_orders(
        partner,
        state=chosen[0],
        level=chosen[1],
        number=word,
        period=None if is_paid else days.period,
        among=behind(request.GET, partner.programme, days.period, partner=partner, is_paid=is_paid),
    )
    numbered = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "order": order,
            # the clients of an invited partner are his own affair
            "client": masked(str(order.customer)) if order.partner_id == partner.pk else "",
            "verdict": verdict_words(order, partner),
            "shown": shown(mine_of(order)[0]) if mine_of(order) else None,
        }
        for order in numbered
    ]
    context = {
        "page": numbered,
        "rows": rows,
        "filters": [*filters, days.filter, *narrowed],
        "search": word,
        "is_filtered": any(chosen) or word or days.period or narrowed,
    }
    return page(request, partner, "cabinet/orders.html", "orders", context)


@require_GET
@partner_page
def one(request: HttpRequest, partner: Partner, pk: int) -> HttpResponse:
    """An order: the explanation of its reward, or why there is none."""
    order = get_object_or_404(list_orders(partner), pk=pk)
    mine = mine_of(order)
    if mine:
        return why_page(request, partner, mine[0].pk)
    context = {
        "order": order,
        "client": masked(str(order.customer)),
        "verdict": verdict_words(order, partner),
        "unpaid": unpaid_words(order),
    }
    return page(request, partner, "cabinet/order.html", "orders", context)
