"""The only way from a request to a cabinet: the signed-in partner of this programme, in its workspace's scope."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from molva.programmes.models import Partner
from molva.workspaces.models import User
from molva.workspaces.scoping import scope


def get_partner(user: User, programme_code: str) -> Partner:
    """The user's own place in a programme, or 404."""
    partner = (
        Partner.unscoped.select_related("programme__workspace", "user", "invited_by")
        .filter(user=user, programme__code=programme_code)
        .first()
    )
    if partner is None:
        raise Http404
    return partner


def cabinet_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate `view(request, partner, …)` at `/cabinet/<programme>/…`; the scope is open till the answer is made."""

    @login_required
    @wraps(view)
    def wrapper(request: HttpRequest, programme: str, *args: Any, **kwargs: Any) -> HttpResponse:
        partner = get_partner(cast(User, request.user), programme)
        with scope(partner.workspace_id):
            return view(request, partner, *args, **kwargs)

    return wrapper


def places_of(user: User) -> list[Partner]:
    """Every programme in which the user is a partner, by name."""
    return list(
        Partner.unscoped.select_related("programme__workspace").filter(user=user).order_by("programme__name")
    )
