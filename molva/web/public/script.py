"""The storefront script of a programme: the file beside the pages, with the programme's settings inside."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from molva.integrations.models import Connection
from molva.kit import clock
from molva.programmes.models import CookieNotice, Programme
from molva.programmes.queries import terms_version_at
from molva.tracking.queries import shop_code_of
from molva.web.public.access import find_programme
from molva.workspaces.scoping import scope

_FILE = Path(__file__).parent / "static" / "public" / "storefront.js"
_PLACE = '"__MOLVA_CONFIG__"'
_LONGEST_MARK = 60


@require_GET
@cache_control(public=True, max_age=300)
def storefront(request: HttpRequest, programme: str) -> HttpResponse:
    """The script; an unknown programme has an empty one and 404, so that a shop's page shows no error."""
    found = find_programme(programme)
    answer = HttpResponse(_text(found) if found else "", content_type="text/javascript; charset=utf-8")
    answer.status_code = 200 if found else 404
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@require_GET
@cache_control(public=True, max_age=60)
def offer(request: HttpRequest, programme: str) -> HttpResponse:
    """The promo code that the script may type into the cart for a partner's mark: `{"code": "ANNA10"}`, else empty.

    Only pages of the programme's shop may read the answer; a code of a private kind is never told.
    """
    found = find_programme(programme)
    answer = JsonResponse({"code": _code(found, request.GET.get("mark", "")) if found else ""})
    patch_vary_headers(answer, ["Origin"])
    origin = request.headers.get("Origin", "")
    if found and _is_of_shop(origin, found.shop_hosts):
        answer["Access-Control-Allow-Origin"] = origin
    return answer


def _is_of_shop(origin: str, hosts: list[str]) -> bool:
    try:
        parts = urlsplit(origin)
        names = {parts.hostname, parts.netloc}
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and not names.isdisjoint(hosts)


def _code(programme: Programme, mark: str) -> str:
    if not programme.applies_code or not mark or len(mark) > _LONGEST_MARK:
        return ""
    with scope(programme.workspace_id):
        found = shop_code_of(programme, mark)
    return found.code if found else ""


def _text(programme: Programme) -> str:
    with scope(programme.workspace_id):
        attribution = terms_version_at(programme, clock.now()).settings["attribution"]
        shops = Connection.objects.filter(programme=programme).exclude(state="disconnected").order_by("pk")
        fields = [
            facts["field_id"] for facts in shops.values_list("facts", flat=True) if facts.get("field_id")
        ]
    config = {
        "programme": programme.code,
        "tracker": settings.MOLVA_TRACKER_URL,
        "param": programme.mark_param,
        "aliases": programme.mark_words[1:],
        "days": attribution.get("click_window_days"),
        "field": fields[0] if fields else None,  # the order's extra field, by the number the shop gave it
        "consent": _consent(programme),
        "offer": f"{settings.MOLVA_URL}/s/{programme.code}/offer.json" if programme.applies_code else None,
    }
    return source().replace(_PLACE, json.dumps(config, ensure_ascii=False, separators=(",", ":")))


def _consent(programme: Programme) -> dict[str, Any]:
    """What the script asks before it remembers anything, in the language of the company's buyers."""
    if programme.cookie_notice == CookieNotice.SHOP:
        return {"mode": "shop", "cookie": programme.consent_cookie}
    if programme.cookie_notice == CookieNotice.OFF:
        return {"mode": "off"}
    with override(programme.workspace.language):
        return {
            "mode": "ask",
            "title": _("Cookies"),
            "text": _("May the shop remember who recommended it to you? One cookie is kept for that."),
            "yes": _("Yes"),
            "no": _("No"),
            "more": _("Privacy policy"),
            "more_url": programme.documents.get("privacy", ""),
        }


@cache
def source() -> str:
    """The file without its comments and indents: they are for people, and visitors would carry them in vain."""
    text = re.sub(r"^\s*/\*.*?\*/\s*$", "", _FILE.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
