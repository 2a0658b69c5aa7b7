"""What shops pay an operator: trial, monthly charge, services; and what stops when nothing is paid."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from molva.demo.shop import charges as shop_charges
from molva.integrations import subscriptions
from molva.integrations.models import Charge, Connection, Subscription
from molva.integrations.subscriptions import Access, access_of, give_days, read_all
from molva.kit import clock
from molva.programmes.models import Programme
from molva.programmes.services import create_programme
from molva.workspaces.models import Event, Member, User
from molva.workspaces.scoping import scope
from tests.factories import make_member, make_workspace
from tests.web.apps.conftest import APP, Shop, run_jobs

Office = Callable[..., str]


@pytest.fixture
def operator(settings: Any) -> None:
    """An operator who asks 990 roubles a month and sells one service."""
    settings.MOLVA_OPERATOR = True
    settings.MOLVA_PLAN_MONTHLY = "990.00"
    settings.MOLVA_PLAN_SERVICES = "Set-up=4900.00"


@pytest.fixture
def paying(operator: None, shop: Shop) -> Subscription:
    """A shop that has just installed the application."""
    shop.install()
    run_jobs()
    return Subscription.unscoped.select_related("connection__programme").get()


@pytest.fixture
def owner(paying: Subscription, shop: Shop) -> Client:
    """The first person who came in from the shop."""
    client = Client()
    shop.come_in(client)
    assert Member.unscoped.get().role == "owner"
    return client


def url(name: str, *args: Any) -> str:
    return reverse(f"office:{name}", args=[Programme.unscoped.get().code, *args])


def later(paying: Subscription, days: int) -> Subscription:
    """The same shop after so many days, read anew."""
    return Subscription.unscoped.select_related("connection__programme").get(pk=paying.pk)


def test_an_install_begins_a_trial_and_makes_the_monthly_charge_once(
    paying: Subscription, shop: Shop
) -> None:
    assert timedelta(days=13) < paying.trial_until - clock.now() <= timedelta(days=14)
    assert paying.monthly_minor == 99_000
    row = shop_charges.monthly(shop.running, APP)
    assert row["monthly"] == "990.0"

    read_all()
    run_jobs()
    assert len(shop.running.store.tables["monthly"]) == 1


def test_a_new_installation_does_not_begin_the_trial_anew(paying: Subscription, shop: Shop) -> None:
    with clock.pretend(clock.now() + timedelta(days=10)):
        shop.uninstall()
        shop.install("another")
        run_jobs()

    assert Subscription.unscoped.get().trial_until == paying.trial_until


def test_a_price_that_changed_is_brought_to_the_shop(paying: Subscription, shop: Shop, settings: Any) -> None:
    settings.MOLVA_PLAN_MONTHLY = "1200.50"
    read_all()
    run_jobs()

    assert shop_charges.monthly(shop.running, APP)["monthly"] == "1200.5"
    assert Subscription.unscoped.get().monthly_minor == 120_050


@pytest.mark.parametrize(
    ("days", "paid_days", "is_blocked", "expected"),
    [
        (13, None, False, Access.TRIAL),
        (15, None, False, Access.LAPSED),
        (15, 15, False, Access.PAID),
        (15, 14, False, Access.LAPSED),
        (1, None, True, Access.BLOCKED),
        (15, 30, True, Access.BLOCKED),
    ],
)
def test_access_is_told_by_paid_till_and_blocked(
    paying: Subscription, days: int, paid_days: int | None, is_blocked: bool, expected: Access
) -> None:
    start = clock.now()
    paying.paid_till = (start + timedelta(days=paid_days)).date() if paid_days is not None else None
    paying.is_blocked = is_blocked

    assert access_of(paying, start + timedelta(days=days)) == expected


def test_after_the_trial_reading_goes_on_and_changing_asks_for_money(
    owner: Client, paying: Subscription, shop: Shop
) -> None:
    Subscription.unscoped.update(trial_until=clock.now() - timedelta(days=1), paid_till=None)
    before = Programme.unscoped.get()

    assert owner.get(url("terms_edit")).status_code == 200
    answer = owner.post(
        url("settings"), {"name": "Other", "mark_param": "aff", "min_payout": "0"}, follow=True
    )

    assert answer.redirect_chain[0][0] == url("subscription")
    assert "подписка закончилась" in answer.content.decode()
    assert Programme.unscoped.get().name == before.name
    assert owner.post(url("payouts_prepare"), {}).get("Location", "") != url("subscription")


def test_a_paid_month_is_read_and_opens_the_door_again(
    owner: Client, paying: Subscription, shop: Shop
) -> None:
    Subscription.unscoped.update(trial_until=clock.now() - timedelta(days=1), paid_till=None)
    shop_charges.act(shop.running, APP, "pay")

    owner.post(url("subscription_refresh"))
    answer = owner.post(url("settings"), {"name": "Other", "mark_param": "aff", "min_payout": "0"})

    assert answer["Location"] == url("settings")
    assert Programme.unscoped.get().name == "Other"
    kinds = [event.data for event in Event.unscoped.filter(kind="subscription.changed")]
    assert kinds[-1] == {"was": "lapsed", "is": "paid"}


def test_a_blocked_shop_is_told_so(owner: Client, paying: Subscription, shop: Shop) -> None:
    shop_charges.act(shop.running, APP, "block")
    owner.post(url("subscription_refresh"))

    assert "InSales заблокировал приложение" in owner.get(url("subscription")).content.decode()


def test_a_service_is_ordered_confirmed_in_the_shop_and_read_from_it(
    owner: Client, paying: Subscription, shop: Shop
) -> None:
    owner.post(url("subscription_order", "1"))
    charge = Charge.unscoped.get()
    assert (charge.state, charge.price_minor, charge.name) == ("pending", 490_000, "Set-up")
    [row] = shop.running.store.tables["charge"].values()
    assert (
        owner.get(row["return_url"].partition("//")[2].partition("/")[2].join(["/", ""])).status_code == 200
    )
    run_jobs()
    charge.refresh_from_db()
    assert charge.state == "pending"  # the call proves nothing

    row["status"] = "accepted"
    read_all()
    run_jobs()
    charge.refresh_from_db()
    assert charge.state == "accepted"
    assert Event.unscoped.filter(kind="charge.accepted").count() == 1


def test_an_order_that_was_not_paid_can_be_taken_back(
    owner: Client, paying: Subscription, shop: Shop
) -> None:
    owner.post(url("subscription_order", "1"))
    owner.post(url("charge_take_back", Charge.unscoped.get().pk))

    assert Charge.unscoped.get().state == "declined"
    assert [row["status"] for row in shop.running.store.tables["charge"].values()] == ["declined"]


def test_a_strange_return_address_is_nobodys(paying: Subscription) -> None:
    assert Client().get("/apps/insales/charged/made-up").status_code == 404


def test_a_shop_that_leads_to_a_strange_address_to_pay_is_refused(
    owner: Client, paying: Subscription, monkeypatch: Any
) -> None:
    told = subscriptions.charges.Single("5", 490_000, "pending", "https://evil.example/pay")
    monkeypatch.setattr(subscriptions.charges, "make_single", lambda *_args, **_kwargs: told)

    answer = owner.post(url("subscription_order", "1"))

    assert answer.status_code == 200
    assert not Charge.unscoped.exists()


def test_free_days_of_the_operator(paying: Subscription, shop: Shop) -> None:
    before = shop_charges.monthly(shop.running, APP)["paid_till"]
    found = give_days(host=shop.host, days=7)

    assert str(found.paid_till) == shop_charges.monthly(shop.running, APP)["paid_till"] > before
    assert Event.unscoped.get(kind="subscription.given").data == {"days": 7}


def test_one_company_sees_nothing_of_it(shop: Shop) -> None:
    shop.install()
    run_jobs()
    client = Client()
    shop.come_in(client)

    assert not Subscription.unscoped.exists()
    assert client.get(url("subscription")).status_code == 404
    assert "Подписка" not in client.get(url("today")).content.decode()
    with scope(Connection.unscoped.get().workspace_id):
        assert subscriptions.may_change(Programme.objects.get())


def test_an_accountant_pays_and_a_manager_only_looks(owner: Client, paying: Subscription) -> None:
    with scope(paying.workspace_id):
        for role in ("manager", "accountant"):
            user = User.objects.create_user(f"{role}@example.org")
            Member.objects.create(user=user, role=role)
    manager, accountant = Client(), Client()
    manager.force_login(User.objects.get(email="manager@example.org"))
    accountant.force_login(User.objects.get(email="accountant@example.org"))

    assert manager.get(url("subscription")).status_code == 200
    assert manager.post(url("subscription_order", "1")).status_code == 403
    assert accountant.post(url("subscription_order", "1")).status_code == 302


def test_another_companys_charge_is_not_there(owner: Client, paying: Subscription) -> None:
    owner.post(url("subscription_order", "1"))
    charge = Charge.unscoped.get()
    stranger = Client()
    other = make_workspace(name="Other")
    with scope(other):
        create_programme(name="Other", code="other")
        stranger.force_login(make_member(other))

    for programme in (charge.connection.programme.code, "other"):
        for name, args in (
            ("subscription", []),
            ("subscription_refresh", []),
            ("subscription_order", ["1"]),
            ("charge_take_back", [charge.pk]),
        ):
            assert stranger.post(reverse(f"office:{name}", args=[programme, *args])).status_code == 404
    assert Charge.unscoped.get().state == "pending"
