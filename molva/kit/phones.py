"""Phone numbers as keys of a client: E.164, or no number at all."""

import re
from functools import lru_cache

import phonenumbers

_SPOKEN = re.compile(r"[\s()./\u00a0\u2010-\u2015-]+")
# The usual spellings of a Russian mobile number, so that most numbers need not ask the library (930 it must).
_RUSSIAN_MOBILE = re.compile(
    r"(?:\+7|8|7)?[ -]?\(?(9(?:[0-24-9][0-9]|3[1-9]))\)?[ -]?([0-9]{3})[ -]?([0-9]{2})[ -]?([0-9]{2})",
    re.ASCII,
)
_PLUS_EIGHT = re.compile(r"\+8([0-9]{10})", re.ASCII)


def normalise(text: str, region: str = "RU") -> str | None:
    """«8 (916) 123-45-67» → «+79161234567»; None for what is no number. An extension is dropped."""
    if region == "RU" and (plain := _RUSSIAN_MOBILE.fullmatch(text)):
        return "+7" + "".join(plain.groups())
    return _ask_library(text, region)


@lru_cache(maxsize=65_536)
def _ask_library(text: str, region: str) -> str | None:
    number = _valid(text, region)
    # «+8 916 …» is a common slip: 8 is the prefix for calls inside Russia. Only where it is no other country's number.
    if number is None and region == "RU" and (slip := _PLUS_EIGHT.fullmatch(_SPOKEN.sub("", text))):
        number = _valid("8" + slip[1], region)
    return number


def _valid(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
