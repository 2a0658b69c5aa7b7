"""Evidence on an order: which signs are taken, why others are not, how the one that speaks for a partner is kept."""

from typing import Any

import pytest

from molva.domain.inbound import InboundMarks
from molva.orders.marks import Sign, Weighed, Words, outside_hosts, tokens_of, weigh

KNOWN = {"A": "A", "B": "B", "ANNA10": "A"}  # whom a mark names; short links are known by «link-…»


def weighed(policy: str = "first", params: tuple[str, ...] = ("aff", "ref"), **marks: Any) -> Weighed:
    def partner_of(sign: Sign) -> str | None:
        return sign.value.removeprefix("link-") if sign.what == "short_link" else KNOWN.get(sign.value)

    return weigh(
        InboundMarks(**marks),
        policy=policy,
        words=Words(params, {"molva.example", "go.example"}),
        is_genuine=lambda token: token.startswith("good"),
        partner_of=partner_of,
    )


LANDINGS: list[tuple[str, str, dict[str, Any], str | None]] = [
    (
        "the first page with a mark, by first",
        "first",
        {"first_location": "/?aff=A", "last_location": "/x?aff=B"},
        "/?aff=A",
    ),
    (
        "the last page with a mark, by last",
        "last",
        {"first_location": "/?aff=A", "last_location": "/x?aff=B"},
        "/x?aff=B",
    ),
    (
        "a direct first visit hides no later link",
        "first",
        {"first_location": "/", "last_location": "/x?u=1&aff=B"},
        "/x?aff=B",
    ),
    ("an alias of the programme", "first", {"first_location": "/?ref=A"}, "/?aff=A"),
    ("the present word goes before an alias", "first", {"first_location": "/?ref=B&aff=A"}, "/?aff=A"),
    ("of a word that stands twice the first", "first", {"first_location": "/?aff=A&aff=B"}, "/?aff=A"),
    ("an escaped mark stays itself", "first", {"first_location": "/?aff=%D0%90%26"}, "/?aff=%D0%90%26"),
    ("an empty mark is none", "first", {"first_location": "/?aff=", "last_location": "/?x=1"}, None),
    ("nothing known", "last", {}, None),
    ("a promo code as the mark", "first", {"first_location": "/?aff=ANNA10"}, "/?aff=ANNA10"),
    (
        "somebody unknown hides nobody",
        "first",
        {"first_location": "/?aff=OTHER", "last_location": "/?aff=B"},
        "/?aff=B",
    ),
    (
        "of unknown ones the first is kept",
        "first",
        {"first_location": "/?aff=X", "last_location": "/?aff=Y"},
        "/?aff=X",
    ),
    ("one unknown is kept: it may be given later", "first", {"first_location": "/?aff=X"}, "/?aff=X"),
    ("the query of the visit", "first", {"first_location": "/", "first_query": "utm=1&aff=A"}, "/?aff=A"),
    ("a query with its sign", "last", {"last_location": "/", "last_query": "?ref=A"}, "/?aff=A"),
    ("a search phrase is no mark", "first", {"first_query": "купить чай aff"}, None),
    (
        "the page before, with our word",
        "first",
        {"first_referer": "https://blog.example/post?aff=A"},
        "/?aff=A",
    ),
    (
        "a short link of ours as the page before",
        "first",
        {"first_referer": "https://go.example/r/link-B"},
        "/?aff=B",
    ),
    ("a short link of somebody else", "first", {"first_referer": "https://bit.example/r/link-B"}, None),
    (
        "the page itself before the page before it",
        "last",
        {"last_location": "/?aff=A", "last_referer": "https://b.example/?aff=B"},
        "/?aff=A",
    ),
    ("another programme's word is not ours", "first", {"first_location": "/?admitad_uid=A&bc=B"}, None),
    ("an address that is none", "first", {"first_referer": "https://[broken?aff=A"}, None),
]


@pytest.mark.parametrize(("case", "policy", "marks", "expected"), LANDINGS, ids=[row[0] for row in LANDINGS])
def test_landing(case: str, policy: str, marks: dict[str, Any], expected: str | None):
    assert weighed(policy, **marks).landing == expected


SIGNS: list[tuple[str, dict[str, Any], list[tuple[str, str, str, bool, str]]]] = [
    (
        "a code",
        {"codes": ("ANNA10",)},
        [("code", "discount", "ANNA10", True, "")],
    ),
    (
        "tokens: the first genuine one counts",
        {
            "tokens": ("bad", "good1"),
            "token_places": ("cookie", "field"),
            "last_location": "/?mv=good1",
            "first_location": "/?mv=good2",
        },
        [
            ("token", "cookie", "bad", False, "unreadable"),
            ("token", "field", "good1", True, ""),
            ("token", "current_location", "good1", False, "same"),
            ("token", "first_current_location", "good2", False, "weaker"),
        ],
    ),
    (
        "marks of two partners and of nobody",
        {
            "first_location": "/?aff=A",
            "last_location": "/?aff=B",
            "last_referer": "https://x.example/?aff=Z",
            "first_referer": "https://x.example/?aff=ANNA10",
        },
        [
            ("mark", "first_current_location", "A", True, ""),
            ("mark", "first_referer", "ANNA10", False, "same"),
            ("mark", "current_location", "B", False, "weaker"),
            ("mark", "referer", "Z", False, "nobody"),
        ],
    ),
    (
        "another programme came after ours",
        {"first_location": "/?aff=A", "last_location": "/?admitad_uid=77"},
        [
            ("mark", "first_current_location", "A", True, ""),
            ("other", "current_location", "admitad_uid=77", False, "other_later"),
        ],
    ),
    (
        "a token in the field may be of an old click, another programme brought the last visit",
        {"tokens": ("good1",), "token_places": ("field",), "last_location": "/?gclid=5"},
        [
            ("token", "field", "good1", True, ""),
            ("other", "current_location", "gclid=5", False, "other_later"),
        ],
    ),
    (
        "a code is typed after every visit, and the same mark is told once",
        {"codes": ("ANNA10",), "first_location": "/?yclid=5", "last_location": "/?yclid=5"},
        [
            ("code", "discount", "ANNA10", True, ""),
            ("other", "first_current_location", "yclid=5", False, "other"),
        ],
    ),
    (
        "another programme brought the first visit and the last",
        {"tokens": ("good1",), "first_location": "/?yclid=5", "last_location": "/?yclid=5"},
        [
            ("token", "field", "good1", True, ""),
            ("other", "first_current_location", "yclid=5", False, "other"),
        ],
    ),
    (
        "another programme came before ours",
        {"first_location": "/?yclid=5", "last_location": "/?aff=A"},
        [
            ("mark", "current_location", "A", True, ""),
            ("other", "first_current_location", "yclid=5", False, "other"),
        ],
    ),
    (
        "paid ads by their utm, and another's cookie",
        {"last_location": "/?utm_source=vk&utm_medium=CPC", "cookies": (("admitad_uid", "9"), ("cart", "1"))},
        [
            ("other", "current_location", "utm_medium=CPC", False, "other"),
            ("other", "cookie", "admitad_uid=9", False, "other"),
        ],
    ),
    (
        "a return from the bank",
        {"first_location": "/?aff=A", "dropped": (("current_location", "/orders/…"),)},
        [
            ("mark", "first_current_location", "A", True, ""),
            ("no_visit", "current_location", "/orders/…", False, "no_visit"),
        ],
    ),
]


@pytest.mark.parametrize(("case", "marks", "expected"), SIGNS, ids=[row[0] for row in SIGNS])
def test_every_sign_is_kept_with_its_place_and_reason(
    case: str, marks: dict[str, Any], expected: list[tuple[str, str, str, bool, str]]
):
    found = weighed(**marks).signs
    assert [(one.what, one.where, one.value, one.taken, one.why) for one in found] == expected


def test_what_is_stored_is_short_and_not_endless():
    many = weighed(codes=tuple(f"C{number}" for number in range(100))).stored()
    assert (len(many), many[0]) == (40, {"what": "code", "where": "discount", "value": "C0", "taken": True})
    (long,) = weighed(first_location=f"/?aff={'x' * 5000}").stored()
    assert len(long["value"]) == 200


def test_tokens_come_best_evidence_first():
    marks = InboundMarks(tokens=("field",), first_location="/?mv=first", last_location="/?mv=last")
    assert list(tokens_of(marks)) == ["field", "last", "first"]


def test_outside_pages_are_those_of_others():
    marks = InboundMarks(first_referer="https://coupons.example/a", last_referer="https://shop.example/b")
    assert outside_hosts(marks, {"shop.example"}) == ["coupons.example"]
