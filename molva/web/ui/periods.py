"""The period of a list or a report: a chip, days of one's own, the same in the address."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from molva.programmes.models import Programme
from molva.reports.period import Period, named_period
from molva.web.ui import formats
from molva.web.ui.filters import Choice, Filter, address, read_filter

PERIODS = ("7", "30", "90", "month", "last_month", "year", "all")
LONGEST = 400  # days in a chart or in a report by day


@dataclass(frozen=True, slots=True)
class ChosenPeriod:
    """The period of a list: its chip, its days (None: all time), its parameters for links."""

    filter: Filter
    period: Period | None
    query: str

    @property
    def text(self) -> str:
        """The days in words."""
        if self.period is None:
            return _("all time")
        if self.period.first == self.period.last:
            return formats.day(self.period.first)
        return f"{formats.day(self.period.first)} – {formats.day(self.period.last)}"


def read_period(request: HttpRequest, programme: Programme, *, default: str = "all") -> ChosenPeriod:
    """`?from=2026-03-01&to=2026-03-31`, or `?period=30`; unreadable dates count as none."""
    period = asked_period(request.GET, programme, default=default)
    names = [
        ("7", _("7 days")),
        ("30", _("30 days")),
        ("90", _("90 days")),
        ("month", _("This month")),
        ("last_month", _("Last month")),
        ("year", _("This year")),
        ("all", _("All time")),
    ]
    if period and (_day(request.GET.get("from")) or _day(request.GET.get("to"))):
        clear = address(request, **{"from": None, "to": None})
        own = Choice(
            "own", f"{formats.day(period.first)} – {formats.day(period.last)}", clear, is_chosen=True
        )
        return ChosenPeriod(
            Filter(_("Period"), [own], clear), period, f"from={period.first}&to={period.last}"
        )
    chip = read_filter(request, "period", _("Period"), [pair for pair in names if pair[0] != default])
    name = chip.chosen.value if chip.chosen else default
    return ChosenPeriod(chip, period, f"period={name}")


def asked_period(query: QueryDict, programme: Programme, *, default: str = "all") -> Period | None:
    """The days that the parameters of an address ask for; None is all time."""
    first, last = _day(query.get("from")), _day(query.get("to"))
    if first or last:
        first, last = first or date(2000, 1, 1), last or date(2100, 1, 1)
        return Period(min(first, last), max(first, last), ZoneInfo(programme.timezone))
    name = query.get("period", "")
    return named_period(programme, name if name in PERIODS else default)


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def report_period(query: QueryDict, programme: Programme) -> Period:
    """Thirty days unless something else is asked for; «all time» is the last year in a report."""
    period = asked_period(query, programme, default="30") or named_period(programme, "year")
    if period is None or period.length > LONGEST:
        period = named_period(programme, "year")
    assert period is not None  # noqa: S101 - «year» is always known
    return period
