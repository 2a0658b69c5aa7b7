"""From a commission to the books: the difference is posted, what waits is kept as lots, what is due is released.

The arithmetic is `molva.domain.postings`, the same that `molva simulate` posts with; here it only meets the ledger.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import models, transaction

from molva.commissions.models import AccrualLot, Commission, CommissionStatus
from molva.domain.postings import ACCRUAL, Holding, Lot, Movement, settle
from molva.kit.clock import from_micros, to_micros
from molva.kit.rows import update_each
from molva.ledger import services as ledger
from molva.ledger.models import Transaction
from molva.workspaces import journal
from molva.workspaces.models import Event
from molva.workspaces.scoping import scope


@dataclass(slots=True)
class Plan:
    """The postings of one commission: decided while its row may not be stored yet, made when it has an id."""

    row: Commission
    had_postings: bool
    released: list[tuple[AccrualLot, int]] = field(
        default_factory=list
    )  # lots that were due, with their amounts
    movement: Movement | None = None
    new_lot: AccrualLot | None = None
    taken: list[AccrualLot] = field(default_factory=list)  # lots from which a clawback took

    def entries(self, number: int, at: datetime) -> list[ledger.Entry]:
        """What is posted. `number`: how many postings the commission has had, so keys are unique and repeatable."""
        entries = [_releasing(lot, amount_minor) for lot, amount_minor in self.released]
        if self.movement is None:
            return entries
        number += len(entries)
        if self.movement.kind == ACCRUAL:
            entries.append(_accrual(self.row, self.movement, f"accrual:{self.row.pk}:{number}", at))
        else:
            entries.append(_clawback(self.row, self.movement, f"clawback:{self.row.pk}:{number}", at))
        return entries

    def events(self, at: datetime) -> list[Event]:
        """What the journal tells of it."""
        events = [
            _told(self.row, "commission.released", amount_minor, lot.due_at)
            for lot, amount_minor in self.released
        ]
        if self.movement is not None:
            kind = "accrued" if self.movement.kind == ACCRUAL else "clawed_back"
            events.append(_told(self.row, f"commission.{kind}", self.movement.amount_minor, at))
        return events


def plan_difference(row: Commission, lots: list[AccrualLot], *, at: datetime, hold_days: int) -> Plan:
    """Bring a row to what it is owed, in memory: its sums, its word, its `lots` that wait, oldest first."""
    plan = Plan(row, had_postings=row.accrued_at is not None)
    if row.owed_minor != row.posted_minor:
        plan.released = [(lot, lot.held_minor) for lot in lots if lot.due_at <= at]
        for lot, _amount in plan.released:
            lot.held_minor = 0
        lots = [lot for lot in lots if lot.held_minor]
        holding = Holding(row.posted_minor, tuple(Lot(to_micros(lot.due_at), lot.held_minor) for lot in lots))
        after, plan.movement = settle(holding, row.owed_minor, to_micros(at), hold_days)
        row.posted_minor = after.posted_minor
        if plan.movement is not None and plan.movement.kind == ACCRUAL:
            row.accrued_at = row.accrued_at or at
            if plan.movement.held_minor:
                amount, due_at = plan.movement.held_minor, from_micros(after.lots[-1].due_at)
                plan.new_lot = AccrualLot(
                    commission=row, posted_at=at, amount_minor=amount, held_minor=amount, due_at=due_at
                )
                lots = [*lots, plan.new_lot]
        elif plan.movement is not None:
            plan.taken = _take(lots, -plan.movement.held_minor)
    row.status = _status(row, is_waiting=any(lot.held_minor for lot in lots))
    return plan


def _take(lots: list[AccrualLot], left: int) -> list[AccrualLot]:
    """Take an amount from lots, oldest first, as the rules took it; those that were touched."""
    touched = []
    for lot in lots:
        taken = min(left, lot.held_minor)
        if taken:
            lot.held_minor -= taken
            left -= taken
            touched.append(lot)
    return touched


def post_plans(plans: Sequence[Plan], *, at: datetime) -> None:
    """Post what was planned, together; the rows are stored, the books have been locked since they were read."""
    had = [plan.row.pk for plan in plans if plan.had_postings]
    numbers: dict[int, int] = {}
    if had:
        known = Transaction.objects.filter(commission_id__in=had).order_by().values_list("commission_id")
        numbers = dict(known.annotate(count=models.Count("pk")))
    ledger.post_all([entry for plan in plans for entry in plan.entries(numbers.get(plan.row.pk, 0), at)])
    AccrualLot.objects.insert_each(plan.new_lot for plan in plans if plan.new_lot)
    changed = [lot for plan in plans for lot in (*(lot for lot, _amount in plan.released), *plan.taken)]
    update_each(changed, ["held_minor"])


def waiting_lots(rows: Collection[Commission]) -> dict[int, list[AccrualLot]]:
    """By commission id the lots that still wait, oldest first."""
    found: dict[int, list[AccrualLot]] = defaultdict(list)
    posted = [row for row in rows if row.accrued_at]
    if posted:
        by_id = {row.pk: row for row in posted}
        for lot in AccrualLot.objects.filter(commission__in=by_id, held_minor__gt=0).order_by("due_at", "pk"):
            lot.commission = by_id[lot.commission_id]
            found[lot.commission_id].append(lot)
    return found


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
    return AccrualLot.objects.filter(commission=row, held_minor__gt=0)


def _accrual(row: Commission, movement: Movement, key: str, at: datetime) -> ledger.Entry:
    return ledger.accrual(
        partner=row.partner,
        amount_minor=movement.amount_minor,
        key=key,
        at=at,
        order_id=row.order_id,
        commission_id=row.pk,
        level=row.level,
        is_held=movement.held_minor > 0,
        facts={"order": row.order.number},
    )


def _clawback(row: Commission, movement: Movement, key: str, at: datetime) -> ledger.Entry:
    return ledger.clawback(
        partner=row.partner,
        from_held=-movement.held_minor,
        from_available=-movement.available_minor,
        key=key,
        at=at,
        order_id=row.order_id,
        commission_id=row.pk,
        level=row.level,
        facts={"order": row.order.number},
    )


def _releasing(lot: AccrualLot, amount_minor: int) -> ledger.Entry:
    row = lot.commission
    return ledger.releasing(
        partner=row.partner,
        amount_minor=amount_minor,
        key=f"release:{lot.pk}",
        at=lot.due_at,
        order_id=row.order_id,
        commission_id=row.pk,
        level=row.level,
        facts={"order": row.order.number},
    )


def _release(lot: AccrualLot) -> None:
    ledger.post_all([_releasing(lot, lot.held_minor)])
    journal.record_all([_told(lot.commission, "commission.released", lot.held_minor, lot.due_at)])
    lot.held_minor = 0
    lot.save(update_fields=["held_minor"])


def _told(row: Commission, kind: str, amount_minor: int, at: datetime) -> Event:
    data = {
        "amount_minor": amount_minor,
        "level": row.level,
        "commission": row.pk,
        "partner": str(row.partner),
    }
    return journal.event(kind, row.order, partner_id=row.partner_id, at=at, data=data)
