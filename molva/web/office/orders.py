"""Orders of a programme: the list with verdicts, one order with its way, its losers and its money."""

from collections.abc import Iterator
from itertools import chain

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from molva.commissions.recalc import Again, settle_again
from molva.integrations.models import Connection, InboundEvent
from molva.kit.money import allocate
from molva.orders.models import DELETED_STATUS, Order, OrderLine
from molva.programmes.models import Programme
from molva.reports.orders import (
    ANYBODY,
    NOBODY,
    list_orders,
    order_commissions,
    order_reasons,
    order_sources,
    order_statuses,
    order_totals,
)
from molva.web.office import why
from molva.web.office.access import Place, office_page
from molva.web.office.evidence import shown_signs
from molva.web.office.exporting import Table, downloads, export_answer
from molva.web.office.lists import asked_period, asked_word, exact, local_day, paged, pieces, read_period
from molva.web.office.people_filters import partner_filter
from molva.web.office.shell import page
from molva.web.ui import formats
from molva.web.ui.figure_filters import behind, figure_filters
from molva.web.ui.filters import Filter, read_filter, search_word
from molva.web.ui.flash import say
from molva.web.ui.longlist import is_whole
from molva.web.ui.verdicts import names_in, verdict_words


@office_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponseBase:
    """By number, customer, status, verdict, partner, source and day."""
    programme = place.programme
    rows = _asked(programme, request.GET)
    if (answer := export_answer(request, place, "orders")) is not None:
        return answer
    shown = paged(request, rows)
    owed = order_commissions(list(shown))
    for row in shown:
        row.owed_minor = owed.get(row.pk)
        row.reason_words = _reason(row)
    context = {
        "page": shown,
        "filters": [
            *_filters(request, programme),
            read_period(request, programme).filter,
            *figure_filters(request, programme, skip=("partner",)),
        ],
        "q": search_word(request),
        "totals": order_totals(rows) if is_whole(shown) else None,
        **downloads(request),
        "is_filtered": bool(request.GET),
        "deleted": DELETED_STATUS,
    }
    return page(request, place, "office/orders.html", "orders", context)


def _asked(programme: Programme, query: QueryDict) -> "QuerySet[Order]":
    wish = {name: query.get(name, "") for name in ("status", "reason", "partner", "source", "sort")}
    period = asked_period(query, programme)
    among = behind(query, programme, period)
    return list_orders(programme, search=asked_word(query), period=period, among=among, **wish)


def export(programme: Programme, query: QueryDict) -> Table:
    """The list as a file."""
    rows = _asked(programme, query)
    return Table(f"orders-{programme.code}", _header(), _cells(programme, rows), rows.count())


def _reason(order: Order) -> str:
    if order.judged_at is None:
        return _("Not decided yet")
    return str(why.REASONS.get(order.unpaid or order.reason, order.reason))


def _filters(request: HttpRequest, programme: Programme) -> list[Filter]:
    reasons = [(reason, str(why.REASONS.get(reason, reason))) for reason in order_reasons(programme)]
    statuses = [
        (key, _("Deleted") if key == DELETED_STATUS else title) for key, title in order_statuses(programme)
    ]
    titles = {row.source_key: row.name for row in Connection.objects.filter(programme=programme)}
    sources = [(source, titles.get(source, source)) for source in order_sources(programme)]
    chips = [
        read_filter(request, "status", _("Status"), statuses),
        read_filter(request, "reason", _("Verdict"), reasons),
        *partner_filter(request, programme, also=[(ANYBODY, _("Of partners")), (NOBODY, _("Nobody's"))]),
        read_filter(request, "source", _("Source"), sources),
    ]
    return [chip for chip in chips if chip.choices]


def _header() -> list[str]:
    return [
        _("Order"), _("Made"), _("Customer"), _("E-mail"), _("Phone"), _("Status"), _("Sum"), _("Partner"),
        _("Partner's name"), _("Verdict"), _("Commission"), _("Source"),
    ]  # fmt: skip


def _cells(programme: Programme, rows: "QuerySet[Order]") -> Iterator[list[object]]:
    currency = programme.currency
    for row, owed_minor in chain.from_iterable(map(_with_owed, pieces(rows))):
        yield [
            row.number, local_day(row.created_at), row.customer.name, row.customer.email,
            row.customer.phone, row.status_title or row.status, exact(row.total_minor, currency),
            row.partner.code if row.partner else "", row.partner.name if row.partner else "", _reason(row),
            exact(owed_minor, currency), row.source,
        ]  # fmt: skip


def _with_owed(orders: list[Order]) -> list[tuple[Order, int]]:
    owed = order_commissions(orders)
    return [(order, owed.get(order.pk, 0)) for order in orders]


def find(place: Place, pk: int) -> Order:
    """An order of this programme, or 404."""
    rows = Order.objects.select_related("customer__partner", "partner", "programme")
    return get_object_or_404(rows, programme=place.programme, pk=pk)


@office_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Whose it is and why, what it consists of, what it earned to whom, what the shop told of it."""
    order = find(place, pk)
    names = names_in(order)
    lines = list(order.lines.all())
    context = {
        "order": order,
        "is_deleted": order.status == DELETED_STATUS,
        "verdict": verdict_words(order, place.programme, names),
        "stops": why.order_path(order, place.programme, names),
        "lines": _with_bases(order, lines),
        "goods": sum(line.total_minor for line in lines) - order.discount_minor,
        "commissions": list(order.commissions.select_related("partner").order_by("level", "pk")),
        "creation": _creation(order),
        "signs": shown_signs(order),
        "told": _told(order),
        "crumbs": [(_("Orders"), reverse("office:orders", args=[place.programme.code])), (order.number, "")],
    }
    return page(request, place, "office/order.html", "orders", context)


def _with_bases(order: Order, lines: list[OrderLine]) -> list[tuple[OrderLine, int, int]]:
    """Each line with its share of the discount on the whole order and with what is left: the rules' own split."""
    totals = [line.total_minor for line in lines]
    cuts = allocate(min(order.discount_minor, sum(totals)), totals)
    return [(line, cut, line.total_minor - cut) for line, cut in zip(lines, cuts, strict=True)]


def _creation(order: Order) -> list[tuple[str, str]]:
    """The facts of the order's creation that decided whose it is."""
    client = order.creation.get("client") or {}
    facts = [
        (_("Promo codes"), ", ".join(order.creation.get("codes") or [])),
        (_("First address"), order.creation.get("landing") or ""),
        (_("Visitor"), order.creation.get("visitor") or ""),
        (_("E-mail"), client.get("email") or ""),
        (_("Phone"), client.get("phone") or ""),
    ]
    return [(label, value) for label, value in facts if value]


def _told(order: Order) -> list[InboundEvent]:
    """What the order's own source sent about it, newest first."""
    _kind, _colon, connection = order.source.partition(":")
    if not connection.isdecimal():
        return []
    rows = InboundEvent.objects.filter(connection_id=int(connection), object_id=order.external_id)
    return list(rows.order_by("-received_at").defer("body")[:50])


@require_POST
@office_page()
def recalc(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Settle the customer's orders again and say what that changed; usually nothing."""
    order = find(place, pk)
    again = settle_again(order.customer)
    say(request, _again_words(again, place.programme))
    return redirect("office:order", place.programme.code, order.pk)


def _again_words(again: Again, programme: Programme) -> str:
    if again.is_same:
        return _("Counted again: nothing changed, to the kopeck.")
    said = [
        _("order %(number)s, %(partner)s: %(after)s, was: %(before)s")
        % {
            "number": one.commission.order.number,
            "partner": one.commission.partner,
            "after": formats.money(one.after_minor, programme.currency),
            "before": formats.money(one.before_minor, programme.currency),
        }
        for one in again.changes[:5]
    ]
    if again.moved_orders:
        n = again.moved_orders
        said.append(
            ngettext("%(n)d order has another verdict", "%(n)d orders have another verdict", n) % {"n": n}
        )
    return _("Counted again.") + " " + "; ".join(said)
