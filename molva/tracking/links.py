"""Addresses of partner links, pure: the partner parameter put into any page of the shop, exactly once.

One URL parser (yarl) both checks the host and writes the result, so that what was checked is what the visitor gets.
Faces use it when a link is made, the tracker when a click names a page of its own.
"""

from collections.abc import Collection
from urllib.parse import quote, unquote_plus

from yarl import URL

from molva.tracking.errors import LinkError

PAGE_PARAM = "to"  # of `/r/CODE`: the page of the shop that a click asks for
QR_PARAM = "qr"  # stands in the addresses of our QR pictures


def with_mark(page_url: str, *, param: str, mark: str) -> str:
    """`page_url` with `param=mark`: all else stays letter by letter, an older mark is replaced in its place."""
    url = URL(page_url)
    own = f"{quote(param, safe='')}={quote(mark, safe='')}"
    pairs = [pair for pair in url.raw_query_string.split("&") if pair]
    names = [unquote_plus(pair.partition("=")[0]) for pair in pairs]
    if param in names:
        first = names.index(param)
        kept = (
            own if place == first else pair
            for place, pair in enumerate(pairs)
            if place == first or names[place] != param
        )
        query = "&".join(kept)
    else:
        query = "&".join([*pairs, own])
    fragment = f"#{url.raw_fragment}" if url.raw_fragment else ""
    return f"{url.origin()}{url.raw_path or '/'}?{query}{fragment}"


def mark_of(page_url: str, *, param: str) -> str:
    """The partner's mark in an address, empty when there is none."""
    return URL(page_url).query.get(param, "")


def checked_page(page_url: str, *, hosts: Collection[str]) -> str:
    """The address made whole and safe: http(s), no user info, on one of the programme's hosts. Raises LinkError."""
    text = page_url.strip()
    if not text:
        raise LinkError("empty")
    if not hosts:
        raise LinkError("no_shop")
    if "://" not in text.partition("?")[0]:
        text = f"https://{text.removeprefix('//')}"
    try:
        url = URL(text)
    except ValueError as error:
        raise LinkError("not_an_address") from error
    if url.scheme not in {"http", "https"} or not url.raw_host or "@" in url.raw_authority:
        raise LinkError("not_an_address")
    allowed = {_bare(URL(f"https://{host}")) for host in hosts}
    if _bare(url) not in allowed:
        raise LinkError("foreign_host", host=_readable_host(url))
    return str(url)


def page_on(target_url: str, wish: str, *, hosts: Collection[str]) -> str:
    """The page that a click asks for: a path on the host of the link's own address, or an address on one of `hosts`.

    Raises LinkError for anything else; two slashes at the start are somebody's host, not a path.
    """
    if wish.startswith("/"):
        page = checked_page(f"{URL(target_url).origin()}{wish}", hosts=hosts)
    elif wish.lower().startswith(("http://", "https://")):
        page = checked_page(wish, hosts=hosts)
    else:
        raise LinkError("not_an_address")
    if wish[1:2] == "\\" or URL(page).raw_path.startswith("//"):
        raise LinkError("not_an_address")
    return page


def _readable_host(url: URL) -> str:
    """The host in letters; as it was written when it only looks like an international one."""
    try:
        return url.host or ""
    except ValueError:
        return url.raw_host or ""


def _bare(url: URL) -> tuple[str, int | None]:
    """Host as it goes over the wire, without «www.», and the port when it is not the scheme's own."""
    host = (url.raw_host or "").lower().removeprefix("www.")
    return host, None if url.is_default_port() or url.explicit_port is None else url.port
