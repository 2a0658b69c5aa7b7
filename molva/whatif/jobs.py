"""What-ifs are worked out in the background, one at a time; old ones go."""

from molva.jobs import enqueue, job
from molva.kit import clock
from molva.programmes.terms import to_domain
from molva.reports.longwork import Teller, has_waiting, work_through
from molva.whatif.engine import Engine, Question
from molva.whatif.examples import tell_examples
from molva.whatif.models import WhatIf
from molva.whatif.runs import MOST_ATTEMPTS, finish, period_of, remove_old


def wake() -> None:
    """Have the waiting ones worked out; inside the transaction that asks for one."""
    enqueue(work_out, dedupe="whatif")


@job(priority=-10)
def work_out() -> None:
    """Work out all that wait, the oldest first: other work goes before, and beside it."""
    work_through(WhatIf, _answer, most_attempts=MOST_ATTEMPTS)


@job(max_attempts=1)
def keep_whatifs() -> None:
    """Timetable entry: remove those whose days are over; work those out whose job was lost."""
    remove_old()
    if has_waiting(WhatIf):
        wake()


def _answer(whatif: WhatIf) -> None:
    programme = whatif.programme
    period = period_of(whatif)
    proposed = to_domain(
        whatif.settings, whatif.rules, currency=programme.currency, timezone=programme.timezone
    )
    engine = Engine(Question(programme, proposed, period.start, period.end, clock.now()))
    tally = engine.run(whatif.orders, Teller(whatif))
    finish(whatif, tally.rows, changed=tally.changed, examples=tell_examples(engine, tally.examples))
