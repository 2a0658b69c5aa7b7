"""From a commission to the books: the difference is posted, what waits is kept as lots, what is due is released.

The arithmetic is `molva.domain.postings`, the same that `molva simulate` posts with; here it only meets the ledger.
"""

from datetime import datetime

from django.db import models, transaction

from molva.commissions.models import AccrualLot, Commission, CommissionStatus
from molva.domain.postings import ACCRUAL, Holding, Lot, Movement, settle
from molva.kit.clock import from_micros, to_micros
from molva.ledger import services as ledger
from molva.ledger.models import Transaction
from molva.workspaces import journal
from molva.workspaces.scoping import scope


def post_difference(row: Commission, *, at: datetime, hold_days: int) -> None:
    """Post what the commission is owed minus what is posted, and set its word; the caller saves the row."""
    lots = list(_waiting(row)) if row.accrued_at else []
    if row.owed_minor != row.posted_minor:
        due = [lot for lot in lots if lot.due_at <= at]
        for lot in due:
            _release(lot)
        lots = _post(row, [lot for lot in lots if lot not in due], at=at, hold_days=hold_days)
    row.status = _status(row, is_waiting=any(lot.held_minor for lot in lots))


def _post(row: Commission, lots: list[AccrualLot], *, at: datetime, hold_days: int) -> list[AccrualLot]:
    """Post the difference; the lots that there are afterwards."""
    holding = Holding(row.posted_minor, tuple(Lot(to_micros(lot.due_at), lot.held_minor) for lot in lots))
    after, movement = settle(holding, row.owed_minor, to_micros(at), hold_days)
    if movement is None:
        return lots
    if movement.kind == ACCRUAL:
        lots = [*lots, *_accrue(row, movement, at, after)]
    else:
        _claw_back(row, movement, at, lots)
    row.posted_minor = after.posted_minor
    return lots


def release_due(now: datetime) -> int:
    """Make available what has waited long enough, lot by lot, each in its own transaction. Returns how many."""
    due = AccrualLot.unscoped.filter(held_minor__gt=0, due_at__lte=now).order_by("due_at", "pk")
    done = 0
    for pk, workspace_id in due.values_list("pk", "workspace_id"):
        with scope(workspace_id), transaction.atomic():
            ledger.lock_books()
            lot = AccrualLot.objects.select_related("commission__partner__programme").get(pk=pk)
            # the lock may have waited for a return that took this very lot
            if lot.held_minor > 0:
                _release(lot)
                refresh_status(lot.commission)
                done += 1
    return done


def refresh_status(row: Commission) -> None:
    """Renew the word of a commission whose lots have changed. «Paid» is set by the payout itself."""
    status = _status(row, is_waiting=_waiting(row).exists())
    if row.status != status:
        row.status = status
        row.save(update_fields=["status"])


def _status(row: Commission, *, is_waiting: bool) -> str:
    """The word for people; it follows the books and decides nothing."""
    if row.posted_minor == 0:
        # nothing is hoped for any more from an order that was cancelled before it ever earned
        is_open = row.accrued_at is None and row.expected_minor > 0
        return CommissionStatus.EXPECTED if is_open else CommissionStatus.CLAWED_BACK
    if is_waiting:
        return CommissionStatus.HELD
    return row.status if row.status == CommissionStatus.PAID else CommissionStatus.AVAILABLE


def _waiting(row: Commission) -> "models.QuerySet[AccrualLot]":
    return AccrualLot.objects.filter(commission=row, held_minor__gt=0).order_by("due_at", "pk")


def _accrue(row: Commission, movement: Movement, at: datetime, after: Holding) -> list[AccrualLot]:
    ledger.accrue(
        partner=row.partner,
        amount_minor=movement.amount_minor,
        key=_key(row, "accrual"),
        at=at,
        order_id=row.order_id,
        commission_id=row.pk,
        level=row.level,
        is_held=movement.held_minor > 0,
        facts={"order": row.order.number},
    )
    row.accrued_at = row.accrued_at or at
    _tell(row, "commission.accrued", movement.amount_minor, at)
    if not movement.held_minor:
        return []
    amount = movement.amount_minor
    lot = AccrualLot(
        commission=row,
        posted_at=at,
        amount_minor=amount,
        held_minor=amount,
        due_at=from_micros(after.lots[-1].due_at),
    )
    lot.save()
    return [lot]


def _claw_back(row: Commission, movement: Movement, at: datetime, lots: list[AccrualLot]) -> None:
    ledger.claw_back(
        partner=row.partner,
        from_held=-movement.held_minor,
        from_available=-movement.available_minor,
        key=_key(row, "clawback"),
        at=at,
        order_id=row.order_id,
        commission_id=row.pk,
        level=row.level,
        facts={"order": row.order.number},
    )
    left = -movement.held_minor
    for lot in lots:  # oldest first, as the rules took them
        taken = min(left, lot.held_minor)
        if taken:
            lot.held_minor -= taken
            lot.save(update_fields=["held_minor"])
            left -= taken
    _tell(row, "commission.clawed_back", movement.amount_minor, at)


def _release(lot: AccrualLot) -> None:
    row = lot.commission
    ledger.release(
        partner=row.partner,
        amount_minor=lot.held_minor,
        key=f"release:{lot.pk}",
        at=lot.due_at,
        order_id=row.order_id,
        commission_id=row.pk,
        level=row.level,
        facts={"order": row.order.number},
    )
    _tell(row, "commission.released", lot.held_minor, lot.due_at)
    lot.held_minor = 0
    lot.save(update_fields=["held_minor"])


def _key(row: Commission, what: str) -> str:
    """Unique and repeatable: how many postings the commission has had; the books are locked while this is asked."""
    return f"{what}:{row.pk}:{Transaction.objects.filter(commission_id=row.pk).count()}"


def _tell(row: Commission, kind: str, amount_minor: int, at: datetime) -> None:
    journal.record(
        kind,
        row.order,
        partner_id=row.partner_id,
        at=at,
        data={
            "amount_minor": amount_minor,
            "level": row.level,
            "commission": row.pk,
            "partner": str(row.partner),
        },
    )
