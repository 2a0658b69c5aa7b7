"""A workspace whose partner earns by hand-made commissions, posted as the settlement would."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from molva.commissions.models import AccrualLot, Commission, CommissionStatus
from molva.ledger import services
from molva.programmes.models import Partner, Programme, TermsVersion
from molva.workspaces.models import User, Workspace
from molva.workspaces.scoping import scope
from tests.factories import make_order, make_partner, make_programme, make_user, make_workspace

AT = datetime(2026, 11, 1, tzinfo=UTC)
Earn = Callable[..., Commission]
_keys = itertools.count(1)


@pytest.fixture
def workspace(db: None) -> Iterator[Workspace]:
    made = make_workspace()
    with scope(made):
        yield made


@pytest.fixture
def programme(workspace: Workspace) -> Programme:
    made = make_programme(min_payout_minor=1000_00)
    TermsVersion(programme=made, number=1, valid_from=AT, settings={}, rules=[]).save()
    return made


@pytest.fixture
def partner(programme: Programme) -> Partner:
    return make_partner(programme)


@pytest.fixture
def owner(workspace: Workspace) -> User:
    return make_user()


@pytest.fixture
def earn(programme: Programme) -> Earn:
    """Give a partner a commission that is available."""

    def give(partner: Partner, amount: int, *, is_held: bool = False) -> Commission:
        status = CommissionStatus.HELD if is_held else CommissionStatus.AVAILABLE
        row = Commission(
            programme=partner.programme,
            order=make_order(partner.programme),
            partner=partner,
            level=1,
            terms=TermsVersion.objects.get(),
            owed_minor=amount,
            posted_minor=amount,
            status=status,
            accrued_at=AT,
        )
        row.save()
        if is_held:
            due_at = AT + timedelta(days=14)
            AccrualLot(
                commission=row, posted_at=AT, amount_minor=amount, held_minor=amount, due_at=due_at
            ).save()
        services.accrue(
            partner=partner,
            amount_minor=amount,
            key=f"accrual:{row.pk}",
            at=AT,
            order_id=row.order_id,
            commission_id=row.pk,
            level=1,
            is_held=is_held,
        )
        return row

    return give


@pytest.fixture
def take_back() -> Callable[[Commission, int], None]:
    """Claw back a part of what a commission made available."""

    def take(row: Commission, amount: int) -> None:
        row.owed_minor -= amount
        row.posted_minor -= amount
        row.save()
        services.claw_back(
            partner=row.partner,
            from_held=0,
            from_available=amount,
            key=f"clawback:{row.pk}:{next(_keys)}",
            at=AT,
            order_id=row.order_id,
            commission_id=row.pk,
            level=1,
        )

    return take
