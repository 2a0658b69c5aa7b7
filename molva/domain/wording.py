"""Money, rates and times in words, in English and Russian."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

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
    if minor < 0:
        return MINUS + money_words(-minor, currency, digits, lang)
    before, scale, tails = _money_form(currency, digits, lang)
    whole, rest = divmod(minor, scale)
    grouped = f"{whole:,}"
    if lang == "ru":
        grouped = grouped.replace(",", NBSP)
    return f"{before}{grouped}{tails[rest]}"


@lru_cache(maxsize=64)
def _money_form(currency: str, digits: int, lang: str) -> tuple[str, int, list[str]]:
    """What stands before a sum, its minor units in one, and what stands after the whole, by the minor units."""
    sign = _SIGNS.get(currency)
    scale = 10**digits
    fractions = [f"{rest:0{digits}d}" for rest in range(scale)] if digits else [""]
    if lang == "ru":
        point, after = "," if digits else "", NBSP + (sign or currency)
        return "", scale, [f"{point}{fraction}{after}" for fraction in fractions]
    point = "." if digits else ""
    return sign or currency + NBSP, scale, [f"{point}{fraction}" for fraction in fractions]


@lru_cache(maxsize=256)
def percent_words(percent: str, lang: str) -> str:
    """«12,5 %» in Russian, «12.5%» in English."""
    return percent.replace(".", ",") + NBSP + "%" if lang == "ru" else percent + "%"


def time_words(at: int, zone: str, lang: str) -> str:
    """«1 March 2026, 12:00»: minutes are enough for people."""
    return _minute_words(at - at % MINUTE if at >= WHOLE_MINUTES else at, zone, lang)


@lru_cache(maxsize=4096)
def _minute_words(at: int, zone: str, lang: str) -> str:
    moment = _local(at, zone)
    return (
        f"{moment.day} {_MONTHS[lang][moment.month - 1]} {moment.year}, {moment.hour:02d}:{moment.minute:02d}"
    )


def _local(at: int, zone: str) -> datetime:
    try:
        return (_EPOCH + timedelta(microseconds=at)).astimezone(_zone(zone))
    except OverflowError:  # the last hours of the last year there is
        return datetime.max.replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
