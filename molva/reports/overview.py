"""The month in figures, for the first page of the office. All sums in minor units; days of the programme's zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from molva.commissions.models import Cut, DayFigure
from molva.orders.models import Order
from molva.programmes.models import Partner, PartnerStatus, Programme


@dataclass(frozen=True, slots=True)
class Overview:
    """Figures of a period and of the same length of time before it."""

    first_day: date
    last_day: date
    days: list[date]
    sales_minor: int
    sales_before_minor: int
    sales_by_day: list[int]
    sales_before_by_day: list[int]
    accrued_minor: int
    orders: int
    orders_accrued: int
    active_partners: int
    partners: int
    new_partners: int
    has_partners: bool
    has_orders: bool

    @property
    def sales_change(self) -> int | None:
        """Growth against the period before, in basis points; None when there was nothing before."""
        if not self.sales_before_minor:
            return None
        return (self.sales_minor - self.sales_before_minor) * 10_000 // self.sales_before_minor


def overview(programme: Programme, *, first_day: date, last_day: date) -> Overview:
    """Sales are orders of partners by the day they were made, goods and delivery as the buyer pays."""
    zone = ZoneInfo(programme.timezone)
    length = (last_day - first_day).days + 1
    before = first_day - timedelta(days=length)
    by_day = _by_day(programme, before, last_day)
    days = [first_day + timedelta(days=n) for n in range(length)]
    now_days = [by_day.get(day, (0, 0, 0)) for day in days]
    old_days = [by_day.get(day - timedelta(days=length), (0, 0, 0)) for day in days]
    start, end = _moment(first_day, zone), _moment(last_day + timedelta(days=1), zone)
    orders = Order.objects.filter(
        programme=programme, partner__isnull=False, created_at__gte=start, created_at__lt=end
    )
    partners = Partner.objects.filter(programme=programme)
    # asked of each partner by his own index, hence without the programme
    theirs = Order.objects.filter(partner=OuterRef("pk"), created_at__gte=start, created_at__lt=end)
    total = partners.filter(status=PartnerStatus.ACTIVE).count()
    return Overview(
        first_day=first_day,
        last_day=last_day,
        days=days,
        sales_minor=sum(sales for sales, _n, _accrued in now_days),
        sales_before_minor=sum(sales for sales, _n, _accrued in old_days),
        sales_by_day=[sales for sales, _n, _accrued in now_days],
        sales_before_by_day=[sales for sales, _n, _accrued in old_days],
        accrued_minor=sum(accrued for _sales, _n, accrued in now_days),
        orders=sum(n for _sales, n, _accrued in now_days),
        orders_accrued=orders.filter(reached_at__isnull=False).count(),
        active_partners=partners.filter(Exists(theirs)).count(),
        partners=total,
        new_partners=partners.filter(joined_at__gte=start, joined_at__lt=end).count(),
        has_partners=total > 0,
        has_orders=Order.objects.filter(programme=programme, partner__isnull=False).exists(),
    )


def _by_day(programme: Programme, first: date, last: date) -> dict[date, tuple[int, int, int]]:
    """Sales, orders and what was accrued less taken back, by day: kept with every settlement (`commissions.counting`),
    as a month may have half a million orders.
    """
    rows = DayFigure.objects.filter(programme=programme, cut=Cut.WHOLE, day__gte=first, day__lte=last)
    found = rows.values_list("day", "revenue_minor", "orders", "level1_minor", "level2_minor")
    return {day: (sales, orders, one + two) for day, sales, orders, one, two in found}


def _moment(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
