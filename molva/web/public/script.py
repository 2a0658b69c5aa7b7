"""The storefront script of a programme: the file beside the pages, with the programme's settings inside."""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from molva.integrations.models import Connection
from molva.kit import clock
from molva.programmes.models import Programme
from molva.programmes.queries import terms_version_at
from molva.web.public.access import find_programme
from molva.workspaces.scoping import scope

_FILE = Path(__file__).parent / "static" / "public" / "storefront.js"
_PLACE = '"__MOLVA_CONFIG__"'


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
        "aliases": [],
        "days": attribution.get("click_window_days"),
        "field": fields[0] if fields else None,  # the order's extra field, by the number the shop gave it
    }
    return _source().replace(_PLACE, json.dumps(config))


@cache
def _source() -> str:
    return _FILE.read_text(encoding="utf-8")
