"""Another e-mail to sign in with: typed here, proved by a letter to it."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from molva.kit import emails
from molva.messaging.email_change import ask_new_email
from molva.programmes.email_change import cancel_email_change
from molva.programmes.errors import EmailTaken
from molva.programmes.models import Partner
from molva.web.cabinet.shell import page, partner_page
from molva.web.ui.flash import say
from molva.web.ui.limits import may


class EmailForm(forms.Form):
    """The new address."""

    email = forms.EmailField(
        label=gettext_lazy("New e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=gettext_lazy("We send a link there. Until it is pressed you sign in with the present one."),
    )

    def clean_email(self) -> str:
        """In the form in which people are known."""
        return emails.normalise(self.cleaned_data["email"]) or ""


@require_http_methods(["GET", "HEAD", "POST"])
@partner_page
def change(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Ask for the new address and write to it."""
    form = EmailForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _ask(request, partner, form):
        say(request, _("A letter went to %(email)s. Press the link in it.") % form.cleaned_data)
        return redirect("cabinet:profile", partner.programme.code)
    return page(
        request,
        partner,
        "cabinet/email.html",
        "profile",
        {"form": form},
        status=422 if form.errors else 200,
    )


def _ask(request: HttpRequest, partner: Partner, form: EmailForm) -> bool:
    email = form.cleaned_data["email"]
    if partner.user and email == partner.user.email:
        form.add_error("email", _("You sign in with this one already"))
    elif not may(request, "change_email"):
        form.add_error("email", _("Too many tries. Come back in an hour"))
    else:
        try:
            ask_new_email(partner=partner, email=email, actor=partner)
        except EmailTaken:
            form.add_error("email", _("This e-mail cannot be taken. Choose another one"))
    return not form.errors


@require_POST
@partner_page
def keep(request: HttpRequest, partner: Partner) -> HttpResponse:
    """Call the change off: the link in the letter stops working."""
    if cancel_email_change(partner=partner):
        say(request, _("The e-mail stays as it is"))
    return redirect("cabinet:profile", partner.programme.code)
