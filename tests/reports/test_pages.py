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
        total = Decimal(rows[-1][3]) - Decimal(rows[-1][4])
        assert total == Decimal(re.sub(r"[^\d.]", "", shown)) * (-1 if "−" in shown else 1), address
