"""Reading money: every figure is a sum of postings; those of present balances the database adds up itself.

All need an open workspace scope. Amounts are minor units of the programme's currency.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import BigIntegerField, Case, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from molva.ledger.models import AccountBalance, AccountKind, Posting, Transaction
from molva.programmes.models import Partner, Programme


@dataclass(frozen=True, slots=True)
class PartnerBalance:
    """Where a partner's money is.

    `available` is below zero when more was taken back than was left; `paid` is all that was paid and did not
    come back.
    """

    held: int = 0
    available: int = 0
    bonus: int = 0
    in_payout: int = 0
    paid: int = 0


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A transaction as its partner sees it: what it changed, and the balance right after it."""

    entry: Transaction
    held: int
    available: int
    bonus: int
    in_payout: int
    paid: int
    after: PartnerBalance


def balances(partner: Partner) -> PartnerBalance:
    """The partner's balance now; zeros for one who has no accounts yet."""
    return _balances(AccountBalance.objects.filter(partner=partner)).get(partner.pk, PartnerBalance())


def balances_for(
    programme: Programme, partners: Collection[Partner] | None = None
) -> dict[int, PartnerBalance]:
    """Balances by partner id in one query, for these partners or all; who has no accounts yet has zeros."""
    accounts = AccountBalance.objects.filter(programme=programme, partner__isnull=False)
    if partners is not None:
        accounts = accounts.filter(partner__in=partners)
    found: defaultdict[int, PartnerBalance] = defaultdict(PartnerBalance)
    found.update(_balances(accounts))
    return found


def programme_totals(programme: Programme) -> dict[str, int]:
    """Balance of each kind of account of the programme, summed over its partners; together they make 0."""
    rows = AccountBalance.objects.filter(programme=programme).order_by().values_list("kind")
    return dict.fromkeys(map(str, AccountKind), 0) | dict(rows.annotate(total=Sum("balance_minor")))


def available_from(programme: Programme, least: int) -> dict[int, int]:
    """What is available to each partner who has at least so much, by partner id."""
    rows = AccountBalance.objects.filter(
        programme=programme, kind=AccountKind.AVAILABLE, balance_minor__gte=least
    )
    return dict(rows.values_list("partner_id", "balance_minor"))


def _balances(accounts: "QuerySet[AccountBalance]") -> dict[int, PartnerBalance]:
    figures: dict[int, dict[str, int]] = defaultdict(dict)
    found = accounts.annotate(paid=_paid())
    for partner_id, kind, balance, paid in found.values_list("partner_id", "kind", "balance_minor", "paid"):
        figures[partner_id][kind] = balance
        if kind == AccountKind.IN_PAYOUT:
            figures[partner_id]["paid"] = paid
    return {partner_id: PartnerBalance(**sums) for partner_id, sums in figures.items()}


def _paid() -> Case:
    """What left an `in_payout` account for the programme's cash, less what came back."""
    cash = {"from_account": "to_account__kind", "to_account": "from_account__kind"}
    sums = [
        _sum_of(Posting.objects.filter(**{end: OuterRef("pk"), other: AccountKind.CASH}), end)
        for end, other in cash.items()
    ]
    return Case(When(kind=AccountKind.IN_PAYOUT, then=sums[0] - sums[1]), default=Value(0))


def _sum_of(postings: "QuerySet[Posting]", end: str) -> Coalesce:
    totals = postings.order_by().values(end).annotate(total=Sum("amount_minor")).values("total")
    return Coalesce(Subquery(totals, output_field=BigIntegerField()), Value(0))


def statement(partner: Partner, *, before: int | None = None, limit: int = 50) -> list[StatementRow]:
    """The partner's transactions, newest first, each with the balance after it.

    The next page is asked for with `before` = number of the last row. Three queries for a history of any length.
    """
    entries = Transaction.objects.filter(partner=partner).order_by("-number")
    if before is None:
        totals = asdict(balances(partner))
    else:
        entries = entries.filter(number__lt=before)
        totals = _sums(
            Posting.objects.filter(
                transaction__workspace=partner.workspace_id,
                transaction__partner=partner,
                transaction__number__lt=before,
            )
        )
    page = list(entries[:limit])
    changes = _changes(page)
    rows: list[StatementRow] = []
    for entry in page:
        change = changes[entry.pk]
        rows.append(StatementRow(entry=entry, **change, after=PartnerBalance(**totals)))
        totals = {name: totals[name] - change[name] for name in _NAMES}
    return rows


def balance_at(partner: Partner, moment: datetime) -> PartnerBalance:
    """The balance as it stood after everything whose cause is not later than `moment`."""
    return PartnerBalance(
        **_sums(
            Posting.objects.filter(
                transaction__workspace=partner.workspace_id,
                transaction__partner=partner,
                transaction__at__lte=moment,
            )
        )
    )


# Figures of a partner by the kind of account that holds them; what was paid is in the programme's cash.
_NAMES = {
    "held": AccountKind.HELD,
    "available": AccountKind.AVAILABLE,
    "bonus": AccountKind.BONUS,
    "in_payout": AccountKind.IN_PAYOUT,
    "paid": AccountKind.CASH,
}


def _changes(entries: Collection[Transaction]) -> dict[int, dict[str, int]]:
    """By transaction id: what each one adds to each figure."""
    changes = {entry.pk: dict.fromkeys(_NAMES, 0) for entry in entries}
    postings = Posting.objects.filter(transaction__in=entries)
    for pk, source, target, amount in postings.values_list(
        "transaction_id", "from_account__kind", "to_account__kind", "amount_minor"
    ):
        for name, kind in _NAMES.items():
            changes[pk][name] += amount * ((target == kind) - (source == kind))
    return changes


def _sums(postings: "QuerySet[Posting]") -> dict[str, int]:
    """What the postings of one partner add to each figure."""
    return postings.aggregate(**{name: _signed(kind) for name, kind in _NAMES.items()})


def _signed(kind: AccountKind) -> Coalesce:
    amount = Case(
        When(to_account__kind=kind, then=F("amount_minor")),
        When(from_account__kind=kind, then=-F("amount_minor")),
        default=Value(0),
        output_field=BigIntegerField(),
    )
    return Coalesce(Sum(amount), Value(0))
