"""The InSales admin API, as thin as it can be: Basic auth, JSON only, limits and outages told apart.

Facts: a write needs its content type even without a body; the limit of 500 calls in 5 minutes is answered with 503 (or
429) and Retry-After; an unknown object may be an HTML page with 404; 401 means that the app was removed or the password
is wrong; lists end with an empty page. Every call passes the gate that all processes share (`integrations.quota`).
"""

import base64
import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

from django.conf import settings

from molva.integrations.base import PlugError
from molva.integrations.models import Connection
from molva.integrations.quota import WORDS, Gate, ShopBusyError, Urgency
from molva.integrations.sources.insales.parse import load_json
from molva.kit import clock
from molva.kit.http import GuardedClient, HttpError, Response

PRODUCTS_AT_ONCE = 100
ACCOUNT = "/admin/account.json"
_PAUSE_WITHOUT_HEADER = 150.0  # seconds; what the shop's own client waits when it is not told
_MAX_BODY = 20 * 1024 * 1024
_PATIENCE = 55.0  # seconds; the shop itself gives up after 50
_PATIENCE_OF_PEOPLE = 15.0


class InSalesApi:
    """One connection's API; use it as a context manager. `for_person`: somebody waits at a screen for the answer."""

    def __init__(self, connection: Connection, *, for_person: bool = False) -> None:
        if not connection.secrets:
            raise PlugError("the shop refuses the key: it is disconnected", permanent=True)
        login, password = connection.secrets["login"], connection.secrets["password"]
        self._is_draft = connection.pk is None  # a key that is only being tried
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode(),
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        self._gate = Gate(
            kind=connection.kind,
            host=connection.host,
            login=login,
            password=password,
            urgency=Urgency.PERSON if for_person or self._is_draft else None,
        )
        patience = _PATIENCE_OF_PEOPLE if self._gate.urgency == Urgency.PERSON else _PATIENCE
        allow = settings.MOLVA_ALLOW_PRIVATE_HOSTS
        self._client = GuardedClient(allow=allow, max_bytes=_MAX_BODY, total_seconds=patience)
        self._base = f"{'http' if connection.host in allow else 'https'}://{connection.host}"

    def __enter__(self) -> "InSalesApi":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        """The JSON of a resource."""
        return self._call("GET", path, query=query)

    def get_or_none(self, path: str) -> Any:
        """The JSON of a resource, None when the shop has no such thing."""
        return self._call("GET", path, missing_ok=True)

    def rows(self, path: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        """One page of a list."""
        found = self.get(path, query)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise PlugError("the shop answered with something that is not a list")
        return found

    def order(self, number: int) -> dict[str, Any] | None:
        """An order as it is now; None only when the shop is well otherwise: maintenance is no deletion."""
        path = f"/admin/orders/{number}.json"
        found = self.get_or_none(path)
        if found is None:
            self.get(ACCOUNT)
            found = self.get_or_none(path)
        if found is not None and (not isinstance(found, dict) or str(found.get("id")) != str(number)):
            raise PlugError("the shop answered with something that is not the order")
        return found

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Make something; the answer is the thing made."""
        return self._call("POST", path, body=body)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """Change something."""
        return self._call("PUT", path, body=body)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Change a part of something."""
        return self._call("PATCH", path, body=body)

    def delete(self, path: str) -> None:
        """Remove something; what is gone already is fine."""
        self._call("DELETE", path, missing_ok=True)

    def every(self, path: str) -> Iterator[dict[str, Any]]:
        """All rows of a list, page by page until an empty one."""
        for page in range(1, 1000):
            rows = self.rows(path, {"page": page, "per_page": 250})
            if not rows:
                return
            yield from rows

    def categories(self, products: list[str]) -> dict[str, list[str]]:
        """Collections of products by their ids; what is gone belongs to none."""
        found: dict[str, list[str]] = {product: [] for product in products}
        for start in range(0, len(products), PRODUCTS_AT_ONCE):
            ids = ",".join(products[start : start + PRODUCTS_AT_ONCE])
            for product in self.rows("/admin/products/by_ids.json", {"product_ids": ids}):
                found[str(product.get("id"))] = [str(one) for one in product.get("collections_ids") or []]
        return found

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        missing_ok: bool = False,
    ) -> Any:
        """The JSON of the answer; None for what is missing and may be."""
        number, response = self._ask(method, path, query, body)
        if response.status == 401 and path != ACCOUNT:
            # one refusal may be a slip of the shop's; two are the truth
            number, response = self._ask("GET", ACCOUNT, None, None)
            if response.status != 401:
                number, response = self._ask(method, path, query, body)
        usage = response.headers.get("api-usage-limit", "")
        value, failure = self._understand(response, path, missing_ok=missing_ok)
        is_good = failure is None or failure.permanent
        self._gate.heard(number, usage, is_good=is_good)
        if failure is None:
            return value
        if response.status == 401:
            self._gate.give_back()
            raise failure if self._is_draft else self._gate.refuse()
        if isinstance(failure, ShopBusyError):
            self._gate.close(failure.retry_after)
        elif not is_good:
            raise self._gate.failed() or failure
        raise failure

    def _ask(
        self, method: str, path: str, query: dict[str, Any] | None, body: dict[str, Any] | None
    ) -> tuple[int, Response]:
        number = self._gate.enter()
        content = json.dumps(body).encode() if body is not None else None
        try:
            return number, self._client.request(
                method, self._base + path, params=query, headers=self._headers, content=content
            )
        except HttpError as error:
            failure = PlugError(f"the shop does not answer: {error}")
            raise self._gate.failed() or failure from error

    @staticmethod
    def _understand(response: Response, path: str, *, missing_ok: bool) -> tuple[Any, PlugError | None]:
        if response.status == 404 and missing_ok:
            return None, None
        if response.status not in (200, 201):
            return None, _failure(response, path)
        try:
            return load_json(response.body), None
        except (ValueError, RecursionError):
            return None, PlugError("the shop answered with something that is not JSON")


def _failure(response: Response, path: str) -> PlugError:
    """The shop's refusal in words, and whether a person is needed."""
    if response.status in (429, 503):
        return ShopBusyError("limit", seconds=_pause(response))
    if response.status >= 500:
        return PlugError(f"the shop is out of order ({response.status})")
    if response.status == 401:
        return PlugError(WORDS["key"], permanent=True)
    if response.status == 403:
        return PlugError(f"the key has no right for {path}", permanent=True)
    return PlugError(f"the shop answered {response.status} to {path}", permanent=response.status != 404)


def _pause(response: Response) -> float:
    """Seconds that the shop asks to wait: a number, or a moment by its own clock."""
    wish = response.headers.get("retry-after", "").strip()
    if wish.isascii() and wish.isdigit():
        return float(wish[:6])
    try:
        until = parsedate_to_datetime(wish)
        since = response.headers.get("date", "")
        return (until - (parsedate_to_datetime(since) if since else clock.now())).total_seconds()
    except (ValueError, TypeError):
        return _PAUSE_WITHOUT_HEADER
