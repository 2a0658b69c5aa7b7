"""The only way from a public address to a programme: by its code, in its workspace's scope and its time zone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from molva.programmes.models import Programme
from molva.workspaces.scoping import scope


def find_programme(code: str) -> Programme | None:
    """The programme of this code, of whatever workspace: codes are unique in the installation."""
    found = Programme.unscoped.select_related("workspace").filter(code=code, sandbox_of__isnull=True)
    return found.first()


def programme_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate `view(request, programme, …)` at `/p/<programme>/…`; nobody has to sign in; unknown codes are 404."""

    @wraps(view)
    def wrapper(request: HttpRequest, programme: str, *args: Any, **kwargs: Any) -> HttpResponse:
        found = find_programme(programme)
        if found is None:
            raise Http404
        with scope(found.workspace_id), timezone.override(found.timezone):
            return view(request, found, *args, **kwargs)

    return wrapper
