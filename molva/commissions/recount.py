"""Counting anew what orders add to figures: after an upgrade, and to prove that nothing has drifted."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Sum

from molva.commissions.counting import Counted, Counting, Posted
from molva.commissions.models import Commission, DayFigure, OrderFigure, PartnerSum
from molva.ledger.models import Transaction, TransactionKind
from molva.ledger.services import lock_books
from molva.orders.evidence import tell_codes
from molva.orders.models import Lead, Order, OrderCode
from molva.programmes.models import Programme
from molva.programmes.queries import TermsOverTime
from molva.tracking.models import Customer, CustomerVisitor
from molva.workspaces.scoping import scope

CHUNK = 500  # customers


@transaction.atomic
def recount(programme: Programme) -> int:
    """Count every order of a programme from the orders, their verdicts and the books; returns how many customers."""
    lock_books()
    DayFigure.objects.filter(programme=programme).delete()
    OrderFigure.objects.filter(programme=programme).delete()
    PartnerSum.objects.filter(programme=programme).delete()  # they grow again with the rows they are sums of
    _tell_moments(programme)
    counting = Counting(programme, TermsOverTime(programme).terms_at)
    count = 0
    customers = Customer.objects.filter(programme=programme, orders__isnull=False).distinct().order_by("pk")
    ids = iter(list(customers.values_list("pk", flat=True)))
    while chunk := list(islice(ids, CHUNK)):
        counting.write(_people(chunk), _postings(chunk))
        count += len(chunk)
    return count


def _tell_moments(programme: Programme) -> None:
    """Commissions and used codes say when their orders were made."""
    made = Order.objects.filter(pk=OuterRef("order_id")).values("created_at")
    wrong = Commission.objects.filter(programme=programme).exclude(ordered_at=F("order__created_at"))
    Commission.objects.filter(pk__in=wrong.values("pk")).update(ordered_at=Subquery(made))
    tell_codes(OrderCode.objects.filter(programme=programme))


def count_what_is_not_counted() -> None:
    """Upgrade: programmes whose orders were settled before there were figures."""
    for programme in Programme.unscoped.order_by("pk"):
        with scope(programme.workspace_id):
            orders = Order.objects.filter(programme=programme, partner__isnull=False)
            if orders.exists() and not OrderFigure.objects.filter(programme=programme).exists():
                recount(programme)


def _people(customers: Sequence[int]) -> list[Counted]:
    orders: dict[int, list[Order]] = defaultdict(list)
    leads: dict[int, list[Lead]] = defaultdict(list)
    visitors: dict[int, list[str]] = defaultdict(list)
    lines = {}
    for order in Order.objects.filter(customer__in=customers).prefetch_related("lines"):
        orders[order.customer_id].append(order)
        lines[order.pk] = list(order.lines.all())
    for lead in Lead.objects.filter(customer__in=customers):
        leads[lead.customer_id].append(lead)
    seen = CustomerVisitor.objects.filter(customer__in=customers)
    for customer, visitor in seen.values_list("customer_id", "visitor"):
        visitors[customer].append(visitor)
    return [Counted(orders[pk], leads[pk], visitors[pk], lines, is_first=True) for pk in customers]


def _postings(customers: Sequence[int]) -> Iterator[Posted]:
    """What the books hold of these customers' orders, each transaction once."""
    orders = Order.objects.filter(customer__in=customers).order_by().values("pk")
    kinds = (TransactionKind.ACCRUAL, TransactionKind.CLAWBACK)
    rows = Transaction.objects.filter(kind__in=kinds, order_id__in=orders).annotate(
        sum=Sum("postings__amount_minor")
    )
    for row in rows.order_by("number"):
        sign = 1 if row.kind == TransactionKind.ACCRUAL else -1
        yield Posted(row.order_id or 0, row.partner_id or 0, row.level or 1, sign * row.sum, row.at)
