"""Promo codes of a programme: the list with what each sold, a file of it, nobody's codes, a look into the shop."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from molva.integrations.code_checks import check_codes
from molva.integrations.codes import code_shops, give_code
from molva.jobs import enqueue
from molva.programmes.models import Programme
from molva.reports.codes import (
    code_counts,
    list_codes,
    nobodys_codes,
    open_requests,
    state_of,
)
from molva.tracking.errors import CodeTaken
from molva.tracking.models import CodeDiscount, PromoCode
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.code_forms import GiveForm
from molva.web.office.exporting import Table, downloads, export_answer
from molva.web.office.lists import asked_word, exact, flat, local_day, paged
from molva.web.office.people_filters import partner_filter
from molva.web.office.shell import page
from molva.web.ui.code_words import STATES, discount_words, limit_words
from molva.web.ui.filters import address, read_filter, search_word
from molva.web.ui.flash import say
from molva.web.ui.shell import Tab

_WISHES = ("state", "partner", "kind", "sort")


@office_page()
def show_list(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Every code, by what is asked for in the address."""
    programme = place.programme
    rows = _asked(programme, request.GET)
    if (answer := export_answer(request, place, "codes")) is not None:
        return answer
    shown = paged(request, rows)
    context = {
        "page": shown,
        "rows": [shown_code(promo) for promo in shown],
        "tabs": _tabs(request, programme),
        "filters": [
            *partner_filter(request, programme),
            read_filter(
                request, "kind", _("Discount"), [(value, str(label)) for value, label in CodeDiscount.choices]
            ),
        ],
        "q": search_word(request),
        **downloads(request),
        "nobodys": len(nobodys_codes(programme)),
        "requests": open_requests(programme).count(),
        "has_shop": bool(code_shops(programme)),
        "may_edit": place.may(*RULERS),
        "is_filtered": any(request.GET.get(name) for name in (*_WISHES, "q")),
    }
    return page(request, place, "office/codes.html", "codes", context)


def _asked(programme: Programme, query: QueryDict) -> "QuerySet[PromoCode]":
    return list_codes(programme, search=asked_word(query), **{name: query.get(name, "") for name in _WISHES})


def export(programme: Programme, query: QueryDict) -> Table:
    """The list as a file."""
    rows = _asked(programme, query)
    return Table(f"codes-{programme.code}", _header(), _cells(programme, rows), rows.count())


def shown_code(promo: PromoCode) -> dict[str, Any]:
    """A code as lists show it."""
    state = state_of(promo)
    badge, words = STATES[state]
    currency = promo.programme.currency
    return {
        "promo": promo,
        "state": state,
        "badge": badge,
        "state_words": str(words),
        "discount": discount_words(promo, currency),
        "limits": limit_words(promo, currency),
        "uses": getattr(promo, "uses", 0),
        "sold_minor": getattr(promo, "sold_minor", 0),
    }


def _tabs(request: HttpRequest, programme: Programme) -> list[Tab]:
    counts, present = code_counts(programme), request.GET.get("state", "")
    words = {
        "": _("All"),
        "there": _("In the shop"),
        "waiting": _("On their way"),
        "differs": _("Different in the shop"),
        "refused": _("Refused"),
        "mark": _("Without a discount"),
        "voided": _("Voided ones"),
    }
    return [
        Tab(label, address(request, state=state or None), counts[state], state == present)
        for state, label in words.items()
        if counts[state] or state in ("", present)
    ]


def _header() -> list[str]:
    return [
        _("Promo code"), _("Partner"), _("Partner's name"), _("Discount"), _("Limits"), _("State"), _("Since"),
        _("Voided on"), _("Orders"), _("Sales"),
    ]  # fmt: skip


def _cells(programme: Programme, rows: "QuerySet[PromoCode]") -> Iterator[list[object]]:
    for promo in flat(rows):
        one = shown_code(promo)
        yield [
            promo.code, promo.partner.code, promo.partner.name, one["discount"], ", ".join(one["limits"]),
            one["state_words"], local_day(promo.valid_from),
            local_day(promo.voided_at) if promo.voided_at else None, one["uses"],
            exact(one["sold_minor"], programme.currency),
        ]  # fmt: skip


@require_POST
@office_page(*RULERS)
def check(request: HttpRequest, place: Place) -> HttpResponse:
    """Compare with the shop now; it is done by itself once a day."""
    programme = place.programme
    if code_shops(programme):
        enqueue(
            check_codes,
            dedupe=f"codes-check-{programme.pk}",
            programme_id=programme.pk,
            workspace_id=place.workspace.pk,
        )
        say(request, _("The codes are being compared with the shop. It takes a few seconds."))
    else:
        say(request, _("No shop is connected in which promo codes can be made."), is_bad=True)
    return redirect("office:codes", programme.code)


@office_page()
def nobodys(request: HttpRequest, place: Place) -> HttpResponse:
    """Codes that buyers use and no partner has."""
    context = {"rows": nobodys_codes(place.programme), "may_edit": place.may(*RULERS)}
    return page(request, place, "office/codes_nobodys.html", "codes", context)


@office_page(*RULERS)
def give(request: HttpRequest, place: Place) -> HttpResponse:
    """Give one of them to a partner."""
    programme = place.programme
    form = GiveForm(request.POST or None, programme=programme, initial={"code": request.GET.get("code", "")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        found = {one.code: one for one in nobodys_codes(programme)}.get(data["code"])
        since = found.first_at if found and data["since"] == "first" else None
        try:
            promo = give_code(partner=data["partner"], code=data["code"], actor=place.user, since=since)
        except CodeTaken:
            form.add_error(None, _("This code is somebody's already, or was voided."))
        else:
            say(
                request,
                _("Promo code %(code)s is %(partner)s's now.")
                % {"code": promo.code, "partner": promo.partner},
            )
            return redirect("office:code", programme.code, promo.pk)
    code = form.data.get("code") or form.initial["code"]
    return page(request, place, "office/code_give.html", "codes", {"form": form, "code": code})
