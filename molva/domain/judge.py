"""Everything the rules say about one person: who got what, what is owed. Computed wholly from facts, every time.

The live engine calls `judge` with all facts it knows of a person and posts the difference; `molva simulate` calls
the same parts with the facts of a file.
"""

from molva.domain.attribution import decide
from molva.domain.directory import Directory
from molva.domain.facts import PersonFacts
from molva.domain.owed import tell
from molva.domain.sales import Sale, Sales
from molva.domain.verdicts import Attribution, Judgement, OrderOwed


def judge(person: PersonFacts, directory: Directory, now: int) -> Judgement:
    """Judge a person as of `now` (microseconds). Orders without a partner owe nothing and have no reason."""
    decided = decide(person, directory)
    settle_attributions(decided.attributions, now)
    groups: dict[str, Sales] = {}
    owed: dict[str, OrderOwed] = {}
    for order in person.orders:
        decision = decided.orders[order.id]
        if decision.partner is None:
            owed[order.id] = OrderOwed(order.id)
            continue
        group = groups.setdefault(decision.partner, Sales(decision.partner))
        sale = Sale(order, decision, directory)
        group.put(sale)
    first_created = min((order.created_at for order in person.orders), default=0)
    for group in groups.values():
        group.reckon(0, first_created)
        owed.update(tell(group, now, first_created))
    return Judgement(decided, owed)


def settle_attributions(attributions: list[Attribution], now: int) -> None:
    """End those whose term is over as of `now`; exactly then is still inside."""
    for attribution in attributions:
        deadline = attribution.deadline
        if attribution.end is None and deadline is not None and deadline < now:
            attribution.end, attribution.ended_by = deadline, "term"
