"""Addresses that try to lead somewhere else, and pages that a partner may well ask for: `addresses.json`.

Each page stands with the path and query that its visitor must get. Allowed are `ALLOWED` alone, with or without www.
"""

import json
from pathlib import Path
from urllib.parse import urlsplit

ALLOWED = {"shop.example", "127.0.0.1:9", "xn--80aairftm.xn--p1ai"}
_FOUND = json.loads(Path(__file__).with_name("addresses.json").read_text(encoding="utf-8"))
HOSTILE: list[str] = _FOUND["hostile"]
PAGES: list[tuple[str, str]] = [tuple(pair) for pair in _FOUND["pages"]]


def is_at_home(address: str) -> bool:
    """Whether an address given out leads to an allowed host, and is written so that nobody reads it otherwise."""
    is_plain = address.isascii() and address.isprintable() and not set(address) & set('\\ <>"')
    parts = urlsplit(address)
    is_default = (parts.scheme, parts.port) in {("http", 80), ("https", 443)}
    host = parts.netloc.rpartition(":")[0] if is_default else parts.netloc
    return is_plain and parts.scheme in {"http", "https"} and host.removeprefix("www.") in ALLOWED


def shown(address: str) -> str:
    """A short name of an address for the names of tests."""
    return ascii(address)[:60]
