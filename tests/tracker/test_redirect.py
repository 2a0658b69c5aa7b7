"""`/r/CODE` over real sockets: where it leads, what it stores, whom it counts."""

import re
import socket
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from molva.domain.click_id import click_micros, derive_key, make_click_id, read_token, visitor_text
from molva.tracking.clickfile import (
    FLAG_BOT,
    FLAG_EMBEDDED,
    FLAG_HEAD,
    FLAG_NO_LANGUAGE,
    FLAG_PREFETCH,
    FLAG_QR,
)
from tests.tracker.conftest import BROWSER, SECRET, Answer, TrackerProcess

KEY = derive_key(SECRET.encode())


def token_of(answer: Answer) -> str:
    return parse_qs(urlsplit(answer.location).query)["mv"][0]


def cookie_of(answer: Answer) -> str:
    return answer.headers["set-cookie"].partition(";")[0].partition("=")[2]


def test_redirect_carries_a_signed_token_and_is_stored(tracker: TrackerProcess) -> None:
    before = time.time_ns() // 1000

    answer = tracker.click("/r/ANNA-1", Referer="https://vk.com/wall")

    token = read_token(token_of(answer), KEY)
    assert token
    [row] = tracker.rows()
    assert (answer.status, answer.body) == (302, b"")
    assert answer.location == f"https://shop.example/tea?aff=ANNA&mv={token_of(answer)}#cups"
    assert (row["id"], row["link"], row["partner"], row["flags"]) == (token.click_id, 3, 7, 0)
    assert visitor_text(row["visitor"]) == token.visitor == cookie_of(answer)
    assert row["ip"] == bytes([127, 0, 0, 1])
    assert before <= token.at_micros <= time.time_ns() // 1000
    assert answer.headers["set-cookie"].endswith("; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax")
    assert answer.headers["cache-control"] == "no-store"
    assert abs(parsedate_to_datetime(answer.headers["date"]).timestamp() - time.time()) < 5


def test_visitor_stays_the_same_and_ids_grow(tracker: TrackerProcess) -> None:
    first = tracker.click("/r/anna-1")
    second = tracker.click("/r/anna-1", Cookie=f"other=1; mv={cookie_of(first)}; more=2")
    third = tracker.click("/r/anna-1", Cookie="mv=not-a-visitor")

    assert cookie_of(second) == cookie_of(first) != cookie_of(third)
    ids = [row["id"] for row in tracker.rows()]
    assert ids == sorted(set(ids))
    assert len(ids) == 3


def test_secure_cookie_when_links_are_https(make_tracker: Callable[..., TrackerProcess]) -> None:
    tracker = make_tracker(MOLVA_URL="https://go.example")
    tracker.start()

    assert tracker.click("/r/anna-1").headers["set-cookie"].endswith("; SameSite=Lax; Secure")


def test_tags_and_utm_are_stored_and_passed_on_but_replace_nothing(tracker: TrackerProcess) -> None:
    answer = tracker.click(
        "/r/%D0%9C%D1%91%D0%B4?sub1=a%20b&sub5=%26x&utm_source=vk&utm_campaign=may&aff=EVIL&mv=x&url=//evil"
    )

    parts = urlsplit(answer.location)
    assert parts.netloc == "xn--80aairftm.xn--p1ai"
    assert parts.path == "/%D0%BC%D1%91%D0%B4"
    assert parse_qs(parts.query) == {
        "aff": ["ANNA"],
        "utm_source": ["shop"],
        "sub1": ["a b"],
        "sub5": ["&x"],
        "utm_campaign": ["may"],
        "mv": [token_of(answer)],
    }
    [row] = tracker.rows()
    assert (row["sub1"], row["sub2"], row["sub5"]) == ("a b", None, "&x")
    assert row["utm"] == "utm_source=vk&utm_campaign=may"


def test_a_click_by_a_picture_is_told_apart(tracker: TrackerProcess) -> None:
    answer = tracker.click("/r/anna-1?sub1=card&qr=1")

    [row] = tracker.rows()
    assert (row["flags"], row["sub1"]) == (FLAG_QR, "card")
    assert answer.location == f"https://shop.example/tea?aff=ANNA&sub1=card&mv={token_of(answer)}#cups"


def test_the_number_of_an_advertisement_is_kept_and_passed_on(tracker: TrackerProcess) -> None:
    answer = tracker.click("/r/anna-1?erid=2VtzqvXyz&utm_source=vk")

    assert parse_qs(urlsplit(answer.location).query)["erid"] == ["2VtzqvXyz"]
    assert [row["utm"] for row in tracker.rows()] == ["erid=2VtzqvXyz&utm_source=vk"]


def test_figures_for_prometheus_are_for_who_has_the_token(
    make_tracker: Callable[..., TrackerProcess],
) -> None:
    closed = make_tracker()
    open_ = make_tracker(MOLVA_METRICS_TOKEN="s3cret")
    for one in (closed, open_):
        one.start()
    open_.click("/r/anna-1")
    open_.click("/r/nobody")

    assert closed.ask("GET", "/metrics").status == 404
    assert closed.ask("GET", "/metrics", Authorization="Bearer ").status == 404
    assert open_.ask("GET", "/metrics", Authorization="Bearer wrong").status == 404
    answer = open_.ask("GET", "/metrics", Authorization="Bearer s3cret")
    assert (answer.status, answer.headers["content-type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    families, samples = read_figures(answer.body.decode())
    assert samples["molva_tracker_clicks_stored_total"] == 1
    assert samples["molva_tracker_unknown_total"] == 2  # the code, and the wrong token
    assert samples['molva_tracker_clicks_lost_total{reason="stalled"}'] == 0
    assert samples["molva_tracker_disk_ok"] == samples["molva_tracker_main_database_up"] == 1
    buckets = [
        value for name, value in samples.items() if name.startswith("molva_tracker_commit_seconds_bucket")
    ]
    assert buckets == sorted(buckets)
    assert buckets[-1] == samples["molva_tracker_commit_seconds_count"] == 1
    assert families["molva_tracker_commit_seconds"] == "histogram"
    assert {name for name, kind in families.items() if kind == "counter"} == {
        name for name in families if name.endswith("_total")
    }


def read_figures(text: str) -> tuple[dict[str, str], dict[str, float]]:
    """The text format 0.0.4, strictly: families with their kinds, samples with their values."""
    assert text.endswith("\n")
    families: dict[str, str] = {}
    samples: dict[str, float] = {}
    for line in text.splitlines():
        if found := re.fullmatch(r"# TYPE ([a-z_]+) (counter|gauge|histogram)", line):
            families[found[1]] = found[2]
        elif not re.fullmatch(r"# HELP [a-z_]+ \S.*", line):
            sample = re.fullmatch(r'([a-z_]+)(\{[a-z]+="[^"\\]*"\})? ([\d.e+-]+)', line)
            assert sample, line
            assert re.sub(r"_(bucket|sum|count)$", "", sample[1]) in families or sample[1] in families
            samples[sample[1] + (sample[2] or "")] = float(sample[3])
    return families, samples


@pytest.mark.parametrize("code", ["nobody", "anna-off", "anna-bad", "", "%FF", "a" * 300, "anna-1%0d%0aX:1"])
def test_unknown_code_gets_a_polite_page(tracker: TrackerProcess, code: str) -> None:
    russian = tracker.click(f"/r/{code}?url=https://evil.example")
    english = tracker.click(f"/r/{code}", **{"Accept-Language": "de,en;q=0.8,ru;q=0.1"})

    assert (russian.status, english.status) == (404, 404)
    assert "Ссылка не работает" in russian.body.decode()
    assert "This link does not work" in english.body.decode()
    assert "location" not in russian.headers
    assert b"<script" not in russian.body
    assert tracker.rows() == []
    assert tracker.counted("unknown") == 2


def test_other_methods_and_paths_are_refused(tracker: TrackerProcess) -> None:
    assert tracker.ask("POST", "/r/anna-1", b"").status == 405
    assert tracker.ask("GET", "/t/touch").status == 405
    assert tracker.ask("GET", "/admin").status == 404
    assert tracker.rows() == []


@pytest.mark.parametrize(
    ("headers", "flags"),
    [
        ({"User-Agent": "TelegramBot (like TwitterBot)"}, FLAG_BOT),
        (
            {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
            FLAG_BOT,
        ),
        ({"User-Agent": ""}, FLAG_BOT),
        ({"Sec-Fetch-Dest": "iframe"}, FLAG_EMBEDDED),
        ({"Sec-Fetch-Dest": "image"}, FLAG_EMBEDDED),
        ({"Sec-Purpose": "prefetch;prerender"}, FLAG_PREFETCH),
        ({"Purpose": "prefetch"}, FLAG_PREFETCH),
        ({"Accept-Language": None}, FLAG_NO_LANGUAGE),
        ({"Sec-Fetch-Dest": None}, 0),
    ],
)
def test_who_is_not_a_person_is_sent_on_and_flagged(
    tracker: TrackerProcess, headers: dict[str, str | None], flags: int
) -> None:
    sent = {name: value for name, value in {**BROWSER, **headers}.items() if value is not None}

    answer = tracker.ask("GET", "/r/anna-1", **sent)

    assert answer.status == 302
    assert [row["flags"] for row in tracker.rows()] == [flags]


def test_head_is_answered_without_body_and_flagged(tracker: TrackerProcess) -> None:
    answer = tracker.ask("HEAD", "/r/anna-1", **BROWSER)
    unknown = tracker.ask("HEAD", "/r/nobody", **BROWSER)

    assert (answer.status, answer.body, unknown.status, unknown.body) == (302, b"", 404, b"")
    assert [row["flags"] for row in tracker.rows()] == [FLAG_HEAD]


def test_a_changed_link_works_within_two_seconds(make_tracker: Callable[..., TrackerProcess]) -> None:
    tracker = make_tracker()
    tracker.start()
    assert tracker.click("/r/anna-1").location.startswith("https://shop.example/tea?")
    assert tracker.click("/r/new").status == 404

    tracker.change(
        "UPDATE tracking_link SET target_url = 'https://shop.example/new' WHERE id = 3;"
        "INSERT INTO tracking_link VALUES (9, 1, 7, 'new', 'https://shop.example/', 1);"
    )

    until = time.monotonic() + 2
    while time.monotonic() < until and tracker.click("/r/new").status == 404:
        time.sleep(0.05)
    assert tracker.click("/r/new").status == 302
    assert tracker.click("/r/anna-1").location.startswith("https://shop.example/new?mv=")


def test_tracker_goes_on_without_the_main_database(make_tracker: Callable[..., TrackerProcess]) -> None:
    tracker = make_tracker()
    tracker.start()
    tracker.click("/r/anna-1")
    (tracker.data / "molva.db").rename(tracker.data / "away.db")
    time.sleep(1.2)

    assert tracker.click("/r/anna-1").status == 302
    assert tracker.click("/r/never-asked").status == 503
    assert tracker.health()["main_database"] != "ok"

    (tracker.data / "away.db").rename(tracker.data / "molva.db")
    time.sleep(1.2)
    assert tracker.click("/r/never-asked").status == 404
    assert len(tracker.rows()) == 2


def test_one_sender_counts_sixty_times_a_minute(make_tracker: Callable[..., TrackerProcess]) -> None:
    tracker = make_tracker(MOLVA_TRACKER_RATE="3")
    tracker.start()

    answers = [tracker.click("/r/anna-1") for _ in range(5)]
    other = tracker.click("/r/anna-1", **{"X-Forwarded-For": "10.0.0.1, 203.0.113.9"})

    assert [answer.status for answer in answers] == [302] * 5
    assert [("mv=" in answer.location, "set-cookie" in answer.headers) for answer in answers] == [
        *([(True, True)] * 3),
        *([(False, False)] * 2),
    ]
    assert answers[4].location == "https://shop.example/tea?aff=ANNA#cups"
    assert [row["ip"] for row in tracker.rows()][3:] == [bytes([203, 0, 113, 9])]
    assert "mv=" in other.location
    assert tracker.health()["collapsed"] == 2


def test_keep_alive_and_pipelining_answer_in_order(tracker: TrackerProcess) -> None:
    request = b"GET /r/anna-1?sub1=%d HTTP/1.1\r\nHost: x\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", tracker.port)) as connection:
        for turn in range(2):
            connection.sendall(b"".join(request % (turn * 10 + number) for number in range(10)))
            received = b""
            while received.count(b"\r\n\r\n") < 10:
                received += connection.recv(65536)
            found = [part.partition(b"sub1=")[2].partition(b"&")[0] for part in received.split(b"HTTP/1.1 ")]
            assert found[1:] == [b"%d" % (turn * 10 + number) for number in range(10)]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /r/anna-1 HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
        (b"POST /t/touch HTTP/1.1\r\nContent-Length: 9000\r\n\r\n" + b"a" * 9000, b"413"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_what_is_too_big_or_no_http_is_refused(tracker: TrackerProcess, sent: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", tracker.port)) as connection:
        connection.sendall(sent)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass  # it closes without reading all that we still send
    assert received.split(b" ")[1] == status
    assert tracker.click("/r/anna-1").status == 302


def test_ids_go_on_above_those_of_the_file(make_tracker: Callable[..., TrackerProcess]) -> None:
    """A clock that was set back between two starts must not give an id twice."""
    tracker = make_tracker()
    tracker.start()
    tracker.click("/r/anna-1")
    tracker.end()
    ahead = make_click_id(click_micros(tracker.rows()[0]["id"]) + 2_000_000)
    day = next((tracker.data / "clicks").glob("clicks-*.db"))
    with closing(sqlite3.connect(day)) as connection, connection:
        connection.execute("UPDATE clicks SET id = ?", (ahead,))

    tracker.start()
    tracker.click("/r/anna-1")

    ids = [row["id"] for row in tracker.rows()]
    assert ids[0] == ahead
    assert ids[1] > ahead
