"""Money by the doors of the office: repeated acts, odd sums, terms of tomorrow, blocked partners."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from molva.audit import run_checks
from molva.commissions.admission import admit_partner
from molva.commissions.partner_status import change_status
from molva.kit import clock
from molva.ledger.models import Transaction
from molva.ledger.queries import balances
from molva.orders.models import Order
from molva.programmes.models import PartnerStatus, TermsVersion
from molva.programmes.services import publish_terms, update_programme
from molva.workspaces.models import Role
from tests.commissions.conftest import RULES, SETTINGS, START, Shop, make_shop, shop  # noqa: F401 (fixtures)
from tests.factories import make_member


@pytest.fixture
def cashier(shop: Shop) -> Client:  # noqa: F811
    """The accountant's browser."""
    client = Client()
    client.force_login(make_member(None, Role.ACCOUNTANT))  # type: ignore[arg-type]
    return client


def test_welcome_money_comes_once_however_often_one_is_accepted(shop: Shop):  # noqa: F811
    programme, owner = shop.programme, make_member(None, Role.OWNER)  # type: ignore[arg-type]
    update_programme(
        programme=programme, actor=owner, changes={"welcome_minor": 10_000, "is_welcome_payable": True}
    )
    partner = admit_partner(programme=programme, name="V", email="v@example.org")
    for welcome, status in ((10_000, "pending"), (20_000, "active"), (20_000, "pending"), (30_000, "active")):
        update_programme(programme=programme, actor=owner, changes={"welcome_minor": welcome})
        partner.programme.refresh_from_db()
        change_status(partners=[partner], status=status, actor=owner)
    assert balances(partner).available == 10_000
    assert partner.status == PartnerStatus.ACTIVE


@pytest.mark.parametrize(
    "amount",
    ["NaN", "Infinity", "-Infinity", "1e400", "1e-400", "0", "-0", "1e15", "1" * 40, "0.001", "1e99999999", "٣",
     "1 000,5,5", "0x10", "--5", "5-"],
)  # fmt: skip
def test_no_odd_sum_gets_into_the_books(shop: Shop, cashier: Client, amount: str):  # noqa: F811
    url = reverse("office:partner_adjust", args=["friends", shop.boris.pk])
    key = "00000000-0000-4000-8000-000000000001"
    before = Transaction.objects.count()
    answer = cashier.post(url, {"amount": amount, "reason": "x", "key": key, "sure": "1"})
    assert answer.status_code in (200, 302, 422)
    posted = Transaction.objects.count() - before
    assert posted == 0 or balances(shop.boris).available == 300
    assert run_checks() == []


def test_one_form_sent_twice_counts_once(shop: Shop, cashier: Client):  # noqa: F811
    url = reverse("office:partner_adjust", args=["friends", shop.boris.pk])
    form = {
        "amount": "5", "reason": "x", "key": "00000000-0000-4000-8000-000000000001", "sure": "1",
    }  # fmt: skip
    for _ in range(3):
        cashier.post(url, form)
    assert balances(shop.boris).available == 500


def test_one_form_sent_again_with_another_sum_moves_nothing(shop: Shop, cashier: Client):  # noqa: F811
    url = reverse("office:partner_adjust", args=["friends", shop.boris.pk])
    form = {"reason": "x", "key": "00000000-0000-4000-8000-000000000001", "sure": "1"}
    cashier.post(url, {**form, "amount": "5"})
    assert cashier.post(url, {**form, "amount": "6"}).status_code in (200, 302, 422)
    assert balances(shop.boris).available == 500


def test_terms_of_tomorrow_change_nothing_today(shop: Shop):  # noqa: F811
    order = shop.order("1", day=0, status="delivered", codes=("boris",))
    doubled = [{**RULES[0], "reward": {"1": {"percent": "20"}, "2": {"percent": "3"}}}]
    base = TermsVersion.objects.latest("number").number
    with clock.pretend(START + timedelta(days=1)):
        version = publish_terms(
            programme=shop.programme, settings=SETTINGS, rules=doubled, actor=None, based_on=base,
            valid_from=START + timedelta(days=5),
        )  # fmt: skip
        past = publish_terms(
            programme=shop.programme, settings=SETTINGS, rules=doubled, actor=None, based_on=version.number,
            valid_from=START - timedelta(days=50),
        )  # fmt: skip
    assert past.valid_from == START + timedelta(days=1)
    shop.order("1", day=2, created=0, status="delivered", codes=("boris",), total=100_000)
    assert shop.money(shop.boris) == (0, 10_000)
    assert Order.objects.get(pk=order.pk).commissions.get(level=1).terms.number == base


def test_a_blocked_partner_earns_nothing_new_and_keeps_what_was_earned(shop: Shop):  # noqa: F811
    owner = make_member(None, Role.OWNER)  # type: ignore[arg-type]
    shop.order("1", day=0, status="delivered", codes=("boris",))
    with clock.pretend(START + timedelta(days=1)):
        change_status(partners=[shop.boris], status="blocked", actor=owner)
    shop.order("2", day=2, status="delivered", codes=("boris",))
    shop.order("1", day=3, created=0, status="delivered", codes=("boris",))
    assert shop.money(shop.boris) == (0, 10_000)
    assert run_checks() == []


def test_an_order_of_thousands_of_lines_is_settled(shop: Shop):  # noqa: F811
    from molva.domain.inbound import InboundLine  # noqa: PLC0415

    lines = tuple(InboundLine(str(n), "Tea", "p", "S", "1", 333, 333) for n in range(3000))
    shop.order("1", day=0, status="delivered", codes=("boris",), lines=lines, total=999_000, discount=1)
    assert shop.money(shop.boris)[1] > 0
    assert run_checks() == []
