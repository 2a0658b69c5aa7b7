"""The storefront script's message: which marks are known, which pages may tell them, what is stored."""

import json
from collections.abc import Callable

import pytest

from molva.domain.click_id import derive_key, make_click_id, make_token, read_token, visitor_text
from molva.tracking.clickfile import FLAG_BEACON, FLAG_BOT
from tests.tracker.conftest import BROWSER, SECRET, TrackerProcess

KEY = derive_key(SECRET.encode())
PAGE = "https://shop.example/tea?aff=ANNA&sub2=post&utm_source=vk"
NOTHING = {"visitor": None, "click": None, "token": None}


@pytest.mark.parametrize(("mark", "link"), [("ANNA", 0), (" Anna-1 ", 3), ("anna10", 0)])
def test_partner_link_and_promo_code_are_marks(tracker: TrackerProcess, mark: str, link: int) -> None:
    answer = tracker.touch(programme="herbs", mark=mark, url=PAGE, referrer="https://vk.com/wall-1")

    found = answer.json()
    token = read_token(found["token"], KEY)
    assert token
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert (str(token.click_id), token.visitor) == (found["click"], found["visitor"])
    [row] = tracker.rows()
    assert (row["id"], row["link"], row["partner"], row["flags"]) == (token.click_id, link, 7, FLAG_BEACON)
    assert (row["page"], row["sub2"]) == ("/tea?aff=ANNA&sub2=post&utm_source=vk", "post")
    assert visitor_text(row["visitor"]) == token.visitor


def test_known_visitor_is_kept_by_id_or_by_token(tracker: TrackerProcess) -> None:
    visitor = b"12345678"
    token = make_token(make_click_id(1), visitor, KEY)
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")

    answers = [
        tracker.touch(programme="herbs", mark="anna", url=PAGE, referrer="", visitor=sent).json()
        for sent in (visitor_text(visitor), token, forged, 7)
    ]

    known = [answer["visitor"] == visitor_text(visitor) for answer in answers]
    assert known == [True, True, False, False]


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"programme": "herbs", "mark": "nobody"}, 404),
        ({"programme": "herbs", "mark": "anna-off"}, 404),
        ({"programme": "herbs", "mark": "boris"}, 404),
        ({"programme": "nothing", "mark": "anna"}, 404),
        ({"programme": "other", "mark": "boris"}, 403),
        ({"programme": "herbs"}, 400),
        ({"programme": ["herbs"], "mark": "anna"}, 400),
    ],
)
def test_what_is_not_known_is_not_stored(
    tracker: TrackerProcess, message: dict[str, object], status: int
) -> None:
    assert tracker.touch(url=PAGE, **message).status == status
    assert tracker.rows() == []


def test_only_pages_of_the_shop_may_tell(tracker: TrackerProcess) -> None:
    message = {"programme": "herbs", "mark": "anna"}

    stranger = tracker.touch("https://evil.example", url=PAGE, **message)
    lookalike = tracker.touch("https://shop.example.evil.example", url=PAGE, **message)
    sandboxed = tracker.touch("null", url=PAGE, **message)
    with_port = tracker.touch("http://127.0.0.1:9", url="http://127.0.0.1:9/", **message)
    other_port = tracker.touch("http://127.0.0.1:10", url="http://127.0.0.1:10/", **message)
    by_url = tracker.touch(None, url=PAGE, **message)
    foreign_url = tracker.touch(None, url="https://evil.example/", **message)

    told = [stranger, lookalike, sandboxed, with_port, other_port, by_url, foreign_url]
    assert [answer.status for answer in told] == [403, 403, 403, 200, 403, 200, 403]
    assert "access-control-allow-origin" not in stranger.headers
    assert tracker.counted("foreign") == 5
    assert len(tracker.rows()) == 2


def test_preflight_knows_the_hosts_of_shops(tracker: TrackerProcess) -> None:
    ours = tracker.ask("OPTIONS", "/t/touch", Origin="https://shop.example")
    with_port = tracker.ask("OPTIONS", "/t/touch", Origin="http://127.0.0.1:9")
    stranger = tracker.ask("OPTIONS", "/t/touch", Origin="https://evil.example")

    assert [answer.status for answer in (ours, with_port, stranger)] == [204, 204, 403]
    assert ours.headers["access-control-allow-origin"] == "https://shop.example"
    assert ours.headers["access-control-allow-methods"] == "POST"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 5000, b"7"])
def test_nonsense_is_refused(tracker: TrackerProcess, body: bytes) -> None:
    assert tracker.ask("POST", "/t/touch", body, **BROWSER).status == 400


def test_a_crawler_that_runs_scripts_is_flagged(tracker: TrackerProcess) -> None:
    message = {"programme": "herbs", "mark": "anna", "url": PAGE}
    headers = {"User-Agent": "Googlebot/2.1", "Accept-Language": "en", "Origin": "https://shop.example"}

    assert tracker.ask("POST", "/t/touch", json.dumps(message).encode(), **headers).status == 200
    assert [row["flags"] for row in tracker.rows()] == [FLAG_BEACON | FLAG_BOT]


def test_a_flood_is_answered_but_not_stored(make_tracker: Callable[..., TrackerProcess]) -> None:
    tracker = make_tracker(MOLVA_TRACKER_RATE="2")
    tracker.start()

    found = [tracker.touch(programme="herbs", mark="anna", url=PAGE).json() for _ in range(4)]

    assert [answer == NOTHING for answer in found] == [False, False, True, True]
    assert len(tracker.rows()) == 2
