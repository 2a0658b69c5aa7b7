"""Evidence on an order: which entry page speaks for a partner and how it is kept, which click tokens come."""

import pytest

from molva.domain.inbound import InboundMarks
from molva.orders.marks import choose_landing, tokens_of

CASES = [
    ("the first page with a mark, by first", "first", "/?aff=A", "/x?aff=B", "/?aff=A"),
    ("the last page with a mark, by last", "last", "/?aff=A", "/x?aff=B", "/x?aff=B"),
    (
        "a direct first visit does not hide the link that came later",
        "first",
        "/",
        "/x?utm=1&aff=B",
        "/x?aff=B",
    ),
    ("another word of the programme", "first", "/?ref=A", None, "/?aff=A"),
    ("an escaped mark stays itself", "first", "/?aff=%D0%90%26", None, "/?aff=%D0%90%26"),
    ("an empty mark is none", "first", "/?aff=", "/?x=1", None),
    ("nothing known", "last", None, None, None),
]


@pytest.mark.parametrize(
    ("case", "policy", "first", "last", "expected"), CASES, ids=[row[0] for row in CASES]
)
def test_landing(case: str, policy: str, first: str | None, last: str | None, expected: str | None):
    marks = InboundMarks(first_location=first, last_location=last)
    assert choose_landing(marks, policy=policy, params={"aff", "ref"}) == expected


def test_tokens_come_best_evidence_first():
    marks = InboundMarks(tokens=("field",), first_location="/?mv=first", last_location="/?mv=last")
    assert list(tokens_of(marks)) == ["field", "last", "first"]
