"""A programme of its own, started by test_crash: workers of a real database are killed again and again.

It writes one JSON object: what became of the jobs, of their effects, and how the last worker left.
"""

import json
import os
import random
import signal
import sys
import time
from contextlib import nullcontext

from django.db import connection

from molva.jobs import enqueue, queue
from molva.jobs import worker as worker_module
from molva.jobs.models import LIVE, Job, ScheduleTick, WorkerBeat
from molva.jobs.schedules import Every
from tests.jobs import crash_jobs

JOBS = 120


def prepare() -> None:
    """Tables and jobs of the run: half of them atomic, half not."""
    with connection.schema_editor() as editor:
        for model in (Job, ScheduleTick, WorkerBeat):
            editor.create_model(model)
        editor.execute("CREATE TABLE effect (number integer, is_atomic integer)")
    for number in range(JOBS):
        enqueue(crash_jobs.atomic if number % 2 else crash_jobs.plain, number=number)
    connection.close()


def start() -> int:
    """Fork one worker that lives until SIGTERM, or shorter; its process id."""
    child = os.fork()
    if child:
        return child
    timetable = [Every(3600, "tests.jobs.crash_jobs:tick")]
    worker = worker_module.Worker(scope=lambda _: nullcontext(), timetable=timetable)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    os._exit(0 if worker.run() else 3)


def left() -> int:
    """How many jobs have not ended."""
    count = Job.objects.filter(state__in=LIVE).count()
    connection.close()
    return count


def report(exit_code: int) -> dict[str, object]:
    """What the database says after the run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_atomic, COUNT(*), COUNT(DISTINCT number) FROM effect GROUP BY is_atomic")
        rows = {bool(row[0]): (row[1], row[2]) for row in cursor.fetchall()}
    return {
        "states": sorted(set(Job.objects.values_list("state", flat=True))),
        "taken_back": Job.objects.filter(token__gt=1).count(),
        "atomic": rows[True],
        "plain_distinct": rows[False][1],
        "exit": exit_code,
        "beats": WorkerBeat.objects.count(),
    }


def main(kills: int) -> None:
    """Kill `kills` workers, then let one finish and leave by SIGTERM."""
    queue.LEASE_SECONDS, worker_module.BEAT_SECONDS = 0.6, 0.2  # type: ignore[assignment]
    prepare()
    for _ in range(kills):
        child = start()
        time.sleep(random.uniform(0.08, 0.2))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    child = start()
    limit = time.monotonic() + 30
    while left() and time.monotonic() < limit:
        time.sleep(0.05)
    os.kill(child, signal.SIGTERM)
    _, status = os.waitpid(child, 0)
    sys.stdout.write(json.dumps(report(os.waitstatus_to_exitcode(status))))
