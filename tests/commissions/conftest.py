"""A programme at work: Anna invited Boris, 10 % and 3 %, an order counts when delivered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from molva.commissions.admission import admit_partner
from molva.domain.click_id import make_click_id
from molva.domain.inbound import InboundClient, InboundLine, InboundMarks, InboundOrder
from molva.integrations.telling import tell
from molva.kit import clock
from molva.kit.clock import to_micros
from molva.ledger.queries import balances
from molva.orders.models import Order
from molva.programmes.models import Partner, Programme
from molva.programmes.services import create_programme
from molva.tracking.models import Touch
from molva.workspaces.scoping import scope
from tests.factories import make_workspace

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
SETTINGS: dict[str, Any] = {
    "attribution": {"policy": "first", "term_days": None, "term_mode": "sliding"},
    "accrual": {"statuses": ["delivered"], "lost": ["cancelled"], "hold_days": 0},
    "levels": 2,
}
RULES: list[dict[str, Any]] = [{"id": "default", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}}}]


@dataclass
class Shop:
    """Tells orders as a source would, day by day after the start."""

    programme: Programme
    anna: Partner
    boris: Partner
    told: list[tuple[datetime, InboundOrder]] = field(default_factory=list)
    touches: int = 0

    def order(
        self, number: str, *, day: float = 0, status: str = "new", total: int = 100_000, **more: Any
    ) -> Order:
        """Tell one snapshot; `created` (a day) stays the same for later snapshots of a number."""
        at = START + timedelta(days=day)
        inbound = self.inbound(number, at=at, status=status, total=total, **more)
        self.told.append((at, inbound))
        return self.tell(at, inbound)

    def tell(self, at: datetime, inbound: InboundOrder) -> Order:
        """Tell a ready snapshot at a moment."""
        with clock.pretend(at):
            record = tell(programme=self.programme, source="test", one=inbound).record
        assert isinstance(record, Order)
        record.refresh_from_db()
        return record

    def inbound(
        self,
        number: str,
        *,
        at: datetime,
        status: str,
        total: int,
        created: float | None = None,
        codes: tuple[str, ...] = (),
        landing: str | None = None,
        email: str = "buyer@example.org",
        lines: tuple[InboundLine, ...] = (),
        discount: int = 0,
        currency: str = "RUB",
        is_deleted: bool = False,
        token: str = "",
        phone: str = "",
    ) -> InboundOrder:
        """A snapshot as values."""
        made = START + timedelta(days=created) if created is not None else at
        return InboundOrder(
            external_id=number,
            number=number,
            created_at=to_micros(made),
            seq=to_micros(at),
            client=InboundClient(email=email, phone=phone, name="Buyer"),
            status=status,
            status_title=status.title(),
            currency=currency,
            delivery_minor=30_000,
            discount_minor=discount,
            total_minor=total + 30_000,
            lines=lines or (InboundLine("1", "Tea", "p1", "S-1", "1", total, total),),
            marks=InboundMarks(codes=codes, first_location=landing, tokens=(token,) if token else ()),
            is_deleted=is_deleted,
        )

    def money(self, partner: Partner) -> tuple[int, int]:
        """(held, available) of a partner by the books."""
        books = balances(partner)
        return books.held, books.available

    def touch(self, partner: Partner, *, day: float, visitor: str = "v1") -> Touch:
        """A click of a visitor at a day."""
        self.touches += 1  # so that two of one moment keep their order
        number = make_click_id(to_micros(START + timedelta(days=day)), self.touches)
        return Touch.objects.create(pk=number, programme=self.programme, partner=partner, visitor=visitor)


def open_shop(settings: dict[str, Any] | None = None, rules: list[dict[str, Any]] | None = None) -> Shop:
    """A programme of the given terms in the open workspace."""
    with clock.pretend(START - timedelta(days=30)):
        programme = create_programme(
            name="Friends",
            code="friends",
            shop_url="https://shop.example",
            settings=settings or SETTINGS,
            rules=rules or RULES,
        )
        anna = admit_partner(programme=programme, name="Anna", email="anna@example.org", code="anna")
        boris = admit_partner(
            programme=programme, name="Boris", email="boris@example.org", code="boris", invited_by=anna
        )
    return Shop(programme, anna, boris)


@pytest.fixture
def make_shop(db: None) -> Iterator[Callable[..., Shop]]:
    """Opens a workspace with a programme of the given terms."""
    with scope(make_workspace()):
        yield open_shop


@pytest.fixture
def shop(make_shop: Callable[..., Shop]) -> Shop:
    """The usual programme."""
    return make_shop()
