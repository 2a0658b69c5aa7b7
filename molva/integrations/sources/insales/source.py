"""InSales as a source of orders. The shop is the truth: a hook is an unsigned hint, the order is read again by API."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from molva.domain.inbound import InboundOrder, NotUnderstood
from molva.integrations.base import UNREADABLE, Page, Told, reason_of
from molva.integrations.models import Connection, InboundEvent
from molva.integrations.sources.insales.api import InSalesApi
from molva.integrations.sources.insales.codes import InSalesCodes, known_codes
from molva.integrations.sources.insales.parse import MARK_FIELD, load_body, parse_order
from molva.integrations.sources.insales.rehearsal import InSalesRehearsal

TOPICS = {
    "orders/create": "orders-create",
    "orders/update": "orders-update",
    "orders/destroy": "orders-destroy",
}
_PAGE_SIZE = 100
_OVERLAP = timedelta(minutes=10)
_LONGEST_ID = 18  # digits


class InSalesSource:
    """A shop on InSales, reached by its admin API (Basic auth; the password is kept encrypted)."""

    kind = "insales"
    open_codes = InSalesCodes

    def verify(self, connection: Connection) -> dict[str, Any]:
        """Id, name, host and statuses of the shop; raises PlugError when host or password do not fit."""
        with InSalesApi(connection) as api:
            account = api.get("/admin/account.json")
            return {
                "id": str(account["id"]),
                "name": str(account.get("title") or account.get("subdomain") or connection.host),
                "shop_url": _shop_url(account, connection.host),
                "statuses": self.statuses(api),
            }

    def statuses(self, api: InSalesApi) -> list[dict[str, str]]:
        """The shop's own order statuses, in its order."""
        found = api.get("/admin/custom_statuses.json")
        return [
            {
                "permalink": str(status["permalink"]),
                "title": str(status.get("title") or status["permalink"]),
                "system_status": str(status.get("system_status") or ""),
            }
            for status in found
        ]

    def set_up(self, connection: Connection, *, hook_url: str, script_url: str) -> None:
        """Webhooks, order field and storefront script: list first, then make only what is missing."""
        with InSalesApi(connection) as api:
            self._hooks(api, hook_url)
            connection.facts["field_id"] = self._field(api)
            self._script(api, script_url)
            connection.facts["codes"] = self._codes(api)

    def read(self, connection: Connection, event: InboundEvent) -> Iterable[Told]:
        """The order that a hook names, as the shop's API tells it now."""
        body = load_body(bytes(event.body))
        number = _number(body.get("id"))
        account = body.get("account_id")
        if account is not None and str(account) != connection.external_id:
            raise NotUnderstood(f"the body is of another shop ({account})")
        with InSalesApi(connection) as api:
            fresh = api.get_or_none(f"/admin/orders/{number}.json")
            if fresh is None:
                if event.topic != "orders-destroy":
                    raise NotUnderstood("the shop knows no such order")
                return [_as_deleted(self._parse(connection, api, body))]
            return [self._parse(connection, api, fresh)]

    def poll(self, connection: Connection) -> Page:
        """One page of orders changed since the anchor, oldest change first (`updated_since` + `from_id`, page 1).

        Within a firing the anchor is exact (moment and id). A new firing looks ten minutes back: a moment is a whole
        second, in which an order that was read may change again, and a shop may show a change later than it dates it.
        """
        query: dict[str, Any] = {"per_page": _PAGE_SIZE, "with_deleted": "true"}
        if connection.anchor:
            query |= _since(connection.anchor)
        with InSalesApi(connection) as api:
            bodies = api.get("/admin/orders.json", query)
            told, refused = self._understand(connection, api, bodies)
        if not bodies:
            return Page([], None, is_last=True)
        anchor = {"updated_at": bodies[-1]["updated_at"]}
        if len(bodies) < _PAGE_SIZE:
            return Page(told, anchor, is_last=True, refused=refused)
        return Page(told, {**anchor, "id": bodies[-1]["id"]}, refused=refused)

    def rehearsal(self, connection: Connection) -> InSalesRehearsal:
        """Orders of a self-test: told as the shop would tell them, or really made there."""
        return InSalesRehearsal(connection)

    def _understand(
        self, connection: Connection, api: InSalesApi, bodies: list[dict[str, Any]]
    ) -> tuple[list[Told], list[tuple[str, str]]]:
        """What can be read of a page, and the ids of what cannot with the reasons."""
        told: list[Told] = []
        refused: list[tuple[str, str]] = []
        for body in bodies:
            try:
                told.append(self._parse(connection, api, body))
            except UNREADABLE as problem:
                refused.append((str(body.get("id")), reason_of(problem)))
        return told, refused

    def _parse(self, connection: Connection, api: InSalesApi, body: dict[str, Any]) -> InboundOrder:
        codes = known_codes(connection, api, body)
        order = parse_order(body, codes)
        return api.with_categories(order)

    def _hooks(self, api: InSalesApi, hook_url: str) -> None:
        wished = {(f"{hook_url}/{name}", topic) for topic, name in TOPICS.items()}
        there = {
            (hook.get("address"), hook.get("topic")): hook["id"] for hook in api.get("/admin/webhooks.json")
        }
        for address, topic in sorted(wished - set(there)):
            api.post(
                "/admin/webhooks.json",
                {"webhook": {"address": address, "topic": topic, "format_type": "json"}},
            )
        ours = hook_url.rsplit("/", 1)[0]
        for (address, topic), hook_id in there.items():
            if (address, topic) not in wished and str(address).startswith(ours):
                api.delete(f"/admin/webhooks/{hook_id}.json")

    def _field(self, api: InSalesApi) -> int:
        for field in api.get("/admin/fields.json"):
            if MARK_FIELD in (field.get("handle"), field.get("system_name"), field.get("office_title")):
                return int(field["id"])
        made = api.post(
            "/admin/fields.json",
            {
                "field": {
                    "type": "Field::TextField",
                    "office_title": MARK_FIELD,
                    "handle": MARK_FIELD,
                    "destiny": 3,
                }
            },
        )
        return int(made["id"])

    def _script(self, api: InSalesApi, script_url: str) -> None:
        tags = api.get("/admin/js_tags.json")
        ours = [tag for tag in tags if tag.get("name") == MARK_FIELD]
        right = [tag for tag in ours if tag.get("content") == script_url]
        for tag in ours:
            if tag not in right[:1]:
                api.delete(f"/admin/js_tags/{tag['id']}.json")
        if not right:
            api.post(
                "/admin/js_tags.json",
                {"js_tag": {"type": "JsTag::FileTag", "content": script_url, "name": MARK_FIELD}},
            )

    def _codes(self, api: InSalesApi) -> dict[str, str]:
        return {str(code["id"]): str(code["code"]) for code in api.every("/admin/discount_codes.json")}


def _number(value: Any) -> int:
    """The id of an order as the body tells it."""
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal()) or len(text) > _LONGEST_ID:
        raise NotUnderstood("the body names no order")
    return int(text)


def _since(anchor: dict[str, Any]) -> dict[str, Any]:
    if anchor.get("id"):
        return {"updated_since": anchor["updated_at"], "from_id": anchor["id"]}
    start = datetime.fromisoformat(anchor["updated_at"]) - _OVERLAP
    return {"updated_since": start.isoformat(timespec="milliseconds")}


def _shop_url(account: dict[str, Any], host: str) -> str:
    main = str(account.get("main_host") or host)
    protocol = str(account.get("main_host_protocol") or "https").rstrip(":/")
    return f"{protocol}://{main}"


def _as_deleted(order: InboundOrder) -> InboundOrder:
    return InboundOrder(**{name: getattr(order, name) for name in order.__slots__} | {"is_deleted": True})
