"""The InSales admin API, as thin as it can be: Basic auth, JSON only, limits and outages told apart.

Facts: a write needs its content type even without a body; the limit of 500 calls in 5 minutes is answered with 503 (or
429) and Retry-After; an unknown object may be an HTML page with 404; 401 means that the app was removed or the password
is wrong; lists end with an empty page.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import Any

from django.conf import settings

from molva.domain.inbound import InboundOrder
from molva.integrations.base import PlugError
from molva.integrations.models import Connection
from molva.integrations.sources.insales.parse import load_json
from molva.kit.http import GuardedClient, HttpError, Response

_PAUSE_WITHOUT_HEADER = 150  # seconds; what the shop's own client waits when it is not told
_PRODUCTS_AT_ONCE = 100
_MAX_BODY = 20 * 1024 * 1024


class InSalesApi:
    """One connection's API; use it as a context manager."""

    def __init__(self, connection: Connection) -> None:
        if not connection.secrets:
            raise PlugError("the shop refuses the key: it is disconnected", permanent=True)
        self._connection = connection
        self._refusal: PlugError | None = None  # the shop asked to wait: nothing more is asked of it now
        secret = f"{connection.secrets['login']}:{connection.secrets['password']}"
        self._headers = {
            "Authorization": "Basic " + base64.b64encode(secret.encode()).decode(),
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        self._client = GuardedClient(allow=settings.MOLVA_ALLOW_PRIVATE_HOSTS, max_bytes=_MAX_BODY)
        private = connection.host in settings.MOLVA_ALLOW_PRIVATE_HOSTS
        self._base = f"{'http' if private else 'https'}://{connection.host}"

    def __enter__(self) -> "InSalesApi":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def get(self, path: str, query: dict[str, Any] | None = None) -> Any:
        """The JSON of a resource."""
        return self._json(self._call("GET", path, query=query))

    def get_or_none(self, path: str) -> Any:
        """The JSON of a resource, None when the shop has no such thing."""
        response = self._call("GET", path, missing_ok=True)
        return None if response.status == 404 else self._json(response)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Make something; the answer is the thing made."""
        return self._json(self._call("POST", path, body=body))

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """Change something."""
        return self._json(self._call("PUT", path, body=body))

    def delete(self, path: str) -> None:
        """Remove something; what is gone already is fine."""
        self._call("DELETE", path, missing_ok=True)

    def every(self, path: str) -> Iterator[dict[str, Any]]:
        """All rows of a list, page by page until an empty one."""
        for page in range(1, 1000):
            rows = self.get(path, {"page": page, "per_page": 250})
            if not rows:
                return
            yield from rows

    def with_categories(self, order: InboundOrder) -> InboundOrder:
        """The order with the collections of its products, which an order body lacks (kept in the connection)."""
        known: dict[str, list[str]] = self._connection.facts.setdefault("collections", {})
        unknown = sorted({line.product for line in order.lines if line.product and line.product not in known})
        for start in range(0, len(unknown), _PRODUCTS_AT_ONCE):
            ids = unknown[start : start + _PRODUCTS_AT_ONCE]
            for product in self.get("/admin/products/by_ids.json", {"product_ids": ",".join(ids)}):
                known[str(product["id"])] = [str(one) for one in product.get("collections_ids") or []]
            for one in ids:
                known.setdefault(one, [])  # a product that is gone has none, and is not asked for again
        if unknown:
            self._connection.save(update_fields=["facts"])
        lines = tuple(replace(line, categories=tuple(known.get(line.product, ()))) for line in order.lines)
        return replace(order, lines=lines)

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: dict[str, Any] | None = None,
        missing_ok: bool = False,
    ) -> Response:
        if self._refusal:
            raise self._refusal
        content = json.dumps(body).encode() if body is not None else None
        try:
            response = self._client.request(
                method, self._base + path, params=query, headers=self._headers, content=content
            )
        except HttpError as error:
            raise PlugError(f"the shop does not answer: {error}") from error
        if response.status == 404 and missing_ok:
            return response
        if response.status in (200, 201):
            return response
        failure = _failure(response, path)
        self._refusal = failure if failure.retry_after else None
        raise failure

    @staticmethod
    def _json(response: Response) -> Any:
        try:
            return load_json(response.body)
        except ValueError as error:
            raise PlugError("the shop answered with something that is not JSON") from error


def _failure(response: Response, path: str) -> PlugError:
    """The shop's refusal in words, and whether a person is needed."""
    if response.status in (429, 503):
        wait = response.headers.get("retry-after", "")
        seconds = int(wait) if wait.isdigit() else _PAUSE_WITHOUT_HEADER
        return PlugError("the shop asks to wait (limit of calls)", retry_after=seconds)
    if response.status >= 500:
        return PlugError(f"the shop is out of order ({response.status})")
    if response.status == 401:
        return PlugError("the shop refuses the key: it is wrong, or the app was removed", permanent=True)
    if response.status == 403:
        return PlugError(f"the key has no right for {path}", permanent=True)
    return PlugError(f"the shop answered {response.status} to {path}", permanent=response.status != 404)
