"""Forms of payouts: where to send, when it was sent, why not."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from molva.kit import clock


class DraftForm(forms.Form):
    """Where the money is to go."""

    method = forms.CharField(
        label=_("Where to send"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A card, a bank account, a phone: as you agreed. Remembered for the next payout."),
    )
    comment = forms.CharField(label=_("Comment"), required=False, max_length=1000)


class PaidForm(forms.Form):
    """When and how the money left."""

    paid_at = forms.DateField(
        label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    method = forms.CharField(label=_("Where it was sent"), required=False, max_length=1000)
    external_reference = forms.CharField(
        label=_("Number of the bank's document"),
        required=False,
        max_length=200,
        help_text=_("To find it again in the bank. The partner sees it."),
    )

    def clean_paid_at(self) -> Any:
        """Not a day to come; the moment is now for today, noon for a day before."""
        day = self.cleaned_data["paid_at"]
        now = timezone.localtime(clock.now())
        if day > now.date():
            raise forms.ValidationError(_("This day has not come yet."))
        if day == now.date():
            return clock.now()
        return now.replace(
            year=day.year, month=day.month, day=day.day, hour=12, minute=0, second=0, microsecond=0
        )


class ReasonForm(forms.Form):
    """Why a payout is given up or came back."""

    reason = forms.CharField(label=_("Why"), max_length=300)
