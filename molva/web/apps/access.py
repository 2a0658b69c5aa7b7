"""What holds for every address of the application: there at all, not too often, and no word of it goes further."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from molva.integrations.sources.insales.application import is_on
from molva.web.ui.limits import may

View = Callable[..., HttpResponse]


def app_page(view: View) -> View:
    """Decorate a view: 404 where no application is registered, GET alone, 429 above the limit of one address."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_on():
            raise Http404
        if may(request, "app_call"):
            answer = view(request, *args, **kwargs)
        else:
            answer = plain("too many calls", 429)
            answer["Retry-After"] = "60"
        answer["Cache-Control"] = "no-store"
        return answer

    return require_GET(wrapper)


def token_door(view: View) -> View:
    """Decorate a view whose address carries a token: it shows no page, and nobody is told of the address.

    Not for pages: without a referrer browsers send forms with `Origin: null`, which is refused.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = view(request, *args, **kwargs)
        answer["Referrer-Policy"] = "no-referrer"
        return answer

    return app_page(wrapper)


def plain(text: str, status: int) -> HttpResponse:
    """An answer for a machine."""
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
