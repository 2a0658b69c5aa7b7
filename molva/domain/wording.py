"""Money, rates and times in words, in English and Russian."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Both = tuple[str, str]  # in English, in Russian
NBSP, MINUS = "\u00a0", "\u2212"
_SIGNS = {
    "RUB": "₽",
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "KZT": "₸",
    "UAH": "₴",
    "JPY": "¥",
    "CNY": "¥",
    "TRY": "₺",
}
_MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "ru": [
        "января",
        "февраля",
        "марта",
        "апреля",
        "мая",
        "июня",
        "июля",
        "августа",
        "сентября",
        "октября",
        "ноября",
        "декабря",
    ],
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = 60_000_000  # microseconds
WHOLE_MINUTES = (
    94_694_400_000_000  # since 1973 every zone is whole minutes from UTC and changes at a whole minute
)


def money_words(minor: int, currency: str, digits: int, lang: str) -> str:
    """«1 234,56 ₽» in Russian, «₽1,234.56» in English, with a real minus."""
    return in_words(minor, currency, digits)[lang == "ru"]


def in_words(minor: int, currency: str, digits: int) -> Both:
    """A sum in both languages."""
    if minor < 0:
        english, russian = in_words(-minor, currency, digits)
        return MINUS + english, MINUS + russian
    before, scale, english_tails, russian_tails = _money_form(currency, digits)
    rest = minor % scale
    grouped = f"{minor // scale:,}"
    return f"{before}{grouped}{english_tails[rest]}", grouped.replace(",", NBSP) + russian_tails[rest]


@lru_cache(maxsize=64)
def _money_form(currency: str, digits: int) -> tuple[str, int, list[str], list[str]]:
    """What stands before a sum in English, its minor units in one, what stands after the whole, by the minor units."""
    sign = _SIGNS.get(currency)
    scale = 10**digits
    fractions = [f"{rest:0{digits}d}" for rest in range(scale)] if digits else [""]
    point, comma = (".", ",") if digits else ("", "")
    english = [f"{point}{fraction}" for fraction in fractions]
    russian = [f"{comma}{fraction}{NBSP}{sign or currency}" for fraction in fractions]
    return sign or currency + NBSP, scale, english, russian


@lru_cache(maxsize=256)
def percent_words(percent: str, lang: str) -> str:
    """«12,5 %» in Russian, «12.5%» in English."""
    return percent.replace(".", ",") + NBSP + "%" if lang == "ru" else percent + "%"


def time_in_words(at: int, zone: str) -> Both:
    """«1 March 2026, 12:00» in both languages: minutes are enough for people."""
    return _minute_in_words(at - at % MINUTE if at >= WHOLE_MINUTES else at, zone)


@lru_cache(maxsize=4096)
def _minute_in_words(at: int, zone: str) -> Both:
    moment = _local(at, zone)
    year, time = moment.year, f"{moment.hour:02d}:{moment.minute:02d}"
    return (
        f"{moment.day} {_MONTHS['en'][moment.month - 1]} {year}, {time}",
        f"{moment.day} {_MONTHS['ru'][moment.month - 1]} {year}, {time}",
    )


def _local(at: int, zone: str) -> datetime:
    try:
        return (_EPOCH + timedelta(microseconds=at)).astimezone(_zone(zone))
    except OverflowError:  # the last hours of the last year there is
        return datetime.max.replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
