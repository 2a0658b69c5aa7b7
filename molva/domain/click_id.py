"""Click ids, visitor ids and the signed token `mv` that carries both through a shop and back.

A click id is one 64-bit number that sorts by time: microseconds since 1970 UTC shifted left by 11 bits, the
low bits being the number of the tracker node, so that nodes never meet. A visitor id is 8 random bytes. A
token is the click id, the visitor id and 5 bytes of HMAC-SHA256 under a key derived from the secret key, in
lower-case base32 without padding. Nothing here reads a clock or a random source: moments and random bytes
are arguments.
"""

import hmac
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

NODE_BITS = 11
MAX_NODE = (1 << NODE_BITS) - 1
VISITOR_BYTES = 8
VISITOR_LENGTH = 13
TOKEN_LENGTH = 34
_SIGNATURE_BYTES = 5
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
# Two characters at a time and written out, in steps of what fits one digit of a long number: every click pays for it.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_DIGIT = (1 << 30) - 1


class ClickToken(NamedTuple):
    """What a genuine token says: the click, its visitor and the moment of the click (µs since 1970 UTC)."""

    click_id: int
    visitor: str
    at_micros: int


def derive_key(secret: bytes) -> bytes:
    """The signing key of click tokens; the secret key itself signs nothing else with it."""
    return hmac.digest(secret, b"molva click token 1", "sha256")


def make_click_id(at_micros: int, node: int = 0) -> int:
    """The click id of a moment (µs since 1970 UTC, before the year 2112) on a tracker node (0 … 2047)."""
    return at_micros << NODE_BITS | node


def click_micros(click_id: int) -> int:
    """The moment of a click, in µs since 1970 UTC."""
    return click_id >> NODE_BITS


def click_node(click_id: int) -> int:
    """The number of the tracker node that gave a click its id."""
    return click_id & MAX_NODE


def visitor_text(visitor: bytes) -> str:
    """The text form of a visitor id of 8 bytes: 13 characters."""
    number = int.from_bytes(visitor, "big")
    a, b, last = number >> 34, number >> 4 & _DIGIT, (number & 15) << 1
    return (
        f"{_PAIRS[a >> 20]}{_PAIRS[a >> 10 & 1023]}{_PAIRS[a & 1023]}"
        f"{_PAIRS[b >> 20]}{_PAIRS[b >> 10 & 1023]}{_PAIRS[b & 1023]}{_ALPHABET[last]}"
    )


def visitor_bytes(text: str) -> bytes | None:
    """The 8 bytes of a visitor id, or None when the text is not one (also when spare bits are set)."""
    number = _read_base32(text, VISITOR_LENGTH, spare_bits=1)
    return None if number is None else number.to_bytes(VISITOR_BYTES, "big")


def make_token(click_id: int, visitor: bytes, key: bytes) -> str:
    """The token `mv` of a click; `key` comes from `derive_key`."""
    body = click_id.to_bytes(8, "big") + visitor
    number = int.from_bytes(body + _signature(body, key), "big") << 2
    a, b, c = number >> 140, number >> 110 & _DIGIT, number >> 80 & _DIGIT
    d, e, f = number >> 50 & _DIGIT, number >> 20 & _DIGIT, number & 0xFFFFF
    return (
        f"{_PAIRS[a >> 20]}{_PAIRS[a >> 10 & 1023]}{_PAIRS[a & 1023]}"
        f"{_PAIRS[b >> 20]}{_PAIRS[b >> 10 & 1023]}{_PAIRS[b & 1023]}"
        f"{_PAIRS[c >> 20]}{_PAIRS[c >> 10 & 1023]}{_PAIRS[c & 1023]}"
        f"{_PAIRS[d >> 20]}{_PAIRS[d >> 10 & 1023]}{_PAIRS[d & 1023]}"
        f"{_PAIRS[e >> 20]}{_PAIRS[e >> 10 & 1023]}{_PAIRS[e & 1023]}"
        f"{_PAIRS[f >> 10]}{_PAIRS[f & 1023]}"
    )


def read_token(token: str, key: bytes) -> ClickToken | None:
    """What the token says, or None when it is not ours: wrong length, alphabet or signature."""
    number = _read_base32(token.strip().lower(), TOKEN_LENGTH, spare_bits=2)
    if number is None:
        return None
    raw = number.to_bytes(8 + VISITOR_BYTES + _SIGNATURE_BYTES, "big")
    body, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    if not hmac.compare_digest(_signature(body, key), signature):
        return None
    click_id = int.from_bytes(body[:8], "big")
    return ClickToken(click_id, visitor_text(body[8:]), click_micros(click_id))


def _signature(body: bytes, key: bytes) -> bytes:
    """The first bytes of HMAC-SHA256, by copies of hashes that have begun: half the price of `hmac.digest`."""
    begin_inner, begin_outer = _begun_hashes(key)
    inner, outer = begin_inner(), begin_outer()
    inner.update(body)
    outer.update(inner.digest())
    digest: bytes = outer.digest()
    return digest[:_SIGNATURE_BYTES]


@lru_cache(maxsize=8)
def _begun_hashes(key: bytes) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Copiers of the inner and the outer hash of HMAC (RFC 2104) for a key of at most 64 bytes."""
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    return sha256(inner).copy, sha256(outer).copy


def _read_base32(text: str, length: int, *, spare_bits: int) -> int | None:
    if len(text) != length:
        return None
    number = 0
    for character in text:
        value = _VALUES.get(character)
        if value is None:
            return None
        number = number << 5 | value
    return None if number & ((1 << spare_bits) - 1) else number >> spare_bits
