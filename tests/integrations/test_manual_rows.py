"""Rows as people write them: numbers, dates, statuses and columns in both languages; what makes no sense says why."""

import pytest

from molva.domain.inbound import NotUnderstood
from molva.integrations.sources.manual.rows import parse_row, read_csv

STATUSES = {"new": ("new", "Новый"), "новый": ("new", "Новый"), "доставлен": ("delivered", "Доставлен")}
NOON = 1_790_931_600_000_000  # 2026-10-02 12:00 in Moscow, µs


def parse(**values: str):
    row = {"number": "1", "total": "100", "name": "Ann", **values}
    return parse_row(
        row, timezone="Europe/Moscow", currency="RUB", digits=2, told_at=NOON + 5, statuses=STATUSES
    )


@pytest.mark.parametrize(
    ("text", "minor"),
    [("100", 10_000), ("1 234,50", 123_450), ("1\u00a0234.5", 123_450), ("99,9 ₽", 9_990), ("0", 0)],
)
def test_sums_as_people_write_them(text: str, minor: int):
    assert parse(total=text).lines[0].total_minor == minor


@pytest.mark.parametrize("text", ["2026-10-02", "02.10.2026", "02.10.2026 12:00", "2026-10-02T12:00"])
def test_dates_are_of_the_programmes_zone_and_a_bare_day_is_its_noon(text: str):
    assert parse(date=text).created_at == NOON


@pytest.mark.parametrize(
    ("text", "status"), [("", "new"), ("Новый", "new"), ("ДОСТАВЛЕН", "delivered"), ("new", "new")]
)
def test_statuses_are_known_by_name_and_by_title(text: str, status: str):
    assert parse(status=text).status == status


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"number": ""}, "“number” is empty"),
        ({"total": ""}, "“total” is empty"),
        ({"total": "1,234"}, "more than 2 digits"),
        ({"total": "-5"}, "out of range"),
        ({"total": "NaN"}, "out of range"),
        ({"quantity": "few"}, "“quantity” is not a number"),
        ({"date": "32.13.2026"}, "“date” is not a date"),
        ({"status": "eaten"}, "“status” is not one of the shop's"),
        ({"name": ""}, "no customer"),
    ],
)
def test_what_makes_no_sense_says_why(values: dict[str, str], why: str):
    with pytest.raises(NotUnderstood, match=why):
        parse(**values)


def test_rows_carry_the_number_that_the_spreadsheet_shows():
    rows = read_csv("Номер заказа,Сумма\n1,5\n\n3,7\n".encode())
    assert [(row.number, row.values) for row in rows] == [
        (2, {"number": "1", "total": "5"}),
        (4, {"number": "3", "total": "7"}),
    ]
