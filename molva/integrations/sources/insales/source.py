"""InSales as a source of orders. The shop is the truth: a hook is an unsigned hint, the order is read again by API."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from molva.domain.inbound import InboundOrder
from molva.integrations.base import UNREADABLE, Page, PlugError, Read, Reconciled, Wish, attempt
from molva.integrations.models import Connection, InboundEvent
from molva.integrations.quota import ShopBusyError
from molva.integrations.sources.insales import reading
from molva.integrations.sources.insales.api import ACCOUNT, InSalesApi
from molva.integrations.sources.insales.codes import InSalesCodes
from molva.integrations.sources.insales.rehearsal import InSalesRehearsal
from molva.integrations.sources.insales.setup import PARTS


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
        """The order that each hook names, as the shop's API tells it now: of many hooks in as few calls as possible."""
        hints = [attempt(partial(reading.read_hint, connection, event)) for event in events]
        found = attempt(partial(self._read, connection, hints))
        if isinstance(found, Exception):  # the shop told nothing at all
            return [hint if isinstance(hint, Exception) else found for hint in hints]
        return found

    def _read(self, connection: Connection, hints: Sequence[reading.Hint | Exception]) -> list[Read]:
        good = [hint for hint in hints if not isinstance(hint, Exception)]
        if not good:
            return [hint for hint in hints if isinstance(hint, Exception)]
        with InSalesApi(connection) as api:
            together = self._together(connection, api, good)
            return [
                hint if isinstance(hint, Exception) else self._answer(connection, api, hint, together)
                for hint in hints
            ]

    @staticmethod
    def _together(
        connection: Connection, api: InSalesApi, hints: list[reading.Hint]
    ) -> dict[int, InboundOrder | Exception]:
        """Orders of several hooks by one list; none when the list is spoilt: one bad order must not hide the rest."""
        if len(hints) < 2:
            return {}
        try:
            return reading.read_together(connection, api, hints)
        except ShopBusyError:
            raise
        except PlugError as problem:
            if problem.permanent:
                raise
            return {}

    @staticmethod
    def _answer(
        connection: Connection,
        api: InSalesApi,
        hint: reading.Hint,
        together: dict[int, InboundOrder | Exception],
    ) -> Read:
        """From what was read together, or asked for by itself (and kept for the order's other hooks)."""
        found = together.get(hint.number)
        if found is None:
            try:
                found = reading.read_one(connection, api, hint)
            except (PlugError, *UNREADABLE) as problem:
                return problem
            together[hint.number] = found
        return found if isinstance(found, Exception) else [found]

    def poll(self, connection: Connection, anchor: dict[str, Any], *, deleted: bool = False) -> Page:
        """One page of orders changed since the anchor, oldest change first."""
        with InSalesApi(connection) as api:
            return reading.changed_page(connection, api, anchor, deleted=deleted)

    def count(self, connection: Connection, anchor: dict[str, Any]) -> int:
        """By the numbers of orders: from the one that changed first since the anchor to the next one of the shop."""
        with InSalesApi(connection) as api:
            first = reading.changed_rows(api, anchor, size=1)
            after = api.get(ACCOUNT).get("next_order_number")
        number = first[0].get("number") if first else None
        return max(after - number, 0) if isinstance(after, int) and isinstance(number, int) else 0

    def rehearsal(self, connection: Connection) -> InSalesRehearsal:
        """Orders of a self-test: told as the shop would tell them, or really made there."""
        return InSalesRehearsal(connection)


def shop_url(account: dict[str, Any], host: str) -> str:
    """The storefront's main address, as the account tells it."""
    main = str(account.get("main_host") or host)
    protocol = str(account.get("main_host_protocol") or "https").rstrip(":/")
    return f"{protocol}://{main}"
