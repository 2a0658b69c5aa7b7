"""Writes of stage 8: the comparison with the shop, each night for three days back, for any period at a person's wish.

The nightly one puts right at once what reading again puts right, and keeps it as found and fixed; a person's one only
finds, because money of long ago must not move before somebody has looked.
"""

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from molva.domain.inbound import InboundOrder
from molva.integrations.base import OrderGoneError, Page, PlugError
from molva.integrations.differences import Comparer, Difference, gone, known_since
from molva.integrations.findings import ask, keep_findings, repair
from molva.integrations.models import (
    ComparisonRun,
    Connection,
    Finding,
    FindingKind,
    FindingState,
    RunState,
    SeenOrder,
)
from molva.integrations.polling import connected_shops, datetime_of, days_before
from molva.integrations.runs import change, step
from molva.jobs import enqueue, job
from molva.kit import clock
from molva.kit.clock import to_micros
from molva.orders.models import DELETED_STATUS, Order
from molva.workspaces import journal
from molva.workspaces.models import User
from molva.workspaces.scoping import scope

NIGHTLY_DAYS = 3
MOST_CODES = (
    200  # new codes a run tells of: a shop that gives each buyer a code of his own must not bury the rest
)
_AT_ONCE = 20
_AT_ONCE_KINDS = (FindingKind.MISSING, FindingKind.STATUS, FindingKind.SUM, FindingKind.VERDICT)


def start(
    connection: Connection, *, days: int, actor: User | None = None, is_nightly: bool = False
) -> ComparisonRun:
    """Begin a comparison of orders changed in so many days; one that is under way goes on."""
    live = live_comparison(connection)
    if live is not None:
        if change(live, states=(RunState.PAUSED,), state=RunState.RUNNING, problem=""):
            _enqueue(live)
        return live
    since = datetime_of(days_before(connection, days))
    run = ComparisonRun(connection=connection, since=since, started_by=actor, is_nightly=is_nightly)
    try:
        with transaction.atomic():
            run.save()
            if not is_nightly:
                _tell("comparison.started", run, actor)
            _enqueue(run)
    except IntegrityError:  # two people pressed at once
        return ComparisonRun.objects.get(connection=connection, state__in=(RunState.RUNNING, RunState.PAUSED))
    return run


def stop(run: ComparisonRun, *, actor: User | None) -> None:
    """End a comparison early; what it has found stays."""
    with transaction.atomic():
        states = (RunState.RUNNING, RunState.PAUSED)
        if change(run, states=states, state=RunState.DONE, finished_at=clock.now(), problem="stopped"):
            _tell("comparison.stopped", run, actor)
            run.seen.all().delete()


def live_comparison(connection: Connection) -> ComparisonRun | None:
    """The comparison that is under way or waits for a person."""
    rows = ComparisonRun.objects.filter(connection=connection, state__in=(RunState.RUNNING, RunState.PAUSED))
    return rows.first()


@job(queue="shops", max_attempts=1)
def compare_every_night() -> None:
    """Timetable entry: the last three days of each connected shop."""
    for connection in connected_shops():
        with scope(connection.workspace_id):
            run = start(connection, days=NIGHTLY_DAYS, is_nightly=True)
            if run.state == RunState.PAUSED and change(
                run, states=(RunState.PAUSED,), state=RunState.RUNNING
            ):
                _enqueue(run)


@job(queue="shops", max_attempts=8)
def compare(run_id: int) -> None:
    """A few seconds of a comparison; asks for the next ones itself."""
    run = ComparisonRun.objects.select_related("connection__programme").get(pk=run_id)
    if run.state != RunState.RUNNING:
        return
    if step(run, _Taker(run).take):
        _enqueue(run)
    elif run.state == RunState.DONE:
        run.seen.all().delete()
        if run.found or not run.is_nightly:
            figures = {"read": run.read, "found": run.found, "repaired": run.repaired}
            _tell("comparison.finished", run, None, figures)


class _Taker:
    """Compares the pages of one run."""

    def __init__(self, run: ComparisonRun) -> None:
        self._run = run
        self._connection = run.connection
        self._comparer = Comparer(run.connection)
        anchor = run.connection.anchor
        # what changed after the last polling is on its way to us, and no difference yet
        self._horizon = to_micros(datetime_of(anchor)) if anchor.get("updated_at") else None

    def take(self, page: Page) -> dict[str, int]:
        """Compare a page; after the last one look for ours that the shop told nothing of."""
        orders = [one for one in page.told if isinstance(one, InboundOrder)]
        counts = self._compare(orders)
        seen = [one.external_id for one in orders] + [order_id[:120] for order_id, _reason in page.refused]
        self._see(seen)
        if page.is_last:
            late = self._untold()
            counts = {name: counts[name] + late[name] for name in counts}
            self._close_known_codes()
        return counts

    def _compare(self, orders: list[InboundOrder]) -> dict[str, int]:
        settled = [one for one in orders if self._horizon is None or one.seq <= self._horizon]
        found = self._few_codes(self._comparer.page(settled))
        repaired: list[Difference] = []
        if self._run.is_nightly and found:
            left = self._repair(settled, found)
            still = {(one.kind, one.key) for one in left}
            repaired = [
                one for one in found if one.kind in _AT_ONCE_KINDS and (one.kind, one.key) not in still
            ]
            found = [one for one in found if one not in repaired]
        compared = [one.external_id for one in settled]
        news = keep_findings(self._connection, found, compared=compared, repaired=repaired)
        return {"found": news + len(repaired), "repaired": len(repaired)}

    def _repair(self, settled: list[InboundOrder], found: list[Difference]) -> list[Difference]:
        keys = {one.key for one in found if one.kind in _AT_ONCE_KINDS}
        return repair(self._connection, [one for one in settled if one.external_id in keys])

    def _few_codes(self, found: list[Difference]) -> list[Difference]:
        codes = [one for one in found if one.kind == FindingKind.CODE]
        unique = {one.key: one for one in codes}
        known = set(
            Finding.objects.filter(
                connection=self._connection, kind=FindingKind.CODE, key__in=list(unique)
            ).values_list("key", flat=True)
        )
        open_codes = Finding.objects.filter(
            connection=self._connection, kind=FindingKind.CODE, state=FindingState.OPEN
        )
        room = max(MOST_CODES - open_codes.count(), 0) if unique else 0
        fresh = [key for key in unique if key not in known][:room]
        wanted = known | set(fresh)
        return [one for one in found if one.kind != FindingKind.CODE] + [
            one for key, one in unique.items() if key in wanted
        ]

    def _see(self, ids: list[str]) -> None:
        rows = [SeenOrder(workspace_id=self._run.workspace_id, run=self._run, external_id=one) for one in ids]
        SeenOrder.objects.bulk_create(rows, ignore_conflicts=True)

    def _untold(self) -> dict[str, int]:
        """Ours of these days that the shop did not list are asked for one by one."""
        since = max(self._run.since, known_since(self._connection))
        rows = Order.objects.filter(
            programme=self._connection.programme, source=self._connection.source_key, created_at__gte=since
        ).exclude(status=DELETED_STATUS)
        if self._horizon is not None:
            rows = rows.filter(seq__lte=self._horizon)
        seen = SeenOrder.objects.filter(run=self._run).values("external_id")
        rows = rows.exclude(external_id__in=seen).order_by("pk")
        counts = {"found": 0, "repaired": 0}
        while orders := list(rows.select_related("programme")[:_AT_ONCE]):
            self._ask_for(orders, counts)
            self._see([order.external_id for order in orders])
        return counts

    def _ask_for(self, orders: list[Order], counts: dict[str, int]) -> None:
        told: list[InboundOrder] = []
        lost: list[Order] = []
        answers = ask(self._connection, [order.external_id for order in orders])
        for order in orders:
            answer = answers[order.external_id]
            if isinstance(answer, PlugError):
                raise answer
            if isinstance(answer, InboundOrder):
                told.append(answer)
            elif isinstance(answer, OrderGoneError):
                lost.append(order)
        counts["found"] += keep_findings(
            self._connection, [gone(order) for order in lost], compared=[order.external_id for order in lost]
        )
        for name, count in self._compare(told).items():
            counts[name] += count

    def _close_known_codes(self) -> None:
        rows = Finding.objects.filter(
            connection=self._connection,
            kind=FindingKind.CODE,
            state=FindingState.OPEN,
            key__in=self._comparer.codes,
        )
        rows.update(state=FindingState.FIXED, closed_at=clock.now())


def summary(connection: Connection) -> ComparisonRun | None:
    """The last comparison that came to its end."""
    rows = ComparisonRun.objects.filter(connection=connection, state=RunState.DONE)
    return rows.exclude(problem="stopped").order_by("-finished_at").first()


def _enqueue(run: ComparisonRun) -> None:
    enqueue(compare, dedupe=f"compare-{run.pk}", run_id=run.pk, workspace_id=run.workspace_id)


def _tell(kind: str, run: ComparisonRun, actor: User | None, data: Mapping[str, int] | None = None) -> None:
    journal.record(kind, run, actor=actor, data=dict(data or {}), programme_id=run.connection.programme_id)
