"""InSales as a source of orders. The shop is the truth: a hook is an unsigned hint, the order is read again by API."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from molva.domain.inbound import InboundOrder, NotUnderstood
from molva.integrations.base import UNREADABLE, Page, Read, Reconciled, Told, Wish, attempt, reason_of
from molva.integrations.models import Connection, InboundEvent
from molva.integrations.sources.insales.api import InSalesApi
from molva.integrations.sources.insales.codes import InSalesCodes, known_codes
from molva.integrations.sources.insales.parse import load_body, parse_order
from molva.integrations.sources.insales.rehearsal import InSalesRehearsal
from molva.integrations.sources.insales.setup import PARTS
from molva.integrations.sources.insales.together import read_page

_PAGE_SIZE = 100
_OVERLAP = timedelta(minutes=10)
_LONGEST_ID = 18  # digits


class InSalesSource:
    """A shop on InSales, reached by its admin API (Basic auth; the password is kept encrypted)."""

    kind = "insales"
    parts = tuple(PARTS)
    open_codes = InSalesCodes

    def verify(self, connection: Connection) -> dict[str, Any]:
        """Id, name, host and statuses of the shop; raises PlugError when host or password do not fit."""
        with InSalesApi(connection) as api:
            account = api.get("/admin/account.json")
            return {
                "id": str(account["id"]),
                "name": str(account.get("title") or account.get("subdomain") or connection.host),
                "shop_url": shop_url(account, connection.host),
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

    def set_up(self, connection: Connection, part: str, wish: Wish, known: dict[str, Any]) -> Reconciled:
        """Webhooks, order field, storefront script, order widget, promo codes: see `setup`."""
        with InSalesApi(connection) as api:
            return PARTS[part](api, wish, known)

    def read(self, connection: Connection, events: Sequence[InboundEvent]) -> list[Read]:
        """The order that each hook names, as the shop's API tells it now."""
        hooks = [attempt(partial(_hook, connection, event)) for event in events]
        found = attempt(partial(self._read, connection, events, hooks))
        if isinstance(found, Exception):
            return [hook if isinstance(hook, Exception) else found for hook in hooks]
        return found

    def _read(
        self,
        connection: Connection,
        events: Sequence[InboundEvent],
        hooks: Sequence[dict[str, Any] | Exception],
    ) -> list[Read]:
        with InSalesApi(connection) as api:
            page = read_page(api, [hook for hook in hooks if not isinstance(hook, Exception)])
            return [
                hook
                if isinstance(hook, Exception)
                else attempt(partial(self._told, connection, api, hook, event.topic, page))
                for hook, event in zip(hooks, events, strict=True)
            ]

    def _told(
        self,
        connection: Connection,
        api: InSalesApi,
        hook: dict[str, Any],
        topic: str,
        page: dict[int, dict[str, Any]],
    ) -> list[Told]:
        number = hook["id"]
        fresh = page.get(number) or api.get_or_none(f"/admin/orders/{number}.json")
        if fresh is None:
            if topic != "orders-destroy":
                raise NotUnderstood("the shop knows no such order")
            return [_as_deleted(self._parse(connection, api, hook))]
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


def _hook(connection: Connection, event: InboundEvent) -> dict[str, Any]:
    """The body of a hook that names an order of this shop, by a plain number."""
    body = load_body(bytes(event.body))
    body["id"] = _number(body.get("id"))
    account = body.get("account_id")
    if account is not None and str(account) != connection.external_id:
        raise NotUnderstood(f"the body is of another shop ({account})")
    return body


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


def shop_url(account: dict[str, Any], host: str) -> str:
    """The storefront's main address, as the account tells it."""
    main = str(account.get("main_host") or host)
    protocol = str(account.get("main_host_protocol") or "https").rstrip(":/")
    return f"{protocol}://{main}"


def _as_deleted(order: InboundOrder) -> InboundOrder:
    return InboundOrder(**{name: getattr(order, name) for name in order.__slots__} | {"is_deleted": True})
