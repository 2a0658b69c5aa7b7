"""How a long reading of a shop goes on: a few seconds of pages, each kept together with its anchor, then the next job.

A run is a row; whoever is killed in the middle of a page has kept nothing of it, and the next worker reads it again.
Recording is idempotent, so that is all that safety needs.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import F

from molva.integrations.base import Page, PlugError
from molva.integrations.models import Connection
from molva.integrations.models.runs import RunState, ShopRun
from molva.integrations.polling import watched
from molva.integrations.quota import Urgency, calling_as
from molva.integrations.registry import source_of
from molva.kit import clock

STEP_SECONDS = 5.0  # one job never holds a worker's thread for long

Run = TypeVar("Run", bound=ShopRun)
Take = Callable[[Page], dict[str, int]]  # records a page, and says which counters of the run it moves


def begin_anchor(run: ShopRun) -> dict[str, Any]:
    """Where a run begins to read."""
    return {"updated_at": run.since.isoformat(timespec="milliseconds")}


def step(run: ShopRun, take: Take) -> bool:
    """Read on for a few seconds; True when the run wants another job. Raises what its job must be put off for."""
    connection = run.connection
    if connection.state == "disconnected":
        stop(run, "the shop is disconnected")
        return False
    wants_more = False
    with watched(connection), calling_as(Urgency.PAST):
        try:
            wants_more = _read_on(run, connection, take)
        except PlugError as problem:
            if problem.permanent:
                stop(run, str(problem))
            else:
                change(run, problem=str(problem)[:300])
            raise
    return wants_more


def change(run: ShopRun, *, states: tuple[str, ...] = (RunState.RUNNING,), **changes: Any) -> bool:
    """Keep changes of a run that is still in one of the states; False when it is not."""
    rows = type(run)._default_manager.filter(pk=run.pk, state__in=states)
    kept = bool(rows.update(**changes, moved_at=clock.now()))
    run.refresh_from_db()
    return kept


def stop(run: ShopRun, problem: str) -> bool:
    """A run that cannot go on without a person."""
    return change(run, state=RunState.PAUSED, problem=problem[:300])


def _read_on(run: ShopRun, connection: Connection, take: Take) -> bool:
    source = source_of(connection.kind)
    if run.estimate is None:
        change(run, estimate=source.count(connection, run.anchor or begin_anchor(run)))
    end = time.monotonic() + STEP_SECONDS
    while run.state == RunState.RUNNING:
        started = time.monotonic()
        page = source.poll(connection, run.anchor or begin_anchor(run))
        counts = take(page)
        spent = round((time.monotonic() - started) * 1000)
        if not _keep(run, page, counts, spent):
            return False  # somebody else went on, or a person paused it
        if page.is_last:
            return False
        if time.monotonic() >= end:
            return True
    return False


def _keep(run: ShopRun, page: Page, counts: dict[str, int], spent_ms: int) -> bool:
    """What a page brought and where the next one begins, in one statement."""
    rows = type(run)._default_manager.filter(pk=run.pk, pages=run.pages, state=RunState.RUNNING)
    changes: dict[str, Any] = {name: F(name) + count for name, count in counts.items()}
    if page.anchor is not None:
        changes["anchor"] = page.anchor
    if page.is_last:
        changes |= {"state": RunState.DONE, "finished_at": clock.now()}
    kept = rows.update(
        **changes,
        pages=F("pages") + 1,
        read=F("read") + len(page.told) + len(page.refused),
        spent_ms=F("spent_ms") + spent_ms,
        moved_at=clock.now(),
        problem="",
    )
    run.refresh_from_db()
    return bool(kept)
