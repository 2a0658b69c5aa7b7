"""Work by the clock: a schedule is cut into ticks, and only who moves its row to a new tick puts the job in.

Ticks that passed while nothing was running are not made up for: the next one does their work. What a schedule
has to show is its last run: a failed one is put away by the next, a successful one leaves no row.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from molva.jobs.models import SCHEDULED, Job, JobState, ScheduleTick
from molva.jobs.queue import enqueue
from molva.jobs.registry import find_job
from molva.kit import clock

MISTAKEN_CLOCK_SECONDS = 3600


@dataclass(frozen=True)
class Every:
    """Run a job (its path, «package.module:function») every so many whole seconds, counted from 1970 UTC."""

    seconds: int
    path: str

    @property
    def name(self) -> str:
        return self.path


def fire_due(timetable: Iterable[Every], fired: dict[str, int]) -> int:
    """Put in the jobs whose tick has come, and return how many.

    `fired` is the caller's memory, kept between calls: it saves asking the database about a tick that has
    passed.
    """
    now = int(clock.now().timestamp())
    count = 0
    for entry in timetable:
        tick = now - now % entry.seconds
        if fired.get(entry.name) == tick:
            continue
        if entry.name not in fired:
            ScheduleTick.objects.bulk_create([ScheduleTick(name=entry.name)], ignore_conflicts=True)
        count += _fire(entry, tick)
        fired[entry.name] = tick
    return count


def _fire(entry: Every, tick: int) -> int:
    # A tick far ahead was written by a clock that has been set back since; it must not silence the schedule.
    due = Q(tick__lt=tick) | Q(tick__gt=tick + MISTAKEN_CLOCK_SECONDS)
    with transaction.atomic():
        if not ScheduleTick.objects.filter(due, name=entry.name).update(tick=tick):
            return 0
        name = f"{SCHEDULED}{entry.name}"
        Job.objects.filter(dedupe=name, state=JobState.DEAD).update(state=JobState.DISCARDED)
        # The tick is the retry of one that failed.
        Job.objects.filter(dedupe=name, state=JobState.READY).update(run_after=clock.now())
        enqueue(find_job(entry.path), dedupe=name)
    return 1
