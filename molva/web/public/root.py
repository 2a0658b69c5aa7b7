"""The bare address of the installation: everybody goes where they work."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from molva.web.public.accounts import home_of


def show(request: HttpRequest, **_place: str) -> HttpResponse:
    """The person's own start, or the sign-in page."""
    return redirect(home_of(request.user) if request.user.is_authenticated else "account_login")
