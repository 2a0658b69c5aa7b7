"""Where a link leads: the stored address, taken apart once, and put together for each click.

A click's own address may ask for another page of the programme's shop (`to=`) and nothing else about the place; of
the rest only `sub1` … `sub5`, `utm_*` and `erid` are passed on, and these never replace what the link's owner has
put into the address.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

from yarl import URL

from molva.tracking.clickfile import SUBS, Extras
from molva.tracking.errors import LinkError
from molva.tracking.links import PAGE_PARAM, QR_PARAM, mark_of, page_on, with_mark

TOKEN_PARAM = "mv"  # noqa: S105 - the name of a parameter
_CODE_LIMIT = 240  # bytes of a percent-encoded code
_VALUE_LIMIT = 255
_PAGE_LIMIT = 2000
_PAIRS_LIMIT = 60


class Site(NamedTuple):
    """Where links of a programme may lead, and the parameter that carries the partner's mark."""

    hosts: tuple[str, ...]
    mark_param: str


class Asked(NamedTuple):
    """What the query of a click says."""

    extras: Extras | None  # as it is stored
    given: dict[str, str]  # what may be passed on to the shop
    page: str  # the page that is asked for; empty: the link's own
    is_qr: bool


NOTHING_ASKED = Asked(None, {}, "", False)


@dataclass(frozen=True, slots=True)
class Target:
    """An active link, ready to be answered with."""

    link: int
    partner: int
    head: str  # everything up to the end of its own query, with the «?» or «&» for what follows
    fragment: str  # with its «#», or empty
    names: frozenset[str]  # parameters that the address has itself
    site: Site

    def address(self, token: str, passed: str = "") -> str:
        """The address to redirect to; `passed` is an encoded query of the click's own parameters."""
        if passed:
            return f"{self.head}{passed}&{TOKEN_PARAM}={token}{self.fragment}"
        return f"{self.head}{TOKEN_PARAM}={token}{self.fragment}"

    def bare_address(self, passed: str = "") -> str:
        """The address without a token, for a click that could not be stored."""
        head = self.head + passed if passed else self.head[:-1]
        return head + self.fragment


@lru_cache(maxsize=4096)
def folded_code(raw: bytes) -> str | None:
    """The code of a path in the form in which it is stored; None when it cannot be one."""
    if not raw or len(raw) > _CODE_LIMIT:
        return None
    try:
        text = (unquote_to_bytes(raw) if b"%" in raw else raw).decode()
    except UnicodeDecodeError:
        return None
    return text.strip().rstrip("/").casefold() or None


def prepare_target(link: int, partner: int, target_url: str, site: Site) -> Target | None:
    """Take a stored address apart; None when it is not a plain http address, which is never redirected to."""
    try:
        url = URL(target_url)
    except ValueError:
        return None
    if url.scheme not in {"http", "https"} or not url.raw_host or "@" in url.raw_authority:
        return None
    pairs = [pair for pair in url.raw_query_string.split("&") if pair and _name(pair) != TOKEN_PARAM]
    page = f"{url.origin()}{url.raw_path or '/'}"
    head = f"{page}?{'&'.join(pairs)}&" if pairs else f"{page}?"
    fragment = f"#{url.raw_fragment}" if url.raw_fragment else ""
    return Target(link, partner, head, fragment, _names(tuple(map(_name, pairs))), site)


@lru_cache(maxsize=4096)
def page_target(target: Target, page: str) -> Target | None:
    """The link leading to another page of its programme's shop, with the same mark; None when it may not."""
    stored = target.bare_address()
    try:
        found = page_on(stored, page, hosts=target.site.hosts)
    except LinkError:
        return None
    mark = mark_of(stored, param=target.site.mark_param)
    if mark:
        found = with_mark(found, param=target.site.mark_param, mark=mark)
    return prepare_target(target.link, target.partner, found, target.site)


def read_query(query: bytes) -> Asked:
    """What a click's query asks for and tells; what nobody knows there is left out."""
    try:
        pairs = parse_qsl(query.decode("utf-8", "replace"), max_num_fields=_PAIRS_LIMIT)
    except ValueError:
        return NOTHING_ASKED
    subs: dict[str, str] = {}
    adverts: dict[str, str] = {}
    page, is_qr = "", False
    for name, value in pairs:
        if name in SUBS:
            _keep(subs, name, value)
        elif name == "erid" or (name.startswith("utm_") and len(name) <= 20):
            _keep(adverts, name, value)
        elif name == PAGE_PARAM:
            page = page or value[:_PAGE_LIMIT]
        elif name == QR_PARAM:
            is_qr = True
    extras = Extras(**subs, utm=urlencode(adverts, quote_via=quote) or None) if subs or adverts else None
    return Asked(extras, {**subs, **adverts}, page, is_qr)


def passed_on(given: dict[str, str], names: frozenset[str]) -> str:
    """An encoded query of what is passed on to an address that has parameters of these names itself."""
    passed = {name: value for name, value in given.items() if name not in names}
    return urlencode(passed, quote_via=quote)


def lead_on(target: Target, query: bytes) -> str:
    """Where a click leads that cannot be counted: as any other, without a token."""
    asked = read_query(query)
    found = (page_target(target, asked.page) if asked.page else None) or target
    return found.bare_address(passed_on(asked.given, found.names))


def landing_of(target: Target) -> str:
    """Path and query of a page, as the landing of a click."""
    return URL(target.bare_address()).raw_path_qs[:_VALUE_LIMIT]


def clean_text(value: str, limit: int = _VALUE_LIMIT) -> str:
    """Text from a stranger, cut to a length and without control characters."""
    return "".join(character for character in value[:limit] if character.isprintable()).strip()


def _keep(kept: dict[str, str], name: str, value: str) -> None:
    if name not in kept and (clean := clean_text(value)):
        kept[name] = clean


@lru_cache(maxsize=1024)
def _names(names: tuple[str, ...]) -> frozenset[str]:
    """One object for all links with the same parameters: a hundred thousand of them are in memory."""
    return frozenset(names)


def _name(pair: str) -> str:
    return pair.partition("=")[0]
