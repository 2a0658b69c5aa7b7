"""One partner: who he is, what he has brought, what is owed to him, and what staff may change."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from molva.jobs import enqueue
from molva.kit import clock
from molva.ledger.errors import KeyReusedError
from molva.ledger.queries import balances, statement
from molva.ledger.services import adjust as post_adjustment
from molva.messaging.email_change import ask_new_email
from molva.messaging.letters import send_link
from molva.programmes.email_change import cancel_email_change, give_email, waiting_email
from molva.programmes.errors import EmailTaken, InviterCircle, PartnerExists
from molva.programmes.models import Partner, Programme
from molva.programmes.queries import terms_version_at
from molva.programmes.services import update_partner
from molva.programmes.wording import describe_when, reward_words, special_rules
from molva.reports.codes import list_codes
from molva.reports.customers import list_customers
from molva.reports.orders import list_orders
from molva.reports.partners import partner_figures, second_level
from molva.tracking.errors import CodeTaken, LinkError
from molva.tracking.models import Link
from molva.tracking.services import add_promo_code, create_link, set_link_active
from molva.web.office.access import CASHIERS, RULERS, Place, office_page
from molva.web.office.codes import shown_code
from molva.web.office.confirm import ask
from molva.web.office.history_words import told
from molva.web.office.link_words import link_problem, public_url
from molva.web.office.partner_forms import AdjustForm, LinkForm, PartnerForm, PromoCodeForm, initial_of
from molva.web.office.shell import page
from molva.web.ui import formats
from molva.web.ui.flash import say
from molva.workspaces.models import Event

FEW = 5
FEW_CODES = 20
STATEMENT = 20


def find(place: Place, pk: int) -> Partner:
    """A partner of this programme, or 404."""
    rows = Partner.objects.select_related("programme", "invited_by", "user")
    return get_object_or_404(rows, programme=place.programme, pk=pk)


@office_page()
def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """The card."""
    return _card(request, place, find(place, pk))


def _card(request: HttpRequest, place: Place, partner: Partner, **forms: Any) -> HttpResponse:
    programme = place.programme
    links = partner.links.select_related("content")
    customers = list_customers(programme, partner=partner.code)
    orders = list_orders(programme, partner=partner.code)
    events = Event.objects.filter(partner_id=partner.pk).order_by("-at", "-pk")
    before = request.GET.get("before", "")
    entries = statement(partner, before=int(before) if before.isdecimal() else None, limit=STATEMENT + 1)
    context = {
        "partner": partner,
        "figures": partner_figures(programme, [partner])[partner.pk],
        "balance": balances(partner),
        "waiting_email": waiting_email(partner),
        "links": [(link, public_url(link)) for link in links.order_by("-is_main", "pk")],
        "promo_codes": [shown_code(one) for one in list_codes(programme, partner=partner.code)[:FEW_CODES]],
        "rules": _own_rules(programme, partner),
        "customers": list(customers[:FEW]),
        "orders": list(orders[:FEW]),
        "statement": entries[:STATEMENT],
        "has_older": len(entries) > STATEMENT,
        "team": second_level(partner),
        "events": [told(event, programme) for event in events[:FEW]],
        "may_edit": place.may(*RULERS),
        "may_pay": place.may(*CASHIERS),
        "link_form": LinkForm(),
        "code_form": PromoCodeForm(),
        "crumbs": [(_("Partners"), reverse("office:partners", args=[programme.code])), (str(partner), "")],
        **forms,
    }
    return page(request, place, "office/partner.html", "partners", context)


def _own_rules(programme: Programme, partner: Partner) -> list[dict[str, Any]]:
    """Special rules in force that name the partner, or a group of his."""
    lang = translation.get_language() or "ru"
    found = []
    for rule in special_rules(terms_version_at(programme, clock.now())):
        when = rule.get("when") or {}
        if partner.code in (when.get("partner") or []) or set(partner.groups) & set(when.get("group") or []):
            per = rule.get("per") or "line"
            words = reward_words(rule["reward"].get("1"), per=per, currency=programme.currency, lang=lang)
            names = {partner.code: partner.name}
            found.append(
                {"id": rule["id"], "words": words, "when": describe_when(when, names=names, day=formats.day)}
            )
    return found


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Who the partner is: what money depends on holds for orders made from now on."""
    partner = find(place, pk)
    form = PartnerForm(
        request.POST or None, programme=place.programme, partner=partner, initial=initial_of(partner)
    )
    if request.method == "POST" and form.is_valid():
        said = _save(request, place, partner, form)
        if said:
            say(request, said)
            return redirect("office:partner", place.programme.code, partner.pk)
    context = {"form": form, "partner": partner, "crumbs": _crumbs(place, partner, _("Change"))}
    return page(request, place, "office/partner_edit.html", "partners", context)


def _save(request: HttpRequest, place: Place, partner: Partner, form: PartnerForm) -> str:
    """What to say after saving; empty when the form has an error now, and nothing is saved."""
    data = dict(form.cleaned_data)
    email = data.pop("email")
    changes = {"invited_by": data.pop("inviter"), **data}
    said = _("Saved.")
    try:
        with transaction.atomic():
            update_partner(partner=partner, actor=place.user, changes=changes)
            if email != partner.email:
                said = _new_email(place, partner, email)
    except InviterCircle:
        form.add_error("inviter", _("This partner was invited by the one you edit: that would be a circle."))
    except (EmailTaken, PartnerExists):
        form.add_error("email", _("This e-mail cannot be taken. Choose another one."))
    return "" if form.errors else said


def _new_email(place: Place, partner: Partner, email: str) -> str:
    """A first e-mail works at once; another one only when it has answered."""
    if partner.user is None:
        give_email(partner=partner, email=email, actor=place.user)
        enqueue(send_link, workspace_id=place.workspace.pk, partner_id=partner.pk)
        return _("Saved. The link and the way into the cabinet go to %(email)s.") % {"email": email}
    ask_new_email(partner=partner, email=email, actor=place.user)
    return _("Saved. The new e-mail holds when %(email)s has answered our letter.") % {"email": email}


@require_POST
@office_page(*RULERS)
def keep_email(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Call off a change of the e-mail that has not been confirmed yet."""
    partner = find(place, pk)
    if cancel_email_change(partner=partner):
        say(request, _("The e-mail stays as it is."))
    return redirect("office:partner", place.programme.code, partner.pk)


def _crumbs(place: Place, partner: Partner, last: str) -> list[tuple[str, str]]:
    code = place.programme.code
    return [
        (str(partner), reverse("office:partner", args=[code, partner.pk])),
        (last, ""),
    ]


@require_POST
@office_page(*RULERS)
def add_link(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """One more link for the partner."""
    partner, form = find(place, pk), LinkForm(request.POST)
    if form.is_valid():
        try:
            link = create_link(partner=partner, actor=place.user, **form.cleaned_data)
        except LinkError as problem:
            form.add_error("page_url", link_problem(problem))
        else:
            say(request, _("The link %(code)s works already.") % {"code": link.code})
            return redirect("office:partner", place.programme.code, partner.pk)
    return _card(request, place, partner, link_form=form)


@office_page(*RULERS)
def switch_link(request: HttpRequest, place: Place, pk: int, link: int) -> HttpResponse:
    """Stop a link that works, or start one that was stopped; the toast takes it back."""
    partner = find(place, pk)
    found = get_object_or_404(Link, programme=place.programme, partner=partner, pk=link)
    card = reverse("office:partner", args=[place.programme.code, partner.pk])
    if request.method != "POST":
        title = _("Stop the link %(code)s?") if found.is_active else _("Start the link %(code)s again?")
        return ask(
            request,
            title=title % {"code": found.code},
            text=_("Clicks stop counting at once.") if found.is_active else _("Clicks count again at once."),
            yes=_("Stop") if found.is_active else _("Start"),
            no_url=card,
            is_danger=found.is_active,
        )
    set_link_active(link=found, is_active=not found.is_active, actor=place.user)
    words = _("The link %(code)s works again.") if found.is_active else _("The link %(code)s is stopped.")
    undo = reverse("office:partner_link", args=[place.programme.code, partner.pk, found.pk])
    say(request, words % {"code": found.code}, undo_url=undo)
    return redirect(card)


@require_POST
@office_page(*RULERS)
def add_code(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """A promo code for the partner."""
    partner, form = find(place, pk), PromoCodeForm(request.POST)
    if form.is_valid():
        try:
            promo = add_promo_code(partner=partner, code=form.cleaned_data["code"], actor=place.user)
        except CodeTaken:
            form.add_error("code", _("Another partner has this code. Choose a different one."))
        else:
            say(request, _("Promo code %(code)s counts from now on.") % {"code": promo.code})
            return redirect("office:partner", place.programme.code, partner.pk)
    return _card(request, place, partner, code_form=form)


@office_page(*CASHIERS)
def adjust(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Money by hand in two steps: the sum and the reason, then the question with the balance after it."""
    partner = find(place, pk)
    currency = place.programme.currency
    form = AdjustForm(request.POST or None, currency=currency)
    is_sure, amount = False, 0
    if request.method == "POST" and form.is_valid():
        amount = form.cleaned_data["amount"]
        if "sure" in request.POST:
            key = f"adjust:{partner.pk}:{form.cleaned_data['key']}"
            reason = form.cleaned_data["reason"]
            try:
                post_adjustment(
                    partner=partner, amount_minor=amount, reason=reason, actor=place.user, key=key
                )
            except KeyReusedError:
                text = _("This form is in the books already with another sum or reason. Open it anew.")
                say(request, text, is_bad=True)
            else:
                written = formats.money(amount, currency, signed=True)
                say(request, _("%(sum)s is in the books.") % {"sum": written})
            return redirect("office:partner", place.programme.code, partner.pk)
        is_sure = True
    available = balances(partner).available
    context = {
        "form": form,
        "partner": partner,
        "is_sure": is_sure,
        "amount": amount,
        "available": available,
        "after": available + amount,
        "crumbs": _crumbs(place, partner, _("Adjustment")),
    }
    return page(request, place, "office/partner_adjust.html", "partners", context)
