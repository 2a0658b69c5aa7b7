"""A programme of its own, started by test_together_at_once: workers are killed while they settle batches.

It writes one JSON object: what became of jobs, payloads, orders and money.
"""

import json
import os
import random
import signal
import sys
import time

from django.db import connection
from django.db.models import Sum

from molva.audit import run_checks
from molva.commissions.admission import admit_partner
from molva.commissions.models import Commission
from molva.config.setup import bring_schema, make_folders
from molva.integrations.manual import import_csv
from molva.integrations.models import InboundEvent
from molva.jobs import queue
from molva.jobs.models import LIVE, Job
from molva.jobs.worker import Worker
from molva.ledger.models import Transaction
from molva.orders.models import Order
from molva.programmes.services import create_programme
from molva.workspaces.models import User, Workspace
from molva.workspaces.scoping import scope
from tests.commissions.conftest import RULES, SETTINGS

ORDERS = 200


def prepare() -> int:
    """A programme in which Anna invited Boris, and the rows of a file that wait for a worker."""
    make_folders()
    bring_schema()
    workspace = Workspace.objects.create(name="Crash")
    with scope(workspace):
        programme = create_programme(name="Friends", code="friends", settings=SETTINGS, rules=RULES)
        anna = admit_partner(programme=programme, name="Anna", email="anna@example.org", code="anna")
        admit_partner(
            programme=programme, name="Boris", email="boris@example.org", code="boris", invited_by=anna
        )
        lines = [f"{n};100;b{n}@example.org;delivered;boris" for n in range(ORDERS)]
        data = "\n".join(["number;total;email;status;code", *lines]).encode()
        import_csv(
            programme=programme, name="a.csv", data=data, actor=User.objects.create(email="a@example.org")
        )
    return workspace.pk


def start() -> int:
    """Fork one worker; its process id."""
    connection.close()
    child = os.fork()
    if child:
        return child
    Worker(scope=scope).run_until_empty()
    os._exit(0)


def report(workspace: int) -> dict[str, object]:
    """What the database says after the run."""
    with scope(workspace):
        sums = Commission.objects.values_list("level").annotate(sum=Sum("posted_minor")).order_by("level")
        return {
            "jobs": sorted(set(Job.objects.values_list("state", flat=True))),
            "events": sorted(set(InboundEvent.objects.values_list("state", flat=True))),
            "taken_back": Job.objects.filter(token__gt=1).count(),
            "orders": Order.objects.count(),
            "posted": [total for _level, total in sums],
            "transactions": Transaction.objects.count(),
            "breaches": [str(breach) for breach in run_checks(workspace)],
        }


def main(kills: int) -> None:
    """Kill `kills` workers in the middle of a batch, then let one finish."""
    queue.LEASE_SECONDS = 1  # type: ignore[assignment]
    workspace = prepare()
    for _ in range(kills):
        child = start()
        limit = time.monotonic() + 20
        while not Job.objects.filter(state="running").exists() and time.monotonic() < limit:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.15))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        time.sleep(1.1)
        queue.take_back_expired()
    queue.LEASE_SECONDS = 60  # type: ignore[assignment]
    os.waitpid(start(), 0)
    assert not Job.objects.filter(state__in=LIVE).exists()
    sys.stdout.write(json.dumps(report(workspace)))
