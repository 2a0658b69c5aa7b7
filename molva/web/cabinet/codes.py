"""Promo codes of a partner: what each gives, how often it was used, a card to print; a request for more."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from molva.programmes.models import Partner
from molva.reports.cabinet_links import picture_address
from molva.reports.codes import list_partner_codes
from molva.tracking.codes import MOST_WANTED, request_codes
from molva.tracking.errors import RequestOpen
from molva.tracking.models import CodeRequest, PromoCode
from molva.tracking.services import main_link, target_of
from molva.web.cabinet.shell import page, partner_page
from molva.web.ui.code_words import discount_words, limit_words
from molva.web.ui.flash import say

CARDS = 10  # on a sheet


class RequestForm(forms.Form):
    """How many codes, and what for."""

    wanted = forms.IntegerField(label=gettext_lazy("How many"), min_value=1, max_value=MOST_WANTED, initial=1)
    note = forms.CharField(
        label=gettext_lazy("What for"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("For example: cards for a fair, a gift to each subscriber"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page
def show(request: HttpRequest, partner: Partner) -> HttpResponse:
    """The codes, and a form to ask for more."""
    form = RequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            request_codes(partner=partner, **form.cleaned_data)
        except RequestOpen:
            form.add_error(None, _("Your earlier request has no answer yet"))
        else:
            say(request, _("The manager has your request"))
            return redirect("cabinet:codes", partner.programme.code)
    codes = list_partner_codes(partner)
    context = {
        "active": [_shown(one) for one in codes if one.voided_at is None],
        "voided": [one for one in codes if one.voided_at],
        "form": form,
        "asked": CodeRequest.objects.filter(partner=partner).order_by("-created_at", "-pk").first(),
    }
    return page(request, partner, "cabinet/codes.html", "codes", context, status=422 if form.errors else 200)


def _shown(promo: PromoCode) -> dict[str, Any]:
    currency = promo.programme.currency
    gives = "" if promo.discount_kind == "none" else discount_words(promo, currency)
    return {"promo": promo, "gives": gives, "limits": limit_words(promo, currency)}


@require_GET
@partner_page
def card(request: HttpRequest, partner: Partner, pk: int) -> HttpResponse:
    """A sheet of cards with the code and a QR code; whoever scans it is counted, too."""
    promo = get_object_or_404(PromoCode, partner=partner, pk=pk, voided_at__isnull=True)
    promo.programme = partner.programme
    link = main_link(partner)
    if link and link.is_active:
        url = picture_address(link)
    else:
        url = target_of(partner.programme, partner) if partner.programme.shop_url else ""
    context = {**_shown(promo), "url": url, "cards": range(CARDS)}
    return page(request, partner, "cabinet/code_card.html", "codes", context)
