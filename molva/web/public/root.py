"""The bare address of the installation: everybody goes where they work."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from molva.web.public.accounts import home_of
from molva.workspaces.services import is_set_up


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The person's own start, or the sign-in page; before the first workspace, how to make it."""
    if request.user.is_authenticated:
        return redirect(home_of(request.user))
    return redirect("account_login") if is_set_up() else render(request, "public/not_set_up.html")


@require_GET
@login_required
def nowhere(request: HttpRequest) -> HttpResponse:
    """For a person who is neither staff nor partner (any more): says so, with the way out."""
    return render(request, "public/nowhere.html")
