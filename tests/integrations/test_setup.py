"""The set-up of a shop: listed first and brought to the wished state, over real HTTP against the fake shop."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from molva.demo.shop import RunningShop
from molva.integrations import setup
from molva.integrations.base import PlugError, secret_hash
from molva.integrations.connecting import connect_shop, disconnect_shop
from molva.integrations.models import Connection, SetupStep, StepState
from molva.integrations.setup import begin_setup, check_shop, check_shops, set_up_shop, steps_of
from molva.jobs.models import Job
from molva.kit import clock
from molva.kit.http import GuardedClient
from molva.programmes.models import Programme
from molva.programmes.services import create_programme, publish_terms
from molva.workspaces.models import Event
from tests.factories import make_user

TABLES = ("webhook", "tag", "widget", "field")


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Every call that changes something in a shop, as it leaves us; the call itself goes on to the shop."""
    seen: list[tuple[str, str]] = []
    ask = GuardedClient.request

    def request(self: GuardedClient, method: str, url: str, **more: Any) -> Any:
        if method != "GET":
            seen.append((method, url.partition("/admin/")[2].partition(".json")[0].rstrip("/0123456789")))
        return ask(self, method, url, **more)

    monkeypatch.setattr(GuardedClient, "request", request)
    return seen


def held(shop: RunningShop) -> dict[str, list[dict[str, Any]]]:
    """What stands in the shop, without the moments."""
    with shop.store.lock:
        return {
            table: [{k: v for k, v in row.items() if not k.endswith("_at")} for row in rows.values()]
            for table in TABLES
            if (rows := shop.store.tables[table])
        }


def states(connection: Connection) -> dict[str, str]:
    return dict(SetupStep.objects.filter(connection=connection).values_list("name", "state"))


def again(connection: Connection) -> None:
    """The whole set-up once more, as the button of the office and a new installation begin it."""
    begin_setup(connection)
    set_up_shop(connection_id=connection.pk)


def test_everything_is_brought_to_order(connection: Connection, fake_shop: RunningShop):
    assert states(connection) == dict.fromkeys(steps_of(connection), StepState.DONE)
    assert connection.facts["is_set_up"] is True
    base = f"http://127.0.0.1:9/hooks/insales/{connection.secrets['hook']}"
    stands = held(fake_shop)
    hooks = {row["topic"]: (row["address"], row["format_type"]) for row in stands["webhook"]}
    assert hooks == {
        f"orders/{name}": (f"{base}/orders-{name}", "json") for name in ("create", "update", "destroy")
    }
    (tag,), (widget,) = stands["tag"], stands["widget"]
    assert (tag["type"], tag["content"]) == ("JsTag::FileTag", "http://127.0.0.1:9/s/friends.js")
    assert (widget["page_type"], "http://127.0.0.1:9/apps/widget.js" in widget["code"]) == ("order", True)
    (field,) = [row for row in stands["field"] if row["handle"] == "molva"]
    assert connection.facts["field_id"] == field["id"]


def test_the_key_of_the_widget_is_kept_as_a_hash_only(connection: Connection, fake_shop: RunningShop):
    key = held(fake_shop)["widget"][0]["code"].partition('data-molva-key="')[2].partition('"')[0]
    assert connection.widget_hash == secret_hash(key)
    assert key not in str(connection.secrets)
    assert all(key not in str(step.things) for step in SetupStep.objects.all())


@pytest.mark.parametrize("act", [set_up_shop, check_shop])
def test_a_second_run_writes_nothing(
    connection: Connection, fake_shop: RunningShop, writes: list[Any], act: Callable[..., None]
):
    before = held(fake_shop)
    SetupStep.objects.update(state=StepState.WAITING)
    act(connection_id=connection.pk)
    assert (writes, held(fake_shop)) == ([], before)
    assert states(connection) == dict.fromkeys(steps_of(connection), StepState.DONE)
    assert not Event.objects.filter(kind="connection.drifted").exists()


def test_a_new_installation_moves_what_is_there_and_makes_no_doubles(
    connection: Connection, fake_shop: RunningShop, writes: list[Any]
):
    before = held(fake_shop)
    key = {"login": fake_shop.api_key, "password": fake_shop.api_password}
    made = connect_shop(
        programme=connection.programme, kind="insales", host=fake_shop.host, actor=None, **key
    )
    set_up_shop(connection_id=made.pk)
    after = held(fake_shop)
    assert {name: len(rows) for name, rows in after.items()} == {k: len(v) for k, v in before.items()}
    assert sorted(writes) == [("PUT", "application_widgets"), *[("PUT", "webhooks")] * 3]
    assert all(made.secrets["hook"] in row["address"] for row in after["webhook"])
    assert after["widget"][0]["code"] != before["widget"][0]["code"]
    assert not Event.objects.filter(kind="connection.drifted").exists()


def test_our_new_address_moves_hooks_script_and_widget(
    connection: Connection, fake_shop: RunningShop, settings: Any, writes: list[Any]
):
    settings.MOLVA_URL = "http://127.0.0.1:11"
    check_shops()
    assert Job.objects.filter(path="molva.integrations.setup:check_shop").count() == 1
    check_shop(connection_id=connection.pk)
    stands = held(fake_shop)
    assert {row["address"].partition("/hooks")[0] for row in stands["webhook"]} == {"http://127.0.0.1:11"}
    assert [row["content"] for row in stands["tag"]] == ["http://127.0.0.1:11/s/friends.js"]
    assert "http://127.0.0.1:11/apps/widget.js" in stands["widget"][0]["code"]
    assert len(stands["webhook"]) == 3
    assert not Event.objects.filter(kind="connection.drifted").exists()
    writes.clear()
    check_shop(connection_id=connection.pk)
    assert writes == []


def edit(shop: RunningShop, table: str, **values: Any) -> None:
    with shop.store.lock:
        next(iter(shop.store.tables[table].values())).update(values)


def remove(shop: RunningShop, table: str) -> None:
    with shop.store.lock:
        del shop.store.tables[table][next(iter(shop.store.tables[table]))]


def remove_field(shop: RunningShop) -> None:
    with shop.store.lock:
        rows = shop.store.tables["field"]
        del rows[next(number for number, row in rows.items() if row["handle"] == "molva")]


def switch_field_off(shop: RunningShop) -> None:
    with shop.store.lock:
        next(row for row in shop.store.tables["field"].values() if row["handle"] == "molva")["active"] = False


def double(shop: RunningShop, table: str, **values: Any) -> None:
    row = next(iter(shop.store.tables[table].values()))
    names = ("address", "topic", "type", "content", "name", "code", "height", "page_type", "format_type")
    shop.add_row(table, **{k: v for k, v in row.items() if k in names} | values)


HOOK = "http://127.0.0.1:9/hooks/insales/of-old/orders-create"
DRIFTS: list[tuple[str, str, Callable[[RunningShop], None], list[list[str]]]] = [
    ("a hook deleted", "hooks", lambda shop: remove(shop, "webhook"), [["missing", "orders/create"]]),
    ("a hook in XML", "hooks", lambda shop: edit(shop, "webhook", format_type="xml"), [["changed", "orders/create"]]),
    ("a hook sent elsewhere", "hooks", lambda shop: edit(shop, "webhook", address="https://a.example/x"),
     [["changed", "orders/create"]]),
    ("an old hook of ours", "hooks", lambda shop: double(shop, "webhook", address=HOOK), [["double", "orders/create"]]),
    ("the script deleted", "script", lambda shop: remove(shop, "tag"), [["missing", "script"]]),
    ("the script edited", "script", lambda shop: edit(shop, "tag", content="https://a.example/x.js"),
     [["changed", "script"]]),
    ("the script twice", "script", lambda shop: double(shop, "tag"), [["double", "script"]]),
    ("the widget deleted", "widget", lambda shop: remove(shop, "widget"), [["missing", "widget"]]),
    ("the widget edited", "widget", lambda shop: edit(shop, "widget", code="<b>nothing</b>"), [["changed", "widget"]]),
    ("the widget twice", "widget", lambda shop: double(shop, "widget"), [["double", "widget"]]),
    ("the widget too low", "widget", lambda shop: edit(shop, "widget", height=10), [["changed", "widget"]]),
    ("the field deleted", "field", remove_field, [["missing", "field"]]),
    ("the field switched off", "field", switch_field_off, [["changed", "field"]]),
]  # fmt: skip


@pytest.mark.parametrize(("case", "step", "harm", "found"), DRIFTS, ids=[row[0] for row in DRIFTS])
def test_a_drift_is_repaired_and_told(
    connection: Connection,
    fake_shop: RunningShop,
    writes: list[Any],
    case: str,
    step: str,
    harm: Callable[[RunningShop], None],
    found: list[list[str]],
):
    count = {name: len(rows) for name, rows in held(fake_shop).items()}
    harm(fake_shop)
    check_shop(connection_id=connection.pk)
    assert {name: len(rows) for name, rows in held(fake_shop).items()} == count
    row = SetupStep.objects.get(connection=connection, name=step)
    assert (row.found, row.state) == (found, StepState.DONE)
    assert row.found_at is not None
    assert Event.objects.get(kind="connection.drifted").data == {"found": found}
    writes.clear()
    check_shop(connection_id=connection.pk)
    assert writes == []
    connection.refresh_from_db()
    assert secret_hash(held(fake_shop)["widget"][0]["code"].split('"')[-2]) == connection.widget_hash
    assert connection.facts["field_id"] in {row["id"] for row in held(fake_shop)["field"]}


def test_what_is_not_ours_stays(connection: Connection, fake_shop: RunningShop, writes: list[Any]):
    fake_shop.add_row("webhook", address="https://crm.example/hook", topic="orders/create")
    fake_shop.add_row(
        "webhook", address="https://m.example/hooks/insales/theirs/orders-create", topic="orders/create"
    )
    fake_shop.add_row("tag", type="JsTag::TextTag", content="chat()", name="chat")
    fake_shop.add_row("widget", code="<b>stock</b>", page_type="order", height=60)
    fake_shop.add_row("widget", code="<b>stock</b>", page_type="product", height=60)
    fake_shop.add_row("field", office_title="Открытка", handle="card")
    before = held(fake_shop)
    check_shop(connection_id=connection.pk)
    again(connection)
    assert writes == [("PUT", "application_widgets")]  # a set-up from the start gives the widget a new key
    after = held(fake_shop)
    for rows in (before["widget"], after["widget"]):
        rows[:] = [row for row in rows if "molva" not in row["code"]]
    assert after == before


def test_two_programmes_in_one_shop_leave_each_other_alone(
    connection: Connection, fake_shop: RunningShop, writes: list[Any]
):
    other = create_programme(name="Opt", code="opt", shop_url="https://shop.example")
    key = {"login": fake_shop.api_key, "password": fake_shop.api_password}
    second = connect_shop(programme=other, kind="insales", host=fake_shop.host, actor=None, **key)
    set_up_shop(connection_id=second.pk)
    stands = held(fake_shop)
    assert [len(stands[name]) for name in ("webhook", "tag", "widget")] == [6, 2, 2]
    writes.clear()
    for one in (connection, second):
        check_shop(connection_id=one.pk)
    assert (writes, held(fake_shop)) == ([], stands)


def test_a_shop_that_fails_in_the_middle_is_gone_on_with(
    programme: Programme, fake_shop: RunningShop, writes: list[Any]
):
    key = {"login": fake_shop.api_key, "password": fake_shop.api_password}
    made = connect_shop(programme=programme, kind="insales", host=fake_shop.host, actor=None, **key)
    fake_shop.faults.update({"api_answer": "503", "api_path": "js_tags", "api_retry_after": 7})
    with pytest.raises(PlugError) as wait:
        set_up_shop(connection_id=made.pk)
    assert wait.value.retry_after == 7
    assert states(made) == {
        "key": "done", "programme": "done", "statuses": "done", "hooks": "done", "field": "done",
        "script": "later", "widget": "waiting", "codes": "waiting", "orders": "waiting",
    }  # fmt: skip
    fake_shop.faults.reset()
    writes.clear()
    with clock.pretend(clock.now() + timedelta(seconds=8)):
        set_up_shop(connection_id=made.pk)
    assert writes == [("POST", "js_tags"), ("POST", "application_widgets")]
    assert set(states(made).values()) == {"done"}


class Killed(BaseException):
    """What a process that is killed does not even see."""


@pytest.mark.parametrize("call", range(1, 7))
def test_a_kill_after_any_write_leaves_no_doubles(
    programme: Programme, fake_shop: RunningShop, monkeypatch: pytest.MonkeyPatch, call: int
):
    key = {"login": fake_shop.api_key, "password": fake_shop.api_password}
    made = connect_shop(programme=programme, kind="insales", host=fake_shop.host, actor=None, **key)
    ask, done = GuardedClient.request, [0]

    def request(self: GuardedClient, method: str, url: str, **more: Any) -> Any:
        answer = ask(self, method, url, **more)
        done[0] += method != "GET"
        if done[0] == call:
            done[0] += 1
            raise Killed
        return answer

    monkeypatch.setattr(GuardedClient, "request", request)
    with pytest.raises(Killed):
        set_up_shop(connection_id=made.pk)
    set_up_shop(connection_id=made.pk)
    stands = held(fake_shop)
    assert [len(stands[name]) for name in ("webhook", "tag", "widget")] == [3, 1, 1]
    assert [row["handle"] for row in stands["field"]].count("molva") == 1
    made.refresh_from_db()
    assert secret_hash(stands["widget"][0]["code"].split('"')[-2]) == made.widget_hash
    assert set(states(made).values()) == {"done"}


@pytest.mark.parametrize(
    ("answer", "path", "step", "note"),
    [
        ("403", "js_tags", "script", "the key has no right for /admin/js_tags.json"),
        ("422", "webhooks", "hooks", "the shop answered 422 to /admin/webhooks.json"),
        ("403", "discount_codes", "codes", "the key has no right for /admin/discount_codes.json"),
    ],
)
def test_a_refusal_of_one_step_does_not_stop_the_others(
    programme: Programme, fake_shop: RunningShop, answer: str, path: str, step: str, note: str
):
    key = {"login": fake_shop.api_key, "password": fake_shop.api_password}
    made = connect_shop(programme=programme, kind="insales", host=fake_shop.host, actor=None, **key)
    assert fake_shop.faults.update({"api_answer": answer, "api_path": path}) == {}
    set_up_shop(connection_id=made.pk)
    row = SetupStep.objects.get(name=step)
    assert (row.state, row.note) == (StepState.REFUSED, note)
    assert {state for name, state in states(made).items() if name != step} == {"done"}
    made.refresh_from_db()
    assert made.facts["is_set_up"] is False
    fake_shop.faults.reset()
    check_shop(connection_id=made.pk)
    made.refresh_from_db()
    assert (states(made)[step], made.facts["is_set_up"]) == ("done", True)


def test_a_wrong_key_stops_at_the_first_step(connection: Connection, writes: list[Any]):
    connection.secrets = {**connection.secrets, "password": "of old"}
    connection.save()
    again(connection)
    assert states(connection)["key"] == StepState.REFUSED
    assert {state for name, state in states(connection).items() if name != "key"} == {"waiting"}
    assert writes == []


def test_a_key_of_another_shop_changes_nothing_there(connection: Connection, writes: list[Any]):
    connection.external_id = "1"
    connection.save()
    again(connection)
    step = SetupStep.objects.get(name="key")
    assert (step.state, step.note, writes) == (StepState.REFUSED, "the key is of another shop", [])


def test_a_shop_without_the_status_that_earns_says_so(connection: Connection):
    terms = connection.programme.terms.get()
    earning = {**terms.settings, "accrual": {**terms.settings["accrual"], "statuses": ["sold"]}}
    publish_terms(
        programme=connection.programme, settings=earning, rules=terms.rules, actor=None, based_on=terms.number
    )
    again(connection)
    step = SetupStep.objects.get(name="statuses")
    assert (step.state, step.note) == (StepState.REFUSED, "the shop has none of the statuses that earn")
    assert states(connection)["orders"] == StepState.DONE


def test_a_disconnected_shop_is_left_alone(connection: Connection, writes: list[Any]):
    disconnect_shop(connection=connection, actor=make_user())
    set_up_shop(connection_id=connection.pk)
    check_shop(connection_id=connection.pk)
    connection.refresh_from_db()
    assert (writes, connection.widget_hash) == ([], "")


def test_each_shop_is_checked_once_a_day(connection: Connection):
    checks = Job.objects.filter(path=setup.check_shop.__molva_job__.path)  # type: ignore[attr-defined]
    check_shops()
    assert checks.count() == 0
    with clock.pretend(clock.now() + timedelta(hours=24)):
        check_shops()
        check_shops()
    assert checks.count() == 1


def test_a_step_that_waits_for_the_shop_is_tried_every_hour(connection: Connection):
    SetupStep.objects.filter(name="script").update(state=StepState.LATER)
    check_shops()
    assert Job.objects.filter(path="molva.integrations.setup:check_shop").count() == 1


def test_a_shop_that_was_connected_before_there_were_steps_gets_them(
    connection: Connection, writes: list[Any]
):
    SetupStep.objects.all().delete()
    check_shops()
    assert Job.objects.filter(path="molva.integrations.setup:check_shop").count() == 1
    check_shop(connection_id=connection.pk)
    assert (set(states(connection).values()), writes) == ({StepState.DONE}, [])


def test_names_of_codes_that_the_shop_has_deleted_are_kept(connection: Connection, fake_shop: RunningShop):
    connection.learn(codes={"7": "OLD10"})
    again(connection)

    connection.refresh_from_db()
    assert connection.facts["codes"]["7"] == "OLD10"
