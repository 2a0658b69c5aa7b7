"""The pages of figures: the office's and the cabinet's, equal to the question behind them."""

import html
import re
from decimal import Decimal

import pytest
from django.test import Client

from molva.reports.figures.questions import VIEWS
from molva.workspaces.models import Workspace
from tests.factories import make_member
from tests.reports.conftest import Life

PERIOD = "from=2026-03-01&to=2026-03-14"


@pytest.fixture
def office(busy: Life) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(make_member(Workspace.objects.get(pk=busy.shop.programme.workspace_id)))
    return client


def read(client: Client, tail: str) -> str:
    answer = client.get(f"/office/friends/{tail}")
    assert answer.status_code == 200, tail
    return "".join(part.decode() for part in answer) if answer.streaming else answer.content.decode()


@pytest.mark.parametrize("by", list(VIEWS))
def test_every_view_opens(office: Client, by: str) -> None:
    assert "</html>" in read(office, f"reports/figures/?by={by}&{PERIOD}")
    assert ";" in read(office, f"reports/figures/?by={by}&{PERIOD}&as=csv")


def rows_in(text: str) -> list[list[str]]:
    return [line.split(";") for line in text.strip().splitlines()[1:]]


@pytest.mark.parametrize(
    ("narrowed", "numbers"),
    [
        ("link=vk", {"1001", "1004"}), ("sub1=mail", {"1002"}), ("code=boris", {"1005"}), ("link=-", {"1005"}),
        ("product=p1|S-1&returned=1", {"1002"}), ("referrer=vk.com", {"1001", "1004"}), ("hour=6-21", {"1001"}),
        ("customer=returning", {"1004"}), ("partner=anna", {"1003"}), ("partner=boris&sub1=vk", {"1001", "1004"}),
        ("link=nobody-has-it", set()),
    ],
)  # fmt: skip
def test_the_list_of_orders_knows_the_filters(office: Client, narrowed: str, numbers: set[str]) -> None:
    assert {row[0] for row in rows_in(read(office, f"orders/?as=csv&{PERIOD}&{narrowed}"))} == numbers


def test_every_figure_of_the_page_opens_rows_that_add_up_to_it(office: Client) -> None:
    """Follow each address of the table: orders are counted, accruals are summed."""
    for by in VIEWS:
        text = read(office, f"reports/figures/?by={by}&{PERIOD}")
        for row in ROW.findall(text):
            for kind, count in (("orders/", "Orders"), ("reports/accruals/", "Commission")):
                for address, shown in re.findall(CELL % count, row):
                    follow(office, html.unescape(address), kind, shown)


ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
CELL = r'data-label="%s"><a href="([^"]+)">([^<]+)</a>'


def follow(office: Client, address: str, kind: str, shown: str) -> None:
    assert f"/{kind}" in address
    answer = office.get(f"{address}&as=csv")
    rows = rows_in("".join(part.decode() for part in answer))
    if kind == "orders/":
        assert len(rows) == int(shown), address
    else:
        names = "".join(part.decode() for part in office.get(f"{address}&as=csv")).splitlines()[0].split(";")
        figures = dict(zip(names, rows[-1], strict=True))
        total = Decimal(figures["Accrued"]) - Decimal(figures["Taken back"])
        assert total == Decimal(re.sub(r"[^\d.]", "", shown)) * (-1 if "−" in shown else 1), address


@pytest.fixture
def cabinet(busy: Life) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(busy.shop.boris.user)
    return client


OWN_VIEWS = [name for name in VIEWS if name != "partner"]


def own(client: Client, tail: str) -> str:
    answer = client.get(f"/cabinet/friends/{tail}")
    assert answer.status_code == 200, tail
    return "".join(part.decode() for part in answer) if answer.streaming else answer.content.decode()


@pytest.mark.parametrize("by", OWN_VIEWS)
def test_the_cabinet_says_what_the_office_says_of_the_same_partner(
    office: Client, cabinet: Client, by: str
) -> None:
    """Row S2.13: to the kopeck, in every view."""
    mine = own(cabinet, f"statistics/?by={by}&{PERIOD}&as=csv")
    assert mine == read(office, f"reports/figures/?by={by}&{PERIOD}&partner=boris&as=csv")
    assert "</html>" in own(cabinet, f"statistics/?by={by}&{PERIOD}")


def test_two_links_with_tags_show_two_rows_in_the_cabinet(cabinet: Client) -> None:
    """Row S1.6."""
    rows = rows_in(own(cabinet, f"statistics/?by=sub1&{PERIOD}&as=csv"))
    assert {row[0]: (row[1], row[4]) for row in rows} == {
        "vk": ("3", "2"), "mail": ("1", "1"), "Not given": ("0", "1"), "Total": ("4", "4")
    }  # fmt: skip


def test_a_partner_sees_nothing_of_others(busy: Life, cabinet: Client) -> None:
    """Neither Anna's links and tags, nor the tags of those whom Anna has invited, nor anybody's customers."""
    for by in OWN_VIEWS:
        for tail in (f"statistics/?by={by}&{PERIOD}", f"statistics/?by={by}&{PERIOD}&partner=anna&link=blog"):
            text = own(cabinet, tail)
            assert "Anna" not in text
            assert "@example.org" not in text.replace("boris@example.org", "")
    assert rows_in(own(cabinet, f"statistics/?by=day&link=blog&{PERIOD}&as=csv"))[-1][1:5] == [
        "0",
        "0",
        "0",
        "0",
    ]
    cabinet.force_login(busy.shop.anna.user)
    for by in ("link", "sub1", "referrer", "code", "product", "customer"):
        text = own(cabinet, f"statistics/?by={by}&{PERIOD}")
        assert "mail</a>" not in text
        assert ">vk" not in text
    assert "45.00" in own(cabinet, f"statistics/?by=link&{PERIOD}")


def test_orders_of_the_cabinet_open_behind_its_figures(cabinet: Client) -> None:
    for by in OWN_VIEWS:
        text = own(cabinet, f"statistics/?by={by}&{PERIOD}")
        for address, shown in re.findall(CELL % "Orders", text):
            found = cabinet.get(html.unescape(address)).content.decode()
            assert len(set(re.findall(r"/cabinet/friends/orders/(\d+)/", found))) == int(shown), address
