"""Customers of a programme: the list, and one person: whose he is, how he came, what he bought."""

from collections.abc import Iterator

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from molva.kit import clock
from molva.orders.models import Order
from molva.programmes.models import Programme
from molva.reports.customers import NOBODY, customer_figures, customer_touches, list_customers
from molva.reports.orders import order_commissions
from molva.tracking.models import Customer, Touch
from molva.tracking.notes import write_note
from molva.web.office import why
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.exporting import Table, downloads, export_answer
from molva.web.office.history_words import ENDS, told
from molva.web.office.lists import asked_word, exact, local_day, paged, pieces
from molva.web.office.people_filters import partner_filter
from molva.web.office.shell import page
from molva.web.ui import formats
from molva.web.ui.filters import search_word
from molva.web.ui.flash import say
from molva.workspaces.models import Event


class NoteForm(forms.Form):
    """What staff remember of a customer."""

    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


@office_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponseBase:
    """By name, e-mail, phone, order number; of one partner or nobody's."""
    programme = place.programme
    if (answer := export_answer(request, place, "customers")) is not None:
        return answer
    rows = _asked(programme, request.GET)
    shown = paged(request, rows)
    figures = customer_figures(list(shown))
    for row in shown:
        row.figures = figures[row.pk]
    context = {
        "page": shown,
        "filters": partner_filter(request, programme, also=[(NOBODY, _("Nobody's"))]),
        "q": search_word(request),
        "is_filtered": bool(request.GET),
        **downloads(request),
    }
    return page(request, place, "office/customers.html", "customers", context)


def _asked(programme: Programme, query: QueryDict) -> "QuerySet[Customer]":
    return list_customers(programme, search=asked_word(query), partner=query.get("partner", ""))


def export(programme: Programme, query: QueryDict) -> Table:
    """The list as a file."""
    rows = _asked(programme, query)
    return Table(f"customers-{programme.code}", _header(), _cells(programme, rows), rows.count())


def _header() -> list[str]:
    return [
        _("Customer"), _("E-mail"), _("Phone"), _("Partner"), _("Partner's name"), _("Since"), _("Orders"), _("Sales"),
        _("Last order"),
    ]  # fmt: skip


def _cells(programme: Programme, rows: "QuerySet[Customer]") -> Iterator[list[object]]:
    for piece in pieces(rows):
        figures = customer_figures(piece)
        for row in piece:
            own = figures[row.pk]
            yield [
                row.name, row.email, row.phone, row.partner.code if row.partner else "",
                row.partner.name if row.partner else "", local_day(row.created_at), own.orders,
                exact(own.sales_minor, programme.currency), local_day(own.last_at) if own.last_at else None,
            ]  # fmt: skip


@office_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Whose client, since when and why; touches and orders on one path; what he is known by."""
    programme = place.programme
    rows = Customer.objects.select_related("partner", "programme")
    customer = get_object_or_404(rows, programme=programme, pk=pk)
    orders = list(customer.orders.select_related("partner").order_by("-created_at", "-pk"))
    owed = order_commissions(orders)
    events = Event.objects.filter(object_kind="customer", object_id=customer.pk).order_by("-at", "-pk")
    history = list(events[:50])
    keys = list(customer.keys.order_by("kind", "value"))
    context = {
        "customer": customer,
        "figures": customer_figures([customer])[customer.pk],
        "attributions": _attributions(customer, history),
        "stops": _path(orders, customer_touches(customer), programme),
        "keys": [(_KEYS[key.kind], key.value) for key in keys if key.kind in _KEYS],
        "orders": [
            (one, owed.get(one.pk), str(why.REASONS.get(one.unpaid or one.reason, ""))) for one in orders
        ],
        "form": NoteForm(initial={"note": customer.note}),
        "may_edit": place.may(*RULERS),
        "events": [told(event, programme) for event in history[:10]],
        "crumbs": [(_("Customers"), reverse("office:customers", args=[programme.code])), (str(customer), "")],
    }
    return page(request, place, "office/customer.html", "customers", context)


_KEYS = {
    "id": gettext_lazy("Number in the shop"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
}


def _attributions(customer: Customer, history: list[Event]) -> list[dict[str, object]]:
    """Each time somebody's, the newest first; why it ended stands in the journal."""
    ends = {
        (event.partner_id, event.data.get("at")): event.data.get("by")
        for event in history
        if event.kind == "attribution.ended"
    }
    return [
        {
            "partner": one.partner,
            "started_at": one.started_at,
            "ended_at": one.ended_at,
            "ends_at": one.ends_at,
            "days_left": (one.ends_at - clock.now()).days if one.ends_at and not one.ended_at else None,
            "why": str(ENDS.get(ends.get((one.partner_id, one.ended_at.isoformat())) or "", ""))
            if one.ended_at
            else "",
        }
        for one in customer.attributions.select_related("partner").order_by("-started_at", "-pk")
    ]


def _path(orders: list[Order], touches: list[Touch], programme: Programme) -> list[why.Stop]:
    stops = [_touch_stop(touch) for touch in touches]
    for order in orders:
        whose = str(order.partner) if order.partner else _("nobody's")
        stops.append(
            why.Stop(
                icon="shopping-cart",
                title=_("Order %(number)s: %(whose)s") % {"number": order.number, "whose": whose},
                text=formats.money(order.total_minor, programme.currency),
                at=order.created_at,
                tone="good" if order.partner else "quiet",
                url=reverse("office:order", args=[programme.code, order.pk]),
            )
        )
    return sorted(stops, key=lambda stop: stop.at or clock.now())


def _touch_stop(touch: Touch) -> why.Stop:
    icon, title = why.touch_title(touch.kind, str(touch.partner))
    source = touch.source or {}
    parts = [str(source[name]) for name in ("referrer_host", "sub1", "sub2", "landing") if source.get(name)]
    if touch.link and touch.link.name:
        parts.insert(0, touch.link.name)
    return why.Stop(icon, title, " · ".join(parts), touch.at, "new")


@require_POST
@office_page(*RULERS)
def note(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Write the note on a customer."""
    customer = get_object_or_404(Customer, programme=place.programme, pk=pk)
    form = NoteForm(request.POST)
    if form.is_valid():
        write_note(customer=customer, note=form.cleaned_data["note"], actor=place.user)
        say(request, _("The note is saved."))
    else:
        say(request, _("The note is too long: at most 2,000 characters."), is_bad=True)
    return redirect("office:customer", place.programme.code, customer.pk)
