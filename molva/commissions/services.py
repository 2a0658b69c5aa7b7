"""Settlement: what is owed by the latest facts, minus what is posted, is posted — with its explanation.

`settle_customer` may be called by anyone at any time: when nothing new is known it writes nothing. It judges all orders
of one customer together, since sales limits and attributions tie them, by the very functions behind `molva simulate`.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from molva.commissions.facts import LiveDirectory, lead_key, load_person, order_key
from molva.commissions.models import Commission
from molva.commissions.postings import post_difference
from molva.domain.explanation import as_json, explain
from molva.domain.facts import OrderFacts
from molva.domain.judge import judge
from molva.domain.verdicts import Attribution as Claim
from molva.domain.verdicts import Commission as Owed
from molva.domain.verdicts import Decision, Judgement, OrderOwed
from molva.kit import clock
from molva.kit.clock import from_micros, to_micros
from molva.ledger.services import lock_books
from molva.orders.models import Lead, Order
from molva.programmes.models import Partner
from molva.tracking.models import Attribution, Customer
from molva.workspaces import journal


def preview_customer(customer: Customer) -> Judgement:
    """What the rules say of a customer now; nothing is written (reconciliation, `molva check`)."""
    return judge(load_person(customer).facts, LiveDirectory(customer.programme), to_micros(clock.now()))


@transaction.atomic
def settle_customer(*, customer: Customer, at: datetime | None = None) -> Judgement:
    """Judge a customer anew and post the differences. `at`: the moment of the postings, now by default."""
    at = at or clock.now()
    # one settlement of a customer at a time: two that run together would both post the same difference
    customer = (
        Customer.objects.select_for_update(of=("self",)).select_related("programme").get(pk=customer.pk)
    )
    directory = LiveDirectory(customer.programme)
    person = load_person(customer)
    facts = {order.id: order for order in person.facts.orders}
    judgement = judge(person.facts, directory, to_micros(at))
    # before the first row is written: whoever holds the books may be waiting for one of these rows
    lock_books()
    partners = _partners(customer, judgement)
    for order in person.orders:
        key = order_key(order)
        decision, owed = judgement.decided.orders[key], judgement.owed.get(key) or OrderOwed(order=key)
        _save_verdict(order, decision, owed, partners, at)
        _settle_order(order, facts[key], decision, owed, directory, partners, at)
    for lead in person.leads:
        _save_lead(lead, judgement.decided.leads[lead_key(lead)], partners)
    _save_attributions(customer, judgement.decided.attributions, partners, at)
    return judgement


def _settle_order(
    order: Order,
    facts: OrderFacts,
    decision: Decision,
    owed: OrderOwed,
    directory: LiveDirectory,
    partners: dict[str, Partner],
    at: datetime,
) -> None:
    """Bring every commission of an order, also of partners who lost it, to what is owed now."""
    due = {(one.partner, one.level): one for one in owed.commissions}
    hoped = {(one.partner, one.level): one for one in owed.expected}
    rows = {
        (row.partner.code, row.level): row
        for row in order.commissions.select_related("partner").select_for_update(of=("self",))
    }
    for row in rows.values():
        row.order, row.programme, row.partner.programme = order, order.programme, order.programme
    version = directory.version_at(facts.created_at)
    hold_days = directory.terms_at(facts.created_at).accrual.hold_days
    for key in sorted(set(due) | set(hoped) | set(rows), key=lambda pair: (pair[1], pair[0])):
        row = rows.get(key) or Commission(
            programme=order.programme, order=order, partner=partners[key[0]], level=key[1], terms=version
        )
        shown = due.get(key) or hoped.get(key)
        changed = _fill(row, due.get(key), hoped.get(key))
        if shown is not None:
            explanation = as_json(explain(facts, decision, directory, owed, shown))
            changed = changed or row.explanation != explanation
            row.explanation, row.terms = explanation, version
        if not changed and not row._state.adding and row.owed_minor == row.posted_minor:
            continue
        if row._state.adding:
            row.save()  # the books name it
        post_difference(row, at=at, hold_days=hold_days)
        row.save()


def _fill(row: Commission, due: Owed | None, hoped: Owed | None) -> bool:
    before = (row.owed_minor, row.expected_minor)
    row.owed_minor = due.amount_minor if due else 0
    row.expected_minor = hoped.amount_minor if hoped else 0
    return before != (row.owed_minor, row.expected_minor)


def _save_verdict(
    order: Order, decision: Decision, owed: OrderOwed, partners: dict[str, Partner], at: datetime
) -> None:
    partner = partners.get(decision.partner) if decision.partner else None
    verdict = verdict_json(decision, owed)
    unpaid = owed.unpaid or ""
    before = (order.partner_id, order.reason, order.unpaid, order.verdict)
    if before == (partner.pk if partner else None, decision.reason, unpaid, verdict):
        return
    moved = order.judged_at is not None and order.partner_id != (partner.pk if partner else None)
    first = order.judged_at is None
    was = order.partner
    order.partner, order.reason, order.unpaid, order.verdict, order.judged_at = (
        partner,
        decision.reason,
        unpaid,
        verdict,
        at,
    )
    order.save(update_fields=["partner", "reason", "unpaid", "verdict", "judged_at"])
    if first or moved:
        journal.record(
            "order.judged" if first else "order.rejudged",
            order,
            data={"reason": decision.reason, "partner": str(partner or ""), "was": str(was or "")},
            partner_id=partner.pk if partner else None,
            at=at,
        )


def verdict_json(decision: Decision, owed: OrderOwed | None = None) -> dict[str, Any]:
    """A decision as stored on an order or lead: the winning touch, the losers with reasons, the chain."""
    return {
        "at": decision.at,
        "partner": decision.partner,
        "reason": decision.reason,
        "unpaid": owed.unpaid if owed else None,
        "since": decision.since,
        "touch": asdict(decision.touch) if decision.touch else None,
        "losers": [asdict(loser) for loser in decision.losers],
        "chain": [asdict(payee) for payee in decision.chain],
        "place": owed.place if owed else None,
        "paid_place": owed.paid_place if owed else None,
    }


def _save_lead(lead: Lead, decision: Decision, partners: dict[str, Partner]) -> None:
    partner = partners.get(decision.partner) if decision.partner else None
    verdict = verdict_json(decision)
    if (lead.partner_id, lead.reason, lead.verdict) == (
        partner.pk if partner else None,
        decision.reason,
        verdict,
    ):
        return
    lead.partner, lead.reason, lead.verdict = partner, decision.reason, verdict
    lead.save(update_fields=["partner", "reason", "verdict"])


def _save_attributions(
    customer: Customer, claims: list[Claim], partners: dict[str, Partner], at: datetime
) -> None:
    """Renew the projection of whose customer it is; a start or an end that is new is told in the journal."""
    wanted = [
        (
            partners[claim.partner].pk,
            from_micros(claim.start),
            from_micros(claim.end) if claim.end is not None else None,
            from_micros(claim.deadline) if claim.deadline is not None and claim.end is None else None,
            claim.ended_by,
        )
        for claim in claims
    ]
    stored = list(customer.attributions.order_by("started_at", "pk"))
    if [(a.partner_id, a.started_at, a.ended_at, a.ends_at) for a in stored] != [row[:4] for row in wanted]:
        known = {(a.partner_id, a.started_at): a.ended_at for a in stored}
        customer.attributions.all().delete()
        for partner_id, start, end_at, deadline, by in wanted:
            Attribution(
                programme_id=customer.programme_id,
                customer=customer,
                partner_id=partner_id,
                started_at=start,
                ended_at=end_at,
                ends_at=deadline,
            ).save()
            _tell_attribution(customer, partner_id, start, end_at, by, known, at)
    running = next((row[0] for row in wanted if row[2] is None), None)
    if customer.partner_id != running:
        Customer.objects.filter(pk=customer.pk).update(partner_id=running)


def _tell_attribution(
    customer: Customer,
    partner_id: int,
    start: datetime,
    end: datetime | None,
    by: str | None,
    known: dict[tuple[int, datetime], datetime | None],
    at: datetime,
) -> None:
    if (partner_id, start) not in known:
        journal.record(
            "attribution.started", customer, partner_id=partner_id, at=at, data={"at": start.isoformat()}
        )
    if end is not None and known.get((partner_id, start)) != end:
        journal.record(
            "attribution.ended",
            customer,
            partner_id=partner_id,
            at=at,
            data={"at": end.isoformat(), "by": by},
        )


def _partners(customer: Customer, judgement: Judgement) -> dict[str, Partner]:
    """Every partner that the judgement names, by code, in one query."""
    codes = {claim.partner for claim in judgement.decided.attributions}
    for decision in [*judgement.decided.orders.values(), *judgement.decided.leads.values()]:
        codes |= {payee.partner for payee in decision.chain} | (
            {decision.partner} if decision.partner else set()
        )
    for owed in judgement.owed.values():
        codes |= {one.partner for one in (*owed.commissions, *owed.expected)}
    found = {p.code: p for p in Partner.objects.filter(programme_id=customer.programme_id, code__in=codes)}
    for partner in found.values():
        partner.programme = customer.programme
    return found
