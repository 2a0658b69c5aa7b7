"""Pages for what went wrong: refused, missing, broken. They say what happened and what to do, and blame nobody.

The root URL configuration names these functions in handler400, handler403, handler404 and handler500, the settings
name `csrf_failure` in CSRF_FAILURE_VIEW.
"""

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)

TEMPLATE = "ui/fault.html"
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def fault_code() -> str:
    """A short code for the letter to support: «ML-7K42»; the same code stands in the log."""
    return "ML-" + "".join(secrets.choice(ALPHABET) for _place in range(4))


def _fault(status: int, icon: str, tone: str, title: str, text: str, **more: str) -> HttpResponse:
    # Without the request: neither the session nor the database may be needed to say that they are down.
    context = {"fault_icon": icon, "fault_tone": tone, "fault_title": title, "fault_text": text, **more}
    return HttpResponse(render_to_string(TEMPLATE, context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the address or the form makes no sense to us."""
    text = _("Something in the address or the form is not readable. Go back and try once more.")
    return _fault(400, "alert-circle", "need", _("We did not understand the request"), text)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: never says whether the thing exists."""
    text = _("This page is for other people. If it should be for you, ask the owner of the programme.")
    return _fault(403, "lock", "quiet", _("There is no entrance here"), text)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    text = _("The address may have a mistake, or the page has moved. Nothing of yours is lost.")
    return _fault(404, "map-pin", "quiet", _("There is no such page"), text)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: the code joins the page with the log line."""
    code = fault_code()
    log.error("page failed", extra={"fault_code": code, "path": request.path})
    text = _("This page broke on our side. The money and the data are in place. Try again in a minute.")
    return _fault(500, "cloud-off", "bad", _("The page did not open"), text, fault_code=code)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that is too old or came from elsewhere."""
    text = _(
        "The form stood open for too long, or the browser keeps no cookies. Open the page again and send it."
    )
    more = {"fault_url": request.path, "fault_action": _("Open again")}
    return _fault(403, "clock", "need", _("The form is out of date"), text, **more)
