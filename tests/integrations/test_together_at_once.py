"""Two workers with batches of the same buyers at the same moment, and a worker that is killed in the middle of one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection as database

from molva.audit import run_checks
from molva.integrations.manual import manual_connection
from molva.integrations.telling import group_size, tell_all
from molva.orders.models import Order
from molva.tracking.models import Customer
from tests.commissions.conftest import Shop, make_shop  # noqa: F401 (a fixture)
from tests.databases import migrated_database
from tests.integrations.test_together import HELD, orders
from tests.security.test_at_once import at_once

ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = 6


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("not os.environ.get('MOLVA_TEST_DATABASE')", reason="SQLite in memory has one writer")
def test_two_batches_of_the_same_buyers_at_once(make_shop: Callable[..., Shop]):  # noqa: F811
    shop = make_shop(settings=HELD)
    by_hand = manual_connection(shop.programme)
    tell_all(by_hand, orders(shop, 4, status="new"))  # some are known, most are not
    count = group_size()
    first = orders(shop, count, day=1, created=0)
    second = [
        order
        for number in reversed(range(count))
        for order in orders(shop, 1, start=100 + number, day=1, email=f"b{number}@example.org")
    ]
    outcomes: list[object] = []
    at_once(
        *[lambda: outcomes.extend(tell_all(by_hand, first))] * 2,
        *[lambda: outcomes.extend(tell_all(by_hand, second))] * 2,
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert (Order.objects.count(), Customer.objects.count()) == (2 * count, count)
    assert shop.money(shop.boris) == (sum(100 * (n + 1) + 100 * (n + 101) for n in range(count)), 0)
    assert run_checks() == []
    assert database.vendor == "postgresql"


@pytest.mark.database
def test_a_batch_killed_midway_loses_and_doubles_nothing(tmp_path: Path):
    environment = {
        **os.environ,
        "MOLVA_DATA": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "molva.config.settings",
        "PYTHONPATH": str(ROOT),
        "MOLVA_LOG_LEVEL": "ERROR",
    }
    code = f"import django; django.setup(); from tests.integrations.crash_run import main; main({KILLS})"
    with migrated_database(tmp_path) as environment["DATABASE_URL"]:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told.pop("taken_back") > 0
    assert told == {
        "jobs": ["done"],
        "events": ["applied", "repeated"] if "repeated" in told["events"] else ["applied"],
        "orders": 200,
        "posted": [200 * 1000, 200 * 300],
        "transactions": 400,
        "breaches": [],
    }
