"""Figures of a hand-made history, exact, by every view; equal to the books, whatever the filter."""

from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from molva.commissions.devices import tell_devices
from molva.ledger.models import Posting, TransactionKind
from molva.reports.accruals import accrual_report
from molva.reports.figures.asking import ask
from molva.reports.figures.questions import TEAM, VIEWS, FigureQuestion, FigureReport
from molva.reports.period import Period
from molva.reports.sales import sales_report
from molva.tracking.columns.errors import NoAnswerError
from molva.tracking.models import ContentItem
from tests.reports.conftest import Life

MOSCOW = ZoneInfo("Europe/Moscow")
MARCH = Period(date(2026, 3, 1), date(2026, 3, 14), MOSCOW)


def question(life: Life, by: str = "day", period: Period = MARCH, **more: Any) -> FigureQuestion:
    return FigureQuestion(life.shop.programme, period, by, **more)


def table(report: FigureReport, *names: str) -> dict[Any, tuple[Any, ...]]:
    return {row.key: tuple(getattr(row.figures, name) for name in names) for row in report.rows}


def test_the_whole_and_its_ratios(busy: Life) -> None:
    total = ask(question(busy)).total
    # 1001, 1002 (returned), 1003, 1004, 1005; delivery of 300 on each
    assert (total.clicks, total.visitors, total.bots) == (5, 4, 1)
    assert (total.orders, total.revenue, total.returned, total.returned_sum) == (5, 430_000, 1, 80_000)
    # 10 % of 1000, 800, 200 and 300; Anna gets 3 % of what Boris brought: 1000, 200, 300
    assert (total.level1, total.level2, total.commission) == (23_000, 4_500, 27_500)
    assert (total.average, total.epc, total.conversion) == (Fraction(86_000), Fraction(5_500), Fraction(1))
    assert total.return_rate == Fraction(1, 5)


def test_days_take_orders_when_made_and_money_when_posted(busy: Life) -> None:
    report = ask(question(busy))
    assert len(report.rows) == 14
    rows = {key.day: row for key, row in table(report, "clicks", "orders", "level1", "level2").items()}
    assert rows[1] == (2, 1, 0, 0)
    assert rows[2] == (2, 1, 0, 0)
    assert rows[3] == (1, 1, 5_000 + 8_000, 1_500)
    assert rows[4] == (0, 0, 10_000, 3_000)
    assert rows[5] == (0, 1, 2_000, 600)
    assert rows[6] == (0, 1, 3_000, 900)
    assert rows[7] == (0, 0, -5_000, -1_500)


def test_partners(busy: Life) -> None:
    report = ask(question(busy, "partner"))
    boris, anna = str(busy.shop.boris.pk), str(busy.shop.anna.pk)
    assert table(report, "clicks", "visitors", "bots", "orders", "revenue", "level1", "level2") == {
        boris: (4, 3, 1, 4, 320_000, 15_000, 0),
        anna: (1, 1, 0, 1, 110_000, 8_000, 4_500),
    }
    assert [(row.label, row.code) for row in report.rows] == [("Boris", "boris"), ("Anna", "anna")]


def test_links_and_what_came_without_one(busy: Life) -> None:
    report = ask(question(busy, "link"))
    assert table(report, "clicks", "orders", "revenue", "commission") == {
        str(busy.vk.pk): (3, 2, 180_000, 10_000 + 3_000 + 2_000 + 600),
        str(busy.anna_link.pk): (1, 1, 110_000, 8_000),
        str(busy.mail.pk): (1, 1, 80_000, 0),
        "": (0, 1, 60_000, 3_900),  # by the code
    }


def test_two_links_with_two_tags_show_two_rows(busy: Life) -> None:
    partner = {"partner": str(busy.shop.boris.pk)}
    report = ask(question(busy, "sub1", where=partner))
    assert table(report, "clicks", "visitors", "bots", "orders", "revenue", "level1") == {
        "vk": (3, 2, 0, 2, 180_000, 12_000),
        "mail": (1, 1, 1, 1, 80_000, 0),
        "": (0, 0, 0, 1, 60_000, 3_000),
    }


@pytest.mark.parametrize(
    ("by", "key", "expected"),
    [
        ("referrer", "vk.com", (3, 2)), ("referrer", "", (2, 3)), ("utm_source", "vk", (2, 2)),
        ("utm_medium", "post", (2, 2)), ("code", "boris", (None, 1)), ("customer", "new", (None, 4)),
        ("customer", "returning", (None, 1)), ("week", date(2026, 2, 23), (2, 1)), ("month", date(2026, 3, 1), (5, 5)),
        ("hour", "6-12", (1, 0)), ("hour", "6-21", (0, 1)),
    ],
)  # fmt: skip
def test_other_views(busy: Life, by: str, key: Any, expected: tuple[int | None, int]) -> None:
    assert table(ask(question(busy, by)), "clicks", "orders")[key] == expected


def test_content_is_told_by_its_links(busy: Life) -> None:
    ContentItem.objects.create(
        programme=busy.shop.programme, partner=busy.shop.boris, link=busy.vk, title="Обзор чая"
    )
    report = ask(question(busy, "content", compare=True))
    assert table(report, "clicks", "orders", "revenue", "commission") == {
        str(busy.vk.pk): (3, 2, 180_000, 15_600), "": (2, 3, 250_000, 11_900)
    }  # fmt: skip
    assert [(row.label, row.note, row.code) for row in report.rows if row.key] == [
        ("Обзор чая", "Boris", "vk")
    ]
    mine = ask(question(busy, "content", where={"partner": str(busy.shop.boris.pk), "sub1": "vk"}))
    assert table(mine, "clicks", "orders") == {str(busy.vk.pk): (3, 2), "": (0, 0)}


def test_products_tell_neither_clicks_nor_commission(busy: Life) -> None:
    report = ask(question(busy, "product"))
    (row,) = report.rows
    assert (row.label, row.note) == ("Tea", "S-1")
    assert (row.figures.orders, row.figures.revenue, row.figures.returned_sum) == (5, 280_000, 50_000)
    assert (row.figures.clicks, row.figures.commission, row.figures.epc) == (None, None, None)


def test_a_partner_sees_what_others_brought_apart(busy: Life) -> None:
    report = ask(question(busy, "link", where={"partner": str(busy.shop.anna.pk)}))
    assert table(report, "clicks", "orders", "level1", "level2") == {
        str(busy.anna_link.pk): (1, 1, 8_000, 0), TEAM: (0, 0, 0, 4_500)
    }  # fmt: skip


def filters(life: Life) -> list[dict[str, str]]:
    boris, vk = str(life.shop.boris.pk), str(life.vk.pk)
    return [
        {}, {"partner": boris}, {"link": vk}, {"sub1": "vk"}, {"sub1": ""}, {"code": "boris"}, {"customer": "new"},
        {"product": "p1\x1fS-1"}, {"referrer": "vk.com"}, {"partner": boris, "link": vk},
        {"partner": boris, "sub1": "vk"}, {"utm_source": "vk", "customer": "returning"}, {"device": ""},
        {"country": ""}, {"link": ""},
    ]  # fmt: skip


def test_rows_add_up_to_the_total_in_every_view_and_filter(busy: Life) -> None:
    for where in filters(busy):
        for by, view in VIEWS.items():
            report = ask(question(busy, by, where=where))
            names = ["orders", "returned"]
            names += ["revenue", "returned_sum"] if by != "product" else []
            names += ["level1", "level2"] if view.has_commission else []
            names += ["clicks", "bots"] if report.rows and report.rows[0].figures.clicks is not None else []
            for name in names:
                if by == "hour" and name == "bots":  # hours are counted for people only
                    continue
                added = sum(getattr(row.figures, name) for row in report.rows)
                assert added == getattr(report.total, name), (where, by, name)


def test_kept_sums_and_single_orders_answer_the_same(busy: Life) -> None:
    """A filter that keeps everything is answered order by order, no filter from kept sums."""
    for by in VIEWS:
        if by in ("partner", "link", "content"):
            continue
        kept = table(ask(question(busy, by)), "orders", "revenue", "returned", "level1", "level2")
        single = table(
            ask(question(busy, by, where={"country": ""})),
            "orders",
            "revenue",
            "returned",
            "level1",
            "level2",
        )
        assert kept == single, by


def test_the_commission_is_the_books(busy: Life) -> None:
    for period in (
        MARCH,
        Period(date(2026, 3, 3), date(2026, 3, 4), MOSCOW),
        Period(date(2026, 3, 7), date(2026, 3, 7), MOSCOW),
    ):
        books = accrual_report(busy.shop.programme, period)
        total = ask(question(busy, period=period)).total
        assert total.commission == books.total.accrued - books.total.taken_back
        by_partner = {row.key: row.figures.commission for row in ask(question(busy, "partner", period)).rows}
        for row in books.rows:
            assert by_partner.get(str(row.key), 0) == row.accrued - row.taken_back
        postings = Posting.objects.filter(transaction__at__gte=period.start, transaction__at__lt=period.end)
        signs = {TransactionKind.ACCRUAL: 1, TransactionKind.CLAWBACK: -1}
        posted = sum(
            signs.get(p.transaction.kind, 0) * p.amount_minor for p in postings.select_related("transaction")
        )
        assert total.commission == posted


def test_the_revenue_is_that_of_the_report_of_sales(busy: Life) -> None:
    total, sales = ask(question(busy)).total, sales_report(busy.shop.programme, MARCH).total
    assert (total.orders, total.revenue, total.returned, total.returned_sum) == (
        sales.orders, sales.sales, sales.returned, sales.returned_sales
    )  # fmt: skip


def test_comparison_with_the_days_before(busy: Life) -> None:
    later = Period(date(2026, 3, 4), date(2026, 3, 6), MOSCOW)
    report = ask(question(busy, "partner", later, compare=True))
    assert report.before is not None
    assert (report.total.orders, report.before.orders) == (2, 3)
    boris = report.rows[0]
    assert boris.before is not None
    assert (boris.figures.orders, boris.before.orders, boris.before.clicks) == (2, 2, 4)
    days = ask(question(busy, period=later, compare=True)).rows
    assert [row.before.orders for row in days if row.before] == [1, 1, 1]


def test_pages_and_order(busy: Life) -> None:
    report = ask(question(busy, "link", sort="-clicks", size=2))
    assert ([row.key for row in report.rows], report.count) == ([str(busy.vk.pk), str(busy.mail.pk)], 4)
    last = ask(question(busy, "link", sort="-clicks", first=2, size=2))
    assert [row.key for row in last.rows] == [str(busy.anna_link.pk), ""]
    by_rate = ask(question(busy, "link", sort="conversion"))
    assert [row.key for row in by_rate.rows][:1] == [str(busy.vk.pk)]


def test_what_raw_clicks_do_not_know_is_told(busy: Life) -> None:
    busy.columns.known_from = MARCH.start.replace(day=2)
    report = ask(question(busy, "sub1"))
    assert report.known_from == busy.columns.known_from
    assert table(report, "clicks")["vk"] == (1,)
    assert ask(question(busy, "partner")).known_from is None


def test_a_long_list_is_cut_and_the_rest_told(busy: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("molva.reports.figures.keys.MOST", 1)
    report = ask(question(busy, "partner"))
    assert [row.label for row in report.rows] == ["Boris"]
    assert report.rest is not None
    quick = ask(question(busy, "partner", size=50))
    assert (quick.rows, quick.rest, quick.count) == (report.rows, report.rest, 1)
    assert (report.rest.orders, report.rest.revenue, report.rest.level2, report.rest.clicks) == (
        1,
        110_000,
        4_500,
        1,
    )


def test_the_number_of_queries_is_that_of_the_question(busy: Life) -> None:
    def count(by: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            ask(question(busy, by, compare=True))
        return len(seen)

    for by in VIEWS:
        ask(question(busy, by, compare=True))
    few = {by: count(by) for by in VIEWS}
    for n in range(30):
        busy.shop.order(
            f"3{n}",
            day=6,
            created=5 + n / 100,
            codes=("boris",),
            email=f"more{n}@example.org",
            status="delivered",
        )
    assert {by: count(by) for by in VIEWS} == few
    assert max(few.values()) <= 13


def test_devices_of_orders_are_those_of_their_clicks(busy: Life) -> None:
    assert tell_devices(busy.columns) > 0
    assert tell_devices(busy.columns) == 0
    report = ask(question(busy, "device"))
    assert table(report, "clicks", "orders") == {"phone": (4, 3), "computer": (1, 1), "": (0, 1)}


def test_orders_are_told_when_raw_clicks_give_no_answer(busy: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_question: object) -> None:
        raise NoAnswerError("away")

    monkeypatch.setattr(busy.columns, "count", away)
    report = ask(question(busy, "sub1"))
    assert report.no_answer == "away"
    assert table(report, "clicks", "orders")["vk"] == (None, 2)
    assert ask(question(busy, "link")).no_answer == ""
