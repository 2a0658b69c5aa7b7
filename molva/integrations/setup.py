"""Writes of stage 8: a connected shop is brought to the wished state by named steps, and kept there.

Every step may be repeated at any time: it lists what is there and changes only what differs. Its state is a row, so
that a stop in the middle goes on where it was. What a daily check had to put right is a drift: kept, told, shown.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from molva.integrations.base import PlugError, Reconciled, Wish
from molva.integrations.models import Connection, SetupStep, StepState
from molva.integrations.registry import source_of
from molva.jobs import enqueue, job
from molva.jobs.registry import find_job
from molva.kit import clock
from molva.programmes.queries import terms_version_at
from molva.programmes.services import update_programme
from molva.tracking.services import refresh_links
from molva.workspaces import journal

KEY, PROGRAMME, STATUSES, ORDERS = "key", "programme", "statuses", "orders"
CHECK_EVERY = timedelta(hours=23)
# Polling imports the writes of connecting, and those begin a set-up: by name, not by import.
_CHECK_CODES = "molva.integrations.code_checks:check_codes"
_READ_ORDERS = "molva.integrations.imports:begin_past"
_WRONG_KEY = "the shop refuses the key"
_FAILURES_IN_A_ROW = 2  # then the shop is taken for down, and the rest waits with it


def steps_of(connection: Connection) -> tuple[str, ...]:
    """Names of a connection's steps, in their order."""
    return (KEY, PROGRAMME, STATUSES, *source_of(connection.kind).parts, ORDERS)


@transaction.atomic
def begin_setup(connection: Connection) -> None:
    """Start (again) from the first step: all of them wait, the widget gets a new key, the worker is called."""
    for position, name in enumerate(steps_of(connection)):
        fresh = {"position": position, "state": StepState.WAITING, "note": "", "wish": "", "at": clock.now()}
        SetupStep.objects.update_or_create(connection=connection, name=name, defaults=fresh)
    Connection.objects.filter(pk=connection.pk).update(widget_hash="")
    connection.widget_hash = ""
    enqueue(
        set_up_shop,
        dedupe=f"setup-{connection.pk}",
        connection_id=connection.pk,
        workspace_id=connection.workspace_id,
    )


@job(queue="shops")
def set_up_shop(connection_id: int) -> None:
    """Do the steps that are not done yet. A shop in trouble: the job is tried again, and goes on from there."""
    connection = _living(connection_id)
    if connection is None:
        return
    steps = {step.name: step for step in _steps(connection)}
    wish = wish_of(connection)
    waiting = [name for name in steps_of(connection) if not _is_done(steps[name], wish)]
    tour = _Tour(connection, steps)
    tour.go(waiting)
    if waiting and not tour.trouble:
        journal.record("connection.set_up", connection)
        # partners' promo codes from before the shop was there go into it
        enqueue(
            find_job(_CHECK_CODES),
            dedupe=f"codes-check-{connection.programme_id}",
            programme_id=connection.programme_id,
            workspace_id=connection.workspace_id,
        )
    tour.end()


@job(queue="shops", max_attempts=3)
def check_shop(connection_id: int) -> None:
    """Look at a shop that was set up, put right what has drifted, and tell of it."""
    connection = _living(connection_id)
    if connection is None:
        return
    steps = {step.name: step for step in _steps(connection)}
    tour = _Tour(connection, steps, is_check=True)
    once = (PROGRAMME, ORDERS)
    tour.go(
        [name for name in steps_of(connection) if name not in once or steps[name].state != StepState.DONE]
    )
    if tour.drift:
        journal.record("connection.drifted", connection, data={"found": tour.drift})
    tour.end()


@job(queue="shops", max_attempts=1)
def check_shops() -> None:
    """Timetable entry: each shop once a day, and at once when our own address or its programme's has changed."""
    for connection in Connection.unscoped.filter(state__in=("active", "broken")).exclude(kind="manual"):
        if _needs_check(connection):
            enqueue(
                check_shop,
                dedupe=f"check-{connection.pk}",
                connection_id=connection.pk,
                workspace_id=connection.workspace_id,
            )


def _needs_check(connection: Connection) -> bool:
    wish, long_ago = wish_of(connection), clock.now() - CHECK_EVERY
    steps = list(SetupStep.unscoped.filter(connection=connection))
    for step in steps:
        if step.state == StepState.LATER:
            return True
        is_old = step.checked_at is not None and step.checked_at < long_ago
        is_kept = step.state == StepState.DONE and step.name not in (PROGRAMME, ORDERS)
        if is_kept and (is_old or not _is_done(step, wish)):
            return True
    return not steps  # connected before there were steps


def _is_done(step: SetupStep, wish: Wish) -> bool:
    """Done, and for what is wished for now."""
    return step.state == StepState.DONE and step.wish == _print(step.name, wish)


def wish_of(connection: Connection) -> Wish:
    """What the shop should hold for this connection now."""
    others = Connection.unscoped.filter(kind=connection.kind, external_id=connection.external_id)
    others = others.exclude(pk=connection.pk).exclude(state="disconnected")
    taken: set[str] = set()
    for hook_hash, widget_hash, code in others.values_list("hook_hash", "widget_hash", "programme__code"):
        taken |= {hook_hash, widget_hash, _script_url(code)}
    return Wish(
        hook_url=f"{settings.MOLVA_URL}/hooks/{connection.kind}/{connection.secrets.get('hook', '')}",
        script_url=_script_url(connection.programme.code),
        widget_url=f"{settings.MOLVA_URL}/apps/widget.js",
        widget_hash=connection.widget_hash,
        others=frozenset(taken - {""}),
    )


def _script_url(code: str) -> str:
    return f"{settings.MOLVA_URL}/s/{code}.js"


def _print(part: str, wish: Wish) -> str:
    """By what one sees later whether the wish itself has changed since a step was done."""
    widget = f"{wish.widget_url} {wish.widget_hash}"
    wished = {"hooks": wish.hook_url, "script": wish.script_url, "widget": widget}.get(part, "")
    return hashlib.sha256(f"{part} {wished}".encode()).hexdigest()


def _living(connection_id: int) -> Connection | None:
    connection = Connection.objects.select_related("programme").get(pk=connection_id)
    return None if connection.state == "disconnected" or not connection.secrets else connection


def _steps(connection: Connection) -> list[SetupStep]:
    """The rows of all steps; those that a newer Molva knows of are made."""
    for position, name in enumerate(steps_of(connection)):
        SetupStep.objects.get_or_create(connection=connection, name=name, defaults={"position": position})
    return list(SetupStep.objects.filter(connection=connection))


class _Tour:
    """One walk through the steps of a shop. `is_check`: all was done before, what changes is a drift."""

    def __init__(
        self, connection: Connection, steps: dict[str, SetupStep], *, is_check: bool = False
    ) -> None:
        self.connection = connection
        self.steps = steps
        self.is_check = is_check
        self.drift: list[list[str]] = []
        self.trouble: PlugError | None = None  # the last that another try may help
        self._source = source_of(connection.kind)
        self._facts: dict[str, Any] = {}
        self._own: dict[str, Callable[[], Reconciled]] = {
            KEY: self._prove_key,
            PROGRAMME: self._programme,
            STATUSES: self._statuses,
            ORDERS: self._orders,
        }

    def go(self, names: list[str]) -> None:
        """Step by step. A refusal of one does not stop the others; a wrong key and a shop that is down do."""
        failed = 0
        for name in names:
            problem = self._step(self.steps[name])
            if problem is None:
                failed = 0
                continue
            failed += not _is_final(problem)
            if not _is_final(problem):
                self.trouble = problem
            is_closed = problem.retry_after > 0 or str(problem).startswith(_WRONG_KEY)
            if is_closed or failed >= _FAILURES_IN_A_ROW or (name == KEY and problem.permanent):
                break

    def end(self) -> None:
        """Note whether everything is in place; raises what another try may help."""
        done = SetupStep.objects.filter(connection=self.connection).exclude(state=StepState.DONE)
        self.connection.learn(is_set_up=not done.exists())
        if self.trouble:
            raise self.trouble

    def _step(self, step: SetupStep) -> PlugError | None:
        if not self.is_check:
            _mark(step, StepState.RUNNING)
        wish = wish_of(self.connection)
        try:
            own = self._own.get(step.name)
            done = own() if own else self._source.set_up(self.connection, step.name, wish, step.things)
        except PlugError as problem:
            _mark(step, StepState.REFUSED if _is_final(problem) else StepState.LATER, note=str(problem))
            return problem
        self._take(step, done, wish)
        return None

    @transaction.atomic
    def _take(self, step: SetupStep, done: Reconciled, wish: Wish) -> None:
        """Keep what a step has done, and whether it had to mend what was right before."""
        was_right = step.wish == _print(step.name, wish)
        if done.widget_hash:
            self.connection.widget_hash = done.widget_hash
            living = Connection.objects.filter(pk=self.connection.pk).exclude(state="disconnected")
            living.update(widget_hash=done.widget_hash)
        if done.facts:
            self.connection.learn(**self._with_old_codes(done.facts))
        if done.changes and was_right:
            found = [list(change) for change in done.changes]
            step.found, step.found_at = found, clock.now()
            self.drift += found
        step.wish, step.checked_at = _print(step.name, wish_of(self.connection)), clock.now()
        step.things = done.things or step.things
        _mark(step, StepState.DONE)

    def _with_old_codes(self, facts: dict[str, Any]) -> dict[str, Any]:
        """An order names a code by its id alone: names of codes that the shop has deleted are kept."""
        if "codes" not in facts:
            return facts
        return {**facts, "codes": {**self.connection.facts.get("codes", {}), **facts["codes"]}}

    def _prove_key(self) -> Reconciled:
        """The key opens the very shop that was connected; learn by which names its back office may be reached."""
        connection = self.connection
        self._facts = facts = self._source.verify(connection)
        if facts["id"] != connection.external_id:
            raise PlugError("the key is of another shop", permanent=True)
        hosts = {connection.host, facts["shop_url"].partition("://")[2].strip("/").lower()} - {""}
        return Reconciled(facts={"hosts": sorted(hosts)})

    def _programme(self) -> Reconciled:
        """The programme leads to the shop: without an address no link of a partner works."""
        programme = self.connection.programme
        shop_url = self._facts.get("shop_url") or self._source.verify(self.connection)["shop_url"]
        if not programme.shop_url:
            update_programme(programme=programme, actor=None, changes={"shop_url": shop_url})
            refresh_links(programme)
        return Reconciled()

    def _statuses(self) -> Reconciled:
        """The shop's statuses; the one that earns must be among them."""
        statuses = (self._facts or self._source.verify(self.connection))["statuses"]
        before = {status["permalink"] for status in self.connection.facts.get("statuses", [])}
        there = {status["permalink"] for status in statuses}
        self.connection.learn(statuses=statuses)
        if before - there:
            data = {"statuses": sorted(before - there)}
            journal.record("connection.statuses_gone", self.connection, data=data)
        wanted = (
            terms_version_at(self.connection.programme, clock.now())
            .settings.get("accrual", {})
            .get("statuses")
        )
        if wanted and not there & set(wanted):
            raise PlugError("the shop has none of the statuses that earn", permanent=True)
        return Reconciled()

    def _orders(self) -> Reconciled:
        """Past orders are brought in by a run of their own, which a person may pause or begin anew."""
        enqueue(
            find_job(_READ_ORDERS),
            dedupe=f"begin-past-{self.connection.pk}",
            connection_id=self.connection.pk,
            workspace_id=self.connection.workspace_id,
        )
        return Reconciled()


def _is_final(problem: PlugError) -> bool:
    """Whether a person is needed: a refused key is looked at once an hour, but nobody should wait for that."""
    return problem.permanent or str(problem).startswith(_WRONG_KEY)


def _mark(step: SetupStep, state: StepState, note: str = "") -> None:
    """Store a step; its moment is that of the last change."""
    if (step.state, step.note) != (state, note[:300]):
        step.state, step.note, step.at = state, note[:300], clock.now()
    step.save()
