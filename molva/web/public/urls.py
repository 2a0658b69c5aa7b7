"""Everything public: landings, the storefront script (namespace `public`), and signing in by allauth's own names."""

from allauth.account import views as allauth
from django.urls import include, path, re_path
from django.utils.translation import gettext_lazy as _

from molva.web.public.sign_in import AskCode, EnterCode, EnterPassword, page

urlpatterns = [
    path("", include("molva.web.public.site_urls")),
    path("login/", AskCode.as_view(), name="account_login"),
    path("login/mail/", AskCode.as_view(), name="account_request_login_code"),
    path("login/code/", EnterCode.as_view(), name="account_confirm_login_code"),
    path("login/password/", EnterPassword.as_view(), name="account_password_login"),
    path(
        "login/new/",
        page(
            allauth.SignupView,
            _("Nobody registers here"),
            _("Partners register on the page of the programme, staff come by invitation."),
        ),
        name="account_signup",
    ),
    path(
        "login/closed/",
        page(allauth.AccountInactiveView, _("This place is closed"), _("Ask the shop's manager why.")),
        name="account_inactive",
    ),
    path("logout/", page(allauth.LogoutView, _("Sign out?"), button=_("Sign out")), name="account_logout"),
    path(
        "login/reset/",
        page(
            allauth.PasswordResetView,
            _("A new password"),
            _("We send a link to your e-mail. Without a password you come in by code."),
            _("Send the link"),
        ),
        name="account_reset_password",
    ),
    path(
        "login/reset/sent/",
        page(
            allauth.PasswordResetDoneView,
            _("Look into your mail"),
            _("If this e-mail has a place here, the letter comes in a minute."),
        ),
        name="account_reset_password_done",
    ),
    path(
        "login/reset/done/",
        page(allauth.PasswordResetFromKeyDoneView, _("The password is set"), _("Sign in with it.")),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^login/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        page(allauth.PasswordResetFromKeyView, _("A new password"), button=_("Save")),
        name="account_reset_password_from_key",
    ),
]
