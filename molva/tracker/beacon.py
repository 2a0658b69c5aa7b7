"""The storefront script's message: a page of the shop was opened with the partner parameter."""

import json
from typing import NamedTuple
from urllib.parse import urlsplit

from yarl import URL

from molva.domain.click_id import read_token, visitor_bytes
from molva.tracker.database import MarkKey
from molva.tracker.target import clean_text

_TEXT_LIMIT = 60
_URL_LIMIT = 1000


class Beacon(NamedTuple):
    """A readable message; `visitor` is None when the browser has none yet."""

    key: MarkKey
    url: str
    referrer: str | None
    visitor: bytes | None


def read_beacon(body: bytes, key: bytes) -> Beacon | None:
    """The message, or None when it is not one. `visitor` may be a visitor id or a whole token of ours."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    programme, mark, url = (_text(data.get(name), _URL_LIMIT) for name in ("programme", "mark", "url"))
    mark = mark.strip().casefold()
    if not programme or not mark or len(programme) > _TEXT_LIMIT or len(mark) > _TEXT_LIMIT:
        return None
    visitor = _visitor(_text(data.get("visitor"), _TEXT_LIMIT), key)
    return Beacon(MarkKey(programme, mark), url, _text(data.get("referrer"), _URL_LIMIT) or None, visitor)


def is_own_page(origin: bytes, url: str, hosts: tuple[str, ...]) -> bool:
    """Whether the programme's shop sends the message: by the browser's Origin, else by the page's address."""
    return bool(hosts) and not set(names_of(origin.decode("latin-1") or url)).isdisjoint(hosts)


def names_of(address: str) -> tuple[str, ...]:
    """The host of an address as shops may be written down: in letters and in ASCII, alone and with its port."""
    try:
        url = URL(address)
        host, raw, port = url.host, url.raw_host, url.explicit_port
    except ValueError:
        return ()
    if not host or not raw or url.scheme not in {"http", "https"}:
        return ()
    hosts = tuple(dict.fromkeys((host.lower(), raw.lower())))
    return (*hosts, *(f"{name}:{port}" for name in hosts)) if port else hosts


def page_of(url: str) -> str | None:
    """Path and query of the page, as the landing of the click."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return clean_text(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", 500)


def query_of(url: str) -> bytes:
    """The page's query, for its tags and UTM."""
    try:
        return urlsplit(url).query.encode()
    except ValueError:
        return b""


def _text(value: object, limit: int) -> str:
    return clean_text(value, limit) if isinstance(value, str) else ""


def _visitor(text: str, key: bytes) -> bytes | None:
    token = read_token(text, key)
    return visitor_bytes(token.visitor if token else text)
