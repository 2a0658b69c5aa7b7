"""What differs between an order as the shop tells it and as we have it. Reads, and no writes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from molva.domain.inbound import InboundClient, InboundLine, InboundOrder
from molva.integrations.models import Connection
from molva.integrations.models.comparison import FindingKind
from molva.integrations.models.runs import ImportRun
from molva.integrations.rehearsal import is_rehearsed
from molva.kit.clock import from_micros, to_micros
from molva.kit.codes import fold
from molva.orders.evidence import weigh_marks
from molva.orders.models import DELETED_STATUS, Order
from molva.programmes.models import Programme
from molva.programmes.queries import TermsOverTime
from molva.tracking.models import PromoCode


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs; the same facts again are the same difference."""

    kind: FindingKind
    key: str
    label: str
    facts: dict[str, Any] = field(default_factory=dict)
    order: Order | None = None


class Comparer:
    """Compares pages of one shop's orders with ours."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._programme = connection.programme
        self._terms = TermsOverTime(connection.programme)
        self._known_since = known_since(connection)
        self.codes = _codes_of(connection.programme)

    def ours(self, ids: Collection[str]) -> dict[str, Order]:
        """Our orders by the shop's ids."""
        rows = Order.objects.filter(
            programme=self._programme, source=self._connection.source_key, external_id__in=ids
        )
        return {order.external_id: order for order in rows.prefetch_related("lines")}

    def page(self, told: Sequence[InboundOrder]) -> list[Difference]:
        """Everything that differs in a page of the shop's orders."""
        told = [one for one in told if not is_rehearsed(one)]  # a self-test's order is nobody's
        ours = self.ours([one.external_id for one in told])
        return [found for one in told for found in self.of(one, ours.get(one.external_id))]

    def of(self, told: InboundOrder, order: Order | None) -> Iterator[Difference]:
        """What differs in one order."""
        is_ours_to_know = from_micros(told.created_at) >= self._known_since
        if order is None:
            if is_ours_to_know and not told.is_deleted:
                yield Difference(FindingKind.MISSING, told.external_id, told.number, _summary(told))
            return
        if order.seq > told.seq:
            return  # changed again while this was read
        yield from self._state(told, order)
        yield from self._people(told, order)
        if is_ours_to_know:
            for code in dict.fromkeys(told.marks.codes):
                if fold(code) not in self.codes:
                    yield Difference(FindingKind.CODE, fold(code)[:120], code[:120], {"code": code[:120]})

    def _state(self, told: InboundOrder, order: Order) -> Iterator[Difference]:
        status = DELETED_STATUS if told.is_deleted else told.status
        if order.status != status:
            facts = {
                "ours": order.status, "ours_title": order.status_title, "theirs": status,
                "theirs_title": told.status_title,
            }  # fmt: skip
            yield Difference(FindingKind.STATUS, told.external_id, told.number, facts, order)
        ours = {"total_minor": order.total_minor, "lines": _lines_of(order)}
        theirs = {
            "total_minor": told.total_minor,
            "lines": {line.id: [line.quantity, line.total_minor] for line in told.lines},
        }
        if ours != theirs:
            yield Difference(
                FindingKind.SUM, told.external_id, told.number, {"ours": ours, "theirs": theirs}, order
            )

    def _people(self, told: InboundOrder, order: Order) -> Iterator[Difference]:
        if order.judged_at is None:
            yield Difference(FindingKind.VERDICT, told.external_id, told.number, {}, order)
            return
        known = set(order.creation.get("codes") or [])
        fresh = [code for code in told.marks.codes if fold(code) in self.codes and fold(code) not in known]
        policy = self._terms.terms_at(to_micros(order.created_at)).attribution.policy
        landing = weigh_marks(self._programme, told.marks, policy).landing
        if landing and not order.creation.get("landing"):
            fresh.append(landing)
        if fresh and order.partner_id is None:
            yield Difference(FindingKind.MARKS, told.external_id, told.number, {"marks": fresh}, order)


def known_since(connection: Connection) -> datetime:
    """From when on we should know every order: the day of connecting, or as far back as past orders were brought in."""
    reach = ImportRun.objects.filter(connection=connection, state="done").order_by("since").first()
    return min(connection.created_at, reach.since) if reach else connection.created_at


def gone(order: Order) -> Difference:
    """Ours, and not the shop's any more."""
    facts = {"ours": order.status, "ours_title": order.status_title, "total_minor": order.total_minor}
    return Difference(FindingKind.GONE, order.external_id, order.number, facts, order)


def as_deleted(order: Order, at: datetime) -> InboundOrder:
    """A telling that an order is gone, for one that the shop tells nothing of."""
    lines = tuple(
        InboundLine(
            id=line.external_id, title=line.title, product=line.product, sku=line.sku, quantity=line.quantity,
            price_minor=line.price_minor, total_minor=line.total_minor, categories=tuple(line.categories),
        )
        for line in order.lines.all()
    )  # fmt: skip
    return InboundOrder(
        external_id=order.external_id, number=order.number, created_at=to_micros(order.created_at),
        seq=max(order.seq, to_micros(at)), client=InboundClient(), status=order.status,
        status_title=order.status_title, currency=order.programme.currency, delivery_minor=order.delivery_minor,
        discount_minor=order.discount_minor, total_minor=order.total_minor, lines=lines, is_deleted=True,
    )  # fmt: skip


def _codes_of(programme: Programme) -> set[str]:
    """Everything that names a partner when it is typed in as a promo code."""
    promo = PromoCode.objects.filter(programme=programme).values_list("code", flat=True)
    return {fold(code) for code in [*promo, *programme.partners.values_list("code", flat=True)]}


def _lines_of(order: Order) -> Mapping[str, list[Any]]:
    return {line.external_id: [line.quantity, line.total_minor] for line in order.lines.all()}


def _summary(told: InboundOrder) -> dict[str, Any]:
    return {
        "status": told.status,
        "status_title": told.status_title,
        "total_minor": told.total_minor,
        "currency": told.currency,
        "created_at": from_micros(told.created_at).isoformat(),
    }
