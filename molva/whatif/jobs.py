"""What-ifs are worked out in the background, one at a time; old ones go."""

import logging
import time

from molva.jobs import enqueue, job
from molva.kit import clock
from molva.programmes.terms import to_domain
from molva.whatif.engine import Engine, Question
from molva.whatif.examples import tell_examples
from molva.whatif.models import WhatIf
from molva.whatif.runs import (
    WhatIfStopped,
    cancel,
    claim,
    fail,
    finish,
    has_waiting,
    period_of,
    remove_old,
    tell_progress,
)
from molva.workspaces.models import Member
from molva.workspaces.scoping import scope

logger = logging.getLogger(__name__)

TELL_SECONDS = 0.5


def wake() -> None:
    """Have the waiting ones worked out; inside the transaction that asks for one."""
    enqueue(work_out, dedupe="whatif")


@job(priority=-10)
def work_out() -> None:
    """Work out all that wait, the oldest first: other work goes before, and beside it."""
    while (whatif := claim()) is not None:
        with scope(whatif.workspace_id):
            _run(whatif)


@job(max_attempts=1)
def keep_whatifs() -> None:
    """Timetable entry: remove those whose days are over; work those out whose job was lost."""
    remove_old()
    if has_waiting():
        wake()


def _run(whatif: WhatIf) -> None:
    if not Member.objects.filter(user=whatif.person).exists():
        cancel(whatif)  # whoever has left may not have the answer either
        return
    try:
        _answer(whatif)
    except WhatIfStopped:
        logger.info("what-if stopped id=%d", whatif.pk)
    except Exception:
        logger.exception("what-if failed id=%d", whatif.pk)
        fail(whatif, "error")


def _answer(whatif: WhatIf) -> None:
    programme = whatif.programme
    period = period_of(whatif)
    proposed = to_domain(
        whatif.settings, whatif.rules, currency=programme.currency, timezone=programme.timezone
    )
    engine = Engine(Question(programme, proposed, period.start, period.end, clock.now()))
    tally = engine.run(whatif.orders, _Teller(whatif))
    finish(whatif, tally.rows, changed=tally.changed, examples=tell_examples(engine, tally.examples))


class _Teller:
    """Tells the page twice a second how far the run is, and asks whether it is still wanted."""

    def __init__(self, whatif: WhatIf) -> None:
        self._whatif, self._told = whatif, time.monotonic()

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._told >= TELL_SECONDS:
            tell_progress(self._whatif, min(done, self._whatif.orders))
            self._told = time.monotonic()
