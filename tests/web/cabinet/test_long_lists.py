"""The cabinet of one with much: no page asks the database more often for it."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from molva.commissions.admission import admit_partner
from molva.tracking.services import create_link
from tests.commissions.conftest import Shop
from tests.web.cabinet.conftest import boris_mark, sign_in

PAGES = ("", "links/", "orders/", "money/", "money/?view=statement", "money/paper/", "team/")


def test_a_long_list_asks_no_more_than_a_short_one(client: Client, shop: Shop) -> None:
    sign_in(client, shop.boris)
    grow(shop, 0, 1)
    short = {page: queries(client, page) for page in PAGES}
    grow(shop, 100, 24)
    assert {page: queries(client, page) for page in PAGES} == short


def queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(f"/cabinet/friends/{page}").status_code == 200
    return len(asked)


def grow(shop: Shop, first: int, count: int) -> None:
    """Orders, links and invited partners of Boris, numbered from `first`."""
    for number in range(first, first + count):
        shop.order(
            f"2{number:04d}",
            day=10,
            created=10,
            landing=boris_mark(),
            email=f"b{number}@example.org",
            status="delivered",
        )
        create_link(partner=shop.boris, name=f"link {number}")
        admit_partner(
            programme=shop.programme,
            name=f"P {number}",
            email=f"p{number}@example.org",
            invited_by=shop.boris,
        )
