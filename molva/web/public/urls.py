"""Everything public: landings, the storefront script (namespace `public`), and signing in by allauth's own names."""

from allauth.account import views as account
from django.urls import include, path

urlpatterns = [
    path("", include("molva.web.public.site_urls")),
    path("login/", account.RequestLoginCodeView.as_view(), name="account_login"),
    path("login/by-code/", account.RequestLoginCodeView.as_view(), name="account_request_login_code"),
    path("login/code/", account.ConfirmLoginCodeView.as_view(), name="account_confirm_login_code"),
    path("login/password/", account.LoginView.as_view(), name="account_password_login"),
    path("login/new/", account.SignupView.as_view(), name="account_signup"),
    path("login/off/", account.AccountInactiveView.as_view(), name="account_inactive"),
    path("logout/", account.LogoutView.as_view(), name="account_logout"),
    path("login/reset/", account.PasswordResetView.as_view(), name="account_reset_password"),
    path("login/reset/sent/", account.PasswordResetDoneView.as_view(), name="account_reset_password_done"),
    path(
        "login/reset/<slug:uidb36>-<str:key>/",
        account.PasswordResetFromKeyView.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "login/reset/done/",
        account.PasswordResetFromKeyDoneView.as_view(),
        name="account_reset_password_from_key_done",
    ),
]
