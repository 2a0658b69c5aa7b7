"""The only client for addresses that people give us: public hosts over HTTPS, nothing of our own network.

A name is resolved once, every address of it is checked, and the connection goes to a checked address, so a
name that changes its mind between check and connect gains nothing. No redirects, no proxies, no compressed
bodies; time and size have an end. What an operator lists as `allow` («host:port») is reached as it is, over
plain HTTP too.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any

import httpcore2
import httpx2

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
MAX_BYTES = 64 * 1024
PUBLIC_PORTS = (443, 8443)

SocketOptions = Iterable[
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
]

_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # providers' own address sharing
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, the clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# All that is public in IPv6 lies in 2000::/3: loopback, mapped, NAT64, local and multicast addresses do not.
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, benchmarks, ORCHID: an IPv4 address may hide inside
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)


class HttpError(Exception):
    """No answer that can be used: refused, unreachable, too slow, too long, broken."""


class BlockedAddressError(HttpError):
    """The address is not a public one, so it was not asked."""


@dataclass(frozen=True)
class Response:
    """A whole answer; names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC_4)
    return parsed in _PUBLIC_6 and not any(parsed in network for network in _NOT_PUBLIC_6)


class GuardedClient:
    """Asks public hosts only. It keeps connections, belongs to one thread, and wants to be closed (`with`)."""

    def __init__(
        self,
        *,
        allow: Collection[str] = (),
        max_bytes: int = MAX_BYTES,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._allow = frozenset(allow)
        self._max_bytes = max_bytes
        self._total_seconds = total_seconds
        self._deadline = Deadline()
        transport = httpx2.HTTPTransport(verify=_tls(), trust_env=False)
        # The pool takes a backend openly, the transport around it does not yet: hence this one private name.
        transport._pool = httpcore2.ConnectionPool(
            ssl_context=_tls(),
            max_connections=4,
            network_backend=_GuardedBackend(self._allow, self._deadline),
        )
        self._client = httpx2.Client(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(total_seconds, connect=CONNECT_SECONDS),
            headers={"User-Agent": "Molva", "Accept-Encoding": "identity"},
        )

    def __enter__(self) -> "GuardedClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        wants_body: bool = True,
    ) -> Response:
        """Ask, and read the whole answer whatever its status is. Raises HttpError, or BlockedAddressError.

        Without `wants_body` the answer is left as soon as its head is there, however long the rest would be.
        """
        self._deadline.start(self._total_seconds)
        try:
            self._check_url(httpx2.URL(url))
            with self._client.stream(method, url, params=params, headers=headers, content=content) as answer:
                body = self._read(answer) if wants_body else b""
                return Response(answer.status_code, answer.headers, body)
        except httpx2.TimeoutException as error:
            raise HttpError("no answer in time") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
            raise HttpError(str(error) or type(error).__name__) from error

    def _check_url(self, url: httpx2.URL) -> None:
        if url.userinfo:
            raise HttpError("an address with a password in it is not accepted")
        if _pair(url.host, url.port or (443 if url.scheme == "https" else 80)) in self._allow:
            return
        if url.scheme != "https":
            raise HttpError("only https addresses are accepted")
        if (url.port or 443) not in PUBLIC_PORTS:
            raise HttpError(f"port {url.port} is not accepted")

    def _read(self, answer: httpx2.Response) -> bytes:
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise HttpError("the answer is compressed although it was asked not to be")
        body = bytearray()
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise HttpError(f"the answer is longer than {self._max_bytes} bytes")
        return bytes(body)


class Deadline:
    """The end of the call that is being made; each wait for the network takes what is left of it."""

    def __init__(self) -> None:
        self._at = 0.0

    def start(self, seconds: float) -> None:
        """Begin a call of at most so many seconds."""
        self._at = time.monotonic() + seconds

    def cut(self, timeout: float | None) -> float:
        """A timeout that does not reach beyond the end, in seconds."""
        left = max(0.001, self._at - time.monotonic())
        return left if timeout is None else min(timeout, left)


class _GuardedBackend(httpcore2.NetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, allow: Collection[str], deadline: Deadline) -> None:
        self._allow = allow
        self._deadline = deadline
        self._sockets = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: SocketOptions | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = _resolve(host, port)
        if _pair(host, port) not in self._allow and not all(map(is_public, addresses)):
            raise BlockedAddressError(f"{host} is not a public address")
        failure: Exception = httpcore2.ConnectError("no address")
        for address in addresses:
            try:
                stream = self._sockets.connect_tcp(
                    address, port, self._deadline.cut(timeout), local_address, socket_options or ()
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._deadline)
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: SocketOptions | None = None
    ) -> httpcore2.NetworkStream:
        raise BlockedAddressError("sockets of this machine are not public")


class _TimedStream(httpcore2.NetworkStream):
    """A connection on which no wait outlives the call, however slowly the other side drips."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.cut(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        inner = self._stream.start_tls(ssl_context, server_hostname, self._deadline.cut(timeout))
        return _TimedStream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"{host} is not known") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _pair(host: str, port: int) -> str:
    return f"{host}:{port}"


@cache
def _tls() -> ssl.SSLContext:
    # SSL_CERT_FILE is honoured: behind a company's own authority nothing else would work.
    return httpx2.create_ssl_context(trust_env=True)
