"""Who asks: crawlers, link previews and prefetches are told apart from people by what they send."""

import re
from collections.abc import Mapping
from functools import lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from molva.tracking.clickfile import FLAG_BOT, FLAG_EMBEDDED, FLAG_NO_LANGUAGE, FLAG_PREFETCH

# A browser without a window is still a browser that follows links and buys; it says nothing about the person.
_NOT_CRAWLERS = {"HeadlessChrome"}
_AHEAD = frozenset({b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"})
# Fetchers of link previews that the published list does not know.
_PREVIEWS = ("SkypeUriPreview", "BingPreview", "MAX-?Bot")
_CRAWLERS = [
    re.compile(pattern)
    for pattern in (*(entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA), *_PREVIEWS)
    if pattern not in _NOT_CRAWLERS
]


@lru_cache(maxsize=20_000)
def is_crawler(agent: str) -> bool:
    """Whether the user agent is a known robot; no user agent at all is one too."""
    return not agent or any(pattern.search(agent) for pattern in _CRAWLERS)


def request_flags(headers: Mapping[bytes, bytes], agent: str) -> int:
    """Flags of a request by its headers (lower-case names)."""
    flags = FLAG_BOT if is_crawler(agent) else 0
    # Old browsers send no Sec-Fetch-Dest: absent is unknown, and unknown is a person.
    if headers.get(b"sec-fetch-dest", b"document") != b"document":
        flags |= FLAG_EMBEDDED
    if not _AHEAD.isdisjoint(headers):
        words = b" ".join(headers.get(name, b"") for name in _AHEAD)
        if b"prefetch" in words or b"preview" in words:
            flags |= FLAG_PREFETCH
    if b"accept-language" not in headers:
        flags |= FLAG_NO_LANGUAGE
    return flags
