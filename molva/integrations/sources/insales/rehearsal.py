"""The order of a self-test in an InSales shop: by default only told as the shop would tell it, on wish really made.

A made one has an e-mail by which it is known wherever it turns up (hooks, polling), a note for the staff, and is
deleted at the end. Facts of writing orders: `order_lines_attributes`, `fields_values_attributes`, wrapped in `order`.
"""

from datetime import datetime
from typing import Any

from molva.domain.inbound import InboundOrder
from molva.integrations.base import Kept, PlugError, RehearsalWish
from molva.integrations.models import Connection
from molva.integrations.sources.insales.api import InSalesApi
from molva.integrations.sources.insales.parse import MARK_FIELD, parse_order

_NOTE = "Molva: a test of the partner programme, removed by itself / проверка партнёрской программы, исчезнет сама"
_PRICE = "1000.0"


class InSalesRehearsal:
    """Makes, moves and removes one order."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def place(self, wish: RehearsalWish) -> tuple[InboundOrder, Kept]:
        """The order, in the shop or only in its form."""
        if wish.is_real:
            return self._make(wish)
        body = self._body(wish)
        return parse_order(body), {"body": body}

    def move(self, kept: Kept, status: str, at: datetime) -> tuple[InboundOrder, Kept]:
        """Another status, as set in the back office."""
        if "body" not in kept:
            with InSalesApi(self._connection) as api:
                api.put(f"/admin/orders/{kept['id']}.json", {"order": {"custom_status_permalink": status}})
                return parse_order(api.get(f"/admin/orders/{kept['id']}.json")), kept
        body = {**kept["body"], "custom_status": self._status(status), "updated_at": at.isoformat()}
        return parse_order(body), {"body": body}

    def remove(self, kept: Kept) -> None:
        """Delete a made one; what is gone already is fine."""
        if "body" not in kept:
            with InSalesApi(self._connection) as api:
                api.delete(f"/admin/orders/{kept['id']}.json")

    def _make(self, wish: RehearsalWish) -> tuple[InboundOrder, Kept]:
        with InSalesApi(self._connection) as api:
            products = api.get("/admin/products.json", {"per_page": 10})
            variants = [variant["id"] for product in products for variant in product.get("variants") or []]
            if not variants:
                raise PlugError("the shop has no product to order", permanent=True)
            order: dict[str, Any] = {
                "order_lines_attributes": [{"variant_id": variants[0], "quantity": 1}],
                "client": {"name": "Molva", "surname": "Self-test", "email": wish.email},
                "manager_comment": _NOTE,
            }
            field = self._connection.facts.get("field_id")
            if field:
                order["fields_values_attributes"] = [{"field_id": field, "value": wish.token}]
            made = api.post("/admin/orders.json", {"order": order})
            kept = {"id": int(made["id"])}
            return parse_order(api.get(f"/admin/orders/{kept['id']}.json")), kept

    def _body(self, wish: RehearsalWish) -> dict[str, Any]:
        line = {
            "id": 1,
            "title": "Molva",
            "quantity": 1,
            "sale_price": _PRICE,
            "total_price": _PRICE,
            "full_total_price": _PRICE,
        }
        return {
            "id": wish.number,
            "number": wish.number,
            "account_id": self._connection.external_id,
            "created_at": wish.at.isoformat(),
            "updated_at": wish.at.isoformat(),
            "custom_status": self._status(wish.status),
            "currency_code": self._connection.programme.currency.replace("RUB", "RUR"),
            "items_price": _PRICE,
            "total_price": _PRICE,
            "full_delivery_price": "0.0",
            "order_lines": [line],
            "discounts": [],
            "client": {"id": None, "email": wish.email, "name": "Molva", "surname": "Self-test"},
            "first_current_location": wish.landing,
            "current_location": wish.landing,
            "fields_values": [{"handle": MARK_FIELD, "value": wish.token}],
        }

    def _status(self, permalink: str) -> dict[str, str]:
        titles = {one["permalink"]: one["title"] for one in self._connection.facts.get("statuses", [])}
        return {"permalink": permalink, "title": titles.get(permalink, permalink)}
