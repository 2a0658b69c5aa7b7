"""The only way from a request to the office: a member of the workspace, one of its programmes, an open scope.

A foreign or unknown programme is 404 and nothing else, so that existence does not leak; a right that one's own role
lacks is 403.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from molva.integrations.quota import Urgency, calling_as
from molva.integrations.subscriptions import may_change
from molva.programmes.models import Programme
from molva.web.ui.flash import say
from molva.workspaces.models import Member, Role, User, Workspace
from molva.workspaces.scoping import scope

View = Callable[..., HttpResponseBase]

ALL_ROLES = (Role.OWNER, Role.MANAGER, Role.ACCOUNTANT)
RULERS = (Role.OWNER, Role.MANAGER)  # may change terms, pages, partners
CASHIERS = (Role.OWNER, Role.ACCOUNTANT)  # may move money


@dataclass(frozen=True, slots=True)
class Place:
    """Who works where: the member, the workspace, the programme on the screen."""

    member: Member
    workspace: Workspace
    programme: Programme

    @property
    def user(self) -> User:
        """The person, as the actor of what is done."""
        return self.member.user

    def may(self, *roles: str) -> bool:
        """Whether the person's role is one of these."""
        return self.member.role in roles


def get_place(user: User, programme_code: str) -> Place:
    """The programme of this code where the user is staff, or 404."""
    programmes = Programme.unscoped.select_related("workspace").filter(sandbox_of__isnull=True)
    programme = programmes.filter(code=programme_code).first()
    member = (
        Member.unscoped.select_related("user").filter(user=user, workspace_id=programme.workspace_id).first()
        if programme
        else None
    )
    if programme is None or member is None:
        raise Http404
    return Place(member, programme.workspace, programme)


def office_page(*roles: str) -> Callable[[View], View]:
    """Decorate `view(request, place, …)` at `/office/<programme>/…`.

    Until the answer is made the workspace's scope is open, times are those of the programme's zone, and calls to a shop
    are those of a person who waits. What rulers change waits for the shop's subscription where an operator asks for
    one; money that is owed goes on being paid.
    """
    allowed = roles or ALL_ROLES
    is_change = allowed == RULERS

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def wrapper(request: HttpRequest, programme: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            place = get_place(cast(User, request.user), programme)
            if not place.may(*allowed):
                raise PermissionDenied
            zone = ZoneInfo(place.programme.timezone)
            with scope(place.workspace), timezone.override(zone), calling_as(Urgency.PERSON):
                if is_change and request.method == "POST" and not may_change(place.programme):
                    say(request, _("Nothing was changed: the subscription has ended."), is_bad=True)
                    return redirect("office:subscription", place.programme.code)
                return view(request, place, *args, **kwargs)

        return wrapper

    return decorate


def places_of(user: User) -> list[tuple[Workspace, Programme]]:
    """Every programme where the user is staff, by name."""
    workspaces = Member.unscoped.filter(user=user).values("workspace")
    found = Programme.unscoped.select_related("workspace").filter(
        workspace__in=workspaces, sandbox_of__isnull=True
    )
    return [(programme.workspace, programme) for programme in found.order_by("name")]
