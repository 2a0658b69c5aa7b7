"""Where a partner comes in: the redirector to the first programme, and the first page of a programme."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from molva.web.cabinet.access import places_of
from molva.workspaces.models import User


@login_required
def first(request: HttpRequest, **_place: str) -> HttpResponse:
    """The cabinet of the person's first programme; whoever is no partner goes where they work."""
    places = places_of(cast(User, request.user))
    return redirect("cabinet:today", places[0].programme.code) if places else redirect("public:root")
