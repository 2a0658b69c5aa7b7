"""Hostile payloads: each becomes a dead letter with a reason; none stops the worker, the polling or the customer."""

import json
import time
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client, RequestFactory

from molva.demo.shop import RunningShop
from molva.domain.inbound import InboundOrder, NotUnderstood
from molva.integrations import connecting, inbound
from molva.integrations.base import attempt
from molva.integrations.connecting import disconnect_shop
from molva.integrations.inbound import accept_hook, process_inbound
from molva.integrations.manual import import_csv, import_state
from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.polling import poll_shop
from molva.integrations.sources.insales.parse import parse_order
from molva.integrations.sources.insales.source import InSalesSource
from molva.integrations.sources.manual.rows import parse_row, read_csv
from molva.jobs.models import Job
from molva.orders.models import Order
from molva.programmes.models import Programme
from molva.web.hooks.views import accept
from tests.factories import make_user

ORDER = {"id": 1, "created_at": "2026-03-01T12:00:00+03:00", "currency_code": "RUR"}
STATUSES = {"new": ("new", "New")}


def _row(**values: str) -> InboundOrder:
    return parse_row(
        {"number": "1", "total": "10", "name": "N", **values},
        timezone="Europe/Moscow", currency="RUB", digits=2, told_at=1_772_355_600_000_000, statuses=STATUSES,
    )  # fmt: skip


@pytest.mark.parametrize(
    "number",
    ["1e-99999999", "1E-400", "0e99999999", "0E-99999999", "NaN", "sNaN", "Infinity", "1e13", "-1e13"],
)
def test_a_number_of_a_billion_digits_is_refused_at_once(number: str):
    began = time.monotonic()
    for body in (
        {**ORDER, "total_price": number},
        {**ORDER, "order_lines": [{"id": 1, "quantity": number, "full_total_price": "1"}]},
        {**ORDER, "order_lines": [{"id": 1, "sale_price": number}]},
    ):
        with pytest.raises(NotUnderstood):
            parse_order(body)
    for values in ({"total": number}, {"quantity": number}, {"delivery": number}):
        with pytest.raises(NotUnderstood):
            _row(**values)
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    "values",
    [{"date": "01.01.0001"}, {"date": "31.12.9999"}, {"number": "9" * 200}, {"product": "x" * 500},
     {"date": "1899-12-31"}, {"name": "N" * 5000}, {"quantity": "0.12345678901234567890123456789012"}],
)  # fmt: skip
def test_rows_that_no_column_holds_are_refused(values: dict[str, str]):
    with pytest.raises(NotUnderstood):
        _row(**values)


def test_a_file_with_a_cell_as_long_as_a_book_is_no_table():
    with pytest.raises(NotUnderstood):
        read_csv(b"number,total\n1," + b"9" * 200_000)


def test_signs_that_the_database_cannot_keep_are_dropped(programme: Programme):
    user = make_user()
    data = b"number,total,name\n1\x00,10,N\x00\n"
    topic = import_csv(programme=programme, name="a\x00.csv", data=data, actor=user)
    for event in InboundEvent.objects.all():
        process_inbound(event_id=event.pk)
    assert import_state(topic, programme=programme).applied == 1
    assert Order.objects.get().number == "1"


DEEP = b'{"id": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "body",
    [
        DEEP, b'{"id": "abc"}', b'{"id": [1]}', b'{"id": {"a": 1}}', b'{"id": 1e400}', b'{"id": NaN}',
        b'{"id": ' + b"9" * 5000 + b"}", b'{"id": -1}', b'{"id": true}', b"<order><id>1</id></order>", b"",
        b"\xff\xfe", b'{"id": "1/../../account"}', b'{"id": "\\ud800"}', b'{"id": 1, "account_id": {"a": 1}}',
    ],
    ids=lambda body: body[:20],
)  # fmt: skip
def test_any_body_of_a_hook_ends_as_a_dead_letter(connection: Connection, body: bytes):
    event = accept_hook(connection=connection, topic="orders-update", body=body, content_type="x")
    process_inbound(event_id=event.pk)
    event.refresh_from_db()
    assert event.state == InboundState.DEAD
    assert event.reason


@pytest.mark.parametrize(
    "change",
    [
        {"order_lines": [{"id": 1, "sku": "S" * 5000, "full_total_price": "1"}]}, {"number": "N" * 5000},
        {"created_at": "0001-01-01T00:00:00+14:00"}, {"created_at": "9999-12-31T23:59:59-12:00"},
        {"client": {"email": "a\x00@example.org", "name": "\ud800"}}, {"total_price": "1e-99999999"},
        {"order_lines": [{"id": 1, "full_total_price": "1"}, {"id": 1, "full_total_price": "2"}]},
        {"custom_status": {"permalink": "s" * 5000}}, {"currency_code": "USD"},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_whatever_a_shop_answers_nothing_raises(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
):
    body = {**ORDER, "custom_status": {"permalink": "new"}, **change}
    monkeypatch.setattr(InSalesSource, "read", lambda *_args: [attempt(lambda: [parse_order(body)])])
    event = accept_hook(connection=connection, topic="orders-update", body=b'{"id": 1}', content_type="x")
    process_inbound(event_id=event.pk)
    event.refresh_from_db()
    assert event.state in (InboundState.DEAD, InboundState.APPLIED)


@pytest.mark.parametrize(
    "broken", [{"currency_code": "USD"}, {"created_at": "yesterday"}, {"total_price": "NaN"}]
)
def test_one_bad_order_does_not_stop_the_polling(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    broken: dict[str, str],
):
    good = {**ORDER, "custom_status": {"permalink": "new"}, "updated_at": "2026-03-01T12:00:00+03:00"}
    bodies = [{**good, "id": 1, **broken}, {**good, "id": 2}]

    def answer(_api: Any, path: str, query: Any = None) -> Any:
        return bodies if path.startswith("/admin/orders.json") and "from_id" not in query else []

    monkeypatch.setattr("molva.integrations.sources.insales.api.InSalesApi.get", answer)
    for _firing in range(2):
        poll_shop(connection_id=connection.pk)
    assert [order.external_id for order in Order.objects.all()] == ["2"]
    dead = InboundEvent.objects.get(object_id="1")  # once, although it was read twice
    assert (dead.state, json.loads(bytes(dead.body))["id"]) == (InboundState.DEAD, "1")
    connection.refresh_from_db()
    assert connection.state == "active"
    assert connection.anchor


def test_a_poll_that_was_running_does_not_bring_a_shop_back(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
):
    """Who disconnects a shop wants its password forgotten, also when a poll was reading meanwhile."""
    poll = InSalesSource.poll

    def interrupted(self: InSalesSource, seen: Connection, anchor: dict[str, Any]) -> Any:
        page = poll(self, seen, anchor)
        disconnect_shop(connection=Connection.objects.get(pk=seen.pk), actor=make_user())
        return page

    monkeypatch.setattr(InSalesSource, "poll", interrupted)
    poll_shop(connection_id=connection.pk)
    connection.refresh_from_db()
    assert (connection.state, connection.secrets, connection.hook_hash) == ("disconnected", {}, "")


def test_a_hook_without_a_length_is_bounded_too(
    client: Client,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
):
    url = f"/hooks/insales/{connection.secrets['hook']}/orders-update"
    body = b"x" * (inbound.MAX_BODY + 1)
    assert client.post(url, body, content_type="text/plain").status_code == 413
    in_pieces = RequestFactory().post(url, body, content_type="text/plain")
    in_pieces.META["CONTENT_LENGTH"] = ""
    in_pieces._body = body  # read whole by the server, which was told no length
    answer = accept(in_pieces, kind="insales", secret=connection.secrets["hook"], topic="orders-update")
    assert answer.status_code == 413
    assert InboundEvent.objects.count() == 0


def test_secrets_of_a_shop_are_nowhere_in_plain(connection: Connection, fake_shop: RunningShop):
    hook = connection.secrets["hook"]
    with database.cursor() as cursor:
        for table in database.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 (our own tables)
            text = repr(cursor.fetchall())
            assert fake_shop.api_password not in text, table
            assert hook not in text, table
    assert fake_shop.api_password not in repr(connection) + str(connecting.facts_for_office(connection))
    assert Job.objects.count()
