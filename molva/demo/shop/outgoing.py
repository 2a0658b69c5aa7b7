"""Calls that the fake shop makes itself: webhooks, the addresses of an application, outer discounts.

They go straight to their address, whatever proxy the machine is set up with, and follow no redirect.
"""

import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT = 10.0
LONGEST_ANSWER = 1_000_000


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay())


@dataclass(frozen=True)
class Answer:
    """What came back: `status` 0 means that nobody answered, `words` are the HTTP code or what went wrong."""

    status: int
    words: str
    body: bytes = b""
    milliseconds: int = 0


def call(
    url: str,
    body: bytes | None = None,
    *,
    kind: str = "application/json",
    timeout: float = TIMEOUT,
) -> Answer:
    """GET an address, or POST a body to it. Never raises: whatever goes wrong is an answer too."""
    headers = {"User-Agent": "InSales", **({} if body is None else {"Content-Type": kind})}
    started = time.monotonic()

    def answer(status: int, words: str, content: bytes = b"") -> Answer:
        return Answer(status, words, content, round((time.monotonic() - started) * 1000))

    try:
        request = urllib.request.Request(url, body, headers)  # noqa: S310 - only http(s), see `is_address`
        with OPENER.open(request, timeout=timeout) as reply:
            return answer(reply.status, str(reply.status), reply.read(LONGEST_ANSWER))
    except urllib.error.HTTPError as error:
        with error:
            return answer(error.code, str(error.code))
    except (OSError, ValueError) as error:
        return answer(0, str(error) or type(error).__name__)


def is_address(text: object) -> bool:
    """Whether this is an absolute http(s) address."""
    parts = urlsplit(str(text or ""))
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def with_query(url: str, values: Mapping[str, object]) -> str:
    """The address with more query parameters."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(values)}"
