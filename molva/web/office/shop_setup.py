"""How far the set-up of a shop is: steps that go on by themselves, what a check put right, and what next (row S2.4)."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from molva.integrations.models import Connection, SetupStep, StepState
from molva.kit import clock
from molva.programmes.models import Programme
from molva.reports.cabinet_links import public_address
from molva.tracking.models import Link
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.setup_words import found_words, step_seen
from molva.web.office.shell import page

NEWS = timedelta(days=7)  # how long the page of the shop speaks of a drift
MOVING = (StepState.WAITING, StepState.RUNNING, StepState.LATER)


@office_page()
def progress(request: HttpRequest, place: Place) -> HttpResponse:
    """All steps of each shop; an htmx question gets the moving part alone. Safe to reload and to leave."""
    connections = Connection.objects.filter(programme=place.programme).exclude(state="disconnected")
    shops = [shop_seen(one, place.programme) for one in connections.exclude(kind="manual").order_by("pk")]
    is_moving = any(shop["is_moving"] for shop in shops)
    context: dict[str, Any] = {
        "shops": shops,
        "is_moving": is_moving,
        "next": None if is_moving or not shops else _next(place.programme),
        "may_edit": place.may(*RULERS),
        "programme": place.programme,
    }
    if getattr(request, "htmx", False):
        return render(request, "office/shop_setup.html#progress", context)
    shop_url = reverse("office:shop", args=[place.programme.code])
    context["crumbs"] = [(_("Shop"), shop_url), (_("Set-up"), "")]
    return page(request, place, "office/shop_setup.html", "shop", context)


def shop_seen(connection: Connection, programme: Programme) -> dict[str, Any]:
    """How far a shop is, for pages."""
    steps = list(SetupStep.objects.filter(connection=connection))
    states = [step.state for step in steps]
    is_stopped = any(step.name == "key" and step.state == StepState.REFUSED for step in steps)
    return {
        "row": connection,
        "steps": [step_seen(step, connection, programme) for step in steps],
        "done": states.count(StepState.DONE),
        "total": len(steps),
        "refused": states.count(StepState.REFUSED),
        "is_moving": not is_stopped and any(state in MOVING for state in states),
        "is_done": bool(steps) and set(states) == {StepState.DONE},
        "drifts": drifts(steps),
        "news": drifts(steps, since=clock.now() - NEWS),
    }


def drifts(steps: list[SetupStep], since: datetime | None = None) -> list[dict[str, Any]]:
    """What checks found and put right, newest first."""
    found = [step for step in steps if step.found and step.found_at]
    found = [step for step in found if since is None or (step.found_at and step.found_at > since)]
    found.sort(key=lambda step: str(step.found_at), reverse=True)
    return [{"at": step.found_at, "words": found_words(step.found)} for step in found]


def _next(programme: Programme) -> dict[str, Any]:
    """What to do with a shop that is set up: the landing, the first link, a try."""
    links = Link.objects.filter(partner__programme=programme, is_main=True, is_active=True)
    first = links.select_related("partner").order_by("pk").first()
    return {
        "landing": settings.MOLVA_URL + reverse("public:landing", args=[programme.code]),
        "link": public_address(first) if first else "",
        "partner": first.partner if first else None,
    }
