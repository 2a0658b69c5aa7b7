"""Evidence on an order, pure: which click tokens it carries and which of its entry pages is its landing."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from molva.domain.inbound import InboundMarks

TOKEN_PARAM = "mv"  # noqa: S105  the name of a parameter, not a secret


def tokens_of(marks: InboundMarks) -> Iterator[str]:
    """Click tokens, best evidence first: what our script wrote, then the last entry page, then the first."""
    yield from marks.tokens
    for location in (marks.last_location, marks.first_location):
        for key, value in _pairs(location):
            if key == TOKEN_PARAM and value:
                yield value


def choose_landing(marks: InboundMarks, *, policy: str, param: str) -> str | None:
    """The entry page that speaks for a partner: by «first» the first one with a mark, by «last» the last one.

    A buyer who once came directly and later by a partner's link has the mark only on the last page: both are looked at.
    """
    pages = [marks.first_location, marks.last_location]
    if policy == "last":
        pages.reverse()
    marked = (page for page in pages if any(key == param and value for key, value in _pairs(page)))
    return next(marked, None)


def _pairs(location: str | None) -> list[tuple[str, str]]:
    if not location:
        return []
    try:
        return parse_qsl(urlsplit(location).query, keep_blank_values=True)
    except ValueError:
        return []
