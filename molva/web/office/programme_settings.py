"""Settings of the programme: its name, the shop's address and mark, registration, payouts, documents."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.kit.money import CURRENCY_DIGITS, format_minor, parse_minor
from molva.orders.marks import OTHERS
from molva.programmes.models import Programme
from molva.tracking.services import change_shop
from molva.web.office.access import RULERS, Place, office_page
from molva.web.office.page import DOCUMENTS
from molva.web.office.shell import page
from molva.web.office.terms_form import decimal_field
from molva.web.ui.flash import say

_PLAIN = ("name", "shop_url", "mark_param", "support_email", "is_registration_open", "approve_by_hand")
_WORD = re.compile(r"[\w-]{1,30}", re.ASCII)
_MOST_WORDS = 10


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
    mark_aliases = forms.CharField(
        label=gettext_lazy("Former words of the parameter"),
        required=False,
        max_length=200,
        help_text=gettext_lazy(
            "Through commas, for example bc, ref: links and printed cards from before go on counting. "
            "A promo code works in place of the partner's code, too."
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

    def clean_mark_aliases(self) -> list[str]:
        """Words of an address that are nobody else's."""
        words = dict.fromkeys(
            one.strip() for one in self.cleaned_data["mark_aliases"].split(",") if one.strip()
        )
        for word in words:
            if not _WORD.fullmatch(word):
                raise forms.ValidationError(_("Only letters, digits, a hyphen and an underscore: %s") % word)
            if word in OTHERS:
                text = _("The word %(word)s belongs to %(owner)s: its marks are not ours to count.")
                raise forms.ValidationError(text % {"word": word, "owner": OTHERS[word]})
        if len(words) > _MOST_WORDS:
            raise forms.ValidationError(_("Not more than ten words."))
        return list(words)

    def for_service(self, programme: Programme) -> dict[str, Any]:
        """Changes of the programme."""
        data, digits = self.cleaned_data, CURRENCY_DIGITS[programme.currency]
        return {
            **{name: data[name] for name in (*_PLAIN, "mark_aliases")},
            "min_payout_minor": parse_minor(f"{data['min_payout']:.{digits}f}", digits),
            "documents": {name: data[name] for name in DOCUMENTS if data[name]},
        }


@office_page(*RULERS)
def edit(request: HttpRequest, place: Place) -> HttpResponse:
    """Edit the settings."""
    programme = place.programme
    initial = {
        **{name: getattr(programme, name) for name in _PLAIN},
        "mark_aliases": ", ".join(programme.mark_aliases),
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
