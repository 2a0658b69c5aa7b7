"""Signing in, by allauth: nobody signs up here (partners come through a landing, staff by invitation), and each person
lands where they work."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from molva.programmes.models import Partner
from molva.workspaces.models import Member


def home_of(user: Any) -> str:
    """Where a signed-in person starts: staff in the office, a partner in the cabinet, nobody's at the sign-in page."""
    if Member.unscoped.filter(user=user).exists():
        return reverse("office:home")
    if Partner.unscoped.filter(user=user).exists():
        return reverse("cabinet:home")
    return reverse("account_login")


class AccountAdapter(DefaultAccountAdapter):
    """Molva's answers to allauth's questions."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by landings, by invitations and by the set-up link only."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The page of the person's own work."""
        return home_of(request.user)
