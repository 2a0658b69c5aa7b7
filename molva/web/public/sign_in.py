"""The pages of signing in: allauth's views, our templates; a code by e-mail first, a password beside it."""

from typing import Any

from allauth.account import app_settings
from allauth.account import views as allauth
from allauth.account.forms import ConfirmLoginCodeForm
from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from molva.web.ui.formats import counted
from molva.web.ui.limits import count, may


class AskCode(allauth.RequestLoginCodeView):
    """Asks for the e-mail to which the code goes."""

    template_name = "public/sign_in.html"


class EnterCode(allauth.ConfirmLoginCodeView):
    """Takes the code; says how many tries are left, and in the demo the code itself."""

    template_name = "public/code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the page says beside the field."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        left = app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS - self._process.state["failed_attempts"]
        context["tries_left"] = counted(left, "attempt")
        context["minutes"] = app_settings.LOGIN_BY_CODE_TIMEOUT // 60
        # `molva demo` keeps its mail in files, where a newcomer would not look
        context["demo_code"] = self._process.code if settings.MOLVA_DEMO else ""
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A try counts for the e-mail and the address before the code is looked at: fresh sessions gain nothing."""
        email = self._process.state["email"]
        if self._action == "resend":
            return (
                super().post(request, *args, **kwargs)
                if may(request, "request_login_code", email)
                else self._wait()
            )
        tried = count(request, "enter_code", email)
        if tried is None:
            return self._wait()
        form = self.get_form()
        if not form.is_valid():
            return self.form_invalid(form)
        tried.rollback()  # only wrong codes count
        return self._enter(form)

    def _enter(self, form: Form) -> HttpResponse:
        """A code that went to an address opens nothing once the person signs in with another."""
        user = self._process.user
        if user is not None and user.email != self._process.state["email"].lower():
            self._process.abort()
            return redirect("account_login")
        answer: HttpResponse = self.form_valid(form)
        return answer

    def _wait(self) -> HttpResponse:
        """Said the same whether the code was right, and whether anybody is known by the e-mail."""
        context = self.get_context_data(form=ConfirmLoginCodeForm(code=""), must_wait=True)
        return self.render_to_response(context, status=429)


class EnterPassword(allauth.LoginView):
    """E-mail and password, for those who set one."""

    template_name = "public/password.html"

    def get_form(self, form_class: type[Form] | None = None) -> Form:
        """Our words on allauth's fields."""
        form: Form = super().get_form(form_class)
        form.fields["login"].label = _("E-mail")
        form.fields["password"].label = _("Password")
        form.fields["password"].help_text = ""
        form.fields["remember"].label = _("Remember me on this device")
        for name in ("login", "password"):
            form.fields[name].widget.attrs.pop("placeholder", None)
        return form


def page(view: type[Any], title: str | Promise, lead: str | Promise = "", button: str | Promise = "") -> Any:
    """One of allauth's rarer pages in the plain form: title, a sentence, the form if there is one."""
    return view.as_view(
        template_name="public/account.html", extra_context={"title": title, "lead": lead, "button": button}
    )
