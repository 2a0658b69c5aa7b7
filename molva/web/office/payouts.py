"""Payouts of a programme: the list by status, drafts for many, one payout from draft to paid."""

from collections.abc import Callable, Iterator

from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from molva.kit import clock
from molva.ledger.models import Transaction
from molva.payouts.errors import BooksUnsoundError, NothingToPayError, PayoutChangedError, PayoutStateError
from molva.payouts.models import Payout, PayoutStatus
from molva.payouts.queries import StatusTotal, list_payable, list_payouts, payout_lines, payout_totals
from molva.payouts.services import (
    approve_payout,
    cancel_payout,
    draft_payout,
    draft_payouts,
    mark_failed,
    mark_paid,
)
from molva.programmes.models import Partner, Programme
from molva.web.office.access import CASHIERS, Place, office_page
from molva.web.office.confirm import ask
from molva.web.office.exporting import Table, downloads, export_answer
from molva.web.office.lists import asked_period, exact, flat, local_day, paged, read_period
from molva.web.office.payout_forms import DraftForm, PaidForm, ReasonForm
from molva.web.office.people_filters import partner_filter
from molva.web.office.shell import page
from molva.web.office.why import Stop
from molva.web.ui import formats
from molva.web.ui.filters import address
from molva.web.ui.flash import say
from molva.web.ui.shell import Tab

NAMED = 300  # partners on the page before drafts are made; all are served


@office_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponseBase:
    """By status, partner and the day they were prepared."""
    programme = place.programme
    status = request.GET.get("status", "")
    rows = _asked(programme, request.GET)
    if (answer := export_answer(request, place, "payouts")) is not None:
        return answer
    payable = list_payable(programme)
    context = {
        "page": paged(request, rows),
        "tabs": _tabs(request, payout_totals(programme), status),
        "filters": [*partner_filter(request, programme), read_period(request, programme).filter],
        "total": rows.order_by().aggregate(total=Sum("amount_minor"))["total"] or 0,
        "payable": payable.count,
        "payable_minor": payable.amount_minor,
        **downloads(request),
        "may_pay": place.may(*CASHIERS),
        "is_filtered": bool(request.GET),
    }
    return page(request, place, "office/payouts.html", "payouts", context)


def _asked(programme: Programme, query: QueryDict) -> "QuerySet[Payout]":
    status, partner = query.get("status", ""), query.get("partner", "")
    period = asked_period(query, programme)
    return list_payouts(
        programme=programme,
        partner=Partner.objects.filter(programme=programme, code=partner).first() if partner else None,
        status=status if status in PayoutStatus.values else None,
        since=period.start if period else None,
        until=period.end if period else None,
    )


def export(programme: Programme, query: QueryDict) -> Table:
    """The list as a file."""
    rows = _asked(programme, query)
    return Table(f"payouts-{programme.code}", _header(), _cells(rows), rows.count())


def _tabs(request: HttpRequest, totals: dict[str, StatusTotal], status: str) -> list[Tab]:
    tabs = [
        Tab(_("All"), address(request, status=None), sum(one.count for one in totals.values()), not status)
    ]
    return tabs + [
        Tab(str(one.label), address(request, status=one.value), totals[one.value].count, status == one.value)
        for one in PayoutStatus
    ]


def _header() -> list[str]:
    return [
        _("Payout"), _("Prepared"), _("Partner"), _("Partner's name"), _("Sum"), _("Currency"), _("Status"),
        _("Where to send"), _("Paid on"), _("Number of the bank's document"), _("Comment"),
    ]  # fmt: skip


def _cells(rows: "QuerySet[Payout]") -> Iterator[list[object]]:
    for row in flat(rows):
        yield [
            row.pk, local_day(row.created_at), row.partner.code, row.partner.name,
            exact(row.amount_minor, row.currency), row.currency, str(row.get_status_display()), row.method,
            local_day(row.paid_at) if row.paid_at else None, row.external_reference, row.comment,
        ]  # fmt: skip


@office_page(*CASHIERS)
def prepare(request: HttpRequest, place: Place) -> HttpResponse:
    """Drafts for everybody with enough available: first the list and the sum, then the button."""
    programme = place.programme
    if request.method == "POST":
        made = draft_payouts(programme=programme, actor=place.user)
        n = len(made)
        say(request, ngettext("%(n)d payout is prepared", "%(n)d payouts are prepared", n) % {"n": n})
        return redirect(f"{reverse('office:payouts', args=[programme.code])}?status=draft")
    context = {
        "payable": list_payable(programme, limit=NAMED),
        "crumbs": [(_("Payouts"), reverse("office:payouts", args=[programme.code])), (_("Prepare"), "")],
    }
    return page(request, place, "office/payouts_prepare.html", "payouts", context)


@office_page(*CASHIERS)
def draft(request: HttpRequest, place: Place, partner: int) -> HttpResponse:
    """A draft for one partner of all that is available, made anew when there is one already."""
    programme = place.programme
    found = get_object_or_404(Partner.objects.select_related("programme"), programme=programme, pk=partner)
    former = Payout.objects.filter(partner=found).exclude(method="").order_by("-pk").first()
    form = DraftForm(request.POST or None, initial={"method": former.method if former else ""})
    if request.method == "POST" and form.is_valid():
        try:
            made = draft_payout(partner=found, actor=place.user, **form.cleaned_data)
        except NothingToPayError:
            form.add_error(None, _("Nothing is available to this partner now."))
        else:
            say(request, _("Payout %(number)s is prepared.") % {"number": made})
            return redirect("office:payout", programme.code, made.pk)
    card = reverse("office:partner", args=[programme.code, found.pk])
    crumbs = [(str(found), card), (_("Prepare a payout"), "")]
    return page(
        request,
        place,
        "office/payout_draft.html",
        "payouts",
        {"form": form, "partner": found, "crumbs": crumbs},
    )


def find(place: Place, pk: int) -> Payout:
    """A payout of this programme, or 404."""
    rows = Payout.objects.select_related(
        "partner__programme", "created_by", "approved_by", "paid_by", "closed_by"
    )
    return get_object_or_404(rows, programme=place.programme, pk=pk)


@office_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """What it consists of, where it is on its way, the transactions that moved it."""
    return _page(request, place, find(place, pk))


def _page(request: HttpRequest, place: Place, payout: Payout, **more: object) -> HttpResponse:
    today = timezone.localtime(clock.now()).date()
    context = {
        "payout": payout,
        "page": paged(request, payout_lines(payout)),
        "entries": list(Transaction.objects.filter(payout_id=payout.pk).order_by("number")),
        "stops": _stops(payout),
        "may_pay": place.may(*CASHIERS),
        "paid_form": PaidForm(initial={"paid_at": today, "method": payout.method}),
        "reason_form": ReasonForm(),
        "crumbs": [(_("Payouts"), reverse("office:payouts", args=[place.programme.code])), (str(payout), "")],
        **more,
    }
    return page(request, place, "office/payout.html", "payouts", context)


def _stops(payout: Payout) -> list[Stop]:
    """Where the payout has been, and where it is still to go."""

    def name(user: object) -> str:
        return str(user or "")

    stops = [Stop("pencil", _("Prepared"), name(payout.created_by), payout.created_at)]
    if payout.approved_at:
        stops.append(Stop("check", _("Approved"), name(payout.approved_by), payout.approved_at, "hold"))
    elif payout.is_open:
        stops.append(Stop("check", _("Approval"), _("sets the money aside"), is_future=True))
    if payout.paid_at:
        text = " · ".join(part for part in (payout.external_reference, name(payout.paid_by)) if part)
        stops.append(Stop("cash-banknote", _("Paid"), text, payout.paid_at, "good"))
    elif payout.is_open:
        stops.append(Stop("cash-banknote", _("Paid"), _("after you send it"), is_future=True))
    if payout.closed_at:
        text = " · ".join(part for part in (payout.reason, name(payout.closed_by)) if part)
        stops.append(Stop("circle-x", str(payout.get_status_display()), text, payout.closed_at, "bad"))
    return stops


def _step(
    request: HttpRequest, place: Place, payout: Payout, done: Callable[[], Payout], words: str
) -> HttpResponse:
    """One step of a payout's way; what stops it is said on its page."""
    try:
        done()
    except PayoutChangedError:
        text = _("What this draft consists of has changed meanwhile. Prepare it anew and look at the sum.")
        say(request, text, is_bad=True)
    except PayoutStateError:
        say(request, _("A colleague was quicker: this payout is in another state now."), is_bad=True)
    except BooksUnsoundError:
        text = _("The check of the books found something wrong, so no money leaves. Ask whoever runs Molva.")
        say(request, text, is_bad=True)
    else:
        say(request, words)
    return redirect("office:payout", place.programme.code, payout.pk)


@office_page(*CASHIERS)
def approve(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Set the money aside: from now on it cannot be taken for anything else."""
    payout = find(place, pk)
    if request.method == "POST":
        words = _("Payout %(number)s is approved.") % {"number": payout}
        return _step(request, place, payout, lambda: approve_payout(payout=payout, actor=place.user), words)
    written = formats.money(payout.amount_minor, payout.currency)
    return ask(
        request,
        title=_("Approve %(sum)s to %(name)s?") % {"sum": written, "name": payout.partner},
        text=_("The money is set aside for this payout. You can still cancel it until it is sent."),
        yes=_("Approve"),
        no_url=reverse("office:payout", args=[place.programme.code, payout.pk]),
    )


@office_page(*CASHIERS)
def paid(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """The money has left: the day, where to, the bank's number."""
    payout = find(place, pk)
    form = PaidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        words = _("Payout %(number)s is paid.") % {"number": payout}
        return _step(
            request, place, payout, lambda: mark_paid(payout=payout, actor=place.user, **data), words
        )
    return _page(request, place, payout, **({"paid_form": form} if request.method == "POST" else {}))


@office_page(*CASHIERS)
def cancel(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Give up a payout that has not left; the money is available again."""
    return _end(request, place, pk, cancel_payout, _("Payout %(number)s is cancelled."))


@office_page(*CASHIERS)
def failed(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """The money did not arrive or came back; it is available again."""
    return _end(request, place, pk, mark_failed, _("Payout %(number)s: the money came back."))


def _end(
    request: HttpRequest, place: Place, pk: int, service: Callable[..., Payout], words: str
) -> HttpResponse:
    payout = find(place, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        said = words % {"number": payout}
        return _step(
            request, place, payout, lambda: service(payout=payout, actor=place.user, reason=reason), said
        )
    return _page(request, place, payout, **({"reason_form": form} if request.method == "POST" else {}))


@office_page()
def printed(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """The payout as a sheet of paper."""
    payout = find(place, pk)
    context = {
        "payout": payout,
        "lines": list(payout_lines(payout)),
        "entries": list(Transaction.objects.filter(payout_id=payout.pk).order_by("number")),
    }
    return page(request, place, "office/payout_print.html", "payouts", context)
