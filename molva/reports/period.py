"""A run of whole days in a programme's time zone, as reports and filters use it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from molva.kit import clock
from molva.programmes.models import Programme


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of `first` to the end of `last`, both included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """The first moment inside."""
        return datetime.combine(self.first, time(), self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    @property
    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def days(self) -> list[date]:
        """Every day in turn."""
        return [self.first + timedelta(days=n) for n in range(self.length)]

    def before(self) -> "Period":
        """As many days right before."""
        return Period(self.first - timedelta(days=self.length), self.first - timedelta(days=1), self.zone)


def today(programme: Programme) -> date:
    """The day that a programme's clocks show."""
    return clock.now().astimezone(ZoneInfo(programme.timezone)).date()


def named_period(programme: Programme, name: str) -> Period | None:
    """«7», «30», «90» days up to now, «month», «last_month», «year»; None for any other name."""
    zone, now = ZoneInfo(programme.timezone), today(programme)
    month = now.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    bounds = {
        "7": (now - timedelta(days=6), now),
        "30": (now - timedelta(days=29), now),
        "90": (now - timedelta(days=89), now),
        "month": (month, now),
        "last_month": (last_month, month - timedelta(days=1)),
        "year": (now.replace(month=1, day=1), now),
    }
    found = bounds.get(name)
    return Period(*found, zone) if found else None
