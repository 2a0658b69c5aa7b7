"""Jobs of stage 5: clicks that arrived, holds that ended, terms that ran out."""

from datetime import timedelta

from molva.commissions.devices import CHUNK, tell_devices
from molva.commissions.models import OrderFigure
from molva.commissions.postings import release_due
from molva.commissions.services import settle_customer
from molva.jobs import enqueue, job
from molva.kit import clock
from molva.tracking.ingest import click_folder, ingest_clicks
from molva.tracking.models import Attribution, Customer
from molva.tracking.nodes import claim_nodes
from molva.tracking.queries import customers_seen_as
from molva.tracking.raw_clicks import raw_clicks
from molva.workspaces import journal
from molva.workspaces.models import Event
from molva.workspaces.scoping import scope

WARNING_DAYS = 10
LOADING_SECONDS = 1.5  # of the two between calls: a worker has two threads, and orders need both


@job(queue="clicks", max_attempts=1)
def load_clicks() -> None:
    """Load what this machine's tracker stored, for less than the time until the next call: the rest waits for it."""
    claim_nodes(click_folder())
    ingest_clicks(seconds=LOADING_SECONDS, react=ask_settlements)


def ask_settlements(visitors: list[str]) -> None:
    """Customers whose visitors clicked may be someone else's from now on.

    In the transaction of the touches: clicks that are loaded and settlements that are not asked for would never meet
    again.
    """
    for customer_id, workspace_id in customers_seen_as(visitors):
        enqueue(
            settle_one, dedupe=f"settle-{customer_id}", customer_id=customer_id, workspace_id=workspace_id
        )


@job()
def settle_one(customer_id: int) -> None:
    """Settle a customer; one that was joined to another meanwhile has nothing left to settle."""
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer:
        settle_customer(customer=customer)


@job(max_attempts=1)
def release_holds() -> None:
    """Timetable entry: what has waited long enough becomes available."""
    release_due(clock.now())


@job(max_attempts=1)
def tell_devices_of_orders() -> None:
    """Timetable entry: ask the raw clicks for the devices and countries of new orders, company by company."""
    untold = OrderFigure.unscoped.filter(click_id__isnull=False, device__isnull=True).order_by()
    for workspace_id in list(untold.values_list("workspace_id", flat=True).distinct()):
        with scope(workspace_id):
            while tell_devices(raw_clicks()) >= CHUNK:
                pass


@job(max_attempts=1)
def warn_terms() -> None:
    """Timetable entry: a partner is told once, ten days before, that a client's term runs out (row S2.19)."""
    now = clock.now()
    soon = Attribution.unscoped.filter(
        ended_at__isnull=True, ends_at__gt=now, ends_at__lte=now + timedelta(days=WARNING_DAYS)
    )
    for claim in soon.select_related("customer").order_by("ends_at", "pk")[:1000]:
        with scope(claim.workspace_id):
            deadline = claim.ends_at.isoformat() if claim.ends_at else ""
            told = Event.objects.filter(
                object_kind="customer",
                object_id=claim.customer_id,
                kind="attribution.ending",
                data__at=deadline,
            )
            if not told.exists():
                journal.record(
                    "attribution.ending", claim.customer, partner_id=claim.partner_id, data={"at": deadline}
                )


@job(max_attempts=1)
def end_terms() -> None:
    """Timetable entry: attributions whose term ran out end, and the customer is free."""
    due = Attribution.unscoped.filter(ended_at__isnull=True, ends_at__lt=clock.now())
    for row in due.values("customer_id", "workspace_id").distinct()[:1000]:
        enqueue(
            settle_one,
            dedupe=f"settle-{row['customer_id']}",
            customer_id=row["customer_id"],
            workspace_id=row["workspace_id"],
        )
