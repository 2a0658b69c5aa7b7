"""How figures, money, dates and names are written for people, in the active language.

Plain text without HTML: pages use the filters of `templatetags/ui.py`, letters and bots use these functions directly.
Blanks inside a sum, a per cent and before a unit are U+00A0; the minus is the real one, U+2212.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext

from molva.kit import clock
from molva.kit.money import CURRENCY_DIGITS

NBSP = "\u00a0"
MINUS = "\u2212"
SYMBOLS = {"RUB": "₽", "USD": "$", "EUR": "€", "GBP": "£", "KZT": "₸", "UAH": "₴", "BYN": "Br", "TRY": "₺"}

Number = int | Decimal | str


def symbol_of(currency: str) -> str:
    """«₽» for RUB, the code itself for a currency without a sign of its own, «¤» for no currency at all."""
    return SYMBOLS.get(currency) or (currency if currency in CURRENCY_DIGITS else "¤")


def is_russian() -> bool:
    """Whether the active language is Russian."""
    return (get_language() or "en").startswith("ru")


def number(value: Number) -> str:
    """12345 → «12 345» or «12,345»; fractions keep their digits, without trailing zeros."""
    exact = Decimal(value)
    sign = MINUS if exact < 0 else ""
    whole, _, fraction = f"{abs(exact):,f}".partition(".")
    fraction = fraction.rstrip("0")
    if is_russian():
        return sign + whole.replace(",", NBSP) + ("," + fraction if fraction else "")
    return sign + whole + ("." + fraction if fraction else "")


def money_parts(minor: int, currency: str, *, signed: bool = False) -> tuple[str, str]:
    """The loud and the quiet half of a sum: («−1 234», «,56 ₽») or («−₽1,234», «.56»).

    `signed` adds «+» above zero: only for changes.
    """
    digits = CURRENCY_DIGITS.get(currency, 2)
    symbol = symbol_of(currency)
    whole, fraction = divmod(abs(minor), 10**digits)
    sign = MINUS if minor < 0 else "+" if signed and minor > 0 else ""
    tail = f"{fraction:0{digits}d}" if digits else ""
    if is_russian():
        quiet = f",{tail}{NBSP}{symbol}" if tail else f"{NBSP}{symbol}"
        return sign + f"{whole:,}".replace(",", NBSP), quiet
    blank = NBSP if len(symbol) > 1 else ""
    return f"{sign}{symbol}{blank}{whole:,}", f".{tail}" if tail else ""


def money(minor: int, currency: str, *, signed: bool = False) -> str:
    """The whole sum: «1 234,56 ₽», «₽1,234.56», «−₽80.10»."""
    return "".join(money_parts(minor, currency, signed=signed))


def money_whole(minor: int, currency: str) -> str:
    """Without kopecks, halves up: only overview figures and chart axes (the exact sum stands in a tooltip)."""
    digits = CURRENCY_DIGITS.get(currency, 2)
    unit = 10**digits
    rounded = (abs(minor) * 2 + unit) // (2 * unit) * (1 if minor >= 0 else -1)
    loud, _ = money_parts(rounded * unit, currency)
    return f"{loud}{NBSP}{symbol_of(currency)}" if is_russian() else loud


def percent(rate: Number) -> str:
    """Basis points (int) or per cents (str, Decimal): 1192 or «11.92» → «11,92 %» or «11.92%»."""
    exact = Decimal(rate) / 100 if isinstance(rate, int) else Decimal(rate)
    return number(exact) + (NBSP if is_russian() else "") + "%"


def share(part: Number, whole: Number) -> str:
    """How many per cent of `whole` is `part`: one digit below ten per cent, none above; «—» of nothing."""
    if not Decimal(whole):
        return "—"
    exact = Decimal(part) * 100 / Decimal(whole)
    return percent(exact.quantize(Decimal("0.1") if abs(exact) < 10 else Decimal(1)))


NOUNS: dict[str, Callable[[int], str]] = {
    "attempt": lambda n: ngettext("%(n)s attempt", "%(n)s attempts", n),
    "click": lambda n: ngettext("%(n)s click", "%(n)s clicks", n),
    "client": lambda n: ngettext("%(n)s client", "%(n)s clients", n),
    "commission": lambda n: ngettext("%(n)s commission", "%(n)s commissions", n),
    "day": lambda n: ngettext("%(n)s day", "%(n)s days", n),
    "error": lambda n: ngettext("%(n)s error", "%(n)s errors", n),
    "event": lambda n: ngettext("%(n)s event", "%(n)s events", n),
    "file": lambda n: ngettext("%(n)s file", "%(n)s files", n),
    "hour": lambda n: ngettext("%(n)s hour", "%(n)s hours", n),
    "job": lambda n: ngettext("%(n)s job", "%(n)s jobs", n),
    "lead": lambda n: ngettext("%(n)s lead", "%(n)s leads", n),
    "link": lambda n: ngettext("%(n)s link", "%(n)s links", n),
    "minute": lambda n: ngettext("%(n)s minute", "%(n)s minutes", n),
    "month": lambda n: ngettext("%(n)s month", "%(n)s months", n),
    "order": lambda n: ngettext("%(n)s order", "%(n)s orders", n),
    "partner": lambda n: ngettext("%(n)s partner", "%(n)s partners", n),
    "payout": lambda n: ngettext("%(n)s payout", "%(n)s payouts", n),
    "person": lambda n: ngettext("%(n)s person", "%(n)s people", n),
    "product": lambda n: ngettext("%(n)s product", "%(n)s products", n),
    "promo code": lambda n: ngettext("%(n)s promo code", "%(n)s promo codes", n),
    "row": lambda n: ngettext("%(n)s row", "%(n)s rows", n),
    "rule": lambda n: ngettext("%(n)s rule", "%(n)s rules", n),
    "sale": lambda n: ngettext("%(n)s sale", "%(n)s sales", n),
    "second": lambda n: ngettext("%(n)s second", "%(n)s seconds", n),
    "time": lambda n: ngettext("%(n)s time", "%(n)s times", n),
    "visitor": lambda n: ngettext("%(n)s visitor", "%(n)s visitors", n),
}


def counted(count: int, noun: str) -> str:
    """A number with its noun: 1 заказ, 2 заказа, 5 заказов. `noun` is a key of NOUNS."""
    return NOUNS[noun](abs(count)) % {"n": number(count)}


def counted_word(count: int, noun: str) -> str:
    """Only the noun, in the form that the number asks for: the number stands elsewhere, larger."""
    return (NOUNS[noun](abs(count)) % {"n": ""}).strip()


@lru_cache(maxsize=4)
def _months(language: str) -> tuple[str, ...]:
    names = Locale.parse(language).months["format"]["wide"]
    return tuple(names[month] for month in range(1, 13))


def local(value: date | datetime) -> date | datetime:
    """A moment in the active time zone; a plain date as it is."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def _today() -> date:
    return timezone.localtime(clock.now()).date()


def _month(value: date) -> str:
    return _months("ru" if is_russian() else "en")[value.month - 1]


def day(value: date | datetime) -> str:
    """«30 сентября»; the year only when it is not this one."""
    here = local(value)
    text = f"{here.day}{NBSP}{_month(here)}"
    return text if here.year == _today().year else f"{text} {here.year}"


def day_short(value: date | datetime) -> str:
    """«30 сен», «3 May»: for axes and narrow columns."""
    here = local(value)
    text = f"{here.day}{NBSP}{_month(here)[:3]}"
    return text if here.year == _today().year else f"{text}{NBSP}{here.year}"


def moment(value: datetime) -> str:
    """«30 сентября, 14:20»."""
    return f"{day(value)}, {clock_time(value)}"


def since(value: datetime) -> str:
    """When something begins: «1 декабря», with the hour when it is not midnight."""
    here = local(value)
    is_midnight = isinstance(here, datetime) and (here.hour, here.minute) == (0, 0)
    return day(value) if is_midnight else moment(value)


def clock_time(value: datetime) -> str:
    """«14:20» in the active time zone."""
    return f"{local(value):%H:%M}"


def when(value: date | datetime) -> str:
    """Near things by their hour, the rest by day: «14:20», «вчера», «30 сен»."""
    here = local(value)
    calendar_day = here.date() if isinstance(here, datetime) else here
    today = _today()
    if calendar_day == today:
        return f"{here:%H:%M}" if isinstance(here, datetime) else gettext("today")
    if calendar_day == today - timedelta(days=1):
        return gettext("yesterday")
    if calendar_day == today + timedelta(days=1):
        return gettext("tomorrow")
    return day_short(value)


def initials(name: str) -> str:
    """Two letters of a name: «Екатерина Преображенская» → «ЕП», «Студия «Ветер»» → «СВ»."""
    words = ["".join(sign for sign in word if sign.isalnum()) for word in name.replace("-", " ").split()]
    letters = [word[0] for word in words if word]
    if len(letters) == 1:
        word = next(word for word in words if word)
        return word[:2].upper()
    return "".join(letters[:2]).upper() or "·"
