"""Promo codes for many: whom, how spelled, what they give; a preview, progress in the shop; requests of partners."""

import hashlib
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from molva.integrations.codes import bring_soon, code_shops, pause_of, taken_in_shop
from molva.programmes.services import update_programme
from molva.reports.codes import batch_progress, open_requests
from molva.tracking.codes import CodeOffer, Planned, answer_request, make_codes, new_batch, plan_codes
from molva.tracking.errors import CodeTaken
from molva.tracking.models import CodeRequest, RequestState
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.code_forms import AutoForm, DeclineForm, MakeForm, offer_initial
from molva.web.office.shell import page
from molva.web.ui.code_words import discount_words, limit_words
from molva.web.ui.flash import say

PREVIEW = 50


@office_page(*RULERS)
def make(request: HttpRequest, place: Place) -> HttpResponse:
    """Say what is wanted, look at the spellings, make them."""
    programme = place.programme
    asked = _request(request, place)
    form = MakeForm(request.POST or None, programme=programme, initial=_initial(request, asked))
    plan: list[Planned] = []
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        plan = plan_codes(
            programme=programme,
            partners=data["people"],
            pattern=data["pattern"],
            count=data["count"],
            taken=taken_in_shop(programme),
        )
        if "sure" in request.POST and data["seen"] == _print(plan, form):
            try:
                _make(place, form, plan, asked)
            except CodeTaken:
                form.add_error(None, _("Somebody took one of these spellings just now. Look once more."))
            else:
                return redirect("office:codes_progress", programme.code, data["batch"])
    context = {
        "form": form,
        "plan": plan[:PREVIEW],
        "total": len(plan),
        "respelled": sum(1 for one in plan if one.wanted),
        "print": _print(plan, form) if plan else "",
        "discount": discount_words(form.offer(), programme.currency) if plan else "",
        "limits": limit_words(form.offer(), programme.currency) if plan else [],
        "asked": asked,
        "has_shop": bool(code_shops(programme)),
    }
    return page(request, place, "office/codes_make.html", "codes", context)


def _request(request: HttpRequest, place: Place) -> CodeRequest | None:
    """The partner's request that is being granted, if any."""
    pk = request.GET.get("request", "")
    if not pk.isdecimal():
        return None
    rows = CodeRequest.objects.filter(programme=place.programme, state=RequestState.ASKED).select_related(
        "partner"
    )
    return get_object_or_404(rows, pk=int(pk))


def _initial(request: HttpRequest, asked: CodeRequest | None) -> dict[str, Any]:
    initial: dict[str, Any] = {"batch": new_batch()}
    partner = asked.partner.code if asked else request.GET.get("partner", "")[:40]
    if partner:
        initial |= {"whom": "chosen", "partners": partner}
    if asked:
        initial |= {"count": asked.wanted, "pattern": "{name}-{n}", "limit": "total"}
    return initial


def _print(plan: list[Planned], form: MakeForm) -> str:
    """What was looked at: when it is not the same any more, it is shown once more before anything is made."""
    told = [f"{one.partner.pk} {one.code}" for one in plan]
    return hashlib.sha256("\n".join([*told, repr(form.offer())]).encode()).hexdigest()[:16]


@transaction.atomic
def _make(place: Place, form: MakeForm, plan: list[Planned], asked: CodeRequest | None) -> None:
    codes = [(one.partner, one.code) for one in plan]
    made = make_codes(
        programme=place.programme,
        codes=codes,
        offer=form.offer(),
        actor=place.user,
        batch=form.cleaned_data["batch"],
    )
    if asked:
        answer_request(request=asked, granted=len(made), actor=place.user)
    bring_soon(place.programme)


@office_page(*RULERS)
def progress(request: HttpRequest, place: Place, batch: str) -> HttpResponse:
    """How far the shop has been told of codes made together; the page asks again by itself."""
    state = batch_progress(place.programme, batch)
    if not state.total:
        raise Http404
    has_shop = bool(code_shops(place.programme))
    context = {
        "batch": batch,
        "state": state,
        "has_shop": has_shop,
        "is_done": not state.waiting or not has_shop,
        "refused": [(promo, next(iter(promo.shop_codes.all()))) for promo in state.refused],
        "pause": pause_of(place.programme) if state.waiting and has_shop else None,
    }
    return page(request, place, "office/codes_progress.html", "codes", context)


@office_page(*RULERS)
def automatic(request: HttpRequest, place: Place) -> HttpResponse:
    """Whether new partners get a promo code by themselves, and which."""
    programme = place.programme
    wish = dict(programme.auto_code)
    initial: dict[str, Any] = {"is_on": bool(wish)}
    if wish:
        initial["pattern"] = wish.pop("pattern")
        initial |= offer_initial(CodeOffer(**wish), programme.currency)
    form = AutoForm(request.POST or None, programme=programme, initial=initial)
    if request.method == "POST" and form.is_valid():
        update_programme(programme=programme, actor=place.user, changes={"auto_code": form.setting()})
        say(request, _("Saved."))
        return redirect("office:settings", programme.code)
    return page(request, place, "office/codes_auto.html", "settings", {"form": form})


@office_page()
def requests(request: HttpRequest, place: Place) -> HttpResponse:
    """Partners who ask for promo codes."""
    rows = CodeRequest.objects.filter(programme=place.programme).exclude(state=RequestState.ASKED)
    context = {
        "open": list(open_requests(place.programme)[:200]),
        "answered": list(rows.select_related("partner").order_by("-answered_at")[:20]),
        "may_edit": place.may(*RULERS),
    }
    return page(request, place, "office/code_requests.html", "codes", context)


@office_page(*RULERS)
def decline(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Decline a request with words that the partner reads."""
    rows = CodeRequest.objects.filter(programme=place.programme).select_related("partner")
    asked = get_object_or_404(rows, pk=pk)
    form = DeclineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer_request(request=asked, granted=0, actor=place.user, answer=form.cleaned_data["answer"])
        say(
            request, _("Declined; %(partner)s reads your answer in the cabinet.") % {"partner": asked.partner}
        )
        return redirect("office:code_requests", place.programme.code)
    return page(request, place, "office/code_decline.html", "codes", {"form": form, "asked": asked})
