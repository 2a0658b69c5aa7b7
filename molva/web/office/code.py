"""One promo code: what it gives, how it stands in the shop, what it sold, who published it; change and void."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from molva.integrations.code_checks import accept_from_shop, can_accept
from molva.integrations.codes import (
    TAKEN,
    bring_soon,
    give_code,
    restore_in_shop,
    withdraw_code,
)
from molva.integrations.models import ShopCode
from molva.jobs import enqueue
from molva.reports.codes import list_codes, orders_with, referrers
from molva.tracking.codes import change_code, revive_code
from molva.tracking.errors import CodeTaken
from molva.tracking.models import PromoCode
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.code_forms import OfferForm, RespellForm, VoidForm, offer_initial
from molva.web.office.codes import shown_code
from molva.web.office.letters import send_code_voided
from molva.web.office.plug_words import plug_words
from molva.web.office.shell import page
from molva.web.ui.code_words import drift_words
from molva.web.ui.flash import say

FEW = 8


def find(place: Place, pk: int) -> PromoCode:
    """A code of this programme, or 404."""
    return get_object_or_404(list_codes(place.programme), pk=pk)


@office_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """The card of a code."""
    return _card(request, place, find(place, pk))


def _card(request: HttpRequest, place: Place, promo: PromoCode, **forms: Any) -> HttpResponse:
    refused = promo.shop_codes.filter(state="refused").first()
    context = {
        "promo": promo,
        "shown": shown_code(promo),
        "shops": [_in_shop(row, promo, place) for row in promo.shop_codes.all()],
        "orders": list(orders_with(promo)[:FEW]),
        "referrers": referrers(promo),
        "never_lived": promo.voided_at == promo.valid_from,
        "respell_form": RespellForm(initial={"code": refused.proposal if refused else ""}),
        "is_taken": bool(refused and refused.problem == TAKEN),
        "may_edit": place.may(*RULERS),
        "crumbs": _crumbs(place, promo.code),
        **forms,
    }
    return page(request, place, "office/code.html", "codes", context)


def _in_shop(row: ShopCode, promo: PromoCode, place: Place) -> dict[str, Any]:
    kinds = (promo.discount_kind, row.drift.get("kind", [None, promo.discount_kind])[1])
    return {
        "row": row,
        "problem": plug_words(row.problem),
        "drift": drift_words(row.drift, kinds, place.programme.currency),
        "can_accept": can_accept(row),
    }


def _crumbs(place: Place, *labels: str) -> list[tuple[str, str]]:
    return [
        (_("Promo codes"), reverse("office:codes", args=[place.programme.code])),
        *((one, "") for one in labels),
    ]


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Another discount or limit; the shop follows by itself."""
    promo = find(place, pk)
    if promo.voided_at:
        return redirect("office:code", place.programme.code, promo.pk)
    form = OfferForm(
        request.POST or None,
        programme=place.programme,
        initial=offer_initial(promo, place.programme.currency),
    )
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            change_code(promo=promo, offer=form.offer(), actor=place.user)
            bring_soon(place.programme)
        say(request, _("Saved. The shop is being told."))
        return redirect("office:code", place.programme.code, promo.pk)
    context = {"form": form, "promo": promo, "crumbs": _crumbs(place, promo.code, _("Change"))}
    return page(request, place, "office/code_edit.html", "codes", context)


@office_page(*RULERS)
def void(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Stop a code for good, with a reason that the partner is told in a letter."""
    promo = find(place, pk)
    if promo.voided_at:
        return redirect("office:code", place.programme.code, promo.pk)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            if withdraw_code(promo=promo, reason=form.cleaned_data["reason"], actor=place.user):
                enqueue(send_code_voided, code_id=promo.pk, workspace_id=place.workspace.pk)
        say(request, _("Promo code %(code)s is void. The partner is told.") % {"code": promo.code})
        return redirect("office:code", place.programme.code, promo.pk)
    context = {"form": form, "promo": promo, "shown": shown_code(promo), "crumbs": _crumbs(place, promo.code)}
    return page(request, place, "office/code_void.html", "codes", context)


@require_POST
@office_page(*RULERS)
def bring(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Make the shop as it stands here."""
    promo = find(place, pk)
    restore_in_shop(promo=promo, actor=place.user)
    say(request, _("The shop is being told. It takes a few seconds."))
    return redirect("office:code", place.programme.code, promo.pk)


@require_POST
@office_page(*RULERS)
def accept(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Take over what somebody set in the shop."""
    promo = find(place, pk)
    row = next((one for one in promo.shop_codes.all() if can_accept(one)), None)
    if row is not None and promo.voided_at is None:
        accept_from_shop(row=row, actor=place.user)
        say(request, _("It stands here now as in the shop."))
    return redirect("office:code", place.programme.code, promo.pk)


@require_POST
@office_page(*RULERS)
def respell(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Another spelling for a code that the shop has from somebody else."""
    promo, form = find(place, pk), RespellForm(request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                revive_code(promo=promo, code=form.cleaned_data["code"], actor=place.user)
                bring_soon(place.programme)
        except CodeTaken:
            form.add_error("code", _("This code is somebody's already. Choose a different one."))
        else:
            say(request, _("The shop is being told. It takes a few seconds."))
            return redirect("office:code", place.programme.code, promo.pk)
    return _card(request, place, promo, respell_form=form)


@require_POST
@office_page(*RULERS)
def keep_shops(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """The shop has the code from somebody else: leave its discount as it is, and let the partner have the orders."""
    promo = find(place, pk)
    if promo.voided_at == promo.valid_from:
        give_code(partner=promo.partner, code=promo.code, actor=place.user)
        bring_soon(place.programme)
        say(request, _("Promo code %(code)s counts from now on.") % {"code": promo.code})
    return redirect("office:code", place.programme.code, promo.pk)
