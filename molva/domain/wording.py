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


@lru_cache(maxsize=1024)
def money_words(minor: int, currency: str, digits: int, lang: str) -> str:
    """«1 234,56 ₽» in Russian, «₽1,234.56» in English, with a real minus."""
    if minor < 0:
        return MINUS + money_words(-minor, currency, digits, lang)
    text = str(minor).zfill(digits + 1)
    whole, fraction = (text[:-digits], text[-digits:]) if digits else (text, "")
    if len(whole) > 3:
        whole = f"{int(whole):,}"
    sign = _SIGNS.get(currency)
    if lang == "ru":
        point = "," if digits else ""
        return f"{whole.replace(',', NBSP)}{point}{fraction}{NBSP}{sign or currency}"
    point = "." if digits else ""
    return f"{sign or currency + NBSP}{whole}{point}{fraction}"


@lru_cache(maxsize=256)
def percent_words(percent: str, lang: str) -> str:
    """«12,5 %» in Russian, «12.5%» in English."""
    return percent.replace(".", ",") + NBSP + "%" if lang == "ru" else percent + "%"


def time_words(at: int, zone: str, lang: str) -> str:
    """«1 March 2026, 12:00»: minutes are enough for people."""
    moment = _local(at, zone)
    return (
        f"{moment.day} {_MONTHS[lang][moment.month - 1]} {moment.year}, {moment.hour:02d}:{moment.minute:02d}"
    )


@lru_cache(maxsize=1024)
def _local(at: int, zone: str) -> datetime:
    try:
        return (_EPOCH + timedelta(microseconds=at)).astimezone(_zone(zone))
    except OverflowError:  # the last hours of the last year there is
        return datetime.max.replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
