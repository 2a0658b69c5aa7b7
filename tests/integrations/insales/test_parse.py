"""Every order body of the samples becomes exact values; every trap of old and odd bodies has a case of its own."""

import contextlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from molva.domain.inbound import InboundClient, InboundLine, InboundMarks, NotUnderstood
from molva.integrations.sources.insales.codes import seen_code
from molva.integrations.sources.insales.parse import load_body, parse_order

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> dict[str, Any]:
    return load_body((SAMPLES / name).read_bytes())


def order(**changes: Any) -> dict[str, Any]:
    """A small body of today's form."""
    line = {
        "id": 1,
        "product_id": 7,
        "sku": "T-1",
        "title": "Tea",
        "quantity": 2,
        "sale_price": 100.0,
        "total_price": 200.0,
        "full_total_price": 180.0,
    }
    body = {
        "id": 5,
        "number": 1001,
        "created_at": "2026-10-01T12:00:00.000+03:00",
        "updated_at": "2026-10-01T12:00:00.500+03:00",
        "currency_code": "RUR",
        "items_price": 180.0,
        "total_price": 480.0,
        "full_delivery_price": 300.0,
        "order_lines": [line],
        "discounts": [],
        "custom_status": {"permalink": "novyy", "title": "Новый"},
        "fulfillment_status": "new",
        "client": {"id": 9, "email": "a@example.ru", "phone": "89161234567", "name": "Анна"},
        "cookies": {},
        "fields_values": [],
        "first_current_location": "/?aff=ANNA",
        "current_location": "/",
    }
    return {**body, **changes}


def test_the_body_of_2024_with_a_manual_discount():
    told = parse_order(sample("order_webhook_2024_paid_toggle.json"))
    assert (told.external_id, told.number) == ("145173566", "1001")
    assert told.created_at == 1735323975_999999  # cut to the second by the shop, so its end is meant
    assert told.seq == 1735470313_000000
    assert told.client == InboundClient("86923487", "test.buyer@example.com", "89000002308", "Тест Тестов")
    assert (told.status, told.status_title, told.currency) == ("delivered", "Доставлен", "RUB")
    assert (told.delivery_minor, told.discount_minor, told.total_minor) == (0, 0, 950)
    assert told.lines == (InboundLine("718717957", "Тестовый товар 10 р", "491844344", "", "1", 1000, 950),)
    assert told.marks == InboundMarks((), (), "/", "/")


def test_the_body_of_2020_with_foreign_cookies():
    told = parse_order(sample("order_webhook_2020_cookies.json"))
    assert (told.status, told.total_minor, told.delivery_minor) == ("novyy", 605000, 15000)
    assert [line.total_minor for line in told.lines] == [590000]
    assert told.client.email == "user_name@example.com"
    cookies = (("roistat_visit", "73666"), ("roistat_visit_cookie_expire", "1209600"))
    assert told.marks == InboundMarks((), (), "/", "/", cookies=cookies)


def test_the_body_of_2017_with_a_margin_and_an_empty_email():
    told = parse_order(sample("order_webhook_2017_from_xml.json"))
    # 12 600 − 10 % discount, + 10 % margin of the payment method: the line already holds both
    assert [(line.price_minor, line.total_minor) for line in told.lines] == [(1260000, 1247400)]
    assert (told.delivery_minor, told.total_minor, told.discount_minor) == (12650, 1260050, 0)
    assert told.client == InboundClient("14068756", None, "89000007094", "test")
    assert told.status == "new"


def test_the_body_of_2011_without_statuses_and_line_totals():
    told = parse_order(sample("order_create_response_2011.json"))
    assert (told.status, told.status_title, told.currency) == ("new", "new", "RUB")
    assert [(line.quantity, line.total_minor) for line in told.lines] == [("1", 600)]
    assert (told.delivery_minor, told.discount_minor, told.total_minor) == (50000, 0, 50600)
    assert told.marks == InboundMarks()


def test_a_fragment_without_id_is_not_understood():
    with pytest.raises(NotUnderstood, match="no “id”"):
        parse_order(sample("order_fragment_2017_docs.json"))


def test_other_samples_are_refused_with_a_reason_or_parsed_never_crash():
    for path in sorted(SAMPLES.glob("*.json")):
        with contextlib.suppress(NotUnderstood):
            assert parse_order(load_body(path.read_bytes())).lines is not None


MONEY = [
    ("a number", 12.5, 1250),
    ("a whole number", 12, 1200),
    ("a text", "12.50", 1250),
    ("a third decimal, rounded half up", "0.125", 13),
    ("nothing", None, 0),
    ("an empty text", "", 0),
]


@pytest.mark.parametrize(("case", "value", "minor"), MONEY, ids=[row[0] for row in MONEY])
def test_money_comes_as_numbers_or_texts(case: str, value: Any, minor: int):
    body = load_body(json.dumps(order(full_delivery_price=value, delivery_price=value)).encode())
    assert parse_order(body).delivery_minor == minor


QUANTITIES = [
    ("pieces", 4, "4"),
    ("kilograms as a float", 4.0, "4"),
    ("a part", 0.25, "0.25"),
    ("a text", "3", "3"),
]


@pytest.mark.parametrize(("case", "value", "text"), QUANTITIES, ids=[row[0] for row in QUANTITIES])
def test_quantities_are_exact_texts(case: str, value: Any, text: str):
    body = order()
    body["order_lines"][0]["quantity"] = value
    assert parse_order(load_body(json.dumps(body).encode())).lines[0].quantity == text


def test_a_visit_is_told_whole_with_its_query_and_the_page_before():
    told = parse_order(
        order(
            first_query="utm=1",
            query=None,
            first_referer="https://blog.example/post?aff=ANNA",
            referer="android-app://com.example",
            cookies={"molva": "tok1", "admitad_uid": "7"},
            fields_values=[{"handle": "molva", "value": "tok1"}, {"handle": "molva", "value": "tok2"}],
        )
    ).marks
    assert told == InboundMarks(
        tokens=("tok1", "tok2"),
        token_places=("cookie", "field"),
        first_location="/?aff=ANNA",
        last_location="/",
        first_query="utm=1",
        first_referer="https://blog.example/post?aff=ANNA",
        cookies=(("molva", "tok1"), ("admitad_uid", "7")),
    )


def test_a_return_from_the_bank_is_no_visit_and_its_secret_key_is_not_kept():
    told = parse_order(
        order(
            current_location="/orders/0123456789abcdef0123456789abcdef?success_payment=true&aff=ANNA",
            query="success_payment=true&aff=ANNA",
            referer="https://pay.example/?aff=ANNA",
        )
    ).marks
    assert (told.last_location, told.last_query, told.last_referer) == (None, None, None)
    assert told.dropped == (("current_location", "/orders/…"),)


def test_codes_of_old_lists_are_read():
    seen = [seen_code(row) for row in json.loads((SAMPLES / "discount_codes_list_from_xml.json").read_text())]
    first = seen[0]
    assert (first.external_id, first.code, first.kind, first.discount, first.limit) == (
        "628", "DC1", "percent", 1000, "total",
    )  # fmt: skip
    assert (str(first.expires), first.is_ours, first.is_used) == ("2012-06-09", False, False)
    assert (seen[2].kind, seen[3].is_disabled) == ("sum", True)


def test_a_coupon_is_found_by_its_id_then_by_the_text_and_other_discounts_are_none():
    discounts = [
        {"discount_code_id": 628, "description": "Скидка по купону SPRING"},
        {"discount_code_id": 700, "description": "Скидка по купону kate10"},
        {"discount_code_id": None, "description": "Скидка по купону FAKE"},
    ]
    told = parse_order(order(discounts=discounts), {"628": "ANNA10"})
    assert told.marks.codes == ("ANNA10", "kate10")


def test_a_discount_that_the_lines_do_not_hold_is_told_apart():
    line = {"id": 1, "quantity": 1, "sale_price": "1000.0"}
    told = parse_order(
        order(order_lines=[line], items_price=None, total_price=1200.0, full_delivery_price=300.0)
    )
    assert (told.lines[0].total_minor, told.discount_minor) == (100000, 10000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/", "/"),
        ("/?aff=ANNA10", "/?aff=ANNA10"),
        ("https://shop.example/page?aff=A#x", "/page?aff=A"),
        ("/orders/2edddcd1?success_payment=true", None),
        ("", None),
        (None, None),
    ],
)
def test_entry_pages_and_the_trap_of_the_success_page(value: str | None, expected: str | None):
    assert parse_order(order(current_location=value)).marks.last_location == expected


@pytest.mark.parametrize("cookies", [{}, [], None, {"roistat_visit": "1"}])
def test_cookies_may_be_anything(cookies: Any):
    assert parse_order(order(cookies=cookies)).marks.tokens == ()


def test_our_mark_comes_by_cookie_and_by_the_extra_field():
    fields = [
        {"field_id": 3, "value": "tok-b", "handle": "molva", "name": "molva"},
        {"field_id": 4, "value": "x"},
    ]
    told = parse_order(order(cookies={"molva": "tok-a"}, fields_values=fields))
    assert told.marks.tokens == ("tok-a", "tok-b")


def test_the_phone_of_delivery_stands_in_for_a_missing_one():
    told = parse_order(
        order(client={"id": 9}, shipping_address={"phone": "+7 900 000-00-01", "full_name": "Ян"})
    )
    assert told.client == InboundClient("9", None, "+7 900 000-00-01", "Ян")


def test_an_order_without_a_client_is_still_an_order():
    assert parse_order(order(client=None)).client == InboundClient(None, None, None, "")


BROKEN = [
    ("no JSON", b"<order/>", "not JSON"),
    ("a list", b"[1]", "not an object"),
    ("not UTF-8", b"\xff\xfe", "not JSON"),
]


@pytest.mark.parametrize(("case", "raw", "why"), BROKEN, ids=[row[0] for row in BROKEN])
def test_bytes_that_are_no_order_say_why(case: str, raw: bytes, why: str):
    with pytest.raises(NotUnderstood, match=why):
        load_body(raw)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("created_at", "yesterday", "not a moment"),
        ("created_at", "2026-10-01T12:00:00", "no time zone"),
        ("total_price", "a lot", "not a number"),
        ("total_price", Decimal("Infinity"), "out of range"),
    ],
)
def test_values_that_make_no_sense_say_why(key: str, value: Any, why: str):
    with pytest.raises(NotUnderstood, match=why):
        parse_order(order(**{key: value}))
