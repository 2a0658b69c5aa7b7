"""Who gets the order: every sentence of the contract about touches, policies, terms and joined clients."""

from typing import Any

import pytest

from tests.simulate.running import (
    at,
    attributions,
    lead,
    order,
    owed,
    posted,
    programme,
    run,
    touch,
    verdicts,
)

FIRST = {"policy": "first"}
LAST = {"policy": "last"}


def decided(
    attribution: dict[str, Any], *events: dict[str, Any], **terms: Any
) -> dict[str, tuple[str | None, str]]:
    return verdicts(run(programme(attribution=attribution, **terms), list(events)))


@pytest.mark.parametrize(("policy", "winner"), [("first", "B"), ("last", "C")])
def test_policy_chooses_among_touches(policy: str, winner: str) -> None:
    got = decided({"policy": policy}, touch(at(1), "B"), touch(at(2), "C"), order(at(3)))
    assert got == {"o1": (winner, "link")}


@pytest.mark.parametrize(("policy", "winner"), [("first", "B"), ("last", "C")])
def test_touches_of_one_moment_count_as_written(policy: str, winner: str) -> None:
    got = decided({"policy": policy}, touch(at(1), "B"), touch(at(1), "C"), order(at(1)))
    assert got == {"o1": (winner, "link")}


@pytest.mark.parametrize(("policy", "winner"), [("first", "B"), ("last", "C")])
def test_several_codes_count_as_written(policy: str, winner: str) -> None:
    got = decided({"policy": policy}, order(at(3), codes=[" bee", "CAT ", "nobody's"]))
    assert got == {"o1": (winner, "code")}


@pytest.mark.parametrize(
    ("policy", "code_over_link", "expected"),
    [
        ("last", True, ("C", "code")),
        ("last", False, ("B", "link")),
        ("first", True, ("C", "code")),
        ("first", False, ("B", "link")),
    ],
)
def test_code_and_link(policy: str, *, code_over_link: bool, expected: tuple[str, str]) -> None:
    rules = {"policy": policy, "code_over_link": code_over_link}
    assert decided(rules, touch(at(1), "B"), order(at(3), codes=["cat"])) == {"o1": expected}


def test_link_over_code_needs_a_link_that_may_win() -> None:
    rules = {"policy": "last", "code_over_link": False, "click_window_days": 1}
    assert decided(rules, touch(at(1), "B"), order(at(3), codes=["cat"])) == {"o1": ("C", "code")}


@pytest.mark.parametrize("kind", ["link", "qr", "form"])
def test_link_kinds_are_called_link(kind: str) -> None:
    assert decided(LAST, touch(at(1), kind=kind), order(at(3))) == {"o1": ("B", "link")}


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(2, 12), ("B", "link")),  # exactly a day
        (at(2, 11, 59), (None, "window_ended")),
        (at(3, 12), ("B", "link")),  # of the same moment
        (at(3, 12, 1), (None, "no_touch")),  # later than the order
    ],
)
def test_click_window(moment: str, expected: tuple[str | None, str]) -> None:
    rules = {"policy": "last", "click_window_days": 1}
    last = order(at(9), "o2", client="other", visitor=None)
    assert decided(rules, touch(moment), order(at(3)), last)["o1"] == expected


def test_a_touch_is_spent_at_the_first_decision() -> None:
    """Won or not: the lead looked at both touches, so the order has none."""
    rules = {"policy": "last", "term_days": 1}
    got = decided(rules, touch(at(1), "B"), touch(at(1, 13), "C"), lead(at(2)), order(at(5)))
    assert got == {"o1": (None, "term_ended")}


def test_a_new_visitor_brings_older_touches() -> None:
    """Touches of a visitor who was not seen with the client at the earlier decision did not belong to him."""
    got = decided(
        LAST,
        touch(at(1), "C", "v2"),
        touch(at(2), "B", "v1"),
        lead(at(3), visitor="v1"),
        order(at(4), visitor="v2"),
    )
    assert got == {"o1": ("C", "link")}


def test_touches_of_all_visitors_seen_so_far() -> None:
    got = decided(LAST, lead(at(1), visitor="v1"), touch(at(2), "C", "v1"), order(at(3), visitor="v2"))
    assert got == {"o1": ("C", "link")}


def test_a_visitor_serves_two_clients() -> None:
    got = decided(LAST, touch(at(1)), order(at(2)), order(at(3), "o2", client="c2"))
    assert got == {"o1": ("B", "link"), "o2": ("B", "link")}


@pytest.mark.parametrize(
    ("landing", "expected"),
    [
        ("/?aff=B", ("B", "landing")),
        ("https://shop.example/page?x=1&aff=%62ee#top", ("B", "landing")),  # a code, decoded
        ("/?aff=nobody&aff=B", (None, "no_touch")),  # only the first counts
        ("/?aff=&aff=B", (None, "no_touch")),
        ("/?baff=B", (None, "no_touch")),
        ("/#?aff=B", (None, "no_touch")),
        ("/?aff=b", (None, "no_touch")),  # ids are exact
        ("", (None, "no_touch")),
        (None, (None, "no_touch")),
    ],
)
def test_landing(landing: str | None, expected: tuple[str | None, str]) -> None:
    assert decided(LAST, order(at(3), landing=landing)) == {"o1": expected}


def test_landing_is_spare() -> None:
    """Used only without another link touch that may win; the policy does not matter."""
    assert decided(LAST, touch(at(1), "B"), order(at(3), landing="/?aff=C")) == {"o1": ("B", "link")}
    rules = {"policy": "last", "click_window_days": 1}
    assert decided(rules, touch(at(1), "B"), order(at(3), landing="/?aff=C")) == {"o1": ("C", "landing")}


def test_landing_against_code() -> None:
    assert decided(LAST, order(at(3), landing="/?aff=B", codes=["cat"])) == {"o1": ("C", "code")}
    rules = {"policy": "last", "code_over_link": False}
    assert decided(rules, order(at(3), landing="/?aff=B", codes=["cat"])) == {"o1": ("B", "landing")}


def test_first_keeps_the_client_against_a_code() -> None:
    got = decided(FIRST, touch(at(1), "B"), order(at(2)), order(at(3), "o2", codes=["cat"]))
    assert got["o2"] == ("B", "attributed")


def test_last_takes_the_client_over() -> None:
    answer = run(
        programme(),
        [touch(at(1), "B"), order(at(2)), touch(at(3), "C"), order(at(4), "o2"), order(at(5), "o3")],
    )
    assert verdicts(answer) == {"o1": ("B", "link"), "o2": ("C", "link"), "o3": ("C", "attributed")}
    assert attributions(answer) == [
        ("c1", "B", "03-02T12:00", "03-04T12:00"),
        ("c1", "C", "03-04T12:00", None),
    ]


def test_a_touch_of_the_same_partner_is_named_and_does_not_start_anew() -> None:
    answer = run(programme(), [touch(at(1)), order(at(2)), touch(at(3)), order(at(4), "o2")])
    assert verdicts(answer)["o2"] == ("B", "link")
    assert attributions(answer) == [("c1", "B", "03-02T12:00", None)]


@pytest.mark.parametrize(
    ("mode", "expected"), [("sliding", ("B", "attributed")), ("fixed", (None, "term_ended"))]
)
def test_term(mode: str, expected: tuple[str | None, str]) -> None:
    """A cancelled order slides the term too."""
    rules = {"policy": "first", "term_days": 10, "term_mode": mode}
    got = decided(
        rules, touch(at(1)), order(at(2)), order(at(12), "o2", status="cancelled"), order(at(15), "o3")
    )
    assert got == {"o1": ("B", "link"), "o2": ("B", "attributed"), "o3": expected}


def test_exactly_at_the_end_of_the_term_is_inside() -> None:
    rules = {"policy": "first", "term_days": 10}
    answer = run(
        programme(attribution=rules),
        [touch(at(1)), order(at(2)), order(at(12), "o2"), order(at(22, 12, 1), "o3")],
    )
    assert verdicts(answer) == {"o1": ("B", "link"), "o2": ("B", "attributed"), "o3": (None, "term_ended")}
    assert attributions(answer) == [("c1", "B", "03-02T12:00", "03-22T12:00")]


def test_the_end_of_the_term_and_until() -> None:
    terms = programme(attribution={"policy": "first", "term_days": 10})
    events = [touch(at(1)), order(at(2))]
    assert attributions(run(terms, events, "--until", at(12)))[0][3] is None
    assert attributions(run(terms, events, "--until", at(12, 12, 1)))[0][3] == "03-12T12:00"


def test_leads_do_not_slide_the_term() -> None:
    rules = {"policy": "first", "term_days": 10}
    got = decided(rules, touch(at(1)), lead(at(2)), lead(at(11)), order(at(13)))
    assert got == {"o1": (None, "term_ended")}


def test_an_order_that_nobody_is_paid_for_slides_the_term() -> None:
    """Own purchase of C: B's attribution neither ends nor stops sliding."""
    terms = programme(
        attribution={"policy": "last", "term_days": 10},
        partners=[{"id": "A"}, {"id": "B"}, {"id": "C", "email": "X@x.ru "}],
    )
    client = {"id": "c1", "email": "x@X.ru"}
    answer = run(
        terms,
        [touch(at(1)), order(at(2)), order(at(11), "o2", client=client, codes=["cat"]), order(at(20), "o3")],
    )
    assert verdicts(answer) == {"o1": ("B", "link"), "o2": (None, "own_purchase"), "o3": ("B", "attributed")}


@pytest.mark.parametrize(
    "client",
    [{"id": "c1", "email": "X@x.ru"}, {"phone": "8 916 123-45-67"}, {"email": "ｘ@x.ru"}],
)
def test_own_purchase_by_any_key(client: dict[str, str]) -> None:
    terms = programme(
        partners=[{"id": "A"}, {"id": "B", "email": " x@X.RU", "phone": "+79161234567"}, {"id": "C"}]
    )
    answer = run(terms, [touch(at(1)), touch(at(1), "C"), touch(at(2)), order(at(3), client=client)])
    one = answer["orders"][0]
    assert (one["verdict"]["partner"], one["verdict"]["reason"]) == (None, "own_purchase")
    assert one["verdict"]["losers"][0]["partner"] == "B"
    assert answer["attributions"] == []
    assert answer["postings"] == []


def test_own_purchase_by_a_key_known_before() -> None:
    terms = programme(partners=[{"id": "A"}, {"id": "B", "email": "x@x.ru"}, {"id": "C"}])
    events = [
        order(at(1), client={"id": "c1", "email": "x@x.ru"}, visitor=None),
        touch(at(2)),
        order(at(3), "o2"),
    ]
    assert verdicts(run(terms, events))["o2"] == (None, "own_purchase")
    terms["attribution"]["own_purchases"] = True
    assert verdicts(run(terms, events))["o2"] == ("B", "link")


def test_blocked_partner_stops_everything_and_keeps_his_client() -> None:
    block = {"at": at(4), "type": "partner", "partner": {"id": "B", "blocked": True}}
    free = {"at": at(6), "type": "partner", "partner": {"id": "B", "blocked": None}}
    events = [touch(at(1)), order(at(3)), order(at(4), "o2"), block, free, order(at(7), "o3")]
    answer = run(programme(attribution=FIRST), events)
    assert verdicts(answer) == {
        "o1": ("B", "link"),
        "o2": (None, "partner_blocked"),
        "o3": ("B", "attributed"),
    }
    assert answer["orders"][1]["verdict"]["losers"][0]["partner"] == "B"
    assert len(answer["attributions"]) == 1


def test_blocked_and_own_purchase_is_blocked() -> None:
    terms = programme(
        partners=[{"id": "A"}, {"id": "B", "blocked": True, "phone": "89161234567"}, {"id": "C"}]
    )
    got = verdicts(run(terms, [touch(at(1)), order(at(2), client={"phone": "+79161234567"})]))
    assert got == {"o1": (None, "partner_blocked")}


def test_no_other_touch_is_tried() -> None:
    terms = programme(partners=[{"id": "A"}, {"id": "B"}, {"id": "C", "blocked": True}])
    answer = run(terms, [touch(at(1)), touch(at(2), "C"), order(at(3)), order(at(4), "o2")])
    assert verdicts(answer) == {"o1": (None, "partner_blocked"), "o2": (None, "window_ended")}


@pytest.mark.parametrize(("policy", "winner", "lost"), [("first", "B", "C"), ("last", "C", "B")])
def test_joined_clients_keep_one_attribution(policy: str, winner: str, lost: str) -> None:
    events = [
        order(at(1), "o1", client={"id": "c1", "phone": "89161234567"}, visitor=None, codes=["bee"]),
        order(at(2), "o2", client={"email": "x@x.ru"}, visitor=None, codes=["cat"]),
        order(at(3), "o3", client={"email": "X@x.ru", "phone": "+7 916 123 45 67"}, visitor=None),
    ]
    answer = run(programme(attribution={"policy": policy}), events)
    assert verdicts(answer)["o3"] == (winner, "attributed")
    ends = {partner: end for client, partner, _, end in attributions(answer) if client == "c1"}
    assert ends == {winner: None, lost: "03-03T12:00"}


@pytest.mark.parametrize(("policy", "winner"), [("first", "B"), ("last", "C")])
def test_joined_attributions_of_one_moment(policy: str, winner: str) -> None:
    events = [
        order(at(1), "o2", client="c1", visitor=None, codes=["bee"]),
        order(at(1), "o1", client="c2", visitor=None, codes=["cat"]),
        lead(at(2), client={"id": "c1", "email": "x@x.ru"}, visitor=None),
        lead(at(3), client={"id": "c2", "email": "x@x.ru"}, visitor=None),
        order(at(4), "o3", client="c2", visitor=None),
    ]
    assert verdicts(run(programme(attribution={"policy": policy}), events))["o3"] == (winner, "attributed")


def test_no_number_is_no_key() -> None:
    events = [
        order(at(1), "o1", client={"phone": "no phone"}, visitor=None, codes=["bee"]),
        order(at(2), "o2", client={"phone": "no phone"}, visitor=None),
    ]
    assert verdicts(run(programme(), events)) == {"o1": ("B", "code"), "o2": (None, "no_touch")}


def test_ids_and_emails_are_different_keys() -> None:
    events = [
        order(at(1), "o1", client={"id": "x@x.ru"}, visitor=None, codes=["bee"]),
        order(at(2), "o2", client={"email": "x@x.ru"}, visitor=None),
    ]
    assert verdicts(run(programme(), events))["o2"] == (None, "no_touch")


def test_a_late_order_takes_its_place_in_time() -> None:
    """Created before, told after: the later order is decided by it, once."""
    events = [
        order(at(5), "o2"),
        order(at(2), "o1", visitor=None, codes=["bee"], known=at(8)),
    ]
    answer = run(programme(attribution=FIRST), events)
    assert verdicts(answer) == {"o1": ("B", "code"), "o2": ("B", "attributed")}
    assert [row[:2] for row in posted(answer)] == [
        ("03-05T12:00", "o2"),
        ("03-05T12:00", "o2"),
        ("03-08T12:00", "o1"),
        ("03-08T12:00", "o1"),
    ]


def test_creation_facts_of_the_smallest_seq() -> None:
    """A later line with a smaller seq tells the creation, not the state."""
    events = [
        order(at(2), "o1", "700.00", codes=["bee"], seq=5, visitor=None),
        order(at(1), "o1", "1000.00", codes=["cat"], seq=1, visitor=None, known=at(3), status="new"),
    ]
    answer = run(programme(), events)
    assert verdicts(answer) == {"o1": ("C", "code")}
    assert owed(answer) == [("o1", "C", 1, "70.00")]
    assert verdicts(run(programme(), events, "--until", at(2))) == {"o1": ("B", "code")}


def test_leads_and_orders_of_one_moment_in_the_order_of_lines() -> None:
    rules = {"policy": "first"}
    by_code = lead(at(2), visitor=None, codes=["cat"])
    by_link = order(at(2), codes=["bee"], visitor=None)
    assert decided(rules, by_code, by_link) == {"o1": ("C", "attributed")}
    assert decided(rules, by_link, by_code) == {"o1": ("B", "code")}


def test_codes_and_partners_in_force_at_creation() -> None:
    """A code added at that very moment counts, one added later does not."""
    joins = {"at": at(3), "type": "partner", "partner": {"id": "D", "codes": ["dog"]}}
    events = [
        order(at(2), "o1", client="c1", codes=["DOG"], known=at(5)),
        joins,
        order(at(3), "o2", client="c2", codes=["DOG"], visitor=None),
        order(at(2), "o3", client="c3", landing="/?aff=D", known=at(4), visitor=None),
    ]
    got = decided(LAST, *events)
    assert got == {"o1": (None, "no_touch"), "o2": ("D", "code"), "o3": (None, "no_touch")}


def test_label_of_a_client() -> None:
    """The first id seen, else the normalised e-mail, else the phone."""
    events = [
        order(at(1), "o1", client={"phone": "8 916 123-45-67"}, visitor=None, codes=["bee"]),
        order(at(2), "o2", client={"email": " Y@y.ru "}, visitor=None, codes=["bee"]),
        order(at(3), "o3", client={"email": "z@z.ru"}, visitor=None, codes=["bee"]),
        order(at(4), "o4", client={"email": "z@z.ru", "id": "z"}, visitor=None),
    ]
    assert [row[0] for row in attributions(run(programme(), events))] == ["+79161234567", "y@y.ru", "z"]


def test_a_touch_written_twice_is_one_touch() -> None:
    """Equal as JSON: the repeated line is not the latest touch. Written in another way it is another touch."""
    same = touch("2026-03-01T12:00:00+03:00", "B")
    other = touch("2026-03-01T12:00:00+03:00", "C")
    again = touch("2026-03-01T09:00:00Z", "B")
    assert decided(LAST, same, other, dict(reversed(same.items())), order(at(2))) == {"o1": ("C", "link")}
    assert decided(LAST, same, other, again, order(at(2))) == {"o1": ("B", "link")}
