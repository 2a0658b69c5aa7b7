"""How verdicts and attributions are stored: what the rules decided, beside the rows it is about."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from molva.domain.explanation import Explanation
from molva.domain.verdicts import Attribution as Claim
from molva.domain.verdicts import Decision, OrderOwed
from molva.kit.clock import from_micros
from molva.orders.models import Lead, Order
from molva.programmes.models import Partner
from molva.tracking.models import Attribution, Customer
from molva.workspaces import journal
from molva.workspaces.models import Event

VERDICT_FIELDS = ("partner", "reason", "unpaid", "verdict", "judged_at")


def take_verdict(
    order: Order, decision: Decision, owed: OrderOwed, partners: Mapping[str, Partner], at: datetime
) -> tuple[bool, Event | None]:
    """Put a verdict on an order in memory: whether it is another one, and what the journal tells of that."""
    partner = partners.get(decision.partner) if decision.partner else None
    partner_id = partner.pk if partner else None
    verdict = verdict_json(decision, owed)
    unpaid = owed.unpaid or ""
    before = (order.partner_id, order.reason, order.unpaid, order.verdict)
    if before == (partner_id, decision.reason, unpaid, verdict):
        return False, None
    is_first, was = order.judged_at is None, order.partner
    is_told = is_first or order.partner_id != partner_id
    order.partner, order.reason, order.unpaid, order.verdict = partner, decision.reason, unpaid, verdict
    order.judged_at = at
    data = {"reason": decision.reason, "partner": str(partner or ""), "was": str(was or "")}
    kind = "order.judged" if is_first else "order.rejudged"
    return True, journal.event(kind, order, data=data, partner_id=partner_id, at=at) if is_told else None


def save_lead(lead: Lead, decision: Decision, partners: Mapping[str, Partner]) -> None:
    """Store the verdict of a lead when it is another one."""
    partner = partners.get(decision.partner) if decision.partner else None
    verdict = verdict_json(decision)
    before = (lead.partner_id, lead.reason, lead.verdict)
    if before != (partner.pk if partner else None, decision.reason, verdict):
        lead.partner, lead.reason, lead.verdict = partner, decision.reason, verdict
        lead.save(update_fields=["partner", "reason", "verdict"])


def verdict_json(decision: Decision, owed: OrderOwed | None = None) -> dict[str, Any]:
    """A decision as stored on an order or lead: the winning touch, the losers with reasons, the chain."""
    return {
        "at": decision.at,
        "partner": decision.partner,
        "reason": decision.reason,
        "unpaid": owed.unpaid if owed else None,
        "since": decision.since,
        "touch": plain(decision.touch) if decision.touch else None,
        "losers": [plain(loser) for loser in decision.losers],
        "chain": [plain(payee) for payee in decision.chain],
        "place": owed.place if owed else None,
        "paid_place": owed.paid_place if owed else None,
    }


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """An explanation as stored on a commission; lists for tuples, as it comes back, else it would always look new."""
    return plain(explanation) | {
        "chain": list(explanation.chain),
        "lines": [plain(line) for line in explanation.lines],
        "lost_rules": [plain(rule) for rule in explanation.lost_rules],
    }


def plain(value: Any) -> dict[str, Any]:
    """The fields of a value of the rules; `asdict` copies whatever is in them, and takes ten times as long."""
    return {name: getattr(value, name) for name in value.__slots__}


class Claims:
    """The attributions of one customer as the rules say now, against those that are stored."""

    def __init__(
        self,
        customer: Customer,
        claims: Sequence[Claim],
        stored: Sequence[Attribution],
        partners: Mapping[str, Partner],
    ) -> None:
        self.customer = customer
        self.rows = [
            Attribution(
                programme_id=customer.programme_id,
                customer=customer,
                partner=partners[claim.partner],
                started_at=from_micros(claim.start),
                ended_at=from_micros(claim.end) if claim.end is not None else None,
                ends_at=from_micros(claim.deadline)
                if claim.deadline is not None and claim.end is None
                else None,
            )
            for claim in claims
        ]
        self.is_changed = [_facts(row) for row in stored] != [_facts(row) for row in self.rows]
        self.is_stored = bool(stored)
        self._ended_by = [claim.ended_by for claim in claims]
        self._known = {(row.partner_id, row.started_at): row.ended_at for row in stored}

    @property
    def owner_id(self) -> int | None:
        """Whose the customer is now."""
        return next((row.partner_id for row in self.rows if row.ended_at is None), None)

    def events(self, at: datetime) -> list[Event]:
        """Starts and ends that are new, for the journal."""
        if not self.is_changed:
            return []
        told = zip(self.rows, self._ended_by, strict=True)
        return [event for row, by in told for event in self._events(row, by, at)]

    def _events(self, row: Attribution, by: str | None, at: datetime) -> list[Event]:
        place, events = (row.partner_id, row.started_at), []
        whose: dict[str, Any] = {"partner_id": row.partner_id, "at": at}
        if place not in self._known:
            data = {"at": row.started_at.isoformat()}
            events.append(journal.event("attribution.started", self.customer, data=data, **whose))
        if row.ended_at is not None and self._known.get(place) != row.ended_at:
            end = {"at": row.ended_at.isoformat(), "by": by}
            events.append(journal.event("attribution.ended", self.customer, data=end, **whose))
        return events


def _facts(row: Attribution) -> tuple[Any, ...]:
    return row.partner_id, row.started_at, row.ended_at, row.ends_at
