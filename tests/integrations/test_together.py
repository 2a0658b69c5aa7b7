"""Orders that wait together are settled together: the books are those of one by one; a bad order harms no other."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.management.color import no_style
from django.db import connection as database
from django.db import models, transaction
from django.test.utils import CaptureQueriesContext

from molva.audit import run_checks
from molva.commissions.models import AccrualLot, Commission
from molva.demo.shop import RunningShop
from molva.domain.inbound import InboundOrder
from molva.integrations.inbound import accept_hook
from molva.integrations.manual import import_csv, manual_connection
from molva.integrations.models import Connection, InboundEvent, InboundState
from molva.integrations.telling import group_size, tell, tell_all
from molva.jobs.models import Job, JobState
from molva.jobs.worker import Worker
from molva.kit import clock
from molva.ledger.models import Account, Posting, Transaction
from molva.orders.errors import CurrencyMismatch
from molva.orders.models import Order, OrderLine
from molva.orders.services import Recorded
from molva.tracking.models import Attribution, Customer, CustomerKey
from molva.workspaces.models import Event, Role
from molva.workspaces.scoping import scope
from tests.commissions.conftest import SETTINGS, START, Shop, make_shop  # noqa: F401 (a fixture)
from tests.factories import make_member

HELD = {**SETTINGS, "accrual": {**SETTINGS["accrual"], "hold_days": 14}}
# Tables in the order in which a group writes them.
TABLES: tuple[type[models.Model], ...] = (
    Customer, CustomerKey, Order, OrderLine, Attribution, Commission, AccrualLot, Account, Transaction, Posting, Event,
)  # fmt: skip


@pytest.fixture
def partners(make_shop: Callable[..., Shop]) -> Shop:  # noqa: F811
    """Boris, whom Anna invited; what they earn is held for two weeks."""
    return make_shop(settings=HELD)


@pytest.fixture
def by_hand(partners: Shop) -> Connection:
    """A connection of their programme."""
    return manual_connection(partners.programme)


def orders(shop: Shop, count: int, *, start: int = 0, day: float = 0, **more: Any) -> list[InboundOrder]:
    """So many delivered orders of as many buyers, all Boris's."""
    return [
        shop.inbound(
            str(number),
            at=START + timedelta(days=day, minutes=number),
            **{"status": "delivered", "total": 1000 * number + 1000, "email": f"b{number}@example.org"}
            | {"codes": ("boris",)}
            | more,
        )
        for number in range(start, start + count)
    ]


def contents() -> dict[str, Any]:
    """Every row of the tables, without the order in which journal lines and keys of customers were written."""
    found = {}
    for table in TABLES:
        names = [field.attname for field in table._meta.concrete_fields if field.name != "updated_at"]
        if table in (Event, CustomerKey):
            names.remove("id")
        if table is CustomerKey:
            names.remove("customer_id")
        rows = table.objects.values(*names)
        found[table.__name__] = sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)
    return found


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is taken back, the counters of ids too."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    with database.cursor() as cursor:
        for statement in database.ops.sequence_reset_sql(no_style(), TABLES):
            cursor.execute(statement)


def test_a_group_ends_as_its_members_one_by_one(partners: Shop, by_hand: Connection):
    known = orders(partners, 4)
    told = [
        *orders(partners, 3, start=4, day=1),
        *orders(partners, 2, start=0, day=1, created=0),  # known, nothing new but the moment
        *orders(partners, 1, start=2, day=1, created=0, total=500),  # a part is returned
        *orders(partners, 1, start=3, day=1, created=0, status="cancelled"),
        *orders(partners, 1, start=10, day=1, email="b0@example.org"),  # another order of a known buyer
        *orders(partners, 1, start=11, day=1, email="b11@example.org", phone="+79161112233"),
        *orders(
            partners, 1, start=12, day=1, email="b12@example.org", phone="+79161112233"
        ),  # the same buyer
        *orders(partners, 1, start=4, day=2, created=1, status="cancelled"),  # told a second time
        *orders(partners, 1, start=13, day=1, codes=()),  # nobody's
        *orders(partners, 1, start=14, day=1, status="new"),  # not yet
    ]
    with clock.pretend(START):
        tell_all(by_hand, known)
    before = contents()
    with clock.pretend(START + timedelta(days=3)):
        with undone():
            for one in told:
                tell(programme=partners.programme, source=by_hand.source_key, one=one, actor=by_hand.name)
            alone = contents()
        assert contents() == before
        outcomes = tell_all(by_hand, told)
        together = contents()
    assert together == alone
    assert [outcome.changed for outcome in outcomes if isinstance(outcome, Recorded)] == (
        [True] * 3 + [False] * 2 + [True] * 8
    )
    assert run_checks() == []
    with clock.pretend(START + timedelta(days=3)):
        tell_all(by_hand, told)
    assert contents() == together  # twice is once


def test_any_order_of_tellings_gives_the_same_books(partners: Shop, by_hand: Connection):
    lives = [
        one
        for day, status in ((1, "new"), (2, "delivered"), (3, "cancelled"), (4, "delivered"))
        for one in orders(partners, 6, day=day, created=0, status=status)
    ]
    ends = set()
    for seed in range(4):
        with undone():
            random.Random(seed).shuffle(lives)
            tell_all(by_hand, lives)
            assert run_checks() == []
            ends.add((partners.money(partners.boris), partners.money(partners.anna)))
    assert ends == {((2100, 0), (630, 0))}


@pytest.mark.parametrize("broken", [{"email": "\ud800@example.org"}, {"currency": "USD"}])
def test_a_broken_order_in_the_middle_harms_no_other(
    partners: Shop, by_hand: Connection, broken: dict[str, str]
):
    told = orders(partners, 9)
    [told[4]] = orders(partners, 1, start=4, **broken)
    outcomes = tell_all(by_hand, told)
    assert [isinstance(outcome, Recorded) for outcome in outcomes] == [True] * 4 + [False] + [True] * 4
    assert isinstance(outcomes[4], CurrencyMismatch if "currency" in broken else UnicodeError)
    assert sorted(Order.objects.values_list("number", flat=True)) == list("01235678")
    assert partners.money(partners.boris) == (4000, 0)
    assert run_checks() == []


def test_jobs_of_one_batch_end_each_in_its_own_way(partners: Shop, by_hand: Connection):
    rows = [f"{n};b{n}@example.org;2026-03-0{n};100;delivered;boris" for n in range(1, 6)]
    rows[2] = "3;\ud800@example.org;2026-03-03;100;delivered;boris"
    csv = "\n".join(["number;email;date;total;status;promo code", *rows]).encode("utf-8", "surrogatepass")
    actor = make_member(None, Role.OWNER)  # type: ignore[arg-type]
    import_csv(
        programme=partners.programme, name="a.csv", data=csv.replace(b"\xed\xa0\x80", b"?"), actor=actor
    )
    middle = InboundEvent.objects.get(object_id="3")
    middle.body = json.dumps(json.loads(bytes(middle.body)) | {"email": "\ud800@example.org"}).encode()
    middle.save()
    assert Worker(scope=scope).run_until_empty() == 5
    states = InboundEvent.objects.order_by("pk").values_list("state", "attempts")
    assert list(states) == [(InboundState.DEAD if n == 3 else InboundState.APPLIED, 1) for n in range(1, 6)]
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}
    assert run_checks() == []


def test_a_group_asks_no_more_than_one_order_does(partners: Shop, by_hand: Connection):
    tell_all(by_hand, orders(partners, 2))  # the accounts are made
    counts = []
    for number, count in enumerate((1, group_size(), group_size() + 14)):
        with CaptureQueriesContext(database) as asked:
            tell_all(by_hand, orders(partners, count, start=100 * (number + 1)))
        counts.append(len(asked))
    # savepoints are among them, two more for one alone; the last orders are two groups
    assert counts == [41, 39, 78]


def test_thirty_hooks_are_read_in_one_call(connection: Connection, fake_shop: RunningShop):
    made = [fake_shop.add_order(email=f"b{n}@example.org", location="/?aff=boris") for n in range(30)]
    for body in made:
        raw = json.dumps(body).encode()
        accept_hook(connection=connection, topic="orders-create", body=raw, content_type="application/json")
    fake_shop.windows.clear()
    Job.objects.exclude(path__endswith="process_inbound").delete()
    assert Worker(scope=scope).run_until_empty() == 30
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {InboundState.APPLIED}
    assert Order.objects.count() == 30
    assert (
        sum(window.calls for window in fake_shop.windows.values()) == 2
    )  # the page, and the products' collections


def test_a_shop_that_asks_to_wait_is_asked_once_for_the_whole_batch(
    connection: Connection, fake_shop: RunningShop
):
    made = [fake_shop.add_order(email=f"b{n}@example.org") for n in range(4)]
    for body in made:
        raw = json.dumps(body).encode()
        accept_hook(connection=connection, topic="orders-create", body=raw, content_type="application/json")
    fake_shop.faults.update({"api_answer": "503", "api_left": 1, "api_retry_after": 77})
    Job.objects.exclude(path__endswith="process_inbound").delete()
    Worker(scope=scope).run_until_empty()
    assert fake_shop.faults.api_left == 0
    assert list(InboundEvent.objects.values_list("state", "attempts")) == [(InboundState.NEW, 1)] * 4
    waits = {
        (job.run_after - clock.now()).total_seconds() for job in Job.objects.filter(state=JobState.READY)
    }
    assert all(70 < wait < 90 for wait in waits), waits
    with clock.pretend(clock.now() + timedelta(seconds=90)):
        Worker(scope=scope).run_until_empty()
    assert Order.objects.count() == 4
