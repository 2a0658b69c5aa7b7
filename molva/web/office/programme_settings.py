"""Settings of the programme: its name, the shop's address and mark, registration, payouts, documents."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.kit.money import CURRENCY_DIGITS, format_minor, parse_minor
from molva.programmes.models import Programme
from molva.tracking.services import change_shop
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.page import DOCUMENTS
from molva.web.office.shell import page
from molva.web.office.terms_form import decimal_field
from molva.web.ui.flash import say


class SettingsForm(forms.Form):
    """What is true of the whole programme."""

    name = forms.CharField(label=gettext_lazy("Name of the programme"), max_length=200)
    shop_url = forms.URLField(
        label=gettext_lazy("Address of the shop"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy(
            "All links lead there and follow when it changes. Links on the former address still count."
        ),
    )
    mark_param = forms.SlugField(
        label=gettext_lazy("Partner parameter"),
        max_length=30,
        help_text=gettext_lazy(
            "The word in links: with aff it is ?aff=CODE. Works at the end of any page of the shop."
        ),
    )
    support_email = forms.EmailField(
        label=gettext_lazy("E-mail for partners"),
        required=False,
        help_text=gettext_lazy("Partners write there from the cabinet."),
    )
    is_registration_open = forms.BooleanField(
        label=gettext_lazy("Registration is open"),
        required=False,
        help_text=gettext_lazy("Off: the page says that new partners are not taken now."),
    )
    approve_by_hand = forms.BooleanField(
        label=gettext_lazy("Accept partners by hand"),
        required=False,
        help_text=gettext_lazy("On: a new partner waits until you accept the application."),
    )
    min_payout = decimal_field(
        label=gettext_lazy("Least payout"),
        help_text=gettext_lazy(
            "Less than this is not prepared for payout together with the others. 0: everything."
        ),
    )
    privacy = forms.URLField(label=gettext_lazy("Privacy policy"), required=False, assume_scheme="https")
    agreement = forms.URLField(label=gettext_lazy("User agreement"), required=False, assume_scheme="https")
    contract = forms.URLField(
        label=gettext_lazy("Contract of the programme"), required=False, assume_scheme="https"
    )
    news = forms.URLField(label=gettext_lazy("Consent to letters"), required=False, assume_scheme="https")
    materials = forms.URLField(
        label=gettext_lazy("Materials for partners"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("A folder with pictures and texts; shown in the cabinet."),
    )

    def for_service(self, programme: Programme) -> dict[str, Any]:
        """Changes of the programme."""
        data, digits = self.cleaned_data, CURRENCY_DIGITS[programme.currency]
        names = ("name", "shop_url", "mark_param", "support_email", "is_registration_open", "approve_by_hand")
        return {
            **{name: data[name] for name in names},
            "min_payout_minor": parse_minor(f"{data['min_payout']:.{digits}f}", digits),
            "documents": {name: data[name] for name in DOCUMENTS if data[name]},
        }


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place) -> HttpResponse:
    """Edit the settings."""
    programme = place.programme
    names = ("name", "shop_url", "mark_param", "support_email", "is_registration_open", "approve_by_hand")
    initial = {
        **{name: getattr(programme, name) for name in names},
        "min_payout": Decimal(format_minor(programme.min_payout_minor, CURRENCY_DIGITS[programme.currency])),
        **programme.documents,
    }
    form = SettingsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        moved = change_shop(programme=programme, actor=place.user, changes=form.for_service(programme))
        if moved:
            say(request, _("Saved. %(n)d links lead to the new address now.") % {"n": moved})
        else:
            say(request, _("Saved."))
        return redirect("office:settings", programme.code)
    return page(
        request, place, "office/settings.html", "settings", {"form": form, "hosts": programme.shop_hosts}
    )
