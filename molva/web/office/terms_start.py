"""When new terms begin: from now on, or from a day and time in the programme's zone."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from molva.kit import clock
from molva.programmes.models import TermsVersion

_FORMAT = "%Y-%m-%dT%H:%M"


class StartForm(forms.Form):
    """The last question of every form that publishes terms."""

    start = forms.ChoiceField(
        label=_("They hold"),
        required=False,
        initial="now",
        choices=[
            ("now", _("for orders made from now on")),
            ("later", _("for orders made from a day and time on")),
        ],
        widget=forms.RadioSelect,
    )
    start_at = forms.DateTimeField(
        label=_("Day and time"),
        required=False,
        input_formats=[_FORMAT, "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_FORMAT),
    )

    def clean(self) -> dict[str, Any]:
        """A moment that has not come yet, exactly when one is asked for."""
        data = super().clean() or {}
        is_later, at = data.get("start") == "later", data.get("start_at")
        if is_later and at is None and "start_at" not in self.errors:
            self.add_error("start_at", _("From which day and time?"))
        elif is_later and at is not None and at <= clock.now():
            self.add_error("start_at", _("This moment has passed. Choose a later one, or “from now on”."))
        elif not is_later and at is not None:
            self.add_error("start_at", _("Choose “from a day and time on” above, or empty this."))
        return data

    @property
    def valid_from(self) -> datetime | None:
        """The moment chosen; None is now."""
        return self.cleaned_data["start_at"] if self.cleaned_data["start"] == "later" else None


def initial_start(base: TermsVersion) -> dict[str, Any]:
    """What the form shows: a plan keeps its moment."""
    if base.valid_from <= clock.now():
        return {"start": "now"}
    return {"start": "later", "start_at": base.valid_from}
