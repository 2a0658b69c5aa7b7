"""A few orders told at length: who gets them, how much and why, by the terms that held and by those tried."""

from typing import Any

from molva.commissions.facts import load_person, order_key
from molva.domain.texts import commission_texts, verdict_texts
from molva.domain.verdicts import Judgement
from molva.orders.models import Order
from molva.whatif.engine import Engine


def tell_examples(engine: Engine, orders: list[int]) -> list[dict[str, Any]]:
    """`[{"order", "number", "was", "would"}]`, in the order given; each side: verdict and sums in both languages."""
    rows = Order.objects.filter(pk__in=orders).select_related("customer__programme")
    found = {order.pk: order for order in rows}
    return [_example(engine, found[pk]) for pk in orders if pk in found]


def _example(engine: Engine, order: Order) -> dict[str, Any]:
    person = load_person(order.customer)
    was, would = (engine.judged(person.facts, supposed=supposed) for supposed in (False, True))
    at = next(facts.created_at for facts in person.facts.orders if facts.id == order_key(order))
    return {
        "order": order.pk,
        "number": order.number,
        "was": _side(was, order_key(order), engine.real.terms_at(at)),
        "would": _side(would, order_key(order), engine.supposed.terms_at(at)),
    }


def _side(judgement: Judgement, key: str, terms: Any) -> dict[str, Any]:
    decision, owed = judgement.decided.orders[key], judgement.owed[key]
    return {
        "verdict": list(verdict_texts(decision, owed.unpaid, terms)),
        "sums": [
            {
                "partner": one.partner,
                "level": one.level,
                "minor": one.amount_minor,
                "is_expected": one in owed.expected,
                "text": list(commission_texts(one, terms)),
            }
            for one in (*owed.commissions, *owed.expected)
        ],
    }
