"""The shop: its connection, its statuses, what it sent that could not be understood, orders by hand."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from molva.integrations.adoption import removed_installs, waiting_installs
from molva.integrations.base import PlugError
from molva.integrations.connecting import (
    connect_shop,
    disconnect_shop,
    facts_for_office,
    refresh_statuses,
)
from molva.integrations.models import Connection, Finding, FindingState, InboundEvent, InboundState
from molva.integrations.setup import begin_setup
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.plug_words import plug_words
from molva.web.office.shell import page
from molva.web.office.shop_setup import shop_seen
from molva.web.ui.flash import say
from molva.workspaces.models import Role


class ConnectForm(forms.Form):
    """An InSales shop by its API key."""

    host = forms.CharField(
        label=gettext_lazy("Address of the shop"),
        max_length=255,
        help_text=gettext_lazy("As in the back office, for example myshop.myinsales.ru"),
    )
    login = forms.CharField(
        label=gettext_lazy("API key"),
        max_length=120,
        help_text=gettext_lazy("Back office, Apps, For developers."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password of the key"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("It is stored encrypted and never shown again."),
    )

    def clean_host(self) -> str:
        """Only the host, whatever was pasted."""
        text: str = self.cleaned_data["host"].strip().lower()
        return text.removeprefix("https://").removeprefix("http://").split("/")[0]


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """Connections and what waits."""
    connections = (
        Connection.objects.filter(programme=place.programme).exclude(state="disconnected").order_by("pk")
    )
    inbound = InboundEvent.objects.filter(connection__programme=place.programme)
    context: dict[str, Any] = {
        "connections": [
            {
                "row": one,
                "facts": facts_for_office(one),
                "problem": plug_words(one.problem),
                "setup": shop_seen(one, place.programme),
            }
            for one in connections
            if one.kind != "manual"
        ],
        "form": ConnectForm(),
        "removed": removed_installs(place.programme),
        "asking": waiting_installs(place.workspace) if place.may(Role.OWNER) else [],
        "dead": inbound.filter(state=InboundState.DEAD).count(),
        "waiting": inbound.filter(state=InboundState.NEW).count(),
        "findings": Finding.objects.filter(
            connection__programme=place.programme, state=FindingState.OPEN
        ).count(),
        "received": inbound.count(),
        "may_edit": place.may(*RULERS),
    }
    return page(request, place, "office/shop.html", "shop", context)


@office_page(*RULERS)
def connect(request: HttpRequest, place: Place) -> HttpResponse:
    """Connect a shop: the key is proved before it is stored."""
    form = ConnectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            connect_shop(programme=place.programme, kind="insales", actor=place.user, **form.cleaned_data)
        except PlugError as problem:
            form.add_error(None, plug_words(str(problem)))
        else:
            return redirect("office:shop_setup", place.programme.code)
    return page(request, place, "office/shop_connect.html", "shop", {"form": form})


@require_POST
@office_page(*RULERS)
def refresh(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Read the shop's statuses anew."""
    connection = get_object_or_404(Connection, programme=place.programme, pk=pk)
    try:
        statuses = refresh_statuses(connection)
    except PlugError as problem:
        say(request, plug_words(str(problem)), is_bad=True)
    else:
        say(request, _("The shop has %(n)d statuses now.") % {"n": len(statuses)})
    return redirect("office:shop", place.programme.code)


@require_POST
@office_page(*RULERS)
def set_up(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Bring hooks, script and order field to the wished state once more."""
    connection = get_object_or_404(Connection, programme=place.programme, pk=pk)
    begin_setup(connection)
    return redirect("office:shop_setup", place.programme.code)


@office_page(*RULERS)
def disconnect(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Stop listening to a shop (a page asks first); nothing that it told is lost."""
    connection = get_object_or_404(Connection, programme=place.programme, pk=pk)
    if request.method == "POST":
        disconnect_shop(connection=connection, actor=place.user)
        say(request, _("The shop is disconnected. Orders and money stay as they are."))
        return redirect("office:shop", place.programme.code)
    return page(request, place, "office/shop_disconnect.html", "shop", {"connection": connection})
