"""Runs of the self-test: start, go on step by step, stop, run daily, tell of a failure."""

import logging
from datetime import timedelta

from django.db import IntegrityError, transaction

from molva.integrations.base import PlugError
from molva.integrations.models import Connection
from molva.jobs import enqueue, job
from molva.kit import clock
from molva.programmes.models import Programme
from molva.selftest.models import SelfTest, SelfTestState
from molva.selftest.sandbox import sandbox_for
from molva.selftest.steps import STEPS, Broken, NotYet, Passed, Walk, Warned, clean
from molva.workspaces import journal
from molva.workspaces.models import User
from molva.workspaces.scoping import scope

_log = logging.getLogger(__name__)
STEP_SECONDS = 60  # how long a step may wait for what it looks at
KEPT_RUNS = 60


def start(*, programme: Programme, actor: User | None, with_order: bool, is_daily: bool = False) -> SelfTest:
    """A new run; one that is running already is given instead."""
    running = SelfTest.objects.filter(programme=programme, state=SelfTestState.RUNNING).first()
    if running:
        return running
    try:
        with transaction.atomic():
            sandbox_for(programme)
            run = SelfTest(programme=programme, started_by=actor, with_order=with_order, is_daily=is_daily)
            run.save()
            enqueue(advance, run_id=run.pk, workspace_id=run.workspace_id)
    except IntegrityError:  # two pressed the button at once
        return SelfTest.objects.get(programme=programme, state=SelfTestState.RUNNING)
    _forget_old(programme)
    return run


@job(queue="selftest", max_attempts=5)
def advance(run_id: int) -> None:
    """Do steps until one has to wait; a waiting step is looked at again in a second."""
    run = SelfTest.objects.select_related("programme__workspace").filter(pk=run_id).first()
    if run is None or run.state != SelfTestState.RUNNING:
        return
    walk = _walk(run)
    for key in list(STEPS)[_done(run) :]:
        try:
            found = STEPS[key](walk)
        except NotYet as waiting:
            if _waits_too_long(run, key, str(waiting)):
                _end(walk, key, str(waiting))
            else:
                run.save()
                after = clock.now() + timedelta(seconds=1)
                enqueue(advance, run_after=after, run_id=run.pk, workspace_id=run.workspace_id)
            return
        except (Broken, PlugError) as problem:
            _end(walk, key, str(problem))
            return
        except Exception as problem:  # a defect of ours is what the test is for: say which step, and what
            _log.exception("self-test %s, step %s", run.pk, key)
            _end(walk, key, f"{type(problem).__name__}: {problem}"[:300])
            return
        _note(run, key, found)
    run.state, run.finished_at = SelfTestState.PASSED, clock.now()
    run.save()
    journal.record("self_test.passed", run.programme, programme_id=run.programme_id, data={"run": run.pk})


def stop(*, run: SelfTest, actor: User) -> None:
    """A person has seen enough; what the run made in the shop is removed."""
    if run.state == SelfTestState.RUNNING:
        run.state, run.finished_at = SelfTestState.STOPPED, clock.now()
        _clean_quietly(_walk(run))
        run.save()
        journal.record(
            "self_test.stopped",
            run.programme,
            actor=actor,
            programme_id=run.programme_id,
            data={"run": run.pk},
        )


@job(max_attempts=1)
def run_daily() -> None:
    """Timetable entry: programmes that wish it are tested every day."""
    for programme in Programme.unscoped.filter(tests_daily=True, sandbox_of__isnull=True):
        with scope(programme.workspace_id):
            start(programme=programme, actor=None, with_order=False, is_daily=True)


def last_run(programme: Programme) -> SelfTest | None:
    """The newest run that has ended or is going on."""
    return SelfTest.objects.filter(programme=programme).order_by("-started_at", "-pk").first()


def has_failed(programme: Programme) -> bool:
    """Whether the newest run that went to its end stopped at a step."""
    ended = SelfTest.objects.filter(
        programme=programme, state__in=(SelfTestState.PASSED, SelfTestState.FAILED)
    )
    return (
        ended.order_by("-started_at", "-pk").values_list("state", flat=True).first() == SelfTestState.FAILED
    )


def _walk(run: SelfTest) -> Walk:
    shops = Connection.objects.filter(programme=run.programme).exclude(kind="manual")
    shop = shops.exclude(state="disconnected").select_related("programme").order_by("pk").first()
    return Walk(run, run.programme, Programme.objects.get(sandbox_of=run.programme), shop)


def _done(run: SelfTest) -> int:
    return sum(1 for step in run.steps if step["state"] in ("passed", "warned"))


def _waits_too_long(run: SelfTest, key: str, reason: str) -> bool:
    """Note since when a step waits, and say whether that is enough."""
    if not run.steps or run.steps[-1]["key"] != key:
        run.steps.append({"key": key, "state": "running", "at": clock.now().isoformat(), "facts": {}})
    run.steps[-1]["reason"] = reason
    since = clock.now() - timedelta(seconds=STEP_SECONDS)
    return bool(run.steps[-1]["at"] < since.isoformat())


def _note(run: SelfTest, key: str, found: Passed) -> None:
    run.steps = [step for step in run.steps if step["key"] != key]
    is_warned = isinstance(found, Warned)
    run.steps.append(
        {
            "key": key,
            "state": "warned" if is_warned else "passed",
            "at": clock.now().isoformat(),
            "facts": found.facts,
            "reason": found.reason if isinstance(found, Warned) else "",
        }
    )
    run.save()


def _end(walk: Walk, key: str, reason: str) -> None:
    """The run has failed: say where, remove what it made, alarm."""
    run = walk.run
    run.steps = [step for step in run.steps if step["key"] != key]
    run.steps.append(
        {"key": key, "state": "failed", "at": clock.now().isoformat(), "facts": {}, "reason": reason}
    )
    run.state, run.finished_at = SelfTestState.FAILED, clock.now()
    _clean_quietly(walk)
    run.save()
    journal.record(
        "self_test.failed",
        run.programme,
        programme_id=run.programme_id,
        data={"run": run.pk, "step": key, "reason": reason},
    )
    if run.is_daily:
        from molva.selftest.alarm import send_alarm  # noqa: PLC0415 - the letter needs templates, the run does not

        enqueue(send_alarm, run_id=run.pk, workspace_id=run.workspace_id)


def _clean_quietly(walk: Walk) -> None:
    try:
        clean(walk)
    except PlugError as problem:
        walk.notes["left_behind"] = str(problem)


def _forget_old(programme: Programme) -> None:
    kept = SelfTest.objects.filter(programme=programme).order_by("-started_at").values("pk")[:KEPT_RUNS]
    SelfTest.objects.filter(programme=programme).exclude(
        pk__in=list(kept.values_list("pk", flat=True))
    ).delete()
