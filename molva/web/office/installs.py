"""Shops that have installed the application and wait for the owner's word."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from molva.integrations.adoption import accept_install, refuse_install, waiting_installs
from molva.integrations.models import AppInstall
from molva.web.office.access import Place, office_page
from molva.web.office.confirm import ask
from molva.web.office.shell import page
from molva.web.ui.flash import say
from molva.workspaces.models import Role


@office_page(Role.OWNER)
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """Who asks to be taken in; their people would work in this company."""
    context = {"installs": waiting_installs(place.workspace)}
    return page(request, place, "office/installs.html", "shop", context)


@office_page(Role.OWNER)
def accept(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Connect the shop to this programme, after a question."""
    install, programme = _get(place, pk), place.programme
    if request.method != "POST":
        said = {"shop": str(install), "host": install.host, "programme": programme.name}
        text = _(
            "%(shop)s (%(host)s) is connected to the programme “%(programme)s”: its orders come here, and whoever has "
            "access to Molva in its back office comes in as a manager."
        )
        return _ask(request, place, title=_("Take the shop in?"), text=text % said, yes=_("Take in"))
    try:
        accept_install(install=install, programme=programme, actor=place.user)
    except AppInstall.DoesNotExist as gone:
        raise Http404 from gone
    return redirect("office:shop_setup", programme.code)


@office_page(Role.OWNER)
def refuse(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Do not take the shop in, after a question."""
    install = _get(place, pk)
    if request.method != "POST":
        text = _(
            "Its people get a page that says so. The shop may ask again by installing the application anew."
        )
        return _ask(
            request,
            place,
            title=_("Refuse %(shop)s?") % {"shop": install},
            text=text,
            yes=_("Refuse"),
            is_danger=True,
        )
    try:
        refuse_install(install=install, actor=place.user)
    except AppInstall.DoesNotExist as gone:
        raise Http404 from gone
    say(request, _("The shop was refused."))
    return redirect("office:installs", place.programme.code)


def _ask(request: HttpRequest, place: Place, **words: Any) -> HttpResponse:
    return ask(request, no_url=reverse("office:installs", args=[place.programme.code]), **words)


def _get(place: Place, pk: int) -> AppInstall:
    for install in waiting_installs(place.workspace):
        if install.pk == pk:
            return install
    raise Http404
