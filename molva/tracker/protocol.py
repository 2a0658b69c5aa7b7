"""One HTTP connection: reads requests, hands them over one at a time, writes their answers in order.

Keep-alive and pipelining work; headers, bodies and waiting have limits. An answer may come much later
(after a commit), therefore a connection takes its next request only when the last one is answered.
"""

import asyncio
from typing import Any, Protocol, cast

import httptools

from molva.tracker import answers

HEADER_LIMIT = 16 * 1024
BODY_LIMIT = 8 * 1024
PIPELINE_LIMIT = 16
_WANTED = frozenset(
    {
        b"accept-language",
        b"authorization",
        b"cookie",
        b"origin",
        b"purpose",
        b"referer",
        b"sec-fetch-dest",
        b"sec-purpose",
        b"user-agent",
        b"x-forwarded-for",
        b"x-moz",
        b"x-purpose",
    }
)


# Names as they are usually written, so that most need no change of case.
_SPELLINGS = {spelling: name for name in _WANTED for spelling in (name, name.title())}


class Request:
    """A whole request; header names are in lower case and only those that somebody reads are kept."""

    __slots__ = ("body", "headers", "keep_alive", "method", "target")

    def __init__(self) -> None:
        self.method = b""
        self.target = b""
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.keep_alive = True


_NO_REQUEST = Request()


class Application(Protocol):
    """What answers requests and keeps the set of open connections."""

    connections: "set[Connection]"
    now: float  # seconds of the loop's clock, renewed by the application about once a second
    connection_limit: int

    def handle(self, connection: "Connection", request: Request) -> None:
        """Answer the request by `connection.answer(bytes)`, now or later."""


class Connection(asyncio.Protocol):
    """One client."""

    __slots__ = (
        *("is_busy", "is_reading", "peer", "since", "_application", "_arrived", "_is_closing", "_next"),
        *("_parser", "_present", "_request", "_size", "_transport"),
    )

    def __init__(self, application: Application) -> None:
        self.peer: str = ""
        self.since = application.now  # of the present request, or of the end of the last one
        self.is_busy = False  # a request is being answered
        self.is_reading = False  # a request has begun to arrive
        self._application = application
        self._transport: asyncio.Transport | None = None
        self._parser: Any = httptools.HttpRequestParser(self)
        self._request = _NO_REQUEST  # the one that is arriving
        self._present = _NO_REQUEST  # the one that is being answered
        self._size = 0  # bytes of the arriving request's address and headers, as far as they are read
        self._arrived = 0  # bytes that came after the portion in which the arriving request began
        self._next: list[Request] = []
        self._is_closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        address = transport.get_extra_info("peername")
        self.peer = address[0] if isinstance(address, tuple) else ""
        self._application.connections.add(self)
        if len(self._application.connections) > self._application.connection_limit:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._application.connections.discard(self)
        self._transport = None
        self._parser = None  # it holds us: without the circle nothing is left to the garbage collector

    def data_received(self, data: bytes) -> None:
        if self._is_closing:
            return
        if self.is_reading:
            # The parser tells a header when it has ended, and keeps one that never ends.
            self._arrived += len(data)
            if self._arrived > HEADER_LIMIT and not self._request.method:
                self._refuse(431)
                return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(400)

    def eof_received(self) -> bool:
        """A client that has shut its sending side still gets its answer."""
        self._is_closing = True
        return self.is_busy

    # Called by the parser.

    def on_message_begin(self) -> None:
        self._request = Request()
        self._size = self._arrived = 0
        self.is_reading = True
        if not self.is_busy:
            self.since = self._application.now

    def on_url(self, url: bytes) -> None:
        self._request.target += url
        self._size += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._size += len(name) + len(value)
        wanted = _SPELLINGS.get(name) or _SPELLINGS.get(name.lower())
        if self._size > HEADER_LIMIT:
            self._refuse(431)
        elif wanted:
            self._request.headers[wanted] = value

    def on_headers_complete(self) -> None:
        request = self._request
        request.method = self._parser.get_method()
        request.keep_alive = self._parser.should_keep_alive() and self._parser.get_http_version() != "1.0"

    def on_body(self, body: bytes) -> None:
        self._request.body += body
        if len(self._request.body) > BODY_LIMIT:
            self._refuse(413)

    def on_message_complete(self) -> None:
        self.is_reading = False
        if self._is_closing:
            return
        if not self.is_busy:
            self._begin(self._request)
            return
        self._next.append(self._request)
        if len(self._next) >= PIPELINE_LIMIT and self._transport:
            self._transport.pause_reading()

    # Called by the application.

    def answer(self, data: bytes) -> None:
        """Write the answer of the present request and go on with the next one."""
        if self._transport is None:
            return
        if (self._is_closing and not self._next) or not self._present.keep_alive:
            self._transport.write(data.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            self.close()
            return
        self._transport.write(data)
        self.is_busy = False
        self.since = self._application.now
        if self._next:
            self._transport.resume_reading()
            self._begin(self._next.pop(0))

    def close(self) -> None:
        """Write out what is left and close."""
        self._is_closing = True
        if self._transport:
            self._transport.close()

    def shut(self) -> None:
        """The process is going to end: an idle connection closes now, a busy one after its answer."""
        self._is_closing = True
        if not self.is_busy:
            self.close()

    def abort(self) -> None:
        """Drop a client that does not read what it is sent."""
        if self._transport:
            self._transport.abort()

    def expire(self, now: float, *, header_timeout: float, idle_timeout: float) -> None:
        """Close when the client has been silent, or slow with a request, for too long (seconds)."""
        transport = self._transport
        if transport is None:
            return
        waited = now - self.since
        if transport.get_write_buffer_size() and waited > header_timeout:
            self.abort()
        elif not self.is_busy and self.is_reading and waited > header_timeout:
            self._refuse(408)
        elif not self.is_busy and waited > idle_timeout:
            self.close()

    def _begin(self, request: Request) -> None:
        self._present = request
        self.is_busy = True
        self._application.handle(self, request)

    def _refuse(self, status: int) -> None:
        """Not a request that we take: say so and close; an answer still on its way goes out first."""
        if self._is_closing:
            return
        self._is_closing = True
        if not self.is_busy and self._transport:
            self._transport.write(answers.answer(status, b"", {"Connection": "close"}))
            self.close()
