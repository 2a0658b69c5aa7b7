"""What figures, their views and their rows are called, for office and cabinet alike."""

from datetime import date, timedelta
from fractions import Fraction

from babel import Locale
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from molva.reports.figures.questions import REST, TEAM, FigureQuestion, FigureRow
from molva.reports.figures.values import MONEY, SHARES, whole_minor
from molva.web.ui import formats

VIEW_WORDS: dict[str, str | Promise] = {
    "day": gettext_lazy("By day"),
    "week": gettext_lazy("By week"),
    "month": gettext_lazy("By month"),
    "hour": gettext_lazy("By the hour"),
    "partner": gettext_lazy("By partner"),
    "link": gettext_lazy("By link"),
    "content": gettext_lazy("By content"),
    "sub1": gettext_lazy("By SubID"),
    "sub2": gettext_lazy("By SubID 2"),
    "sub3": gettext_lazy("By SubID 3"),
    "sub4": gettext_lazy("By SubID 4"),
    "sub5": gettext_lazy("By SubID 5"),
    "referrer": gettext_lazy("By site"),
    "utm_source": gettext_lazy("By UTM source"),
    "utm_medium": gettext_lazy("By UTM medium"),
    "utm_campaign": gettext_lazy("By UTM campaign"),
    "device": gettext_lazy("By device"),
    "country": gettext_lazy("By country"),
    "code": gettext_lazy("By promo code"),
    "product": gettext_lazy("By product"),
    "customer": gettext_lazy("By new and returning"),
}
# What one row is, and what a filter is called.
ROW_WORDS: dict[str, str | Promise] = {
    "day": gettext_lazy("Day"),
    "week": gettext_lazy("Week"),
    "month": gettext_lazy("Month"),
    "hour": gettext_lazy("Weekday and hour"),
    "partner": gettext_lazy("Partner"),
    "link": gettext_lazy("Link"),
    "content": gettext_lazy("Content"),
    "sub1": gettext_lazy("SubID"),
    "sub2": gettext_lazy("SubID 2"),
    "sub3": gettext_lazy("SubID 3"),
    "sub4": gettext_lazy("SubID 4"),
    "sub5": gettext_lazy("SubID 5"),
    "referrer": gettext_lazy("Site"),
    "utm_source": gettext_lazy("UTM source"),
    "utm_medium": gettext_lazy("UTM medium"),
    "utm_campaign": gettext_lazy("UTM campaign"),
    "device": gettext_lazy("Device"),
    "country": gettext_lazy("Country"),
    "code": gettext_lazy("Promo code"),
    "product": gettext_lazy("Product"),
    "customer": gettext_lazy("Customer"),
}
FIGURE_WORDS: dict[str, str | Promise] = {
    "clicks": gettext_lazy("Clicks"),
    "visitors": pgettext_lazy("figure", "Visitors"),
    "bots": gettext_lazy("Machines"),
    "leads": pgettext_lazy("figure", "Leads"),
    "orders": gettext_lazy("Orders"),
    "conversion": gettext_lazy("Conversion"),
    "revenue": gettext_lazy("Revenue"),
    "average": gettext_lazy("Average order"),
    "returned": pgettext_lazy("figure", "Returned"),
    "returned_sum": gettext_lazy("Returned for"),
    "return_rate": gettext_lazy("Share of returns"),
    "level1": gettext_lazy("Commission, first level"),
    "level2": gettext_lazy("Commission, second level"),
    "commission": gettext_lazy("Commission"),
    "epc": gettext_lazy("EPC"),
}
# For the head of a column, where the whole word would take too much.
SHORT_WORDS: dict[str, str | Promise] = {
    "level1": gettext_lazy("First level"),
    "level2": gettext_lazy("Second level"),
}
_DEVICES: dict[str, str | Promise] = {
    "phone": gettext_lazy("Phone"),
    "tablet": gettext_lazy("Tablet"),
    "computer": gettext_lazy("Computer"),
    "other": gettext_lazy("Another device"),
}
_NOTHING: dict[str, str | Promise] = {
    "link": gettext_lazy("Without a link"),
    "content": gettext_lazy("Everything else"),
    "code": gettext_lazy("Without a promo code"),
    "referrer": gettext_lazy("Site not known"),
    "device": gettext_lazy("Device not known"),
    "country": gettext_lazy("Country not known"),
}


def row_label(question: FigureQuestion, row: FigureRow) -> str:
    """What a row is called."""
    key, by = row.key, question.by
    if isinstance(key, date):
        return _time_label(question, key)
    if key == TEAM:
        return _("Second level and orders that went to others")
    if key == REST:
        return _("The rest")
    if not key:
        return str(_NOTHING.get(by) or _("Not given"))
    if by == "hour":
        return hour_label(key)
    if by == "link" and key == "0":
        return _("Addresses with the mark, without a link")
    if by == "customer":
        return _("First order") if key == "new" else _("Bought before")
    if by == "device":
        return str(_DEVICES.get(key, key))
    if by == "country":
        return Locale.parse("ru" if formats.is_russian() else "en").territories.get(key, key)
    return row.label or key


def _time_label(question: FigureQuestion, key: date) -> str:
    if question.by == "day":
        return formats.day(key)
    if question.by == "month":
        names = Locale.parse("ru" if formats.is_russian() else "en").months["stand-alone"]["wide"]
        return f"{names[key.month][:1].upper()}{names[key.month][1:]} {key.year}"
    first, last = span(question, key)
    return f"{formats.day_short(first)} – {formats.day_short(last)}"


def span(question: FigureQuestion, key: date) -> tuple[date, date]:
    """The days of a row of time that lie in the period."""
    period = question.period
    if question.by == "day":
        return key, key
    if question.by == "week":
        end = key + timedelta(days=6)
    else:
        end = (key.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return max(key, period.first), min(end, period.last)


def hour_label(key: str) -> str:
    """«6-21» as «Sunday, 21:00»."""
    day, _cut, hour = key.partition("-")
    name = Locale.parse("ru" if formats.is_russian() else "en").days["stand-alone"]["wide"][int(day)]
    return f"{name[:1].upper()}{name[1:]}, {int(hour)}:00"


def figure_text(name: str, value: int | Fraction | None, currency: str) -> str:
    """A figure as people read it; «—» where it has no meaning."""
    if value is None:
        return "—"
    if name in MONEY:
        return formats.money(whole_minor(Fraction(value)), currency)
    if name in SHARES:
        exact = Fraction(value)
        return formats.share(exact.numerator, exact.denominator)
    return formats.number(int(value))


def change_text(now: int | Fraction | None, before: int | Fraction | None) -> str:
    """«+12 %» against the period before, with its sign; empty where nothing can be compared."""
    if now is None or not before:
        return ""
    change = (Fraction(now) - Fraction(before)) / abs(Fraction(before))
    if not change:
        return ""
    sign = formats.MINUS if change < 0 else "+"
    return sign + formats.share(abs(change.numerator), change.denominator)
