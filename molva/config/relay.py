"""Clicks that come to the web port go on to the tracker on this machine, and its answer comes back unchanged.

When the tracker is away, a visitor of a link is sent on uncounted (`away`); everything else is answered with 503. The
visitor's browser is never told that a click was counted when it was not.
"""

import http.client
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from django.conf import settings

from molva.config.away import address_for
from molva.config.processes import reachable

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 4.0  # more than the tracker ever takes: 0.7 s for the disk, 2 s for the main database
BODY_LIMIT = 16 * 1024
PASSED = {
    "HTTP_HOST": "Host",
    "HTTP_USER_AGENT": "User-Agent",
    "HTTP_REFERER": "Referer",
    "HTTP_COOKIE": "Cookie",
    "HTTP_ACCEPT": "Accept",
    "HTTP_ACCEPT_LANGUAGE": "Accept-Language",
    "HTTP_ORIGIN": "Origin",
    "HTTP_PURPOSE": "Purpose",
    "HTTP_X_PURPOSE": "X-Purpose",
    "HTTP_X_MOZ": "X-Moz",
    "HTTP_SEC_PURPOSE": "Sec-Purpose",
    "HTTP_SEC_FETCH_DEST": "Sec-Fetch-Dest",
    "HTTP_SEC_FETCH_MODE": "Sec-Fetch-Mode",
    "HTTP_SEC_FETCH_SITE": "Sec-Fetch-Site",
    "HTTP_SEC_FETCH_USER": "Sec-Fetch-User",
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "Access-Control-Request-Method",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "Access-Control-Request-Headers",
    "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK": "Access-Control-Request-Private-Network",
    "CONTENT_TYPE": "Content-Type",
}
HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "upgrade", "server", "content-length"}
AWAY_TEXT = (
    "The link works, but it cannot be opened this very moment. Please try again in a few seconds.\n"
    "Ссылка рабочая, но открыть её прямо сейчас не получается. Попробуйте ещё раз через несколько секунд.\n"
)

_kept = threading.local()


def relay(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Pass one request on and its answer back."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > BODY_LIMIT:
        return _plain(start_response, "413 Content Too Large", "The request is too long.\n", {})
    body = environ["wsgi.input"].read(length) if length else b""
    try:
        answer, content = _ask(environ["REQUEST_METHOD"], target_of(environ), body, headers_of(environ))
    except (OSError, http.client.HTTPException):
        return _without_tracker(environ, start_response)
    headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_HEADERS]
    start_response(f"{answer.status} {answer.reason}", [*headers, ("Content-Length", str(len(content)))])
    return [content]


def _without_tracker(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path, _, query = target_of(environ).partition("?")
    address = address_for(path, query) if environ["REQUEST_METHOD"] in {"GET", "HEAD"} else None
    if address is None:
        return _plain(start_response, "503 Service Unavailable", AWAY_TEXT, {"Retry-After": "5"})
    return _plain(start_response, "302 Found", "", {"Location": address, "X-Robots-Tag": "noindex"})


def target_of(environ: dict[str, Any]) -> str:
    """Path and query as they stood in the request line; WSGI hands over the path with its escapes undone."""
    path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/~!$&'()*+,;=:@")
    # Escapes stay; what was sent without them and may not stand in a request line gets some.
    query = quote(environ.get("QUERY_STRING", "").encode("latin-1", "replace"), safe="/~!$&'()*+,;=:@?%[]")
    return f"{path}?{query}" if query else path


def headers_of(environ: dict[str, Any]) -> dict[str, str]:
    """The headers that matter to a click, and the visitor's address as the last word of X-Forwarded-For.

    What a visitor claims in that header is dropped, unless a trusted proxy stands before us and has written
    it.
    """
    headers = {name: environ[key] for key, name in PASSED.items() if environ.get(key)}
    proxied = environ.get("HTTP_X_FORWARDED_FOR") if settings.MOLVA_TRUST_PROXY else None
    headers["X-Forwarded-For"] = proxied or environ["REMOTE_ADDR"]
    return headers


def _ask(
    method: str, target: str, body: bytes, headers: dict[str, str]
) -> tuple[http.client.HTTPResponse, bytes]:
    kept: http.client.HTTPConnection | None = getattr(_kept, "connection", None)
    if kept is not None:
        try:
            return _send(kept, method, target, body, headers)
        except (OSError, http.client.HTTPException) as error:
            kept.close()
            _kept.connection = None
            if isinstance(
                error, TimeoutError
            ):  # it may be at work on it; a second try would be a second click
                raise
    host, port = reachable(settings.MOLVA_TRACKER_BIND)
    fresh = http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
    try:
        fresh.connect()
        fresh.sock.settimeout(ANSWER_SECONDS)
        answer = _send(fresh, method, target, body, headers)
    except (OSError, http.client.HTTPException):
        fresh.close()
        raise
    _kept.connection = fresh
    return answer


def _send(
    connection: http.client.HTTPConnection, method: str, target: str, body: bytes, headers: dict[str, str]
) -> tuple[http.client.HTTPResponse, bytes]:
    connection.request(method, target, body or None, headers)
    answer = connection.getresponse()
    return answer, answer.read()


def _plain(
    start_response: Callable[..., Any], status: str, text: str, headers: dict[str, str]
) -> Iterable[bytes]:
    content = text.encode()
    shared = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(content)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    }
    start_response(status, [*shared.items(), *headers.items()])
    return [content]
