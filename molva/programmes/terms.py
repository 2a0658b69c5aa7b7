"""Terms between their stored form and the rules' form.

Both are read by the rules' own parser, the one that reads a programme file of `molva simulate`, so that what the office
saves, what settles orders and what a what-if runs can never mean different things.
"""

from typing import Any

from molva.domain.reading import Reader, pointer
from molva.domain.terms import Terms
from molva.programmes.errors import TermsError
from molva.simulate.programme import read_programme


def to_domain(
    settings: dict[str, Any],
    rules: list[dict[str, Any]],
    *,
    currency: str,
    timezone: str,
) -> Terms:
    """The compiled terms; TermsError with JSON pointers when they cannot be read."""
    reader = Reader()
    written = {**settings, "rules": rules, "currency": currency, "timezone": timezone, "partners": []}
    terms = read_programme(written, reader).terms
    if reader.problems:
        raise TermsError([(pointer(problem.path), problem.what) for problem in reader.problems])
    return terms


def check_terms(
    settings: dict[str, Any], rules: list[dict[str, Any]], *, currency: str, timezone: str
) -> None:
    """Raise TermsError unless the terms can be published."""
    to_domain(settings, rules, currency=currency, timezone=timezone)
