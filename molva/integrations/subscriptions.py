"""Writes and reads of stage 8: what shops pay an operator who offers Molva to many.

Without payment nothing is lost: orders are read and settled, partners see and get their money. Only changes of the
programme itself ask for a subscription (row S2.2). An installation for one company knows nothing of all this.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from molva.integrations.base import PlugError
from molva.integrations.connecting import hook_hash
from molva.integrations.models import Charge, ChargeState, Connection, Subscription
from molva.integrations.sources.insales import charges
from molva.jobs import enqueue, job
from molva.kit import clock
from molva.kit.money import parse_minor
from molva.programmes.models import Programme
from molva.workspaces import journal
from molva.workspaces.models import User
from molva.workspaces.scoping import scope


class Access(StrEnum):
    """What a company may do, by its subscription."""

    FREE = "free"  # nobody is asked for money here
    TRIAL = "trial"
    PAID = "paid"
    LAPSED = "lapsed"
    BLOCKED = "blocked"  # by the shop builder

    @property
    def may_change(self) -> bool:
        """Whether the programme may be changed."""
        return self in (Access.FREE, Access.TRIAL, Access.PAID)


@dataclass(frozen=True, slots=True)
class Service:
    """What may be ordered for a single charge."""

    key: str
    name: str
    price_minor: int


def is_on() -> bool:
    """Whether shops pay here at all."""
    return bool(settings.MOLVA_OPERATOR and monthly_minor())


def monthly_minor() -> int:
    """The operator's price of a month, in kopecks."""
    return parse_minor(settings.MOLVA_PLAN_MONTHLY, 2)


def services() -> list[Service]:
    """The operator's services, in the order of the setting."""
    pairs = [one.rpartition("=") for one in settings.MOLVA_PLAN_SERVICES.split(";") if one.strip()]
    return [
        Service(str(number), name.strip(), parse_minor(price.strip(), 2))
        for number, (name, _sign, price) in enumerate(pairs, start=1)
    ]


def subscription_of(programme: Programme) -> Subscription | None:
    """The subscription by which a programme may be changed; None where nobody is asked for money."""
    if not is_on():
        return None
    found = Subscription.objects.select_related("connection__programme")
    return found.filter(connection__programme=programme).order_by("pk").first()


def access_of(subscription: Subscription | None, at: datetime) -> Access:
    """What a subscription allows at a moment."""
    if subscription is None:
        return Access.FREE
    if subscription.is_blocked:
        return Access.BLOCKED
    zone = ZoneInfo(subscription.connection.programme.timezone)
    if at < subscription.trial_until:
        return Access.TRIAL
    if subscription.paid_till and at.astimezone(zone).date() <= subscription.paid_till:
        return Access.PAID
    return Access.LAPSED


def may_change(programme: Programme) -> bool:
    """Whether the programme may be changed now; no question to the database where nobody pays."""
    return not is_on() or access_of(subscription_of(programme), clock.now()).may_change


@transaction.atomic
def begin_trial(connection: Connection) -> Subscription | None:
    """The trial of a shop that is new here, and the reading of its charge; a known shop's trial does not begin anew."""
    if not is_on():
        return None
    found, _is_new = Subscription.objects.get_or_create(
        connection=connection,
        defaults={
            "trial_until": clock.now() + timedelta(days=settings.MOLVA_PLAN_TRIAL_DAYS),
            "monthly_minor": monthly_minor(),
        },
    )
    enqueue(
        read_subscription,
        dedupe=f"subscription-{found.pk}",
        subscription_id=found.pk,
        workspace_id=found.workspace_id,
    )
    return found


@job(queue="shops", max_attempts=12)
def read_subscription(subscription_id: int) -> None:
    """Bring the monthly charge to the operator's price, and read until when it is paid."""
    found = Subscription.objects.select_related("connection__programme").filter(pk=subscription_id).first()
    if found is None or found.connection.state == "disconnected" or not is_on():
        return
    before = access_of(found, clock.now())
    try:
        told = charges.bring_monthly(
            found.connection, monthly_minor=monthly_minor(), trial_until=found.trial_until
        )
    except PlugError as problem:
        Subscription.objects.filter(pk=found.pk).update(problem=str(problem)[:300])
        if not problem.permanent:
            raise
        return
    with transaction.atomic():
        found.monthly_minor, found.paid_till = told.monthly_minor, told.paid_till
        found.is_blocked, found.checked_at, found.problem = told.is_blocked, clock.now(), ""
        found.save()
        after = access_of(found, clock.now())
        if after != before:
            data = {"was": before.value, "is": after.value}
            journal.record("subscription.changed", found.connection, actor=found.connection.name, data=data)


@job(queue="shops", max_attempts=1)
def read_all() -> None:
    """Timetable entry, daily: every subscription and every charge that waits is read anew."""
    if not is_on():
        return
    for row in Subscription.unscoped.exclude(connection__state="disconnected").values("pk", "workspace_id"):
        enqueue(
            read_subscription,
            dedupe=f"subscription-{row['pk']}",
            subscription_id=row["pk"],
            workspace_id=row["workspace_id"],
        )
    waiting = Charge.unscoped.filter(state=ChargeState.PENDING).exclude(connection__state="disconnected")
    for row in waiting.values("pk", "workspace_id"):
        _ask_for(row["pk"], row["workspace_id"])


def order_service(*, connection: Connection, service: Service, actor: User) -> Charge:
    """Make a single charge; the merchant confirms it at its address in the shop. Raises PlugError."""
    secret = secrets.token_urlsafe(24)
    made = charges.make_single(
        connection,
        name=service.name,
        price_minor=service.price_minor,
        return_url=settings.MOLVA_URL + reverse("apps:charged", args=[secret]),
    )
    if urlsplit(made.confirmation_url).netloc.lower() != connection.host:
        raise PlugError("the shop leads to a strange address to pay", permanent=True)
    with transaction.atomic():
        charge = Charge(
            connection=connection,
            external_id=made.id,
            name=service.name,
            price_minor=made.price_minor,
            state=made.state,
            confirmation_url=made.confirmation_url,
            return_hash=hook_hash(secret),
            ordered_by=actor,
        )
        charge.save()
        data = {"name": charge.name, "amount_minor": charge.price_minor}
        journal.record("charge.made", connection, actor=actor, data=data)
    return charge


def take_back(*, charge: Charge, actor: User) -> None:
    """Decline a charge that was not paid. Raises PlugError."""
    told = charges.decline_single(charge.connection, charge.external_id)
    _take_state(charge, told.state, actor=actor)


@job(queue="shops", max_attempts=8)
def read_charge(charge_id: int) -> None:
    """Read what became of a charge."""
    charge = Charge.objects.select_related("connection__programme").get(pk=charge_id)
    if charge.state != ChargeState.PENDING or charge.connection.state == "disconnected":
        return
    told = charges.read_single(charge.connection, charge.external_id)
    _take_state(charge, told.state if told else ChargeState.DECLINED, actor=None)


@transaction.atomic
def note_return(secret: str) -> Charge | None:
    """A return address was called. That proves nothing: the charge is read from the shop, as the shop knows it."""
    found = Charge.unscoped.select_related("connection__programme")
    charge = found.filter(return_hash=hook_hash(secret)).first()
    if charge is not None and charge.state == ChargeState.PENDING:
        _ask_for(charge.pk, charge.workspace_id)
    return charge


def _ask_for(charge_id: int, workspace_id: int) -> None:
    enqueue(read_charge, dedupe=f"charge-{charge_id}", charge_id=charge_id, workspace_id=workspace_id)


@transaction.atomic
def _take_state(charge: Charge, state: str, *, actor: User | None) -> None:
    charge.checked_at = clock.now()
    was, charge.state = charge.state, state
    charge.save()
    if was != state:
        data = {"name": charge.name, "amount_minor": charge.price_minor}
        journal.record(f"charge.{state}", charge.connection, actor=actor or charge.connection.name, data=data)


def give_days(*, host: str, days: int) -> Subscription:
    """The operator's present to a shop, by its host. Raises Subscription.DoesNotExist, PlugError."""
    found = Subscription.unscoped.select_related("connection__programme").get(connection__host=host)
    with scope(found.workspace_id):
        told = charges.add_free_days(found.connection, days)
        found.paid_till, found.is_blocked, found.checked_at = told.paid_till, told.is_blocked, clock.now()
        found.save()
        journal.record("subscription.given", found.connection, data={"days": days})
    return found
