"""The statement of a calendar month, by the moment of writing down, as entries are numbered by it. Read-only."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models.functions import TruncMonth
from django.utils import timezone

from molva.ledger.models import Transaction
from molva.ledger.queries import PartnerBalance, StatementRow, statement
from molva.programmes.models import Partner


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the programme's time zone."""

    year: int
    month: int

    @property
    def key(self) -> str:
        """«2026-11», for addresses."""
        return f"{self.year}-{self.month:02d}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    def starts(self) -> datetime:
        """The moment at which it begins, in the active time zone."""
        return datetime(self.year, self.month, 1, tzinfo=timezone.get_current_timezone())

    def next(self) -> "Month":
        """The month after it."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)


@dataclass(frozen=True, slots=True)
class MonthStatement:
    """Entries of a month in their order, with the balances before the first and after the last."""

    opening: PartnerBalance
    closing: PartnerBalance
    rows: list[StatementRow]


def months(partner: Partner) -> list[Month]:
    """Months with entries, the latest first."""
    found = (
        Transaction.objects.filter(partner=partner)
        .annotate(month=TruncMonth("recorded_at"))
        .values_list("month", flat=True)
        .distinct()
        .order_by("-month")
    )
    return [Month(one.year, one.month) for one in found]


def month_statement(partner: Partner, month: Month) -> MonthStatement:
    """All entries of the month."""
    entries = Transaction.objects.filter(partner=partner)
    inside = entries.filter(recorded_at__gte=month.starts(), recorded_at__lt=month.next().starts())
    last = inside.order_by("-number").values_list("number", flat=True).first()
    if last is None:
        before = entries.filter(recorded_at__lt=month.starts()).order_by("-number").first()
        rest = statement(partner, before=before.number + 1, limit=1) if before else []
        balance = rest[0].after if rest else PartnerBalance()
        return MonthStatement(balance, balance, [])
    rows = statement(partner, before=last + 1, limit=inside.count())
    first, changes = rows[-1], ("held", "available", "bonus", "in_payout", "paid")
    opening = PartnerBalance(**{name: getattr(first.after, name) - getattr(first, name) for name in changes})
    return MonthStatement(opening, rows[0].after, list(reversed(rows)))
