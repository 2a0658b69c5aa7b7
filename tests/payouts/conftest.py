"""Partners who earn by real orders: a delivered order gives a tenth of its total, after two weeks."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from molva.commissions.admission import admit_partner
from molva.commissions.models import Commission
from molva.commissions.postings import release_due
from molva.programmes.models import Partner, Programme
from molva.workspaces.models import User, Workspace
from tests.commissions.conftest import SETTINGS, START, Shop, make_shop
from tests.factories import make_user

__all__ = ["make_shop"]

Earn = Callable[..., Commission]
RULES: list[dict[str, Any]] = [{"id": "default", "reward": {"1": {"percent": "10"}}}]


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    made = make_shop({**SETTINGS, "accrual": {"statuses": ["delivered"], "hold_days": 14}}, RULES)
    made.programme.min_payout_minor = 1000_00
    made.programme.save()
    return made


@pytest.fixture
def workspace(shop: Shop) -> Workspace:
    return shop.programme.workspace


@pytest.fixture
def programme(shop: Shop) -> Programme:
    return shop.programme


@pytest.fixture
def partner(shop: Shop) -> Partner:
    return shop.boris


@pytest.fixture
def owner(workspace: Workspace) -> User:
    return make_user()


@pytest.fixture
def join(programme: Programme) -> Callable[[], Partner]:
    """Let one more partner in."""
    numbers = itertools.count(1)

    def admit() -> Partner:
        number = next(numbers)
        return admit_partner(
            programme=programme,
            name=f"Партнёр {number}",
            code=f"partner{number}",
            joined_at=START - timedelta(days=1),
        )

    return admit


@pytest.fixture
def earn(shop: Shop) -> Earn:
    """Give a partner a commission of an amount: available, or still on hold."""
    numbers = itertools.count(1001)

    def give(partner: Partner, amount: int, *, is_held: bool = False) -> Commission:
        number = str(next(numbers))
        day = 100 if is_held else 0
        order = shop.order(
            number,
            day=day,
            total=amount * 10,
            status="delivered",
            codes=(partner.code,),
            email=f"buyer{number}@example.org",
        )
        release_due(START + timedelta(days=50))
        return Commission.objects.select_related("order", "partner").get(order=order)

    return give


@pytest.fixture
def take_back(shop: Shop) -> Callable[[Commission, int], None]:
    """Return a part of the order, so that the commission falls by an amount."""

    def take(row: Commission, amount: int) -> None:
        row.refresh_from_db()
        told = next(inbound for _, inbound in shop.told if inbound.external_id == row.order.external_id)
        shop.order(
            told.external_id,
            day=60,
            created=0,
            total=(row.posted_minor - amount) * 10,
            status="delivered",
            codes=told.marks.codes,
            email=told.client.email,
        )

    return take
