"""A history that can be told to any programme: to one under the terms that held, to another under those tried."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from molva.commissions.admission import admit_partner
from molva.commissions.models import Commission
from molva.domain.click_id import make_click_id, make_token, visitor_text
from molva.domain.inbound import InboundClient, InboundLine, InboundMarks, InboundOrder
from molva.integrations.telling import tell
from molva.kit import clock
from molva.kit.clock import to_micros
from molva.programmes.models import Partner, Programme
from molva.programmes.services import create_programme, update_partner
from molva.tracking.keys import token_key
from molva.tracking.models import Touch
from molva.workspaces.scoping import scope
from tests.factories import make_workspace

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
NOW = START + timedelta(days=60)
SETTINGS: dict[str, Any] = {
    "attribution": {"policy": "first", "term_days": None, "term_mode": "sliding"},
    "accrual": {"statuses": ["delivered"], "lost": ["cancelled"], "hold_days": 0},
    "levels": 2,
}
RULES: list[dict[str, Any]] = [{"id": "default", "reward": {"1": {"percent": "10"}, "2": {"percent": "3"}}}]
GOODS = [("p1", "S-1", ("tea",)), ("p2", "S-2", ("tea", "gifts")), ("p3", "", ())]


@dataclass
class History:
    """What happened, by day after the start: (day, kind, values)."""

    touches: list[tuple[float, str, str]] = field(default_factory=list)  # day, partner's code, visitor
    orders: list[tuple[float, InboundOrder]] = field(default_factory=list)  # day, snapshot

    def touch(self, day: float, partner: str, visitor: int) -> None:
        """A click of a visitor."""
        self.touches.append((day, partner, visitor_text(_visitor(visitor))))

    def order(
        self,
        number: str,
        *,
        day: float,
        created: float | None = None,
        status: str = "delivered",
        totals: tuple[int, ...] = (100_000,),
        codes: tuple[str, ...] = (),
        buyer: str = "buyer",
        discount: int = 0,
        visitor: int = 0,
        goods: int = 0,
    ) -> None:
        """A snapshot of an order."""
        lines = []
        for index, total in enumerate(totals):
            product, sku, categories = GOODS[(goods + index) % len(GOODS)]
            lines.append(
                InboundLine(
                    str(index), "Tea", product, sku, str(index + 1), total, total, categories=categories
                )
            )
        made = START + timedelta(days=day if created is None else created)
        token = make_token(make_click_id(0, visitor), _visitor(visitor), token_key()) if visitor else ""
        inbound = InboundOrder(
            external_id=number,
            number=number,
            created_at=to_micros(made),
            seq=to_micros(START + timedelta(days=day)),
            client=InboundClient(email=f"{buyer}@example.org", name="Buyer"),
            status=status,
            status_title=status.title(),
            currency="RUB",
            delivery_minor=30_000,
            discount_minor=discount,
            total_minor=sum(totals) + 30_000,
            lines=tuple(lines),
            marks=InboundMarks(codes=codes, tokens=(token,) if token else ()),
        )
        self.orders.append((day, inbound))


def _visitor(number: int) -> bytes:
    return number.to_bytes(8, "big")


Play = Callable[..., Programme]


@pytest.fixture
def play(db: None) -> Iterator[Play]:
    """Tells a history to a new programme of the given terms."""
    with scope(make_workspace()):
        yield _play


def _play(
    history: History,
    *,
    settings: dict[str, Any] | None = None,
    rules: list[dict[str, Any]] | None = None,
    code: str = "friends",
) -> Programme:
    with clock.pretend(START - timedelta(days=30)):
        programme = create_programme(
            name="Friends",
            code=code,
            shop_url=f"https://{code}.example",
            settings=settings or SETTINGS,
            rules=rules or RULES,
        )
        anna = _partner(programme, "anna")
        boris = _partner(programme, "boris", invited_by=anna)
        _partner(programme, "vera", invited_by=boris, groups=["vip"])
    partners = {one.code: one for one in Partner.objects.filter(programme=programme)}
    base = Touch.objects.count()
    for number, (day, partner, visitor) in enumerate(history.touches, 1):
        Touch.objects.create(
            pk=make_click_id(to_micros(START + timedelta(days=day)), base + number),
            programme=programme,
            partner=partners[partner],
            visitor=visitor,
        )
    tell_orders(programme, history)
    return programme


def tell_orders(programme: Programme, history: History) -> None:
    """Tell the orders of a history, each in its own time."""
    for day, inbound in sorted(history.orders, key=lambda row: row[0]):
        with clock.pretend(START + timedelta(days=day)):
            tell(programme=programme, source="test", one=inbound)


def _partner(programme: Programme, name: str, *, groups: list[str] | None = None, **more: Any) -> Partner:
    partner = admit_partner(
        programme=programme, name=name.title(), email=f"{name}@example.org", code=name, **more
    )
    if groups:
        update_partner(partner=partner, actor=None, changes={"groups": groups})
    return partner


def books(programme: Programme) -> dict[tuple[str, str, int], tuple[int, int]]:
    """(posted, expected) by order, partner and level; nothing where both are zero."""
    rows = Commission.objects.filter(programme=programme).exclude(posted_minor=0, expected_minor=0)
    columns = ("order__number", "partner__code", "level", "posted_minor", "expected_minor")
    return {tuple(row[:3]): tuple(row[3:]) for row in rows.values_list(*columns)}
