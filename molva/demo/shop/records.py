"""What the fake shop remembers of an order. Money is kopecks, moments are texts of `times.stamp`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from molva.demo.shop.pricing import Priced, price


@dataclass
class Line:
    """One line; `quantity` is pieces, or kilograms as a float when `unit` is kgm."""

    id: int
    product_id: int
    variant_id: int
    title: str
    sku: str | None
    price: int
    quantity: int | float
    created_at: str
    updated_at: str
    unit: str = "pce"
    comment: str | None = None
    bundle_id: int | None = None


@dataclass
class Discount:
    """A discount of an order, or of the named lines or products in it.

    `code_id` is set when a customer's code gave it, `rule_id` when a rule of the shop did, neither for one given by
    staff or by an outer address.
    """

    id: int
    type_id: int
    value: str
    description: str | None
    created_at: str
    code_id: int | None = None
    product_ids: list[int] = field(default_factory=list)
    line_ids: list[int] = field(default_factory=list)
    rule_id: int | None = None

    def priced_for(self, lines: list[Line]) -> tuple[int, Decimal, list[bool]]:
        """The discount as `pricing.price` takes it: kind, value, and for each line whether it counts."""
        if self.line_ids:
            counts = [line.id in self.line_ids for line in lines]
        else:
            counts = [not self.product_ids or line.product_id in self.product_ids for line in lines]
        return self.type_id, Decimal(self.value), counts


@dataclass
class Visit:
    """Where the buyer came from: path with query of the entry page, and the page that led there."""

    first_location: str | None = None
    first_referer: str | None = None
    location: str | None = None
    referer: str | None = None


@dataclass
class Order:
    """An order as the shop's own database would keep it; `bodies.order_body` makes the JSON of it.

    `odd` are values that this body tells in a form of its own, by dotted path, such as {"client.ip_addr": null}.
    """

    id: int
    number: int
    key: str
    client_id: int | None
    lines: list[Line]
    created_at: str
    updated_at: str
    delivery_id: int
    payment_id: int
    delivery_price: int = 0
    margin: str = "0.0"
    discounts: list[Discount] = field(default_factory=list)
    visit: Visit = field(default_factory=Visit)
    fields: list[dict[str, Any]] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    status: str = "novyy"
    system_status: str = "new"
    paid: bool = False
    archived: bool = False
    recipient: str | None = None
    phone: str | None = None
    address: str | None = None
    city: str | None = None
    comment: str | None = None
    manager_comment: str | None = None
    accepted_at: str | None = None
    delivered_at: str | None = None
    paid_at: str | None = None
    currency: str = "RUR"
    odd: dict[str, Any] = field(default_factory=dict)

    def priced(self) -> Priced:
        """All sums of the order, computed anew from its lines and discounts."""
        return price(
            [(line.price, line.quantity) for line in self.lines],
            [discount.priced_for(self.lines) for discount in self.discounts],
            delivery=self.delivery_price,
            margin=Decimal(self.margin),
        )


def order_from_json(data: Mapping[str, Any]) -> Order:
    """The order whose attributes are `data`."""
    return Order(
        **{
            **data,
            "lines": [Line(**line) for line in data["lines"]],
            "discounts": [Discount(**discount) for discount in data["discounts"]],
            "visit": Visit(**data["visit"]),
        }
    )
