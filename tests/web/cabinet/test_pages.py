"""The cabinet: every page opens for its own partner and for nobody else, and its figures are those of the books."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from itertools import pairwise

import pytest
import segno
from django.test import Client

from molva.commissions.models import Commission
from molva.kit import clock
from molva.ledger.models import Transaction
from molva.ledger.queries import balances
from molva.ledger.services import adjust
from molva.payouts.models import Payout
from molva.payouts.services import draft_payouts
from molva.programmes.models import Partner, PartnerStatus
from molva.reports.cabinet import expected, hold_days, overview
from molva.reports.cabinet_links import public_address
from molva.reports.cabinet_money import month_statement, months
from molva.tracking.models import ClickDay, Link
from molva.workspaces.scoping import scope
from tests.commissions.conftest import Shop
from tests.factories import make_member, make_workspace
from tests.web.cabinet.conftest import boris_mark, make_busy, sign_in

PAGES = (
    "", "links/", "orders/", "orders/?level=1&state=held&q=104", "orders/?state=nothing", "money/",
    "money/?status=held", "money/?view=payouts", "money/?view=statement", "money/paper/", "team/", "profile/", "terms/",
)  # fmt: skip


@pytest.fixture(scope="module")
def busy_once(standing: Callable[..., Shop]) -> Shop:
    """The rows of `busy`, made once: no test here needs them committed."""

    def make() -> Shop:
        with scope(make_workspace()):
            return make_busy()

    return standing(make)


@pytest.fixture
def busy(busy_once: Shop, db: None) -> Iterator[Shop]:
    """The partners at work, in their open workspace."""
    made = deepcopy(busy_once)
    with scope(made.programme.workspace):
        yield made


def commission_of(partner: Partner, number: str) -> Commission:
    """The partner's commission for an order."""
    return Commission.objects.get(partner=partner, order__number=number)


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_for_whoever_has_much_and_for_whoever_has_nothing(
    client: Client, busy: Shop, stranger: Partner, page: str, language: str
) -> None:
    for partner in (busy.boris, busy.anna, stranger):
        answer = sign_in(client, partner, language).get(f"/cabinet/friends/{page}")
        assert answer.status_code == 200
        assert f'lang="{language}"' in answer.content.decode()


@pytest.mark.parametrize("page", ["", "links/", "orders/1/", "money/", "commissions/1/", "team/", "profile/"])
def test_whoever_is_not_signed_in_is_asked_to(client: Client, busy: Shop, page: str) -> None:
    answer = client.get(f"/cabinet/friends/{page}")
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next=/cabinet/friends/{page}")


def test_another_partners_things_do_not_exist(client: Client, busy: Shop, stranger: Partner) -> None:
    commission = commission_of(busy.boris, "10482")
    link = Link.objects.get(partner=busy.boris)
    sign_in(client, stranger)
    for path in (
        f"commissions/{commission.pk}/",
        f"orders/{commission.order_id}/",
        f"links/{link.pk}/qr.svg",
        "payouts/1/",
    ):
        assert client.get(f"/cabinet/friends/{path}").status_code == 404, path
    assert client.post(f"/cabinet/friends/links/{link.pk}/switch/").status_code == 404
    assert Link.objects.get(pk=link.pk).is_active


def test_another_programme_and_staff_who_are_no_partners_find_nothing(client: Client, busy: Shop) -> None:
    sign_in(client, busy.boris)
    assert client.get("/cabinet/enemies/").status_code == 404
    client.force_login(make_member(busy.programme.workspace))
    assert client.get("/cabinet/friends/").status_code == 404
    assert client.get("/cabinet/")["Location"] == "/"


def test_a_blocked_partner_sees_the_money_and_is_told(client: Client, busy: Shop) -> None:
    Partner.objects.filter(pk=busy.boris.pk).update(status=PartnerStatus.BLOCKED)
    page = sign_in(client, busy.boris).get("/cabinet/friends/")
    assert "Your place is closed" in page.content.decode()


def test_figures_are_those_of_the_books(client: Client, busy: Shop) -> None:
    for partner in (busy.boris, busy.anna):
        figures = overview(partner)
        assert figures.balance == balances(partner)
        assert sum(day.amount_minor for day in hold_days(partner)) == figures.balance.held
        rows = Commission.objects.filter(partner=partner)
        assert figures.expected.amount_minor == sum(row.expected_minor for row in rows)
        page = sign_in(client, partner, "ru").get("/cabinet/friends/").context
        assert page["figures"].balance == balances(partner)
    assert balances(busy.boris).held == 23_940
    assert (expected(busy.boris).amount_minor, expected(busy.boris).orders) == (10_000, 1)


def test_the_list_of_orders_says_whose_and_why(client: Client, busy: Shop) -> None:
    rows = sign_in(client, busy.boris).get("/cabinet/friends/orders/").context["rows"]
    told = [(row["order"].number, row["client"], row["verdict"], row["shown"].amount_minor) for row in rows]
    assert told == [
        ("10492", "Buyer", "Came to an address with your mark", 0),
        ("10490", "Buyer", "Used your promo code", 10_000),
        ("10482", "Buyer", "Came to an address with your mark", 23_940),
    ]


def test_second_level_orders_have_no_client(client: Client, busy: Shop) -> None:
    sign_in(client, busy.anna)
    rows = client.get("/cabinet/friends/orders/?level=2").context["rows"]
    assert {row["client"] for row in rows} == {""}
    page = client.get(
        f"/cabinet/friends/commissions/{commission_of(busy.anna, '10482').pk}/"
    ).content.decode()
    assert ("Buyer" in page, "buyer@" in page) == (False, False)


def test_the_reason_of_a_sum_adds_up(client: Client, busy: Shop) -> None:
    commission = commission_of(busy.boris, "10482")
    page = sign_in(client, busy.boris).get(f"/cabinet/friends/commissions/{commission.pk}/")
    lines = page.context["lines"]
    assert [line.amount_minor for line in lines] == [15_930, 8_010]
    assert lines[0].formula == "₽1,180.00 − discount ₽118.00 = ₽1,062.00 × 15%"
    assert page.context["total_minor"] == sum(line.amount_minor for line in lines) == 23_940
    entry, _label = page.context["entries"][0]
    assert entry.number == Transaction.objects.get(commission_id=commission.pk).number
    assert [rate.name for rate in page.context["rates"] if rate.is_winner] == ["Tea 15 %", "All goods"]
    assert client.get(f"/cabinet/friends/orders/{commission.order_id}/").context["lines"] == lines


def test_a_cancelled_order_shows_what_came_and_went(client: Client, busy: Shop) -> None:
    commission = commission_of(busy.boris, "10492")
    page = sign_in(client, busy.boris).get(f"/cabinet/friends/commissions/{commission.pk}/")
    assert [entry.amount_minor for entry, _label in page.context["entries"]] == [10_000, -10_000]
    assert page.context["shown"].amount_minor == 0


def test_other_partners_stay_without_a_name(client: Client, busy: Shop) -> None:
    visitor = "v7"
    busy.touch(busy.boris, day=7, visitor=visitor)
    busy.order("10500", day=8, codes=("BORIS10",), landing=boris_mark("anna"), email="new@example.org")
    page = sign_in(client, busy.boris).get(
        f"/cabinet/friends/commissions/{commission_of(busy.boris, '10500').pk}/"
    )
    titles = [stop.title for stop in page.context["stops"]]
    assert "Came by another partner" in titles
    assert "Anna" not in page.content.decode()


def test_news_are_in_words_with_sums(client: Client, busy: Shop) -> None:
    pieces = sign_in(client, busy.boris).get("/cabinet/friends/").context["pieces"]
    told = {piece.title: piece.amount_minor for piece in pieces}
    assert told["Accrued for order 10482"] == 23_940
    assert told["Order 10492 changed: taken back"] == -10_000
    assert told["Promo code BORIS10 is yours"] is None


def test_the_statement_ends_in_the_balance(client: Client, busy: Shop) -> None:
    entries = sign_in(client, busy.boris).get("/cabinet/friends/money/?view=statement").context["entries"]
    assert entries[0][0].after == balances(busy.boris)
    known = months(busy.boris)
    papers = [month_statement(busy.boris, month) for month in reversed(known)]
    assert papers[-1].closing == balances(busy.boris)
    for before, after in pairwise(papers):
        assert before.closing == after.opening
    assert sum(len(paper.rows) for paper in papers) == Transaction.objects.filter(partner=busy.boris).count()


def test_a_payout_says_what_it_is_made_of(client: Client, busy: Shop) -> None:
    owner = make_member(busy.programme.workspace)
    adjust(partner=busy.boris, amount_minor=50_000, reason="A prize", actor=owner, key="prize")
    draft_payouts(programme=busy.programme, actor=owner)
    payout = Payout.objects.get(partner=busy.boris)
    page = sign_in(client, busy.boris).get(f"/cabinet/friends/payouts/{payout.pk}/").content.decode()
    assert "A prize" in page
    assert "₽500" in page
    assert sign_in(client, busy.anna).get(f"/cabinet/friends/payouts/{payout.pk}/").status_code == 404


def test_the_team_has_names_and_money_but_no_clients(client: Client, busy: Shop) -> None:
    answer = sign_in(client, busy.anna).get("/cabinet/friends/team/")
    (row,) = answer.context["rows"]
    earned = Commission.objects.filter(partner=busy.anna, level=2, order__partner=busy.boris)
    assert (row.partner, row.orders) == (busy.boris, 3)
    assert row.posted_minor == sum(one.posted_minor for one in earned) == answer.context["total_minor"]
    assert answer.context["invite_url"].endswith("/p/friends/?ref=anna")
    assert "buyer@" not in answer.content.decode()


def test_a_link_to_any_page_of_the_shop(client: Client, busy: Shop) -> None:
    sign_in(client, busy.boris)
    form = {"page_url": "shop.example/чай?sort=price#top", "name": "Канал", "code": "my-tea"}
    assert client.post("/cabinet/friends/links/", form).status_code == 302
    link = Link.objects.get(code="my-tea")
    assert link.target_url == "https://shop.example/%D1%87%D0%B0%D0%B9?sort=price&aff=boris#top"
    refused = client.post(
        "/cabinet/friends/links/", {"page_url": "https://other.example/", "code": "my-tea2"}
    )
    assert refused.status_code == 422
    assert "other.example is not this shop" in refused.content.decode()
    taken = client.post("/cabinet/friends/links/", {"page_url": "", "code": "MY-TEA"})
    assert set(taken.context["form"].errors) == {"code"}
    bad = client.post("/cabinet/friends/links/", {"page_url": "", "code": "a/b"})
    assert set(bad.context["form"].errors) == {"code"}


def test_a_link_is_stopped_resumed_and_drawn(client: Client, busy: Shop) -> None:
    link = Link.objects.get(partner=busy.boris)
    sign_in(client, busy.boris)
    for is_active in (False, True):
        client.post(f"/cabinet/friends/links/{link.pk}/switch/")
        assert Link.objects.get(pk=link.pk).is_active is is_active
    answer = client.get(f"/cabinet/friends/links/{link.pk}/qr.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b'<svg xmlns="http://www.w3.org/2000/svg"')
    drawn = segno.make(f"{public_address(link)}?qr=1", error="m", micro=False).svg_inline(scale=10, border=4)
    assert answer.content.decode().endswith(drawn.removeprefix("<svg"))


def test_clicks_are_counted_by_link_and_in_the_funnel(client: Client, busy: Shop) -> None:
    link = Link.objects.get(partner=busy.boris)
    today = clock.now().date()
    for key, back, clicks in ((link.pk, 1, 7), (link.pk, 200, 5), (0, 2, 3)):
        day = today - timedelta(days=back)
        ClickDay.objects.create(
            programme=busy.programme,
            partner=busy.boris,
            link_key=key,
            day=day,
            clicks=clicks,
            visitors=1,
            bots=9,
        )
    context = sign_in(client, busy.boris).get("/cabinet/friends/links/").context
    assert [(row.clicks, row.visitors) for row in context["rows"]] == [(12, 2)]
    assert context["bare_clicks"] == 3
    assert client.get("/cabinet/friends/").context["figures"].funnel.clicks == 10


def test_the_profile_is_changed_and_a_wrong_phone_refused(client: Client, busy: Shop) -> None:
    sign_in(client, busy.boris)
    form = {"name": "Борис", "phone": "8 900 123-45-67", "city": "Уфа", "language": "ru"}
    assert client.post("/cabinet/friends/profile/", form).status_code == 302
    changed = Partner.objects.select_related("user").get(pk=busy.boris.pk)
    assert (changed.name, changed.phone, changed.city) == ("Борис", "+79001234567", "Уфа")
    assert changed.user is not None
    assert changed.user.language == "ru"
    assert client.post("/cabinet/friends/profile/", {**form, "phone": "12"}).status_code == 422
    assert Partner.objects.get(pk=busy.boris.pk).phone == "+79001234567"
