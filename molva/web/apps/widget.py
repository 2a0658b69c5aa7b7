"""The order widget in a shop's back office: who brought this order, why, what is owed (no sign-in, so nothing secret).

The code in the shop knows a key of its connection. With it, and from the shop's own pages only, it gets a signed
reference to one order that lives for minutes; the frame behind the reference shows that order and nothing else.
"""

from datetime import timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from molva.integrations.base import secret_hash
from molva.integrations.models import Connection
from molva.kit import clock
from molva.orders.models import DELETED_STATUS, Order
from molva.web.ui.limits import may
from molva.web.ui.verdicts import names_in, shown, verdict_words
from molva.workspaces.models import Workspace
from molva.workspaces.scoping import scope

LIFE = timedelta(minutes=5)
_FILE = Path(__file__).parent / "static" / "apps" / "widget.js"
_SIGNER = signing.Signer(salt="molva.order widget")
_LONGEST_ID = 18  # digits
_CONTACT_DIGITS = 7


@require_GET
@cache_control(public=True, max_age=300)
def script(request: HttpRequest) -> HttpResponse:
    """The script that stands in the shop's widget; it knows nothing of any shop."""
    answer = HttpResponse(_source(), content_type="text/javascript; charset=utf-8")
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@cache
def _source() -> str:
    return _FILE.read_text(encoding="utf-8")


@csrf_exempt  # asked from the shop's page without a session; it changes nothing
@require_POST
@never_cache
def reference(request: HttpRequest) -> HttpResponse:
    """A signed address of the frame for one order of the key's own shop; 404 for whatever else is asked."""
    connection = _connection_of(widget_hash=secret_hash(request.POST.get("key", "")))
    order, account = request.POST.get("order", ""), request.POST.get("account", "")
    origin = request.headers.get("Origin", "")
    if connection is None or origin not in origins_of(connection):
        return JsonResponse({"error": "not found"}, status=404)
    if not may(request, "widget"):
        answer = JsonResponse({"error": "too often"}, status=429)
    elif account not in ("", connection.external_id) or not _is_number(order):
        answer = JsonResponse({"error": "not found"}, status=404)
    else:
        answer = JsonResponse({"url": settings.MOLVA_URL + _frame_url(connection, order)})
    answer["Access-Control-Allow-Origin"] = origin
    answer["Vary"] = "Origin"
    return answer


@require_GET
@never_cache
@xframe_options_exempt
def frame(request: HttpRequest, signed: str) -> HttpResponse:
    """What is known of the order that a reference names; only pages of its shop may frame it."""
    if not may(request, "widget"):
        return _note(
            request, None, _("Too many questions from this place. Open the order again in a minute."), 429
        )
    try:
        told = _SIGNER.unsign_object(signed)
        connection = _connection_of(pk=told["connection"], widget_hash=told["widget"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        connection = None
    if connection is None:
        return _note(request, None, _("This address leads nowhere. Open the order again."), 404)
    if told["until"] < clock.now().timestamp():
        return _note(request, connection, _("This view is too old. Open the order again."), 410)
    return _order_page(request, connection, told["order"])


def origins_of(connection: Connection) -> list[str]:
    """Where the shop's back office may stand, as browsers name it."""
    hosts = {connection.host, *connection.facts.get("hosts", [])} - {""}
    private = settings.MOLVA_ALLOW_PRIVATE_HOSTS
    return sorted(f"{'http' if host in private else 'https'}://{host}" for host in hosts)


def _connection_of(**known: object) -> Connection | None:
    if not known.get("widget_hash"):
        return None
    rows = Connection.unscoped.select_related("programme").filter(**known)
    return rows.exclude(state="disconnected").first()


def _frame_url(connection: Connection, order: str) -> str:
    until = int((clock.now() + LIFE).timestamp())
    told = {"connection": connection.pk, "widget": connection.widget_hash, "order": order, "until": until}
    return reverse("apps:widget_frame", args=[_SIGNER.sign_object(told)])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID


def _language(request: HttpRequest, connection: Connection | None) -> str:
    """The browser's first language that we speak, else that of the shop's company."""
    for wish in request.headers.get("Accept-Language", "").lower().split(","):
        code = wish.split(";")[0].strip().partition("-")[0]
        if code in dict(settings.LANGUAGES):
            return code
    workspace = Workspace.objects.filter(pk=connection.workspace_id).first() if connection else None
    return (workspace.language if workspace else "") or settings.LANGUAGE_CODE


def _order_page(request: HttpRequest, connection: Connection, external_id: str) -> HttpResponse:
    programme = connection.programme
    with (
        scope(connection.workspace_id),
        translation.override(_language(request, connection)),
        timezone.override(ZoneInfo(programme.timezone)),
    ):
        rows = Order.objects.filter(
            programme=programme, source=connection.source_key, external_id=external_id
        )
        order = rows.select_related("partner", "programme").first()
        if order is None:
            words = _(
                "Molva has not read this order yet. The shop tells of a new order within seconds; if that message is "
                "lost, Molva asks for it itself within fifteen minutes. Open the order again then."
            )
            return _note(request, connection, words, 200)
        names = {code: _public(name, code) for code, name in names_in(order).items()}
        owed = order.commissions.select_related("partner").prefetch_related("lots").order_by("level", "pk")
        context = {
            "order": order,
            "partner": _public(order.partner.name, order.partner.code) if order.partner else "",
            "verdict": verdict_words(order, programme, names),
            "owed": [(shown(one), _public(one.partner.name, one.partner.code)) for one in owed],
            "currency": programme.currency,
            "is_deleted": order.status == DELETED_STATUS,
            "office_url": settings.MOLVA_URL + reverse("office:order", args=[programme.code, order.pk]),
        }
        return _framed(render(request, "apps/widget.html", context), connection)


def _public(name: str, code: str) -> str:
    """A partner's name; his code where an e-mail or a phone stands for the name."""
    is_contact = "@" in name or sum(sign.isdigit() for sign in name) >= _CONTACT_DIGITS
    return code if is_contact else name


def _note(request: HttpRequest, connection: Connection | None, words: str, status: int) -> HttpResponse:
    """A plain sentence instead of an order."""
    return _framed(render(request, "apps/widget_note.html", {"words": words}, status=status), connection)


def _framed(answer: HttpResponse, connection: Connection | None) -> HttpResponse:
    """Only the shop's own pages may show the answer in a frame; without a shop, none."""
    if connection is not None:
        answer._csp_replace = {"frame-ancestors": origins_of(connection)}  # type: ignore[attr-defined]
    else:
        answer["X-Frame-Options"] = "DENY"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
