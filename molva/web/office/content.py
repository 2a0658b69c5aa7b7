"""Content of partners: everything they have published, with results and with what became of the addresses."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from molva.programmes.models import Programme
from molva.reports.content import (
    content_address,
    content_orders,
    link_results,
    list_content,
    state_counts,
)
from molva.tracking.models import AddressState, ContentItem, ContentKind
from molva.web.office.access import Place, office_page
from molva.web.office.exporting import Table, downloads, export_answer
from molva.web.office.history_words import told
from molva.web.office.lists import asked_word, exact, local_day, paged, pieces
from molva.web.office.people_filters import partner_filter
from molva.web.office.shell import page
from molva.web.ui.content_words import address_words
from molva.web.ui.filters import address, read_filter, search_word
from molva.web.ui.shell import Tab
from molva.workspaces.models import Event

ARCHIVE = "archive"


@office_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponseBase:
    """By state of the address, kind and partner."""
    programme = place.programme
    if (answer := export_answer(request, place, "content")) is not None:
        return answer
    shown = paged(request, _asked(programme, request.GET))
    results = link_results(list(shown))
    kinds = [(value, str(label)) for value, label in ContentKind.choices]
    context = {
        "page": shown,
        "rows": [(item, results[item.link_id], address_words(item)) for item in shown],
        "tabs": _tabs(request, programme),
        "filters": [read_filter(request, "kind", _("Kind"), kinds), *partner_filter(request, programme)],
        "q": search_word(request),
        "is_filtered": any(request.GET.get(name) for name in ("q", "kind", "state", "partner")),
        **downloads(request),
    }
    return page(request, place, "office/content.html", "content", context)


def _asked(programme: Programme, query: QueryDict) -> "QuerySet[ContentItem]":
    state = query.get("state", "")
    return list_content(
        programme,
        search=asked_word(query),
        kind=query.get("kind", ""),
        state="" if state == ARCHIVE else state,
        code=query.get("partner", ""),
        archived=state == ARCHIVE,
    )


def _tabs(request: HttpRequest, programme: Programme) -> list[Tab]:
    counts, present = state_counts(programme), request.GET.get("state", "")
    put_away = ContentItem.objects.filter(programme=programme, is_archived=True).count()
    tabs = [Tab(_("All"), address(request, state=None), sum(counts.values()), not present)]
    tabs += [
        Tab(str(one.label), address(request, state=one.value), counts[one.value], present == one.value)
        for one in AddressState
        if counts[one.value] or present == one.value
    ]
    if put_away or present == ARCHIVE:
        tabs.append(Tab(_("Put away"), address(request, state=ARCHIVE), put_away, present == ARCHIVE))
    return tabs


def export(programme: Programme, query: QueryDict) -> Table:
    """The list as a file."""
    rows = _asked(programme, query)
    return Table(f"content-{programme.code}", _header(), _cells(programme, rows), rows.count())


def _header() -> list[str]:
    return [
        _("Partner"), _("Partner's name"), _("Kind"), _("Title"), _("Address"), _("Published on"), _("Tags"), "erid",
        _("Link"), _("State"), _("Checked"), _("Clicks"), _("People"), _("Orders"), _("Sales"), _("Commission"),
    ]  # fmt: skip


def _cells(programme: Programme, rows: "QuerySet[ContentItem]") -> Iterator[list[object]]:
    currency = programme.currency
    for piece in pieces(rows):
        results = link_results(piece)
        for item in piece:
            own = results[item.link_id]
            yield [
                item.partner.code, item.partner.name, str(item.get_kind_display()), item.title, item.url,
                item.published_date, item.tags, item.erid, content_address(item), address_words(item).label,
                local_day(item.checked_at) if item.checked_at else None, own.clicks, own.visitors, own.orders,
                exact(own.revenue_minor, currency), exact(own.commission_minor, currency),
            ]  # fmt: skip


@office_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """One item: its results, the orders behind them, its address and its history."""
    rows = ContentItem.objects.select_related("link", "promo", "partner", "programme")
    item = get_object_or_404(rows, programme=place.programme, pk=pk)
    events = Event.objects.filter(object_kind="contentitem", object_id=item.pk).order_by("-at", "-pk")[:20]
    context = {
        "item": item,
        "result": link_results([item])[item.link_id],
        "orders": content_orders(item),
        "link_url": content_address(item),
        "words": address_words(item),
        "events": [told(event, place.programme) for event in events],
        "crumbs": [(_("Content"), reverse("office:content", args=[place.programme.code])), (str(item), "")],
    }
    return page(request, place, "office/content_item.html", "content", context)
