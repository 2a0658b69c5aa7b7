"""Where a member of staff begins: the first programme, a new programme, the first run of the installation."""

from typing import cast

from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from molva.programmes.services import create_programme
from molva.web.office.access import places_of
from molva.web.office.home_forms import ProgrammeForm, SetupForm
from molva.web.ui.limits import count
from molva.workspaces.errors import PersonKnown
from molva.workspaces.models import Member, Role, SetupToken, User, Workspace
from molva.workspaces.scoping import scope
from molva.workspaces.services import find_setup_token, use_setup_token

_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def setup(request: HttpRequest, token: str) -> HttpResponse:
    """First run: the owner comes by a one-time link, gives a name and a password, and is signed in."""
    if find_setup_token(token) is None:
        return render(request, "office/setup_gone.html", status=404)
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            workspace = _use(request, token, form)
        except SetupToken.DoesNotExist:
            return render(request, "office/setup_gone.html", status=404)
        if workspace is None:
            return render(request, "office/setup.html", {"form": form}, status=422)
        owner = Member.unscoped.select_related("user").get(workspace=workspace, role=Role.OWNER).user
        login(request, owner, backend=_BACKEND)
        return redirect("office:new_programme")
    return render(request, "office/setup.html", {"form": form})


def _use(request: HttpRequest, token: str, form: SetupForm) -> Workspace | None:
    """The company made; None when the e-mail is known and the password does not open its place."""
    tried = count(request, "login_failed", form.cleaned_data["email"])
    if tried is None:
        form.add_error("password", _("Too many tries. Wait five minutes."))
        return None
    try:
        workspace = use_setup_token(
            token=token, language=translation.get_language() or "ru", **form.for_service()
        )
    except PersonKnown:
        form.add_error(
            "password",
            _(
                "This e-mail has a place here already, and this is not its password. Type that password, set "
                "a new one by “A new password” on the sign-in page, or take another e-mail."
            ),
        )
        return None
    tried.rollback()  # only wrong passwords count
    return workspace


@login_required
def first(request: HttpRequest) -> HttpResponse:
    """The person's first programme, or the form that makes one; somebody who is no staff has no office."""
    user = cast(User, request.user)
    places = places_of(user)
    if places:
        return redirect("office:today", places[0][1].code)
    if _owned(user):
        return redirect("office:new_programme")
    raise Http404


@login_required
def new_programme(request: HttpRequest) -> HttpResponse:
    """Make a programme; the shop is connected on the next page."""
    user = cast(User, request.user)
    member = _owned(user)
    if member is None:
        raise Http404
    form = ProgrammeForm(request.POST or None, initial={"name": member.workspace.name})
    if request.method == "POST" and form.is_valid():
        with scope(member.workspace):
            programme = create_programme(actor=user, **form.for_service(member.workspace))
        return redirect("office:shop", programme.code)
    return render(request, "office/new_programme.html", {"form": form, "has_others": bool(places_of(user))})


def _owned(user: User) -> Member | None:
    found = Member.unscoped.select_related("workspace").filter(user=user, role__in=(Role.OWNER, Role.MANAGER))
    return found.order_by("pk").first()
