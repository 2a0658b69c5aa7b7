"""Where a form goes back to: a path of this very host, or nothing."""

from urllib.parse import urlsplit, urlunsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def own_path(request: HttpRequest, wanted: str) -> str:
    """The path, query and anchor of `wanted` when it is an address of this host; else empty.

    What a browser might take for another host is refused, were it only by a stray backslash or line end.
    """
    if not url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return ""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return ""
    path = urlunsplit(("", "", parts.path or "/", parts.query, parts.fragment)) if parts.netloc else wanted
    is_plain = path.isprintable() and "\\" not in path
    return path if is_plain and path.startswith("/") and path[1:2] != "/" else ""
