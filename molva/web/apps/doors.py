"""Doors that the shop's own servers call. They answer at once and say nothing but «ok» or «no»."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from molva.integrations.installs import note_install, note_removal
from molva.integrations.sources.insales.application import BadCall, read_call
from molva.integrations.subscriptions import note_return
from molva.web.apps.access import plain, token_door
from molva.web.ui.limits import may


@token_door
def install(request: HttpRequest) -> HttpResponse:
    """The application is being installed: 200 once the call is kept. Whether it is true is found out later."""
    try:
        call = read_call(dict(request.GET.lists()), has_token=True)
    except BadCall:
        return plain("no", 400)
    if not may(request, "app_install", call.external_id):
        return plain("too many calls", 429)
    note_install(call)
    return plain("ok", 200)


@token_door
def uninstall(request: HttpRequest) -> HttpResponse:
    """The application was removed: 200 for whoever knows the shop's password, 404 for everybody else."""
    try:
        call = read_call(dict(request.GET.lists()), has_token=True)
    except BadCall:
        return plain("no", 400)
    return plain("ok", 200) if note_removal(call) else plain("no", 404)


@token_door
def charged(request: HttpRequest, secret: str) -> HttpResponse:
    """The merchant has answered a charge: it is read from the shop. People go on to the office, machines hear «ok»."""
    charge = note_return(secret)
    if charge is None:
        return plain("no", 404)
    if "text/html" in request.headers.get("Accept", ""):
        return redirect("office:subscription", charge.connection.programme.code)
    return plain("ok", 200)
