"""Writes of stage 6: draft, approve, mark paid, cancel, take back what came back.

A draft is a proposal and may be made anew as often as one likes; approving it moves money, so from then on every step
is a transaction in the books. There is no way back from a wrong step but forward: cancel an approved payout, or say
that a paid one came back, then draft again. Blocked partners are paid what is available to them.

All need an open workspace scope. Locks: the books, then the payout, then commissions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from molva.audit import run_checks
from molva.audit.jobs import are_suspect
from molva.commissions.models import Commission, CommissionStatus
from molva.kit import clock
from molva.ledger import services as ledger
from molva.ledger.errors import LedgerError
from molva.ledger.models import AccountKind, TransactionKind
from molva.ledger.queries import available_from, balances, balances_for
from molva.ledger.services import Move
from molva.payouts.errors import BooksUnsoundError, NothingToPayError, PayoutChangedError, PayoutStateError
from molva.payouts.models import LineKind, Payout, PayoutLine, PayoutStatus
from molva.payouts.sources import Part, undrawn_parts
from molva.programmes.models import Partner, Programme
from molva.workspaces import journal
from molva.workspaces.models import User
from molva.workspaces.scoping import current_workspace_id

_AVAILABLE, _IN_PAYOUT, _CASH = AccountKind.AVAILABLE, AccountKind.IN_PAYOUT, AccountKind.CASH
_CHUNK = 200  # partners whose history is read at once


@transaction.atomic
def draft_payout(
    *, partner: Partner, actor: User | None, method: str | None = None, comment: str = ""
) -> Payout:
    """Draft a payout of all that is available to a partner; a draft he already has is made anew.

    `method` (where to send) is taken from his last payout when not given. Raises NothingToPayError.
    """
    ledger.lock_books()
    proposal = _proposals([partner], _draft_of(partner))[0]
    if proposal.amount_minor <= 0:
        raise NothingToPayError(f"{proposal.amount_minor} is available to the partner")
    return _draft(proposal, actor, method, comment)


def draft_payouts(*, programme: Programme, actor: User | None) -> list[Payout]:
    """Draft for every partner who has at least the programme's least amount of payout and no draft yet."""
    least = max(programme.min_payout_minor, 1)
    waiting = sorted(available_from(programme, least))
    made: list[Payout] = []
    for start in range(0, len(waiting), _CHUNK):
        made += _draft_some(waiting[start : start + _CHUNK], least, actor)
    return made


@transaction.atomic
def _draft_some(partner_ids: Sequence[int], least: int, actor: User | None) -> list[Payout]:
    ledger.lock_books()
    drafted = Payout.objects.filter(status=PayoutStatus.DRAFT, partner__in=partner_ids).values("partner")
    chosen = Partner.objects.filter(pk__in=partner_ids).exclude(pk__in=drafted)
    proposals = _proposals(chosen.select_related("programme").order_by("pk"), None)
    return [_draft(one, actor, None, "") for one in proposals if one.amount_minor >= least]


@dataclass(frozen=True, slots=True)
class _Proposal:
    """What a draft would take from a partner, and the draft it would replace."""

    partner: Partner
    draft: Payout | None
    parts: Sequence[Part]

    @property
    def amount_minor(self) -> int:
        return sum(part.amount_minor for part in self.parts)


def _proposals(partners: Iterable[Partner], draft: Payout | None) -> list[_Proposal]:
    """Proposals for partners of one programme, proved by their balances; `draft` may be replaced."""
    partners = list(partners)
    if not partners:
        return []
    parts = undrawn_parts(partners, apart_from=draft)
    known = balances_for(partners[0].programme, partners)
    proposals = [_Proposal(partner, draft, parts[partner.pk]) for partner in partners]
    for one in proposals:
        if one.amount_minor != known[one.partner.pk].available:
            raise LedgerError(f"parts of {one.amount_minor} against {known[one.partner.pk]}")
    return proposals


def _draft(proposal: _Proposal, actor: User | None, method: str | None, comment: str) -> Payout:
    partner = proposal.partner
    payout = proposal.draft or Payout(partner=partner, programme=partner.programme, created_by=actor)
    payout.amount_minor, payout.currency = proposal.amount_minor, partner.programme.currency
    if method is not None or not payout.pk:
        payout.method = _last_method(partner) if method is None else method
    payout.comment = comment or payout.comment
    payout.save()
    payout.lines.all().delete()
    PayoutLine.objects.bulk_create([_line(payout, part) for part in proposal.parts])
    journal.record("payout.drafted", payout, actor=actor, data={"amount_minor": payout.amount_minor})
    return payout


def _draft_of(partner: Partner) -> Payout | None:
    return Payout.objects.filter(partner=partner, status=PayoutStatus.DRAFT).first()


def _last_method(partner: Partner) -> str:
    last = Payout.objects.filter(partner=partner).exclude(method="").order_by("-pk").first()
    return last.method if last else ""


def _line(payout: Payout, part: Part) -> PayoutLine:
    kind, source = part.source
    return PayoutLine(
        workspace_id=payout.workspace_id,
        payout=payout,
        kind=LineKind(kind),
        commission_id=source if part.is_commission else None,
        transaction_id=None if part.is_commission else source,
        amount_minor=part.amount_minor,
    )


def approve_payout(*, payout: Payout, actor: User) -> Payout:
    """Set the money aside for sending. Refused while what it rests on is not in order (docs/ledger.md).

    Raises BooksUnsoundError, PayoutStateError, PayoutChangedError.
    """
    return approve_payouts(payouts=[payout], actor=actor)[0]


def approve_payouts(*, payouts: Sequence[Payout], actor: User) -> list[Payout]:
    """Approve several, all or none, after one check of what they rest on: of everything while the books are suspect."""
    # Before the transaction: on SQLite nobody else could write while the check reads.
    partners = None if are_suspect() else [payout.partner for payout in payouts]
    breaches = run_checks(current_workspace_id(), partners=partners)
    if breaches:
        raise BooksUnsoundError(breaches)
    with transaction.atomic():
        return [_approve(payout, actor) for payout in sorted(payouts, key=lambda payout: payout.pk)]


def _approve(payout: Payout, actor: User) -> Payout:
    payout = _locked(payout, PayoutStatus.DRAFT)
    _refuse_stale(payout)
    _post(payout, TransactionKind.PAYOUT_APPROVED, (_AVAILABLE, _IN_PAYOUT))
    payout.status, payout.approved_at, payout.approved_by = PayoutStatus.APPROVED, clock.now(), actor
    return _close_step(payout, actor, {})


def _refuse_stale(payout: Payout) -> None:
    """A draft holds while each of its parts is still there and what was taken back since is covered by the rest."""
    parts = undrawn_parts([payout.partner], apart_from=payout)[payout.partner_id]
    now = {part.source: part.amount_minor for part in parts}
    lines = {line.source: line.amount_minor for line in payout.lines.all()}
    if sum(lines.values()) != payout.amount_minor:
        raise PayoutChangedError("the lines do not make the amount")
    if any(now.get(source, 0) < amount for source, amount in lines.items() if amount > 0):
        raise PayoutChangedError("a commission of this draft was taken back meanwhile")
    if any(now.get(source, 0) != amount for source, amount in lines.items() if amount < 0):
        raise PayoutChangedError("what was taken back has changed meanwhile")
    if balances(payout.partner).available < payout.amount_minor:
        raise PayoutChangedError("less is available now")


@transaction.atomic
def mark_paid(
    *,
    payout: Payout,
    actor: User | None,
    paid_at: datetime | None = None,
    external_reference: str = "",
    method: str = "",
) -> Payout:
    """The money has left: the payout is paid, and so are the commissions that have nothing more to come.

    `method` says where it really went, when that is not what the draft said.
    """
    payout = _locked(payout, PayoutStatus.APPROVED)
    payout.paid_at = paid_at or clock.now()
    _post(payout, TransactionKind.PAYOUT_PAID, (_IN_PAYOUT, _CASH), at=payout.paid_at)
    payout.status, payout.paid_by = PayoutStatus.PAID, actor
    payout.external_reference = external_reference.strip() or payout.external_reference
    payout.method = method.strip() or payout.method
    _mirror(payout, CommissionStatus.AVAILABLE, CommissionStatus.PAID)
    return _close_step(payout, actor, {"external_reference": payout.external_reference})


@transaction.atomic
def cancel_payout(*, payout: Payout, actor: User | None, reason: str = "") -> Payout:
    """Give up a payout that has not been sent; what was set aside is available again."""
    payout = _locked(payout, PayoutStatus.DRAFT, PayoutStatus.APPROVED)
    if payout.status == PayoutStatus.APPROVED:
        _post(payout, TransactionKind.PAYOUT_CANCELLED, (_IN_PAYOUT, _AVAILABLE))
    return _end(payout, PayoutStatus.CANCELLED, actor, reason)


@transaction.atomic
def mark_failed(*, payout: Payout, actor: User | None, reason: str) -> Payout:
    """The money did not arrive or came back, also after it was marked paid; it is available again."""
    payout = _locked(payout, PayoutStatus.APPROVED, PayoutStatus.PAID)
    if payout.status == PayoutStatus.PAID:
        _post(payout, TransactionKind.PAYOUT_RETURNED, (_CASH, _IN_PAYOUT), (_IN_PAYOUT, _AVAILABLE))
        _mirror(payout, CommissionStatus.PAID, CommissionStatus.AVAILABLE)
    else:
        _post(payout, TransactionKind.PAYOUT_CANCELLED, (_IN_PAYOUT, _AVAILABLE))
    return _end(payout, PayoutStatus.FAILED, actor, reason)


def _end(payout: Payout, status: PayoutStatus, actor: User | None, reason: str) -> Payout:
    payout.status, payout.reason = status, reason.strip()
    payout.closed_at, payout.closed_by = clock.now(), actor
    return _close_step(payout, actor, {"reason": payout.reason})


def _locked(payout: Payout, *allowed: PayoutStatus) -> Payout:
    """The payout as it is now, for us alone; PayoutStateError when someone was quicker."""
    ledger.lock_books()
    rows = Payout.objects.select_for_update(of=("self",)).select_related("partner__programme")
    found = rows.get(pk=payout.pk)
    if found.status not in allowed:
        raise PayoutStateError(f"payout {found.pk} is {found.status}")
    return found


def _post(payout: Payout, kind: TransactionKind, *ways: tuple[str, str], at: datetime | None = None) -> None:
    partner = payout.partner
    ledger.post(
        programme=partner.programme,
        kind=kind,
        key=f"payout:{payout.pk}:{kind.value}",
        moves=[
            Move(
                source,
                None if source == _CASH else partner,
                target,
                None if target == _CASH else partner,
                payout.amount_minor,
            )
            for source, target in ways
        ],
        at=at or clock.now(),
        partner=partner,
        payout_id=payout.pk,
    )


def _mirror(payout: Payout, before: CommissionStatus, after: CommissionStatus) -> None:
    """The word on the commissions follows the books; those that still wait or were taken back keep theirs."""
    ids = payout.lines.filter(commission__isnull=False, amount_minor__gt=0).values("commission")
    Commission.objects.filter(pk__in=ids, status=before).update(status=after)


def _close_step(payout: Payout, actor: User | None, data: dict[str, Any]) -> Payout:
    payout.save()
    facts = {"amount_minor": payout.amount_minor, **data}
    journal.record(f"payout.{payout.status}", payout, actor=actor, data=facts)
    return payout
