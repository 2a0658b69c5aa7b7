"""What the pages of people and money share: the programme's time zone around a view, and a question before an act."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from molva.web.office.access import Place, office_page

View = Callable[..., HttpResponseBase]


def work_page(*roles: str) -> Callable[[View], View]:
    """As `office_page`, with all times shown and read in the programme's time zone."""

    def decorate(view: View) -> View:
        @wraps(view)
        def at_home(request: HttpRequest, place: Place, *args: Any, **kwargs: Any) -> HttpResponseBase:
            with timezone.override(ZoneInfo(place.programme.timezone)):
                return view(request, place, *args, **kwargs)

        # a file is sent in a streaming answer, which the office's own decorator passes on as it is
        return office_page(*roles)(cast(Callable[..., HttpResponse], at_home))

    return decorate


def ask(
    request: HttpRequest, *, title: str, text: str, yes: str, no_url: str, is_danger: bool = False
) -> HttpResponse:
    """The page behind `<c-confirm>` for browsers without a script: the same question, sent to the same address."""
    context = {"title": title, "text": text, "yes": yes, "no_url": no_url, "is_danger": is_danger}
    return render(request, "ui/confirm_page.html", context)
