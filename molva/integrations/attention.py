"""What waits for a person in a programme, counted for menus and the first page; one query a count."""

from dataclasses import dataclass

from molva.integrations.adoption import waiting_installs
from molva.integrations.models import (
    Connection,
    Finding,
    FindingState,
    InboundEvent,
    InboundState,
    SetupStep,
    StepState,
)
from molva.integrations.sources.insales.application import is_on
from molva.jobs.queries import list_dead_jobs
from molva.payouts.models import Payout, PayoutStatus
from molva.programmes.models import Partner, PartnerStatus, Programme


@dataclass(frozen=True, slots=True)
class Attention:
    """Counts of what waits; `shop_state` is active, broken or empty."""

    waiting_partners: int
    waiting_payouts: int
    dead_letters: int
    findings: int
    dead_jobs: int
    shop_state: str
    waiting_shops: int = 0


def attention(programme: Programme) -> Attention:
    """What waits in a programme now."""
    states = set(
        Connection.objects.filter(programme=programme)
        .exclude(kind="manual")
        .exclude(state="disconnected")
        .values_list("state", flat=True)
    )
    return Attention(
        waiting_partners=Partner.objects.filter(programme=programme, status=PartnerStatus.PENDING).count(),
        waiting_payouts=Payout.objects.filter(
            programme=programme, status__in=(PayoutStatus.DRAFT, PayoutStatus.APPROVED)
        ).count(),
        dead_letters=InboundEvent.objects.filter(
            connection__programme=programme, state=InboundState.DEAD
        ).count(),
        findings=Finding.objects.filter(connection__programme=programme, state=FindingState.OPEN).count(),
        dead_jobs=list_dead_jobs(programme.workspace_id).count(),
        shop_state="broken" if "broken" in states else "active" if states else "",
        waiting_shops=len(waiting_installs(programme.workspace)) if is_on() else 0,
    )


def count_refused_steps(programme: Programme) -> int:
    """Parts of shops' set-ups that a person has to help."""
    steps = SetupStep.objects.filter(connection__programme=programme, state=StepState.REFUSED)
    return steps.exclude(connection__state="disconnected").count()
