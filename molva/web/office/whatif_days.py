"""Which orders a what-if is run over: whole months that are over, or days of one's own."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from molva.programmes.models import Programme
from molva.reports.period import today

LONGEST = 400  # days
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _day_field(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


class DaysForm(forms.Form):
    """The days of the orders."""

    period = forms.ChoiceField(
        label=gettext_lazy("Orders of"),
        choices=[
            ("month", gettext_lazy("the last month")),
            ("quarter", gettext_lazy("the last three months")),
            ("year", gettext_lazy("the last twelve months")),
            ("own", gettext_lazy("days of one's own")),
        ],
        initial="month",
        widget=forms.RadioSelect,
    )
    first = _day_field(gettext_lazy("From day"))
    last = _day_field(gettext_lazy("Until day, inclusive"))

    def __init__(self, *args: Any, programme: Programme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = today(programme)

    def clean(self) -> dict[str, Any]:
        """Both days where days are chosen, in their order and not too many."""
        data = super().clean() or {}
        if data.get("period") != "own":
            return data
        first, last = data.get("first"), data.get("last")
        for name in ("first", "last"):
            if data.get(name) is None and name not in self.errors:
                self.add_error(name, _("Which day?"))
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        elif first and first > self._today:
            self.add_error("first", _("This day is still to come: there are no orders of it."))
        elif first and last and (last - first).days >= LONGEST:
            words = _("At most %(n)d days can be tried at once.") % {"n": LONGEST}
            self.add_error("last", words)
        return data

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of a valid form."""
        if self.cleaned_data["period"] == "own":
            return self.cleaned_data["first"], self.cleaned_data["last"]
        return months_before(self._today, _MONTHS[self.cleaned_data["period"]])

    @property
    def hints(self) -> list[tuple[str, tuple[date, date]]]:
        """The days that each choice means today."""
        return [(name, months_before(self._today, count)) for name, count in _MONTHS.items()]


def months_before(day: date, count: int) -> tuple[date, date]:
    """So many whole months before the month of a day."""
    last = day.replace(day=1) - timedelta(days=1)
    index = last.year * 12 + last.month - count
    return date(index // 12, index % 12 + 1, 1), last
