"""Evidence on an order, pure: which click tokens it carries and which of its entry pages is its landing."""

from collections.abc import Collection, Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

from molva.domain.inbound import InboundMarks

MARK_PARAM = "aff"
TOKEN_PARAM = "mv"  # noqa: S105  the name of a parameter, not a secret


def tokens_of(marks: InboundMarks) -> Iterator[str]:
    """Click tokens, best evidence first: what our script wrote, then the last entry page, then the first."""
    yield from marks.tokens
    for location in (marks.last_location, marks.first_location):
        for key, value in _pairs(location):
            if key == TOKEN_PARAM and value:
                yield value


def choose_landing(marks: InboundMarks, *, policy: str, params: Collection[str]) -> str | None:
    """The entry page that speaks for a partner: by «first» the first one with a mark, by «last» the last one.

    A buyer who once came directly and later by a partner's link has the mark only on the last page: both are looked at.
    It is kept as `/page?aff=MARK` whatever the programme's parameter is called, so that a later change of that word
    never changes what was decided.
    """
    pages = [marks.first_location, marks.last_location]
    if policy == "last":
        pages.reverse()
    for page in pages:
        mark = next((value for key, value in _pairs(page) if key in params and value), None)
        if page and mark:
            return f"{urlsplit(page).path or '/'}?{urlencode({MARK_PARAM: mark})}"
    return None


def _pairs(location: str | None) -> list[tuple[str, str]]:
    if not location:
        return []
    try:
        return parse_qsl(urlsplit(location).query, keep_blank_values=True)
    except ValueError:
        return []
