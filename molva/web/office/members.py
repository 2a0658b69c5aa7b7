"""Staff: who works here, from which shop they came, what they may do; the owner changes it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from molva.integrations.models import ShopStaff
from molva.integrations.people import give_access, list_people, take_access
from molva.web.office.access import Place, office_page
from molva.web.office.confirm import ask
from molva.web.office.shell import page
from molva.web.ui.flash import say
from molva.workspaces.errors import LastOwner
from molva.workspaces.models import Member, Role
from molva.workspaces.services import change_role, hand_over

_LAST_OWNER = gettext_lazy("The company must have an owner. Hand it over first.")


@office_page()
def show(request: HttpRequest, place: Place) -> HttpResponse:
    """Everybody of the company."""
    people, closed = list_people()
    context = {
        "people": people,
        "closed": closed,
        "roles": Role.choices,
        "is_owner": place.may(Role.OWNER),
        "me": place.user,
    }
    return page(request, place, "office/members.html", "members", context)


@require_POST
@office_page(Role.OWNER)
def change(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Another role for a person."""
    member = get_object_or_404(Member, pk=pk)
    role = request.POST.get("role", "")
    if role in Role.values:
        try:
            change_role(member=member, role=role, actor=place.user)
        except LastOwner:
            say(request, str(_LAST_OWNER), is_bad=True)
        else:
            said = {"name": str(member.user), "role": str(Role(role).label).lower()}
            say(request, _("%(name)s: %(role)s now.") % said)
    return _back(place)


@office_page(Role.OWNER)
def remove(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Take a person's access away, after a question."""
    member = get_object_or_404(Member.objects.select_related("user"), pk=pk)
    if request.method != "POST":
        text = _(
            "%(name)s will not get into the office any more, neither from the shop. What they did stays in the "
            "history. If they should not see the shop itself, remove them in its back office too."
        )
        return _ask(
            request, place, title=_("Take the access away?"), text=text % {"name": member.user},
            yes=_("Take away"), is_danger=True,
        )  # fmt: skip
    try:
        take_access(member=member, actor=place.user)
    except LastOwner:
        say(request, str(_LAST_OWNER), is_bad=True)
    else:
        say(request, _("The access of %(name)s was taken away.") % {"name": member.user})
    return _back(place) if member.user_id != place.user.pk else redirect("public:root")


@office_page(Role.OWNER)
def make_owner(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Hand the company over, after a question."""
    member = get_object_or_404(Member.objects.select_related("user"), pk=pk)
    if request.method != "POST":
        text = _(
            "%(name)s becomes the owner and decides about people and shops. You go on as a manager, and only the new "
            "owner can change that. It is written into the history."
        )
        return _ask(
            request,
            place,
            title=_("Hand the company over?"),
            text=text % {"name": member.user},
            yes=_("Hand over"),
        )
    hand_over(member=member, actor=place.user)
    say(request, _("%(name)s is the owner now.") % {"name": member.user})
    return _back(place)


@require_POST
@office_page(Role.OWNER)
def let_in(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Give a person of the shop their access back."""
    staff = get_object_or_404(ShopStaff.objects.select_related("user", "install"), pk=pk, is_closed=True)
    give_access(staff=staff)
    say(request, _("%(name)s may come in again.") % {"name": staff.user})
    return _back(place)


def _ask(request: HttpRequest, place: Place, **words: Any) -> HttpResponse:
    return ask(request, no_url=reverse("office:members", args=[place.programme.code]), **words)


def _back(place: Place) -> HttpResponse:
    return redirect("office:members", place.programme.code)
