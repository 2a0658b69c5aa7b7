"""A partner's promo code in the shop over real HTTP: made, used, changed, voided, killed in the middle, drifted."""

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from molva.commissions.admission import admit_partner
from molva.demo.shop import RunningShop
from molva.integrations import codes as shop_codes
from molva.integrations.code_checks import accept_from_shop, can_accept, check_codes
from molva.integrations.codes import (
    bring_codes,
    restore_in_shop,
    taken_in_shop,
    withdraw_code,
)
from molva.integrations.connecting import connect_shop
from molva.integrations.models import Connection, ShopCode
from molva.integrations.polling import poll_shop
from molva.integrations.setup import set_up_shop
from molva.jobs.errors import RetryLaterError
from molva.jobs.worker import Worker
from molva.kit import clock
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.tracking.codes import CodeOffer, change_code, make_codes, plan_codes, revive_code
from molva.tracking.models import PromoCode
from molva.workspaces.models import Event
from molva.workspaces.scoping import scope
from tests.factories import make_user

TEN = CodeOffer(discount_kind="percent", discount=1000)


def rows(shop: RunningShop) -> dict[str, dict[str, Any]]:
    """The shop's codes by their spelling, without those of the sample."""
    return {row["code"]: row for row in shop.store.tables["code"].values()}


def boris(programme: Programme) -> Partner:
    return programme.partners.get(code="boris")


def make(programme: Programme, *spelled: str, offer: CodeOffer = TEN) -> list[PromoCode]:
    owner = boris(programme)
    return make_codes(programme=programme, codes=[(owner, code) for code in spelled], offer=offer, actor=None)


def state(promo: PromoCode) -> str:
    return ShopCode.objects.get(promo_code=promo).state


@pytest.fixture
def programme_there(connection: Connection) -> Programme:
    return connection.programme


@pytest.fixture
def bring(programme_there: Programme) -> Callable[[], None]:
    return lambda: bring_codes(programme_id=programme_there.pk)


def test_a_code_is_made_as_wished(programme_there: Programme, fake_shop: RunningShop, bring: Callable):
    offer = dataclasses.replace(TEN, limit="client", expires_date=date(2027, 1, 31), min_order_minor=100_000)
    (promo,) = make(programme_there, "BORIS10", offer=offer)
    assert promo.awaits_shop is True
    bring()
    promo.refresh_from_db()
    row = rows(fake_shop)["BORIS10"]
    shown = {
        name: row[name] for name in ("type_id", "discount", "description", "act_once", "act_once_for_client")
    }
    assert shown == {
        "type_id": 1,
        "discount": "10.0",
        "description": "molva:partner:boris",
        "act_once": False,
        "act_once_for_client": True,
    }
    assert (row["expired_at"], row["min_price"], row["disabled"]) == ("2027-01-31", "1000.0", False)
    assert (promo.awaits_shop, state(promo)) == (False, "there")


def test_a_second_run_makes_no_call_that_writes(
    programme_there: Programme, fake_shop: RunningShop, bring: Callable
):
    make(programme_there, "BORIS10")
    bring()
    before = dict(rows(fake_shop)["BORIS10"])
    PromoCode.objects.update(awaits_shop=True)
    bring()
    assert rows(fake_shop)["BORIS10"] == before
    assert PromoCode.objects.filter(awaits_shop=True).count() == 0


def test_a_code_used_attributes_without_a_click_and_void_ends_it(
    programme_there: Programme, connection: Connection, fake_shop: RunningShop, bring: Callable
):
    (promo,) = make(programme_there, "BORIS10")
    bring()
    fake_shop.add_order(name="Пётр", email="petr@example.org", promo_code="BORIS10")
    poll_shop(connection_id=connection.pk)
    first = Order.objects.get()
    assert (first.partner, first.reason) == (boris(programme_there), "code")

    assert withdraw_code(promo=promo, reason="Опубликован на сайте купонов", actor=make_user()) is True
    bring()
    # orders refer to it: the shop keeps its name and refuses it
    assert rows(fake_shop)["BORIS10"]["disabled"] is True
    assert state(promo) == "off"
    first.refresh_from_db()
    assert first.partner == boris(programme_there)
    said = Event.objects.get(kind="promo_code.voided")
    assert (said.partner_id, said.data["reason"]) == (promo.partner_id, "Опубликован на сайте купонов")


def test_a_code_that_nobody_used_is_deleted(
    programme_there: Programme, fake_shop: RunningShop, bring: Callable
):
    (promo,) = make(programme_there, "BORIS10")
    bring()
    withdraw_code(promo=promo, reason="x", actor=make_user())
    bring()
    assert "BORIS10" not in rows(fake_shop)
    assert (state(promo), withdraw_code(promo=promo, reason="again", actor=make_user())) == ("off", False)


def test_a_change_is_brought_to_the_shop(programme_there: Programme, fake_shop: RunningShop, bring: Callable):
    (promo,) = make(programme_there, "BORIS10")
    bring()
    number = rows(fake_shop)["BORIS10"]["id"]
    change_code(promo=promo, offer=CodeOffer(discount_kind="sum", discount=50_000, limit="total"), actor=None)
    bring()
    row = rows(fake_shop)["BORIS10"]
    assert (row["id"], row["type_id"], row["discount"], row["act_once"]) == (number, 2, "500.0", True)
    change_code(promo=promo, offer=CodeOffer(), actor=None)  # no discount by Molva any more
    bring()
    assert ("BORIS10" in rows(fake_shop), state(promo)) == (False, "off")


def test_a_code_of_somebody_else_is_refused_with_a_free_spelling_and_earns_nothing(
    programme_there: Programme, connection: Connection, fake_shop: RunningShop, bring: Callable
):
    fake_shop.add_row("code", code="Boris10", discount="7", type_id=1, description="By the shop")
    (promo,) = make(programme_there, "BORIS10")
    bring()
    found = ShopCode.objects.get(promo_code=promo)
    assert (found.state, found.problem, found.proposal) == (
        "refused", "the shop has this code from somebody else", "BORIS10-2",
    )  # fmt: skip
    assert rows(fake_shop)["Boris10"]["discount"] == "7.0"
    fake_shop.add_order(name="Пётр", email="petr@example.org", promo_code="Boris10")
    poll_shop(connection_id=connection.pk)
    assert Order.objects.get().partner is None
    revive_code(promo=promo, code="BORIS10-2", actor=None)
    bring()
    assert rows(fake_shop)["BORIS10-2"]["description"] == "molva:partner:boris"
    assert (state(promo), taken_in_shop(programme_there) >= {"boris10"}) == ("there", True)


def test_what_the_shop_refuses_for_itself_is_said(
    programme_there: Programme, fake_shop: RunningShop, bring: Callable, monkeypatch: pytest.MonkeyPatch
):
    (promo,) = make(programme_there, "BORIS10")
    monkeypatch.setattr("molva.integrations.sources.insales.codes._TYPES", {"percent": 9, "sum": 2})
    bring()
    found = ShopCode.objects.get(promo_code=promo)
    assert (found.state, found.problem) == (
        "refused", "the shop answered 422 to /admin/discount_codes.json",
    )  # fmt: skip


def test_killed_after_the_shop_made_a_code_it_is_found_and_not_doubled(
    programme_there: Programme, fake_shop: RunningShop, bring: Callable, monkeypatch: pytest.MonkeyPatch
):
    promos = make(programme_there, "ONE", "TWO", "THREE")
    put = shop_codes._put
    calls = []

    def die_at_the_second(*args: Any) -> None:
        put(*args)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt  # the process is gone: the shop has it, we noted nothing

    with monkeypatch.context() as patch:
        patch.setattr(shop_codes, "_put", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            bring()
    assert [PromoCode.objects.get(pk=one.pk).awaits_shop for one in promos] == [False, True, True]
    bring()
    made = [
        row for row in fake_shop.store.tables["code"].values() if row["description"] == "molva:partner:boris"
    ]
    assert sorted(row["code"] for row in made) == ["ONE", "THREE", "TWO"]
    assert [state(one) for one in promos] == ["there"] * 3


def test_a_used_up_quota_pauses_and_goes_on(
    programme_there: Programme, fake_shop: RunningShop, bring: Callable
):
    promos = make(programme_there, *[f"B{number}" for number in range(6)])
    (window,) = fake_shop.windows.values()
    fake_shop.faults.update({"limit_calls": window.calls + 6})
    with pytest.raises(RetryLaterError) as pause:
        bring()
    left = PromoCode.objects.filter(awaits_shop=True).count()
    assert 0 < left < 6
    fake_shop.faults.update({"limit_calls": 500})
    with clock.pretend(clock.now() + timedelta(seconds=pause.value.retry_after + 5)):
        bring()
    assert PromoCode.objects.filter(awaits_shop=True).count() == 0
    assert [state(one) for one in promos] == ["there"] * 6


def test_drift_is_found_told_once_and_put_right_either_way(
    programme_there: Programme, fake_shop: RunningShop, bring: Callable
):
    changed, gone, off, back = make(programme_there, "CHANGED", "GONE", "OFF", "BACK")
    bring()
    withdraw_code(promo=back, reason="x", actor=make_user())
    bring()
    table = fake_shop.store.tables["code"]
    rows(fake_shop)["CHANGED"]["discount"] = "15.0"
    rows(fake_shop)["OFF"]["disabled"] = True
    del table[rows(fake_shop)["GONE"]["id"]]
    fake_shop.add_row("code", code="BACK", discount="10", type_id=1, description="molva:partner:boris")
    for _time in range(2):
        check_codes(programme_id=programme_there.pk)
    found = {one.promo_code.code: one for one in ShopCode.objects.select_related("promo_code__partner")}
    assert {code: (one.state, one.drift) for code, one in found.items()} == {
        "CHANGED": ("drifted", {"discount": [1000, 1500]}),
        "GONE": ("gone", {}),
        "OFF": ("drifted", {"is_disabled": [False, True]}),
        "BACK": ("drifted", {"is_disabled": [True, False]}),
    }
    told = Event.objects.filter(kind__in=("promo_code.drifted", "promo_code.gone"))
    assert sorted(told.values_list("kind", "object_label")) == [
        ("promo_code.drifted", "BACK"), ("promo_code.drifted", "CHANGED"),
        ("promo_code.drifted", "OFF"), ("promo_code.gone", "GONE"),
    ]  # fmt: skip
    assert [can_accept(found[code]) for code in ("CHANGED", "OFF", "GONE")] == [True, False, False]
    accept_from_shop(row=found["CHANGED"], actor=make_user())
    for promo in (gone, off, back):
        restore_in_shop(promo=promo, actor=make_user())
    bring()
    changed.refresh_from_db()
    assert (changed.discount, rows(fake_shop)["CHANGED"]["discount"]) == (1500, "15.0")
    assert rows(fake_shop)["OFF"]["disabled"] is False
    assert ("GONE" in rows(fake_shop), "BACK" in rows(fake_shop)) == (True, False)
    assert [state(one) for one in (changed, gone, off, back)] == ["there", "there", "there", "off"]


def test_codes_for_many_are_spelled_by_a_pattern_and_nobody_gets_another_s(programme: Programme):
    anna = admit_partner(programme=programme, name="Анна Щукина", email="anna@example.org", code="anna10")
    vera = admit_partner(programme=programme, name="Анна Ёлкина", email="vera@example.org", code="vera")
    plan = plan_codes(programme=programme, partners=[anna, vera], pattern="{name}10", taken={"anna10-2"})
    assert [(one.code, one.wanted) for one in plan] == [("ANNA10", ""), ("ANNA10-3", "ANNA10")]
    three = plan_codes(programme=programme, partners=[vera], pattern="{code}-{n}", count=3)
    assert [one.code for one in three] == ["VERA-1", "VERA-2", "VERA-3"]


def test_codes_from_before_the_shop_was_connected_go_into_it(programme: Programme, fake_shop: RunningShop):
    (promo,) = make(programme, "EARLY")
    made = connect_shop(
        programme=programme,
        kind="insales",
        host=fake_shop.host,
        login=fake_shop.api_key,
        password=fake_shop.api_password,
        actor=None,
    )
    PromoCode.objects.update(awaits_shop=False)  # a code that an earlier shop knew already
    set_up_shop(connection_id=made.pk)
    Worker(scope=scope).run_until_empty()
    assert rows(fake_shop)["EARLY"]["description"] == "molva:partner:boris"
    assert state(promo) == "there"
