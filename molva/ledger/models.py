"""Stage 4, the books: the only place where money is.

What always holds, kept by the database where it can be:
- a posting moves an amount ≥ 0 from one account to another of the same programme, so all transactions
  balance;
- rows are never changed or removed: triggers refuse it (migration 0002); a correction is a new transaction;
- transactions of a workspace are numbered 1, 2, 3, … without gaps, each carries the hash of the one before
  it;
- an idempotency key is used once in a workspace.

A balance is the sum of what came minus the sum of what went, in minor units of the programme's currency.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from molva.kit import clock
from molva.programmes.models import Partner, Programme
from molva.workspaces.scoping import WorkspaceModel


class AccountKind(models.TextChoices):
    """Where money can be: the first four for each partner, the others once in a programme."""

    HELD = "held", _("On hold")
    AVAILABLE = "available", _("Available")
    BONUS = "bonus", _("Bonus, not paid out")
    IN_PAYOUT = "in_payout", _("In payout")
    EXPENSE = "expense", _("Cost of the programme")
    CASH = "cash", _("Paid out")
    WRITTEN_OFF = "written_off", _("Written off")


PARTNER_KINDS = frozenset({AccountKind.HELD, AccountKind.AVAILABLE, AccountKind.BONUS, AccountKind.IN_PAYOUT})


class TransactionKind(models.TextChoices):
    ACCRUAL = "accrual", _("Accrual")
    CLAWBACK = "clawback", _("Accrual taken back")
    RELEASE = "release", _("Became available")
    WELCOME = "welcome", _("Welcome money")
    ADJUSTMENT = "adjustment", _("Adjustment")
    WRITE_OFF = "write_off", _("Debt written off")
    PAYOUT_APPROVED = "payout_approved", _("Payout approved")
    PAYOUT_PAID = "payout_paid", _("Paid out")
    PAYOUT_CANCELLED = "payout_cancelled", _("Payout cancelled")
    PAYOUT_RETURNED = "payout_returned", _("Payout came back")


_K = AccountKind
# The only ways money can go, by the kind of transaction. `molva check` reads the same table.
ALLOWED_MOVES: dict[str, frozenset[tuple[str, str]]] = {
    TransactionKind.ACCRUAL: frozenset({(_K.EXPENSE, _K.HELD), (_K.EXPENSE, _K.AVAILABLE)}),
    TransactionKind.CLAWBACK: frozenset({(_K.HELD, _K.EXPENSE), (_K.AVAILABLE, _K.EXPENSE)}),
    TransactionKind.RELEASE: frozenset({(_K.HELD, _K.AVAILABLE)}),
    TransactionKind.WELCOME: frozenset({(_K.EXPENSE, _K.AVAILABLE), (_K.EXPENSE, _K.BONUS)}),
    TransactionKind.ADJUSTMENT: frozenset({(_K.EXPENSE, _K.AVAILABLE), (_K.AVAILABLE, _K.EXPENSE)}),
    TransactionKind.WRITE_OFF: frozenset({(_K.WRITTEN_OFF, _K.AVAILABLE)}),
    TransactionKind.PAYOUT_APPROVED: frozenset({(_K.AVAILABLE, _K.IN_PAYOUT)}),
    TransactionKind.PAYOUT_PAID: frozenset({(_K.IN_PAYOUT, _K.CASH)}),
    TransactionKind.PAYOUT_CANCELLED: frozenset({(_K.IN_PAYOUT, _K.AVAILABLE)}),
    # Back through the same account, so that what was paid to a partner is read from one place.
    TransactionKind.PAYOUT_RETURNED: frozenset({(_K.CASH, _K.IN_PAYOUT), (_K.IN_PAYOUT, _K.AVAILABLE)}),
}


class Account(WorkspaceModel):
    """A place for money: a partner's, or (without a partner) the programme's own."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="accounts")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="accounts")
    kind = models.CharField(max_length=12, choices=AccountKind)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "partner", "kind"],
                name="account_partner_once",
                condition=models.Q(partner__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["programme", "kind"],
                name="account_programme_once",
                condition=models.Q(partner__isnull=True),
            ),
            models.CheckConstraint(
                condition=models.Q(partner__isnull=False, kind__in=sorted(PARTNER_KINDS))
                | (models.Q(partner__isnull=True) & ~models.Q(kind__in=sorted(PARTNER_KINDS))),
                name="account_kind_fits_owner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.partner_id}" if self.partner_id else self.kind


class AccountBalance(WorkspaceModel):
    """What came to an account less what went from it: of hundreds of thousands of postings nobody can add up all.

    Written by a trigger of the database in the very statement that writes postings (migration 0003), and by nobody
    else. Postings are never changed, so it cannot drift; `molva check` adds them up all the same. An account without
    postings has no row.
    """

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=AccountKind)
    balance_minor = models.BigIntegerField()

    class Meta(WorkspaceModel.Meta):
        # who can be paid, the partners with the most, sums of a programme
        indexes = [models.Index(fields=["programme", "kind", "balance_minor"], name="balance_of_kind")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.partner_id or 0} {self.balance_minor}"


class LedgerHead(WorkspaceModel):
    """The end of a workspace's chain. Whoever posts locks this row first, so numbers have no gaps."""

    last_number = models.BigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, default="")

    class Meta(WorkspaceModel.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace"], name="ledger_head_once")]

    def __str__(self) -> str:
        return f"№ {self.last_number}"


class Transaction(WorkspaceModel):
    """One happening in the books. `at` is the moment of its cause, `recorded_at` when we wrote it down."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    number = models.BigIntegerField()
    kind = models.CharField(max_length=16, choices=TransactionKind)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)
    key = models.CharField(max_length=200)
    inputs_hash = models.CharField(max_length=64)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    # Plain numbers: the stages that own these rows stand above the books.
    order_id = models.BigIntegerField(null=True)
    commission_id = models.BigIntegerField(null=True)
    payout_id = models.BigIntegerField(null=True)
    level = models.PositiveSmallIntegerField(null=True)
    facts = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "number"], name="transaction_number_once"),
            models.UniqueConstraint(fields=["workspace", "key"], name="transaction_key_once"),
        ]
        indexes = [
            # statement of a partner (every index begins with the workspace, as every query names it)
            models.Index(fields=["workspace", "partner", "number"], name="transaction_statement"),
            models.Index(fields=["programme", "at"], name="transaction_at"),  # accruals of a period
            # what the books hold of a commission, of an order, of a payout
            models.Index(
                fields=["workspace", "commission_id"],
                name="transaction_commission",
                condition=models.Q(commission_id__isnull=False),
            ),
            models.Index(
                fields=["workspace", "order_id"],
                name="transaction_order",
                condition=models.Q(order_id__isnull=False),
            ),
            models.Index(
                fields=["workspace", "payout_id"],
                name="transaction_payout",
                condition=models.Q(payout_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"№ {self.number} {self.kind}"


class Posting(WorkspaceModel):
    """An amount that went from one account to another."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="postings")
    from_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, db_index=False, related_name="outgoing"
    )
    to_account = models.ForeignKey(Account, on_delete=models.PROTECT, db_index=False, related_name="incoming")
    amount_minor = models.BigIntegerField()

    class Meta(WorkspaceModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gte=0), name="posting_not_negative"),
            models.CheckConstraint(
                condition=~models.Q(from_account=models.F("to_account")), name="posting_between_two"
            ),
        ]
        indexes = [
            # balances: both sums are read from these indexes alone
            models.Index(fields=["workspace", "from_account", "amount_minor"], name="posting_outgoing"),
            models.Index(fields=["workspace", "to_account", "amount_minor"], name="posting_incoming"),
        ]

    def __str__(self) -> str:
        return f"{self.from_account} → {self.to_account}: {self.amount_minor}"


class LedgerDay(WorkspaceModel):
    """What the books did for a partner, or for all of them, on a day of the programme's clocks (`ledger.days`).

    `begin + accrued − taken back + other − paid = end` of the partner's money; a release changes no balance. Written
    with the postings themselves, in their transaction; `molva check` adds up the postings all the same.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, db_index=False, related_name="+")
    day = models.DateField()  # of the cause (`Transaction.at`)
    key = models.BigIntegerField()  # Partner.pk; 0: all partners together
    accrued_minor = models.BigIntegerField(default=0)
    taken_back_minor = models.BigIntegerField(default=0)
    released_minor = models.BigIntegerField(default=0)
    other_minor = models.BigIntegerField(default=0)  # welcome money, adjustments, written-off debts
    paid_minor = models.BigIntegerField(default=0)  # what left, less what came back

    class Meta(WorkspaceModel.Meta):
        constraints = [
            # upserts; all partners of a period
            models.UniqueConstraint(fields=["programme", "day", "key"], name="ledger_day_once")
        ]
        # one of them over any time
        indexes = [models.Index(fields=["programme", "key", "day"], name="ledger_day_key")]

    def __str__(self) -> str:
        return f"{self.day} {self.key}"
