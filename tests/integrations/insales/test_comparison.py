"""Comparison with the shop: each difference is found once, put right or explained, and opens again when it must."""

from datetime import timedelta
from typing import Any

import pytest

from molva.commissions.admission import admit_partner
from molva.demo.shop import RunningShop
from molva.demo.shop.admin import orders as admin_orders
from molva.integrations import comparison, findings, imports
from molva.integrations.base import PlugError
from molva.integrations.models import (
    ApiWindow,
    ComparisonRun,
    Connection,
    Finding,
    FindingKind,
    FindingState,
    RunState,
    SeenOrder,
)
from molva.integrations.polling import poll_shop
from molva.jobs.models import Job
from molva.jobs.worker import Worker
from molva.kit import clock
from molva.orders.models import DELETED_STATUS, Order
from molva.programmes.models import Programme
from molva.tracking.models import PromoCode
from molva.workspaces.models import Event
from molva.workspaces.scoping import scope
from tests.factories import make_user


@pytest.fixture(autouse=True)
def _calm(connection: Connection) -> None:
    Job.objects.all().delete()


@pytest.fixture
def orders(connection: Connection, fake_shop: RunningShop) -> list[dict[str, Any]]:
    """Three orders that both sides know, of now."""
    made = [fake_shop.add_order(location="/?aff=boris", status="delivered", tell=False) for _ in range(3)]
    poll_shop(connection_id=connection.pk)
    return made


def polled_up_to_now(connection: Connection) -> None:
    """Polling has come further than anything in the shop, and has read nothing of it."""
    Connection.objects.update(anchor={"updated_at": (clock.now() + timedelta(hours=1)).isoformat()})
    connection.refresh_from_db()


def compare(connection: Connection, *, days: int = 30, nightly: bool = False) -> ComparisonRun:
    polled_up_to_now(connection)
    run = comparison.start(connection, days=days, is_nightly=nightly)
    Worker(scope=scope).run_until_empty()
    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert SeenOrder.objects.count() == 0
    return run


def told(*state: str) -> list[tuple[str, str, str]]:
    rows = Finding.objects.filter(state__in=state or [FindingState.OPEN]).order_by("pk")
    return [(row.kind, row.key, row.label) for row in rows]


def lose(shop: RunningShop, number: int) -> Any:
    """The shop forgets an order without a trace."""
    shop.store._sorted = None
    return shop.store.orders.pop(number)


def posted() -> int:
    return sum(order.commissions.get(level=1).posted_minor for order in Order.objects.all())


def test_when_all_agree_nothing_is_found(connection: Connection, orders: list[dict[str, Any]]):
    run = compare(connection)
    assert (run.read, run.found, Finding.objects.count()) == (3, 0, 0)
    assert comparison.summary(connection) == run


def test_a_lost_order_a_moved_status_and_another_sum_are_found_once_and_put_right(
    connection: Connection, fake_shop: RunningShop, orders: list[dict[str, Any]]
):
    fake_shop.change_order(orders[0]["id"], status="vozvrat", tell=False)
    line = fake_shop.store.orders[orders[1]["id"]].lines[0]
    fake_shop.change_order(orders[1]["id"], return_one=line.id, tell=False)
    lost = fake_shop.add_order(location="/?aff=boris", status="delivered", tell=False)
    for _ in range(2):
        run = compare(connection)
        assert run.read == 4
    assert sorted(told()) == sorted([
        ("status", str(orders[0]["id"]), str(orders[0]["number"])),
        ("sum", str(orders[1]["id"]), str(orders[1]["number"])),
        ("missing", str(lost["id"]), str(lost["number"])),
    ])  # fmt: skip
    assert run.found == 0  # the second run found the same
    assert Order.objects.count() == 3  # nothing has moved yet
    actor = make_user()
    for finding in Finding.objects.all():
        assert findings.fix(finding, actor=actor) is True
    assert told() == []
    assert Order.objects.count() == 4
    assert Order.objects.get(external_id=str(orders[0]["id"])).status == "vozvrat"
    assert compare(connection).found == 0
    assert {row.closed_by for row in Finding.objects.all()} == {actor}
    assert Event.objects.filter(kind="finding.fixed").count() == 3


def test_the_nightly_one_puts_right_at_once_and_keeps_what_it_found(
    connection: Connection, fake_shop: RunningShop, orders: list[dict[str, Any]]
):
    fake_shop.change_order(orders[0]["id"], status="vozvrat", tell=False)
    fake_shop.add_order(location="/?aff=boris", status="delivered", tell=False)
    before = posted()
    run = compare(connection, nightly=True)
    assert (run.found, run.repaired, told()) == (2, 2, [])
    assert len(told(FindingState.FIXED)) == 2
    assert Order.objects.count() == 4
    assert posted() == before  # one taken back, one of the same sum gained
    assert all(row.order_id for row in Finding.objects.all())
    assert Event.objects.get(kind="comparison.finished").data == {"read": 4, "found": 2, "repaired": 2}


def test_a_night_without_findings_is_no_news(connection: Connection, orders: list[dict[str, Any]]):
    compare(connection, nightly=True)
    assert Event.objects.filter(kind__startswith="comparison.").count() == 0


def test_every_night_each_shop_gets_its_own(connection: Connection, orders: list[dict[str, Any]]):
    comparison.compare_every_night()
    comparison.compare_every_night()
    run = ComparisonRun.objects.get()
    assert run.is_nightly
    assert Job.objects.filter(dedupe=f"compare-{run.pk}").count() == 1


def test_what_changed_after_the_last_polling_is_on_its_way(
    connection: Connection, fake_shop: RunningShop, orders: list[dict[str, Any]]
):
    Connection.objects.update(anchor={"updated_at": (clock.now() - timedelta(hours=1)).isoformat()})
    connection.refresh_from_db()
    fake_shop.change_order(orders[0]["id"], status="vozvrat", tell=False)
    comparison.start(connection, days=30)
    Worker(scope=scope).run_until_empty()
    assert Finding.objects.count() == 0


def test_an_order_of_before_we_came_is_not_missing_until_it_was_to_be_brought_in(
    connection: Connection, fake_shop: RunningShop
):
    fake_shop.add_order(at=(clock.now() - timedelta(days=20)).isoformat(), tell=False)
    assert compare(connection).read == 1
    assert told() == []
    run = imports.start(connection, period="quarter")
    Worker(scope=scope).run_until_empty()
    run.refresh_from_db()
    assert run.state == RunState.DONE
    Order.objects.all().delete()
    compare(connection)
    assert [kind for kind, _key, _label in told()] == ["missing"]


@pytest.mark.parametrize("how", ["archived", "missing", "lost"])
def test_an_order_that_is_gone_is_found(
    connection: Connection, fake_shop: RunningShop, orders: list[dict[str, Any]], how: str
):
    number = orders[0]["id"]
    before = posted()
    if how == "lost":
        lose(fake_shop, number)
    else:
        fake_shop.faults.update({"deleted_orders": how})
        fake_shop.change_order(number, delete=True, tell=False)
    compare(connection)
    finding = Finding.objects.get(state=FindingState.OPEN)
    assert (finding.kind, finding.key) == ("gone" if how == "lost" else "status", str(number))
    assert findings.fix(finding, actor=None) is True
    order = Order.objects.get(external_id=str(number))
    assert (order.status, posted()) == (DELETED_STATUS, before * 2 // 3)
    assert compare(connection).found == 0
    assert told() == []


def test_a_gone_order_that_came_back_agrees_by_itself(
    connection: Connection, fake_shop: RunningShop, orders: list[dict[str, Any]]
):
    kept = lose(fake_shop, orders[0]["id"])
    compare(connection)
    assert [kind for kind, _key, _label in told()] == ["gone"]
    fake_shop.store.orders[orders[0]["id"]] = kept
    fake_shop.store._sorted = None
    compare(connection)
    assert told() == []
    assert Finding.objects.get().closed_by is None


def test_an_order_without_a_verdict_is_found_and_settled(
    connection: Connection, orders: list[dict[str, Any]]
):
    Order.objects.filter(external_id=str(orders[0]["id"])).update(judged_at=None, partner=None, reason="")
    compare(connection)
    assert [kind for kind, _key, _label in told()] == ["verdict"]
    assert findings.fix(Finding.objects.get(), actor=None) is True
    assert Order.objects.get(external_id=str(orders[0]["id"])).partner.code == "boris"


def test_a_partners_mark_that_came_later_is_shown_and_can_be_explained(
    connection: Connection, fake_shop: RunningShop, programme: Programme
):
    made = fake_shop.add_order(status="delivered", tell=False)
    poll_shop(connection_id=connection.pk)
    assert Order.objects.get().partner is None
    visit = fake_shop.store.orders[made["id"]].visit
    visit.first_location = visit.location = "/?aff=boris"
    compare(connection)
    finding = Finding.objects.get()
    assert (finding.kind, finding.facts, finding.is_repairable) == (
        "marks",
        {"marks": ["/?aff=boris"]},
        False,
    )
    findings.explain(finding, actor=make_user(), note="typed in by our own people")
    assert compare(connection).found == 0
    assert told() == []


def test_an_explained_one_opens_again_when_the_facts_change(
    connection: Connection, fake_shop: RunningShop, orders: list[dict[str, Any]]
):
    fake_shop.change_order(orders[0]["id"], status="vozvrat", tell=False)
    compare(connection)
    actor = make_user()
    findings.explain(Finding.objects.get(), actor=actor, note="a gift")
    compare(connection)
    finding = Finding.objects.get()
    assert (finding.state, finding.note, finding.closed_by) == (FindingState.EXPLAINED, "a gift", actor)
    fake_shop.change_order(orders[0]["id"], status="novyy", tell=False)
    assert compare(connection).found == 1
    finding.refresh_from_db()
    assert (finding.state, finding.note, finding.closed_by) == (FindingState.OPEN, "", None)


def test_an_unknown_code_is_one_finding_and_can_be_given_to_a_partner(
    connection: Connection, fake_shop: RunningShop, programme: Programme
):
    for _ in range(2):
        fake_shop.add_order(promo_code="LES10", status="delivered", tell=False)
    poll_shop(connection_id=connection.pk)
    assert {order.partner for order in Order.objects.all()} == {None}
    compare(connection)
    assert told() == [("code", "les10", "LES10")]
    kate = admit_partner(programme=programme, name="Kate", email="kate@example.org", code="kate")
    findings.give_code(Finding.objects.get(), partner=kate, actor=make_user(), from_first_use=True)
    Worker(scope=scope).run_until_empty()
    assert {order.partner for order in Order.objects.all()} == {kate}
    assert PromoCode.objects.get().code == "LES10"
    assert compare(connection).found == 0
    assert told() == []


def test_a_code_that_became_known_elsewhere_closes_by_itself(
    connection: Connection, fake_shop: RunningShop, programme: Programme
):
    fake_shop.add_order(promo_code="LES10", tell=False)
    poll_shop(connection_id=connection.pk)
    compare(connection)
    admit_partner(programme=programme, name="Les", email="les@example.org", code="les10")
    compare(connection)
    assert told() == []


def test_a_flood_of_personal_codes_does_not_bury_the_rest(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(comparison, "MOST_CODES", 1)
    for code in ("LES10", "MINUS200"):
        fake_shop.add_order(promo_code=code, tell=False)
    poll_shop(connection_id=connection.pk)
    compare(connection)
    assert len(told()) == 1


def test_everything_can_be_put_right_together(
    connection: Connection,
    fake_shop: RunningShop,
    orders: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(findings, "AT_ONCE", 2)
    for order in orders:
        fake_shop.change_order(order["id"], status="vozvrat", tell=False)
    compare(connection)
    assert len(told()) == 3
    actor = make_user()
    findings.enqueue_fix_all(connection, kind="status", actor_id=actor.pk)
    Worker(scope=scope).run_until_empty()
    assert told() == []
    assert {order.status for order in Order.objects.all()} == {"vozvrat"}


def test_a_shop_that_cannot_be_asked_leaves_the_finding_open(
    connection: Connection, fake_shop: RunningShop, orders: list[dict[str, Any]]
):
    fake_shop.change_order(orders[0]["id"], status="vozvrat", tell=False)
    compare(connection)
    fake_shop.faults.update({"api_answer": "504"})
    with pytest.raises(PlugError):
        findings.fix(Finding.objects.get(), actor=None)
    assert len(told()) == 1


def test_an_order_that_cannot_be_recorded_stays_open_and_waits_as_a_dead_letter(
    connection: Connection, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch
):
    real = admin_orders.order_body
    monkeypatch.setattr(
        admin_orders, "order_body", lambda store, order: {**real(store, order), "currency_code": "USD"}
    )
    fake_shop.add_order(tell=False)
    compare(connection, nightly=True)
    (finding,) = Finding.objects.all()
    assert (finding.kind, finding.state, finding.facts["currency"]) == (
        FindingKind.MISSING,
        FindingState.OPEN,
        "USD",
    )
    assert findings.fix(finding, actor=None) is False
    assert connection.inbound.get(state="dead").reason.startswith("the order is in")


def test_a_comparison_waits_for_the_window_and_can_be_ended(
    connection: Connection, fake_shop: RunningShop, orders: list[dict[str, Any]]
):
    ApiWindow.objects.update(allowed=20, used=14)
    polled_up_to_now(connection)
    run = comparison.start(connection, days=30)
    Worker(scope=scope).run_until_empty()
    run.refresh_from_db()
    assert (run.state, run.problem) == (RunState.RUNNING, "the shop asks to wait (limit of calls)")
    comparison.stop(run, actor=make_user())
    run.refresh_from_db()
    assert (run.state, comparison.live_comparison(connection), comparison.summary(connection)) == (
        RunState.DONE,
        None,
        None,
    )
