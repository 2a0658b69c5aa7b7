"""Addresses of partner links, pure: the partner parameter put into any page of the shop, exactly once.

One URL parser (yarl) both checks the host and writes the result, so that what was checked is what the visitor gets.
"""

from collections.abc import Collection

from yarl import URL

from molva.tracking.errors import LinkError


def with_mark(page_url: str, *, param: str, mark: str) -> str:
    """`page_url` with `param=mark`: other parameters and the anchor stay, an older mark is replaced in its place."""
    url = URL(page_url)
    pairs = [(key, value) for key, value in url.query.items()]
    if param in url.query:
        first = next(index for index, (key, _) in enumerate(pairs) if key == param)
        pairs = [(key, value) for index, (key, value) in enumerate(pairs) if key != param or index == first]
        pairs = [(key, mark if key == param else value) for key, value in pairs]
    else:
        pairs.append((param, mark))
    return str(url.with_query(pairs))


def checked_page(page_url: str, *, hosts: Collection[str]) -> str:
    """The address made whole and safe: http(s), no user info, on one of the programme's hosts. Raises LinkError."""
    text = page_url.strip()
    if not text:
        raise LinkError("empty")
    if not hosts:
        raise LinkError("no_shop")
    if "://" not in text:
        text = f"https://{text.removeprefix('//')}"
    try:
        url = URL(text)
    except ValueError as error:
        raise LinkError("not_an_address") from error
    if url.scheme not in {"http", "https"} or not url.host or url.user or url.password:
        raise LinkError("not_an_address")
    allowed = {_bare(URL(f"https://{host}")) for host in hosts}
    if _bare(url) not in allowed:
        raise LinkError("foreign_host", host=url.host)
    return str(url)


def _bare(url: URL) -> tuple[str, int | None]:
    """Host without «www.», and the port when it is not the scheme's own."""
    host = (url.host or "").lower().removeprefix("www.")
    return host, None if url.is_default_port() or url.explicit_port is None else url.port
