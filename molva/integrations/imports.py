"""Writes of stage 8: past orders of a shop, brought in as far back as a person chose, with pause and resume.

They are settled like any others by the rules of their own day: an order of before the programme is mostly nobody's.
"""

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from molva.integrations.base import Page
from molva.integrations.models import Connection
from molva.integrations.models.runs import ImportPeriod, ImportRun, RunState
from molva.integrations.polling import enqueue_poll, record_page
from molva.integrations.runs import change, step
from molva.jobs import enqueue, job
from molva.kit import clock
from molva.workspaces import journal
from molva.workspaces.models import User

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # before InSales
_REACH = {ImportPeriod.YEAR: timedelta(days=365), ImportPeriod.QUARTER: timedelta(days=92)}


def start(connection: Connection, *, period: str, actor: User | None = None) -> ImportRun:
    """Begin to bring in past orders of a period (`ImportPeriod`); one that is under way already is given back."""
    chosen = ImportPeriod(period)
    live = live_import(connection)
    if live is not None:
        return live
    now = clock.now()
    run = ImportRun(connection=connection, period=chosen, started_by=actor)
    run.since = now - _REACH[chosen] if chosen in _REACH else _BEGINNING
    if chosen == ImportPeriod.NONE:
        run.since, run.state, run.finished_at, run.estimate = now, RunState.DONE, now, 0
    try:
        with transaction.atomic():
            run.save()
            _tell("past.chosen", run, actor, {"period": chosen.value})
            if chosen != ImportPeriod.NONE:
                _enqueue(run)
    except IntegrityError:  # two people pressed at once
        return ImportRun.objects.get(connection=connection, state__in=(RunState.RUNNING, RunState.PAUSED))
    return run


def pause(run: ImportRun, *, actor: User | None) -> None:
    """Stop reading until somebody resumes; the page that is being read is still kept or read again."""
    with transaction.atomic():
        if change(run, state=RunState.PAUSED, problem=""):
            _tell("past.paused", run, actor)


def resume(run: ImportRun, *, actor: User | None) -> None:
    """Go on from the last page that was kept."""
    with transaction.atomic():
        if change(run, states=(RunState.PAUSED,), state=RunState.RUNNING, problem=""):
            _tell("past.resumed", run, actor)
            _enqueue(run)


def live_import(connection: Connection) -> ImportRun | None:
    """The import that is under way or paused."""
    rows = ImportRun.objects.filter(connection=connection, state__in=(RunState.RUNNING, RunState.PAUSED))
    return rows.first()


@job(queue="shops", max_attempts=8)
def begin_past(connection_id: int) -> None:
    """The last step of a set-up: a year of past orders, unless somebody has chosen already; and the first polling."""
    connection = Connection.objects.select_related("programme").get(pk=connection_id)
    if connection.state == "disconnected":
        return
    if not ImportRun.objects.filter(connection=connection).exists():
        start(connection, period=ImportPeriod.YEAR)
    enqueue_poll(connection)


@job(queue="shops", max_attempts=8)
def read_past(run_id: int) -> None:
    """A few seconds of an import; asks for the next ones itself."""
    run = ImportRun.objects.select_related("connection__programme").get(pk=run_id)
    if run.state != RunState.RUNNING:
        return

    def take(page: Page) -> dict[str, int]:
        recorded = record_page(run.connection, page)
        return {
            "recorded": sum(one.changed for one in recorded),
            "refused": len(page.told) + len(page.refused) - len(recorded),
        }

    if step(run, take):
        _enqueue(run)
    elif run.state == RunState.DONE:
        _tell("past.finished", run, None, {"read": run.read, "recorded": run.recorded})


def _enqueue(run: ImportRun) -> None:
    enqueue(read_past, dedupe=f"past-{run.pk}", run_id=run.pk, workspace_id=run.workspace_id)


def _tell(kind: str, run: ImportRun, actor: User | None, data: dict[str, object] | None = None) -> None:
    journal.record(kind, run, actor=actor, data=data, programme_id=run.connection.programme_id)
