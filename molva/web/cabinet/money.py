"""Money: balances, accruals, payouts, the statement with its running balance, and the statement for paper."""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from molva.commissions.models import CommissionStatus
from molva.kit import clock
from molva.ledger.models import TransactionKind
from molva.ledger.queries import StatementRow, balances, statement
from molva.payouts.models import Payout
from molva.payouts.queries import list_payouts, payout_lines
from molva.programmes.models import Partner
from molva.reports.cabinet import expected
from molva.reports.cabinet_money import Month, month_statement, months
from molva.reports.cabinet_orders import list_commissions, status_counts
from molva.web.cabinet.shell import page, partner_page
from molva.web.ui.filters import address, read_filter
from molva.web.ui.shell import Tab
from molva.web.ui.verdicts import shown

PER_PAGE = 25
VIEWS = ("accruals", "payouts", "statement")


@require_GET
@partner_page
def show(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Balances above; below the chosen list: accruals, payouts or the statement."""
    view = request.GET.get("view", "accruals")
    view = view if view in VIEWS else "accruals"
    lists = {"accruals": _accruals, "payouts": _payouts, "statement": _statement}
    labels = {"accruals": _("Accruals"), "payouts": _("Payouts"), "statement": _("Statement")}
    url = reverse("cabinet:money", args=[partner.programme.code])
    context = {
        "balance": balances(partner),
        "expected": expected(partner),
        "view": view,
        "tabs": [Tab(labels[key], f"{url}?view={key}", is_current=key == view) for key in VIEWS],
        **lists[view](request, partner),
    }
    return page(request, partner, "cabinet/money.html", "money", context)


def _accruals(request: HttpRequest, partner: Partner) -> dict[str, Any]:
    counts = status_counts(partner)
    states = [(str(value), str(label)) for value, label in CommissionStatus.choices if counts[value]]
    chip = read_filter(request, "status", _("Status"), states)
    rows = Paginator(list_commissions(partner, status=chip.chosen.value if chip.chosen else ""), PER_PAGE)
    numbered = rows.get_page(request.GET.get("page"))
    return {
        "page": numbered,
        "rows": [shown(commission) for commission in numbered],
        "filters": [chip],
        "is_filtered": bool(chip.chosen or request.GET.get("status")),
    }


def _payouts(request: HttpRequest, partner: Partner) -> dict[str, Any]:
    numbered = Paginator(list_payouts(partner=partner), PER_PAGE).get_page(request.GET.get("page"))
    return {"page": numbered}


def _statement(request: HttpRequest, partner: Partner) -> dict[str, Any]:
    text = request.GET.get("before", "")
    before = int(text) if text.isdecimal() and len(text) < 16 else None
    rows = statement(partner, before=before, limit=PER_PAGE + 1)
    older = rows[PER_PAGE - 1].entry.number if len(rows) > PER_PAGE else None
    return {
        "entries": _named(rows[:PER_PAGE]),
        "older_url": address(request, before=str(older)) if older else "",
        "is_later": before is not None,
    }


def _named(rows: list[StatementRow]) -> list[tuple[StatementRow, str]]:
    return [(row, str(TransactionKind(row.entry.kind).label)) for row in rows]


@require_GET
@partner_page
def payout(request: HttpRequest, partner: Partner, pk: int) -> HttpResponse:
    """What a payout consists of."""
    found = get_object_or_404(Payout, partner=partner, pk=pk)
    return page(
        request, partner, "cabinet/payout.html", "money", {"payout": found, "lines": payout_lines(found)}
    )


@require_GET
@partner_page
def paper(request: HttpRequest, partner: Partner) -> HttpResponse:
    """The statement of a month, for printing: opening and closing balance, every entry with its number."""
    known = months(partner)
    wanted = request.GET.get("month", "")
    chosen = next((one for one in known if one.key == wanted), known[0] if known else _this_month())
    found = month_statement(partner, chosen)
    context = {
        "months": known,
        "month": chosen,
        "entries": _named(found.rows),
        "opening": found.opening,
        "closing": found.closing,
        "fingerprint": found.rows[-1].entry.hash if found.rows else "",
        "made_at": clock.now(),
    }
    return page(request, partner, "cabinet/paper.html", "money", context)


def _this_month() -> Month:
    now: datetime = timezone.localtime(clock.now())
    return Month(now.year, now.month)
