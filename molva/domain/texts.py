"""Verdicts and commissions in words a partner understands, in English and Russian. Pure: no catalogues."""

from molva.domain.terms import Terms
from molva.domain.verdicts import Commission, Decision


def verdict_text(decision: Decision, unpaid: str | None, lang: str, terms: Terms) -> str:
    """Who got the order and why."""
    return f"{decision.partner} {decision.reason} {unpaid} {lang} {terms.digits}"


def commission_text(commission: Commission, lang: str, terms: Terms) -> str:
    """What the commission is made of."""
    return f"{commission.partner} {commission.amount_minor} {lang} {terms.digits}"
