"""What a request says about its sender: address, visitor, user agent, referrer."""

import os
import re
import socket
from collections.abc import Iterator
from functools import lru_cache

from molva.domain.click_id import VISITOR_BYTES, VISITOR_LENGTH, visitor_bytes
from molva.tracker.protocol import Request
from molva.tracker.target import clean_text

AGENT_LIMIT = 400
REFERRER_LIMIT = 600
VISITOR_COOKIE = "mv"
_VISITOR = re.compile(rb"(?:^|;)\s*mv=\"?([a-z2-7]{%d})\"?\s*(?:;|$)" % VISITOR_LENGTH)


@lru_cache(maxsize=4096)
def packed_address(text: str) -> bytes | None:
    """4 bytes of an IPv4 or 16 of an IPv6 address, None when it is neither."""
    try:
        if ":" not in text:
            return socket.inet_pton(socket.AF_INET, text)
        packed = socket.inet_pton(socket.AF_INET6, text.strip("[]"))
    except OSError:
        return None
    is_mapped = packed[:12] == b"\0" * 10 + b"\xff\xff"
    return packed[12:] if is_mapped else packed


@lru_cache(maxsize=4096)
def is_own_proxy(peer: str) -> bool:
    """Whether the peer is on this machine (or a Unix socket): only then X-Forwarded-For is believed."""
    return not peer or peer == "::1" or peer.startswith(("127.", "::ffff:127."))


def client_address(request: Request, peer: str) -> bytes | None:
    """The client's address: the last one that our own proxy has added, else the peer."""
    forwarded = request.headers.get(b"x-forwarded-for")
    if forwarded and is_own_proxy(peer):
        return packed_address(forwarded.rpartition(b",")[2].strip().decode("latin-1"))
    return packed_address(peer)


def network_of(ip: bytes | None) -> bytes | None:
    """What counts as one sender: an IPv4 address, or the /64 of an IPv6 one."""
    return ip[:8] if ip and len(ip) == 16 else ip


def visitor_of(request: Request) -> bytes | None:
    """The visitor id that the browser has sent back, if it is one."""
    cookie = request.headers.get(b"cookie")
    found = _VISITOR.search(cookie) if cookie else None
    return visitor_bytes(found[1].decode()) if found else None


def _visitors() -> Iterator[bytes]:
    while True:
        block = os.urandom(512 * VISITOR_BYTES)
        for start in range(0, len(block), VISITOR_BYTES):
            yield block[start : start + VISITOR_BYTES]


_fresh = _visitors()


def new_visitor() -> bytes:
    """A new visitor id. Random bytes are fetched many at a time: a fetch may hand the interpreter to the writer."""
    return next(_fresh)


def agent_of(request: Request) -> str:
    """The user agent, cut to a sane length; empty when there is none."""
    raw = request.headers.get(b"user-agent", b"")
    return clean_header(raw, AGENT_LIMIT)


def referrer_of(request: Request) -> str | None:
    """The page that the visitor came from."""
    raw = request.headers.get(b"referer", b"")
    return clean_header(raw, REFERRER_LIMIT) or None


@lru_cache(maxsize=4096)
def clean_header(raw: bytes, limit: int) -> str:
    """A header's text without control characters; remembered, since few values make most of the traffic."""
    return clean_text(raw.decode("utf-8", "replace"), limit)
