"""Signing in, by allauth: nobody signs up here (partners come through a landing, staff by invitation), and each person
lands where they work."""

import logging
from ipaddress import ip_address
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.messaging.letters import send_letter
from molva.programmes.models import Partner
from molva.web.ui.returning import own_path
from molva.workspaces.models import Member

_log = logging.getLogger(__name__)

_LETTERS = {
    "account/email/login_code": "public/mail/code",
    "account/email/unknown_account": "public/mail/unknown",
    "account/email/password_reset_key": "public/mail/password",
}


def home_of(user: Any) -> str:
    """Where a signed-in person starts: the office, the cabinet, or a page that says there is no place."""
    if Member.unscoped.filter(user=user).exists():
        return reverse("office:home")
    if Partner.unscoped.filter(user=user).exists():
        return reverse("cabinet:home")
    return reverse("public:nowhere")


class AccountAdapter(DefaultAccountAdapter):
    """Molva's answers to allauth's questions."""

    # No answer tells which part was wrong, or whether the person exists.
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("E-mail and password do not fit together"),
        "incorrect_code": gettext_lazy("This is not the code"),
        "account_inactive": gettext_lazy("This place is closed"),
        "too_many_login_attempts": gettext_lazy("Too many tries. Wait five minutes and ask for a new code"),
        "rate_limited": gettext_lazy("Too many tries. Wait five minutes and ask for a new code"),
        "invalid_password_reset": gettext_lazy("This link has been used or is too old. Ask for a new one"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by landings, by invitations and by the set-up link only."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether somebody may be led there after signing in or out: pages of this host only."""
        return bool(url and own_path(context.request, url))

    def get_client_ip(self, request: HttpRequest) -> str:
        """The visitor's address; one of IPv4 stays so when the socket speaks IPv6, else all of them share a network."""
        text: str = super().get_client_ip(request)
        try:
            address = ip_address(text)
        except ValueError:
            return text
        return str(getattr(address, "ipv4_mapped", None) or address)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The page of the person's own work."""
        return home_of(request.user)

    def login(self, request: HttpRequest, user: Any) -> None:
        """A code or a password has proved who it is; whoever came in by that e-mail without proof is out."""
        user.end_unproved()
        super().login(request, user)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A letter in Molva's look. A mail server that is down is said, the same to everybody, and is no error page."""
        subjects = {
            "public/mail/code": _("Code for signing in: %(code)s") % {"code": context.get("code", "")},
            "public/mail/unknown": _("Signing in did not work"),
            "public/mail/password": _("A new password"),
        }
        template = _LETTERS[template_prefix]
        try:
            send_letter(template, email, {**context, "email": email, "subject": subjects[template]})
        except (OSError, SMTPException):
            _log.exception("a letter for signing in was not sent")
            messages.error(
                self.request, _("The letter did not leave: our mail does not answer. Try again in a minute")
            )

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Only what the pages do not say themselves: errors in our words."""
        if message:
            messages.add_message(request, level, message, extra_tags=extra_tags)
