"""Whose an order is, in words, for every face that shows it: what the settlement stored, told with people's names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from molva.commissions.models import Commission, CommissionStatus
from molva.domain.texts import verdict_text
from molva.domain.verdicts import Decision, Loser, Payee, Touch
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.programmes.queries import terms_at
from molva.web.ui import formats


def language() -> str:
    """The language in which the rules can speak."""
    return "ru" if formats.is_russian() else "en"


def decision_of(verdict: Mapping[str, Any], names: Mapping[str, str]) -> Decision:
    """A stored verdict as a decision that names people instead of codes."""

    def name(code: str | None) -> str | None:
        return names.get(code, code) if code else None

    touch, losers = verdict.get("touch"), verdict.get("losers") or []
    return Decision(
        at=verdict["at"],
        partner=name(verdict["partner"]),
        reason=verdict["reason"],
        touch=Touch(**{**touch, "partner": name(touch["partner"])}) if touch else None,
        since=verdict.get("since"),
        chain=tuple(Payee(**{**one, "partner": name(one["partner"])}) for one in verdict.get("chain") or []),
        losers=tuple(Loser(**{**one, "partner": name(one["partner"])}) for one in losers),
    )


def names_in(order: Order) -> dict[str, str]:
    """Names by code of every partner that the verdict speaks of, in one query."""
    verdict = order.verdict or {}
    codes = {verdict.get("partner"), *(one["partner"] for one in verdict.get("losers") or [])}
    codes |= {one["partner"] for one in verdict.get("chain") or []}
    rows = Partner.objects.filter(programme_id=order.programme_id, code__in=codes - {None})
    return dict(rows.values_list("code", "name"))


def verdict_words(order: Order, programme: Programme, names: Mapping[str, str]) -> str:
    """Who got the order and why, in the reader's language."""
    if not order.verdict:
        return _("It is not decided yet whose order this is. It takes a few seconds after an order comes.")
    decision = decision_of(order.verdict, names)
    return verdict_text(decision, order.unpaid or None, language(), terms_at(programme, order.created_at))


@dataclass(frozen=True, slots=True)
class Shown:
    """A commission as its row shows it: the sum that matters now, its status, the day a hold ends."""

    commission: Commission
    amount_minor: int
    status: str
    until: datetime | None


def shown(commission: Commission) -> Shown:
    """An open order shows what it would bring; a taken-back one what is left of it."""
    is_open = commission.status == CommissionStatus.EXPECTED and not commission.posted_minor
    waiting = [lot.due_at for lot in commission.lots.all() if lot.held_minor]
    return Shown(
        commission,
        commission.expected_minor if is_open else commission.posted_minor,
        str(commission.status),
        max(waiting) if waiting and commission.status == CommissionStatus.HELD else None,
    )
