"""The storefront script: when it may remember a visitor, and whether it types the partner's promo code."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.programmes.models import CookieNotice
from molva.programmes.services import update_programme
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.shell import page
from molva.web.ui.flash import say

# What a cookie may be called, and what of its value can be compared without decoding.
_COOKIE = re.compile(r"[\w!#$%&'*+.^`|~-]+(=[\w!#$%&'()*+./:<>?@\[\]^`{|}~-]*)?", re.ASCII)
FIELDS = ("cookie_notice", "consent_cookie", "applies_code")


class ScriptForm(forms.Form):
    """Settings of the script, stored with the programme."""

    cookie_notice = forms.ChoiceField(
        label=gettext_lazy("When a visitor may be remembered"),
        choices=CookieNotice.choices,
        widget=forms.RadioSelect,
    )
    consent_cookie = forms.CharField(
        label=gettext_lazy("Cookie of the shop's own notice"),
        max_length=80,
        required=False,
        help_text=gettext_lazy(
            "NAME, or NAME=VALUE if only one value means yes. Look it up in the notice's settings."
        ),
    )
    applies_code = forms.BooleanField(
        label=gettext_lazy("Type the partner's promo code into the cart"),
        required=False,
        help_text=gettext_lazy(
            "A visitor who comes by a partner's link gets the discount of that partner's promo code by himself. "
            "A code that the buyer has typed is left alone."
        ),
    )

    def clean_consent_cookie(self) -> str:
        """A name that a browser could keep."""
        text: str = self.cleaned_data["consent_cookie"].strip()
        if text and not _COOKIE.fullmatch(text):
            raise forms.ValidationError(_("This is not the name of a cookie."))
        return text

    def clean(self) -> dict[str, Any]:
        """The shop's own notice cannot be heard without its cookie."""
        data = super().clean() or self.cleaned_data
        is_deaf = data.get("cookie_notice") == CookieNotice.SHOP and not data.get("consent_cookie")
        if is_deaf and "consent_cookie" not in self.errors:
            self.add_error("consent_cookie", _("Name the cookie by which the script knows of the yes."))
        return data


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place) -> HttpResponse:
    """Edit the settings of the script."""
    programme = place.programme
    form = ScriptForm(request.POST or None, initial={name: getattr(programme, name) for name in FIELDS})
    if request.method == "POST" and form.is_valid():
        changes = {name: form.cleaned_data[name] for name in FIELDS}
        update_programme(programme=programme, actor=place.user, changes=changes)
        say(request, _("Saved. Pages of the shop follow within five minutes."))
        return redirect("office:shop", programme.code)
    address = settings.MOLVA_URL + reverse("public:script", args=[programme.code])
    context = {
        "form": form,
        "tag": f'<script src="{address}" async></script>',
        "hints": [
            (
                CookieNotice.OFF,
                _(
                    "One first-party cookie is set when somebody comes by a partner's link; nobody else gets any."
                ),
            ),
            (
                CookieNotice.ASK,
                _("Only those who come by a partner's link are asked. Whoever says no is not remembered."),
            ),
            (
                CookieNotice.SHOP,
                _(
                    "The script waits until your notice sets its cookie. Without it the click still counts once."
                ),
            ),
        ],
    }
    return page(request, place, "office/shop_script.html", "shop", context)
