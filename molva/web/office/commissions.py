"""Commissions of a programme: the list by status, and the page that explains one to the kopeck."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from molva.commissions.models import Commission, CommissionStatus
from molva.domain.explanation import from_json
from molva.ledger.models import TransactionKind
from molva.programmes.models import Programme
from molva.reports.commissions import (
    StatusSum,
    commission_entries,
    commission_tabs,
    list_commissions,
)
from molva.web.office import why
from molva.web.office.access import Place, office_page
from molva.web.office.exporting import Table, downloads, export_answer
from molva.web.office.lists import asked_period, asked_word, exact, flat, local_day, paged, read_period
from molva.web.office.people_filters import partner_filter
from molva.web.office.shell import page
from molva.web.ui import formats
from molva.web.ui.filters import address, read_filter, search_word
from molva.web.ui.longlist import MOST
from molva.web.ui.shell import Tab
from molva.web.ui.verdicts import names_in, verdict_words


@office_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponseBase:
    """By status, partner, level and the days of the orders."""
    programme = place.programme
    every, status = _asked(programme, request.GET), request.GET.get("status", "")
    if (answer := export_answer(request, place, "commissions")) is not None:
        return answer
    sums = commission_tabs(programme, most=MOST, **every)
    rows = list_commissions(programme, status=status, **every)
    context = {
        "page": paged(request, rows, found=_found(sums, status)),
        "tabs": _tabs(request, sums, status),
        "filters": [
            *partner_filter(request, programme),
            read_filter(request, "level", _("Level"), [("1", _("first")), ("2", _("second"))]),
            read_period(request, programme).filter,
        ],
        "q": search_word(request),
        "total": _total(sums, status),
        **downloads(request),
        "is_filtered": bool(request.GET),
    }
    return page(request, place, "office/commissions.html", "commissions", context)


def _asked(programme: Programme, query: QueryDict) -> dict[str, Any]:
    """The filters without the status, which the tabs go through."""
    wish = {name: query.get(name, "") for name in ("partner", "level")}
    return {"search": asked_word(query), "period": asked_period(query, programme), **wish}


def export(programme: Programme, query: QueryDict) -> Table:
    """The list as a file."""
    rows = list_commissions(programme, status=query.get("status", ""), **_asked(programme, query))
    return Table(f"commissions-{programme.code}", _header(), _cells(programme, rows), rows.count())


def _found(sums: dict[str, StatusSum], status: str) -> int | None:
    """How many there are, as the tabs have counted them; MOST and one more stand for all that are not counted."""
    if status and status not in sums:
        return None
    shown = [sums[status]] if status else list(sums.values())
    return MOST + 1 if any(one.is_cut for one in shown) else sum(one.count for one in shown)


def _total(sums: dict[str, StatusSum], status: str) -> int | None:
    """Of all statuses together what the books hold: an expected sum is no money yet. None of a list that is cut."""
    if status in sums:
        return None if sums[status].is_cut else sums[status].amount_minor
    if any(one.is_cut for one in sums.values()) or sum(one.count for one in sums.values()) > MOST:
        return None
    return sum(one.amount_minor for key, one in sums.items() if key != CommissionStatus.EXPECTED)


def _tabs(request: HttpRequest, sums: dict[str, StatusSum], status: str) -> list[Tab]:
    is_cut = any(one.is_cut for one in sums.values())
    every = sum(one.count for one in sums.values())
    tabs = [Tab(_("All"), address(request, status=None), every, not status, is_cut)]
    return tabs + [
        Tab(
            str(one.label),
            address(request, status=one.value),
            sums[one.value].count,
            status == one.value,
            sums[one.value].is_cut,
        )
        for one in CommissionStatus
    ]


def _header() -> list[str]:
    return [
        _("Order"), _("Made"), _("Partner"), _("Partner's name"), _("Level"), _("Status"), _("Owed"), _("In the books"),
        _("Expected"), _("On hold until"),
    ]  # fmt: skip


def _cells(programme: Programme, rows: "QuerySet[Any]") -> Iterator[list[object]]:
    currency = programme.currency
    for row in flat(rows):
        yield [
            row.order.number, local_day(row.order.created_at), row.partner.code, row.partner.name,
            row.level, str(row.get_status_display()), exact(row.owed_minor, currency),
            exact(row.posted_minor, currency), exact(row.expected_minor, currency),
            local_day(row.due_at) if row.due_at else None,
        ]  # fmt: skip


@office_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """The sum, in words, as a receipt, on the path, against the other rules, in the books."""
    programme = place.programme
    rows = Commission.objects.select_related("order__customer", "partner__invited_by", "terms")
    row = get_object_or_404(rows, programme=programme, pk=pk)
    reason = from_json(row.explanation) if row.explanation else None
    lines = {line.external_id: line.title for line in row.order.lines.all()}
    names = names_in(row.order)
    rules = why.rule_names(row.terms)
    lots = list(row.lots.filter(held_minor__gt=0).order_by("due_at"))
    entries = commission_entries(row)
    context = {
        "row": row,
        "order": row.order,
        "due_at": lots[0].due_at if lots else None,
        "sum": row.expected_minor if row.status == CommissionStatus.EXPECTED else row.posted_minor,
        "verdict": verdict_words(row.order, programme, names),
        "words": why.bubble_words(reason, rules, programme, row.terms) if reason else "",
        "reason": reason,
        "base": sum(line.base_minor for line in reason.lines) if reason else 0,
        "lines": why.receipt_lines(reason, lines, rules, programme.currency) if reason else [],
        "others": list(row.order.commissions.exclude(pk=row.pk).select_related("partner").order_by("level", "pk")),
        "stops": [*why.order_path(row.order, programme, names), *_money_stops(row, entries, lots)],
        "rules": why.rules_seen(reason, row, lines) if reason else [],
        "entries": entries,
        "crumbs": [
            (_("Commissions"), reverse("office:commissions", args=[programme.code])),
            (_("Order %(number)s") % {"number": row.order.number},
             reverse("office:order", args=[programme.code, row.order_id])),
            (_("level %(n)s") % {"n": row.level}, ""),
        ],
    }  # fmt: skip
    return page(request, place, "office/commission.html", "commissions", context)


_ENTRY_ICONS = {
    TransactionKind.ACCRUAL: ("receipt", "good"),
    TransactionKind.RELEASE: ("cash-banknote", "good"),
    TransactionKind.CLAWBACK: ("arrow-back-up", "bad"),
}


def _money_stops(row: Commission, entries: list, lots: list) -> list[why.Stop]:
    """What the books did with the money, and what is still to come."""
    currency = row.programme.currency
    stops = []
    for entry in entries:
        icon, tone = _ENTRY_ICONS.get(entry.kind, ("coins", "quiet"))
        minor = -entry.amount_minor if entry.kind == TransactionKind.CLAWBACK else entry.amount_minor
        words = formats.money(minor, currency, signed=entry.kind != TransactionKind.RELEASE)
        stops.append(why.Stop(icon, f"{entry.get_kind_display()}: {words}", at=entry.at, tone=tone))
    for line in row.payout_lines.select_related("payout").order_by("pk"):
        if line.payout.paid_at and line.payout.status == "paid":
            title = _("Paid in payout %(number)s") % {"number": line.payout}
            url = reverse("office:payout", args=[row.programme.code, line.payout_id])
            stops.append(why.Stop("cash-banknote", title, at=line.payout.paid_at, tone="good", url=url))
    for lot in lots:
        text = formats.money(lot.held_minor, currency)
        stops.append(why.Stop("clock-pause", _("Becomes available"), text, lot.due_at, is_future=True))
    return stops
