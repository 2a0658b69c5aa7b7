"""The shop's subscription, where an operator offers Molva to many shops: what holds, until when, services to order."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from molva.integrations.base import PlugError
from molva.integrations.models import Charge, ChargeState, Subscription
from molva.integrations.subscriptions import (
    access_of,
    order_service,
    read_charge,
    read_subscription,
    services,
    subscription_of,
    take_back,
)
from molva.kit import clock
from molva.web.office.access import CASHIERS, Place, office_page
from molva.web.office.plug_words import plug_words
from molva.web.office.shell import page
from molva.web.ui.flash import say

CURRENCY = "RUB"  # what the shop builder charges in


def _subscription(place: Place) -> Subscription:
    """The subscription, or 404: an installation for one company has no such page."""
    found = subscription_of(place.programme)
    if found is None:
        raise Http404
    return found


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """What holds now, and what was ordered."""
    found = _subscription(place)
    rows = Charge.objects.filter(connection=found.connection).order_by("-created_at", "-pk")
    now = clock.now()
    context = {
        "subscription": found,
        "access": access_of(found, now).value,
        "days_left": max(0, (found.trial_until - now).days + 1),
        "problem": plug_words(found.problem),
        "services": services(),
        "charges": rows[:50],
        "currency": CURRENCY,
        "pay_url": f"https://{found.connection.host}/admin/applications",
        "may_pay": place.may(*CASHIERS),
    }
    return page(request, place, "office/subscription.html", "subscription", context)


@require_POST
@office_page(*CASHIERS)
def refresh(request: HttpRequest, place: Place) -> HttpResponse:
    """Read from the shop at once what was paid."""
    found = _subscription(place)
    try:
        read_subscription(subscription_id=found.pk)
        for charge in Charge.objects.filter(connection=found.connection, state=ChargeState.PENDING):
            read_charge(charge_id=charge.pk)
    except PlugError as problem:
        say(request, plug_words(str(problem)), is_bad=True)
    return redirect("office:subscription", place.programme.code)


@office_page(*CASHIERS)
def order(request: HttpRequest, place: Place, service: str) -> HttpResponse:
    """Order a service (a page asks first); the merchant confirms it in the shop."""
    found = _subscription(place)
    chosen = next((one for one in services() if one.key == service), None)
    if chosen is None:
        raise Http404
    problem = ""
    if request.method == "POST":
        try:
            order_service(connection=found.connection, service=chosen, actor=place.user)
        except PlugError as refusal:
            problem = plug_words(str(refusal))
        else:
            # not to the shop at once: our policy lets no form lead to another host
            say(request, _("Ordered. Confirm and pay it in the shop: the button stands below."))
            return redirect("office:subscription", place.programme.code)
    context = {"service": chosen, "currency": CURRENCY, "problem": problem}
    return page(request, place, "office/subscription_order.html", "subscription", context)


@require_POST
@office_page(*CASHIERS)
def take_charge_back(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Take back an order that was not paid."""
    found = _subscription(place)
    charge = get_object_or_404(
        Charge.objects.select_related("connection__programme"), connection=found.connection, pk=pk
    )
    if charge.state == ChargeState.PENDING:
        try:
            take_back(charge=charge, actor=place.user)
        except PlugError as problem:
            say(request, plug_words(str(problem)), is_bad=True)
        else:
            say(request, _("The order is taken back."))
    return redirect("office:subscription", place.programme.code)
