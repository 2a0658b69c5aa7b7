"""The answer as text for people: the same facts as the JSON document, without the machine's fields."""

from collections.abc import Callable

from molva.domain.owed import owed_of
from molva.domain.terms import Terms
from molva.domain.texts import commission_text, verdict_text
from molva.domain.verdicts import Decision, OrderOwed
from molva.simulate.output import Shape, in_order
from molva.simulate.run import Outcome
from molva.simulate.told import Events


def write_text(write: Callable[[str], object], events: Events, outcome: Outcome, terms: Terms) -> None:
    """Write orders with their verdicts, then the balances."""
    shape = Shape(terms)
    for story in in_order(events):
        order = story.facts
        owed = owed_of(story.sale) if story.sale is not None else OrderOwed(order.id)
        decision = story.decision or Decision(order.created_at, None, "no_touch")
        write(f"{order.id}, {shape.time(order.created_at)}\n")
        write(f"  {verdict_text(decision, owed.unpaid, 'en', terms)}\n")
        for commission in owed.commissions:
            write(f"  {commission_text(commission, 'en', terms)}\n")
    write("\n")
    for partner in sorted(outcome.balances):
        balance = outcome.balances[partner]
        write(
            f"{partner}: expected {shape.money(balance.expected)}, held {shape.money(balance.held)}, "
            f"available {shape.money(balance.available)}, paid {shape.money(balance.paid)} {terms.currency}\n"
        )
