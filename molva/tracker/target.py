"""Where a link leads: the stored address, taken apart once, and put together for each click.

Only the stored address decides about the host: nothing of a click's own address but `sub1` … `sub5` and
`utm_*` is passed on, and these never replace what the link's owner has put into the address.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from yarl import URL

from molva.tracking.clickfile import SUBS, Extras

TOKEN_PARAM = "mv"  # noqa: S105 - the name of a parameter
_VALUE_LIMIT = 255
_PAIRS_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Target:
    """An active link, ready to be answered with."""

    link: int
    partner: int
    head: str  # everything up to the end of its own query, with the «?» or «&» for what follows
    fragment: str  # with its «#», or empty
    names: frozenset[str]  # parameters that the address has itself

    def address(self, token: str, passed: str = "") -> str:
        """The address to redirect to; `passed` is an encoded query of the click's own parameters."""
        if passed:
            return f"{self.head}{passed}&{TOKEN_PARAM}={token}{self.fragment}"
        return f"{self.head}{TOKEN_PARAM}={token}{self.fragment}"

    def bare_address(self, passed: str = "") -> str:
        """The address without a token, for a click that could not be stored."""
        head = self.head + passed if passed else self.head[:-1]
        return head + self.fragment


def prepare_target(link: int, partner: int, target_url: str) -> Target | None:
    """Take a stored address apart; None when it is not a plain http address, which is never redirected to."""
    try:
        url = URL(target_url)
    except ValueError:
        return None
    if url.scheme not in {"http", "https"} or not url.raw_host or url.raw_user is not None:
        return None
    pairs = [pair for pair in url.raw_query_string.split("&") if pair and _name(pair) != TOKEN_PARAM]
    page = f"{url.origin()}{url.raw_path or '/'}"
    head = f"{page}?{'&'.join(pairs)}&" if pairs else f"{page}?"
    fragment = f"#{url.raw_fragment}" if url.raw_fragment else ""
    return Target(link, partner, head, fragment, frozenset(map(_name, pairs)))


def read_extras(query: bytes, names: frozenset[str]) -> tuple[Extras | None, str]:
    """Tags and UTM of a click's query: as they are stored, and encoded for being passed on."""
    try:
        pairs = parse_qsl(query.decode("utf-8", "replace"), max_num_fields=_PAIRS_LIMIT)
    except ValueError:
        return None, ""
    subs: dict[str, str] = {}
    utm: dict[str, str] = {}
    for name, value in pairs:
        kept = subs if name in SUBS else utm if name.startswith("utm_") and len(name) <= 20 else None
        if kept is not None and name not in kept and (clean := clean_text(value)):
            kept[name] = clean
    if not subs and not utm:
        return None, ""
    passed = {name: value for name, value in {**subs, **utm}.items() if name not in names}
    extras = Extras(**subs, utm=urlencode(utm, quote_via=quote) or None)
    return extras, urlencode(passed, quote_via=quote)


def clean_text(value: str, limit: int = _VALUE_LIMIT) -> str:
    """Text from a stranger, cut to a length and without control characters."""
    return "".join(character for character in value[:limit] if character.isprintable()).strip()


def _name(pair: str) -> str:
    return pair.partition("=")[0]
