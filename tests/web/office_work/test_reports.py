"""Figures: equal to the ledger, the same number of queries for one row and thirty, safe in a spreadsheet."""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from molva.commissions.models import Commission
from molva.kit.sheets import csv_cell
from molva.ledger.models import PARTNER_KINDS, Posting
from molva.ledger.queries import balances, programme_totals
from molva.programmes.models import Partner
from molva.reports.accruals import AccrualReport, accrual_report
from molva.reports.period import Period
from molva.reports.sales import sales_report
from molva.web.office.history_words import KINDS
from tests.house.tree import files
from tests.web.office_work.conftest import START, World

ZONE = ZoneInfo("Europe/Moscow")
EVER = Period(date(2026, 1, 1), date(2026, 12, 31), ZONE)
MARCH_3_4 = Period(date(2026, 3, 3), date(2026, 3, 4), ZONE)


def in_balance(report: AccrualReport) -> bool:
    rows = [report.total] if report.by == "order" else [*report.rows, report.total]
    return all(row.begin + row.change == row.end for row in rows)


@pytest.mark.parametrize("by", ["partner", "day", "order"])
def test_accruals_equal_the_ledger(world: World, by: str) -> None:
    report = accrual_report(world.shop.programme, EVER, by=by)
    totals = programme_totals(world.shop.programme)
    assert report.total.end == sum(totals[kind] for kind in PARTNER_KINDS)
    assert report.total.accrued - report.total.taken_back + report.total.other == -totals["expense"]
    assert report.total.paid == totals["cash"]
    for name in ("accrued", "taken_back", "released", "other", "paid"):
        assert sum(getattr(row, name) for row in report.rows) == getattr(report.total, name)
    assert in_balance(report)


def test_accruals_of_a_period_begin_with_what_was_before(world: World) -> None:
    for by in ("partner", "day"):
        report = accrual_report(world.shop.programme, MARCH_3_4, by=by)
        assert in_balance(report)
        # Anna's 80.10 and Boris' 1000 stand from before; 100 comes and goes
        assert (report.total.begin, report.total.accrued, report.total.taken_back) == (
            108_010,
            10_000,
            10_000,
        )
    whole = accrual_report(world.shop.programme, EVER, partner="kate").total
    books = balances(world.shop.anna)
    assert whole.end == books.held + books.available + books.bonus + books.in_payout


def by_hand(world: World, period: Period, code: str = "") -> dict[str, list[int]]:
    """What each partner's postings of the period come to, one after another: accrued … paid, begin, end."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 7)
    for one in Posting.objects.select_related("transaction__partner", "from_account", "to_account"):
        kind, partner = one.transaction.kind, one.transaction.partner
        gain = (one.to_account.partner_id is not None) - (one.from_account.partner_id is not None)
        row = sums[partner.code]
        row[5] += gain * one.amount_minor * (one.transaction.at < period.start)
        row[6] += gain * one.amount_minor * (one.transaction.at < period.end)
        if not period.start <= one.transaction.at < period.end:
            continue
        place = {
            "accrual": 0,
            "clawback": 1,
            "release": 2,
            "adjustment": 3,
            "welcome": 3,
            "write_off": 3,
        }.get(kind)
        if place is None:
            row[4] -= gain * one.amount_minor
        else:
            row[place] += one.amount_minor * (gain if place == 3 else 1)
    return {key: row for key, row in sums.items() if any(row) and code in ("", key)}


@pytest.mark.parametrize("code", ["", "kate", "north"])
@pytest.mark.parametrize("last", range(1, 24))
def test_each_partner_has_what_his_postings_say(world: World, code: str, last: int) -> None:
    """Periods of one to twenty-three days from the first of March, and of one day each."""
    for first in {1, last}:
        period = Period(date(2026, 3, first), date(2026, 3, last), ZONE)
        names = ("accrued", "taken_back", "released", "other", "paid", "begin", "end")
        report = accrual_report(world.shop.programme, period, partner=code)
        rows = {row.label_obj.code: [getattr(row, name) for name in names] for row in report.rows}
        assert rows == by_hand(world, period, code)
        assert [getattr(report.total, name) for name in names] == [
            sum(row[place] for row in rows.values()) for place in range(7)
        ]


def test_a_list_of_orders_is_read_up_to_a_limit(world: World) -> None:
    """The first are those whose money moved last; a file has all of them."""
    cut = accrual_report(world.shop.programme, EVER, by="order", most=1).rows
    whole = accrual_report(world.shop.programme, EVER, by="order").rows
    assert (cut.is_cut, whole.is_cut) == (True, False)
    numbers = [row.label_obj.number if row.label_obj else "" for row in whole]
    assert numbers == ["10482", "10400", "10377", "10401", ""]
    assert [row.key for row in whole] == [row.key for row in whole[:]]


def test_what_stands_behind_a_figure_has_no_balances(world: World, get: Callable[..., str]) -> None:
    narrowed = get("reports/accruals/?from=2026-01-01&to=2026-12-31&code=kate10")
    assert "На начало" not in narrowed
    assert "code=kate10&amp;by=order&amp;partner=kate" in narrowed
    lines = get("reports/accruals/?from=2026-01-01&to=2026-12-31&code=kate10&as=csv").strip().splitlines()
    assert lines[0].endswith("Начислено;Отменено;Вознаграждение")


def test_sales_add_up_in_every_view(world: World) -> None:
    by_partner = sales_report(world.shop.programme, EVER, by="partner")
    by_day = sales_report(world.shop.programme, EVER, by="day")
    for name in ("orders", "sales", "returned", "returned_sales", "commission"):
        assert sum(getattr(row, name) for row in by_partner.rows) == getattr(by_partner.total, name)
        assert sum(getattr(row, name) for row in by_day.rows) == getattr(by_partner.total, name)
    assert (by_partner.total.orders, by_partner.total.returned) == (5, 1)
    goods = sales_report(world.shop.programme, EVER, by="product")
    assert {row.label_obj for row in goods.rows} == {
        "Tea", "Иван-чай с чабрецом, 100 г", "Мёд липовый из-под Уфы, 500 г"
    }  # fmt: skip


def test_files_hold_the_same_sums(world: World, get: Callable[..., str]) -> None:
    text = get("reports/accruals/?as=csv&from=2026-01-01&to=2026-12-31")
    last = text.strip().splitlines()[-1].split(";")
    total = accrual_report(world.shop.programme, EVER).total
    assert last[0] == "Итого"
    assert Decimal(last[3].replace(",", ".")) * 100 == total.accrued
    assert Decimal(last[-1].replace(",", ".")) * 100 == total.end


@pytest.mark.parametrize("name", ["partners", "orders", "commissions", "payouts"])
def test_every_list_can_be_taken_as_a_file(get: Callable[..., str], name: str) -> None:
    lines = get(f"{name}/?as=csv").strip().splitlines()
    assert lines[0].startswith("\ufeff")
    assert len({line.count(";") for line in lines}) == 1
    assert len(lines) > 1


@pytest.mark.parametrize("word", ["=1+1", "+7", "-2", "@x", "\tx", "\rx"])
def test_a_word_never_becomes_a_formula(word: str) -> None:
    assert csv_cell(word) == f"'{word}"


def test_a_negative_figure_stays_a_figure() -> None:
    assert csv_cell(Decimal("-80.10")) in ("-80.10", "-80,10")


def test_a_name_with_a_formula_is_harmless_in_the_file(world: World, get: Callable[..., str]) -> None:
    Partner.objects.filter(pk=world.long.pk).update(name='=HYPERLINK("https://x.example")')
    assert "'=HYPERLINK" in get("partners/?as=csv")


def queries(world: World, tail: str) -> int:
    client = world.client()
    client.get(world.url(tail))  # caches of the process are warm
    with CaptureQueriesContext(connection) as seen:
        assert client.get(world.url(tail)).status_code == 200
    return len(seen)


@pytest.mark.parametrize(
    "tail",
    [
        "partners/", "partners/?sort=-available", "customers/", "orders/", "commissions/", "payouts/", "history/",
        "reports/accruals/?period=year", "reports/accruals/?by=order&period=year", "reports/sales/?period=year",
        "search/?q=e",
    ],
)  # fmt: skip
def test_thirty_rows_cost_as_many_queries_as_few(world: World, tail: str) -> None:
    few = queries(world, tail)
    for n in range(30):
        world.shop.order(
            f"2{n:04}", day=21.5 + n / 100, status="delivered", codes=(("boris",), ("north",))[n % 2],
            email=f"more{n}@example.org",
        )  # fmt: skip
    assert queries(world, tail) == few


def test_every_kind_of_event_has_its_words() -> None:
    literal = re.compile(r'journal\.record\(\s*"([a-z_]+\.[a-z_]+)"(?:\s+if [^"]+else "([a-z_]+\.[a-z_]+)")?')
    told = re.compile(r'_tell\(\w+, "([a-z_]+\.[a-z_]+)"')
    source = "\n".join(path.read_text(encoding="utf-8") for path in files("*.py"))
    kinds = {kind for pair in literal.findall(source) for kind in pair if kind} | set(told.findall(source))
    kinds |= {f"payout.{status}" for status in ("approved", "paid", "cancelled", "failed")}
    kinds |= {"ledger.adjustment", "ledger.write_off"}
    assert sorted(kinds - KINDS.keys()) == []


def test_history_is_told_without_names_of_the_code(get: Callable[..., str]) -> None:
    page = get("history/")
    assert not re.search(r">[a-z_]+\.[a-z_]+<", page)
    assert "Начислено за заказ 10482" in page


def test_the_commission_page_shows_every_step(world: World, get: Callable[..., Any]) -> None:
    row = Commission.objects.get(order__number="10482", level=1)
    text = re.sub(r"<[^>]+>", "", get(f"commissions/{row.pk}/")).replace("\u00a0", " ")
    for words in (
        "1 180,00 ₽ − скидка 118,00 ₽ = 1 062,00 ₽ × 15 %",
        "159,30 ₽",
        "239,43 ₽",
        "Оно для других партнёров",
    ):
        assert words in text
    assert START + timedelta(days=35) == row.lots.get().due_at
