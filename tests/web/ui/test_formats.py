"""Figures, money and dates as people read them, in both languages, as tables."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone, translation

from molva.web.ui import formats

NOW = datetime(2026, 10, 2, 9, 0, tzinfo=UTC)


def plain(text: str) -> str:
    """With ordinary blanks, so that the table can be read; how many were hard is tested apart."""
    return text.replace("\u00a0", " ")


@pytest.fixture(params=["ru", "en"])
def language(request: pytest.FixtureRequest) -> Any:
    with translation.override(request.param):
        yield request.param


@pytest.mark.parametrize(
    ("minor", "currency", "signed", "russian", "english"),
    [
        (0, "RUB", False, "0,00 ₽", "₽0.00"),
        (5, "RUB", False, "0,05 ₽", "₽0.05"),
        (123456, "RUB", False, "1 234,56 ₽", "₽1,234.56"),
        (171620812, "RUB", False, "1 716 208,12 ₽", "₽1,716,208.12"),
        (-8010, "RUB", False, "−80,10 ₽", "−₽80.10"),
        (-1, "RUB", True, "−0,01 ₽", "−₽0.01"),
        (32940, "RUB", True, "+329,40 ₽", "+₽329.40"),
        (0, "RUB", True, "0,00 ₽", "₽0.00"),
        (1500, "JPY", False, "1 500 JPY", "JPY 1,500"),
        (1234567, "KWD", False, "1 234,567 KWD", "KWD 1,234.567"),
        (100000, "KZT", False, "1 000,00 ₸", "₸1,000.00"),
    ],
)
def test_money(language: str, minor: int, currency: str, signed: bool, russian: str, english: str) -> None:
    wanted = russian if language == "ru" else english
    assert plain(formats.money(minor, currency, signed=signed)) == wanted


def test_money_never_breaks_over_two_lines() -> None:
    with translation.override("ru"):
        assert formats.money(171620812, "RUB").count("\u00a0") == 3
        assert " " not in formats.money(171620812, "RUB")


@pytest.mark.parametrize(
    ("minor", "russian", "english"),
    [
        (184230649, "1 842 306 ₽", "₽1,842,306"),
        (184230650, "1 842 307 ₽", "₽1,842,307"),
        (-150, "−2 ₽", "−₽2"),
        (49, "0 ₽", "₽0"),
    ],
)
def test_whole_roubles(language: str, minor: int, russian: str, english: str) -> None:
    assert plain(formats.money_whole(minor, "RUB")) == (russian if language == "ru" else english)


@pytest.mark.parametrize(
    ("rate", "russian", "english"),
    [
        (1000, "10 %", "10%"),
        (1192, "11,92 %", "11.92%"),
        (50, "0,5 %", "0.5%"),
        (0, "0 %", "0%"),
        (-700, "−7 %", "−7%"),
        ("12.5", "12,5 %", "12.5%"),
        (Decimal("3.333"), "3,333 %", "3.333%"),
    ],
)
def test_percent(language: str, rate: Any, russian: str, english: str) -> None:
    assert plain(formats.percent(rate)) == (russian if language == "ru" else english)


@pytest.mark.parametrize(
    ("part", "whole", "russian"), [(31, 864, "3,6 %"), (24, 31, "77 %"), (1, 1, "100 %"), (5, 0, "—")]
)
def test_share(part: int, whole: int, russian: str) -> None:
    with translation.override("ru"):
        assert plain(formats.share(part, whole)) == russian


@pytest.mark.parametrize(
    ("count", "russian", "english"),
    [
        (0, "0 заказов", "0 orders"),
        (1, "1 заказ", "1 order"),
        (2, "2 заказа", "2 orders"),
        (5, "5 заказов", "5 orders"),
        (11, "11 заказов", "11 orders"),
        (21, "21 заказ", "21 orders"),
        (1306, "1 306 заказов", "1,306 orders"),
    ],
)
def test_a_number_agrees_with_its_noun(language: str, count: int, russian: str, english: str) -> None:
    assert plain(formats.counted(count, "order")) == (russian if language == "ru" else english)


def test_every_noun_has_three_russian_forms() -> None:
    with translation.override("ru"):
        for noun in formats.NOUNS:
            forms = [formats.counted_word(count, noun) for count in (1, 2, 5)]
            assert all(form and not form.isascii() for form in forms), noun


@pytest.mark.parametrize(
    ("value", "russian", "english"),
    [
        (datetime(2026, 10, 2, 8, 20, tzinfo=UTC), "11:20", "11:20"),
        (datetime(2026, 10, 1, 22, 30, tzinfo=UTC), "01:30", "01:30"),  # already the 2nd in Moscow
        (datetime(2026, 10, 1, 10, 0, tzinfo=UTC), "вчера", "yesterday"),
        (date(2026, 10, 3), "завтра", "tomorrow"),
        (date(2026, 10, 2), "сегодня", "today"),
        (date(2026, 9, 28), "28 сен", "28 Sep"),
        (date(2026, 5, 3), "3 мая", "3 May"),
        (date(2025, 11, 7), "7 ноя 2025", "7 Nov 2025"),
    ],
)
def test_when(language: str, value: Any, russian: str, english: str) -> None:
    with time_machine.travel(NOW, tick=False), timezone.override("Europe/Moscow"):
        assert plain(formats.when(value)) == (russian if language == "ru" else english)


def test_days_and_moments(language: str) -> None:
    value = datetime(2026, 9, 30, 11, 20, tzinfo=UTC)
    with time_machine.travel(NOW, tick=False), timezone.override("Europe/Moscow"):
        written = [
            plain(formats.day(value)),
            plain(formats.moment(value)),
            plain(formats.day(date(2025, 1, 9))),
        ]
    if language == "ru":
        assert written == ["30 сентября", "30 сентября, 14:20", "9 января 2025"]
    else:
        assert written == ["30 September", "30 September, 14:20", "9 January 2025"]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Екатерина Преображенская-Северная", "ЕП"),
        ("Студия «Ветер и сыновья»", "СВ"),
        ("ООО «НПО «Северные травы и чайные культуры»»", "ОН"),
        ("kim", "KI"),
        ("", "·"),
        ("«»", "·"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert formats.initials(name) == letters
