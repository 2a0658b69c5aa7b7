"""The way of a click through the web port: what reaches the tracker, and what a visitor sees when it is away."""

import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings

from molva.config import away
from molva.config import relay as module
from molva.config.relay import BODY_LIMIT, headers_of, relay, target_of
from molva.tracking.models import Link
from molva.workspaces.scoping import scope
from tests.factories import make_partner, make_programme, make_workspace

OK = (
    b"HTTP/1.1 302 Found\r\nLocation: https://shop.example/?mv=1\r\n"
    b"Set-Cookie: mv=a\r\nSet-Cookie: b=c\r\nContent-Length: 0\r\n\r\n"
)


def environ_of(path: str = "/r/CODE", **more: Any) -> dict[str, Any]:
    """What the server hands over for a request."""
    shared = {
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": "",
        "REMOTE_ADDR": "198.51.100.7",
        "wsgi.input": io.BytesIO(),
    }
    return {"PATH_INFO": path, **shared, **more}


class Tracker:
    """A tracker of this test: answers as told, keeps what it was asked, on one kept connection after another."""

    def __init__(self, *answers: bytes | float | None) -> None:
        self.asked: list[bytes] = []
        self.connections = 0
        self._answers = list(answers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.bind = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while self._answers:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with peer:
                self._talk(peer)

    def _talk(self, peer: socket.socket) -> None:
        while self._answers and (asked := _read_request(peer)):
            self.asked.append(asked)
            answer = self._answers.pop(0)
            if answer is None:  # hang up without a word
                return
            if isinstance(answer, float):
                time.sleep(answer)
            else:
                peer.sendall(answer)

    def close(self) -> None:
        self._listener.close()


def _read_request(peer: socket.socket) -> bytes:
    """A whole request, however it is cut; nothing when the other side has hung up."""
    asked = peer.recv(65536)
    length = re.search(rb"content-length: (\d+)", asked, re.IGNORECASE)
    while length and len(asked.partition(b"\r\n\r\n")[2]) < int(length[1]):
        asked += peer.recv(65536)
    return asked


@pytest.fixture
def tracker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Tracker]]:
    """Puts a tracker with these answers behind the relay."""
    started: list[Tracker] = []
    monkeypatch.setattr(module, "_kept", threading.local())

    def start(*answers: bytes | float | None) -> Tracker:
        started.append(Tracker(*answers))
        monkeypatch.setattr(settings, "MOLVA_TRACKER_BIND", started[-1].bind)
        return started[-1]

    yield start
    for one in started:
        one.close()


def ask(environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status line, headers and body that the relay gives."""
    told: list[Any] = []
    body = b"".join(relay(environ, lambda status, headers: told.extend([status, headers])))
    return told[0], told[1], body


def test_the_answer_comes_back_unchanged(tracker: Callable[..., Tracker]) -> None:
    tracker(OK)
    status, headers, body = ask(environ_of())
    assert (status, body) == ("302 Found", b"")
    assert headers == [
        ("Location", "https://shop.example/?mv=1"),
        ("Set-Cookie", "mv=a"),
        ("Set-Cookie", "b=c"),
        ("Content-Length", "0"),
    ]


def test_the_connection_is_kept(tracker: Callable[..., Tracker]) -> None:
    fake = tracker(OK, OK, OK)
    assert [ask(environ_of())[0] for _ in range(3)] == ["302 Found"] * 3
    assert fake.connections == 1


def test_a_kept_connection_that_was_closed_is_opened_anew(tracker: Callable[..., Tracker]) -> None:
    fake = tracker(OK, None, OK)
    assert [ask(environ_of())[0] for _ in range(2)] == ["302 Found"] * 2
    assert fake.connections == 2


@pytest.mark.django_db
def test_a_slow_tracker_is_not_asked_twice(
    tracker: Callable[..., Tracker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    fake = tracker(OK, 0.6, OK)
    assert [ask(environ_of())[0] for _ in range(2)] == ["302 Found", "503 Service Unavailable"]
    assert len(fake.asked) == 2


@pytest.mark.django_db
def test_a_tracker_that_is_away_is_said_so(tracker: Callable[..., Tracker]) -> None:
    tracker().close()
    status, headers, body = ask(environ_of())
    assert status == "503 Service Unavailable"
    assert dict(headers)["Retry-After"] == "5"
    assert "Попробуйте" in body.decode()


@pytest.fixture
def link(db: None) -> Link:
    """A link of a partner to a page of the shop."""
    with scope(make_workspace()):
        programme = make_programme(shop_hosts=["shop.example"], mark_param="aff")
        made = Link(
            programme=programme,
            partner=make_partner(programme, code="ANNA"),
            code="Anna-1",
            target_url="https://shop.example/tea?aff=ANNA#cups",
        )
        made.save()
    return made


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_the_tracker_a_visitor_is_sent_on_uncounted(
    tracker: Callable[..., Tracker], link: Link, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    tracker().close()
    away._state.update(uncounted=0, tell_at=0.0)

    plain = ask(environ_of("/r/ANNA-1", REQUEST_METHOD=method))
    deep = ask(environ_of("/r/anna-1", QUERY_STRING="to=/x%3Fa=1&sub1=post&erid=2Vt", REQUEST_METHOD=method))
    stranger = ask(environ_of("/r/anna-1", QUERY_STRING="to=//evil.example/", REQUEST_METHOD=method))

    assert [answer[0] for answer in (plain, deep, stranger)] == ["302 Found"] * 3
    assert [dict(answer[1])["Location"] for answer in (plain, deep, stranger)] == [
        "https://shop.example/tea?aff=ANNA#cups",
        "https://shop.example/x?a=1&aff=ANNA&sub1=post&erid=2Vt",
        "https://shop.example/tea?aff=ANNA#cups",
    ]
    assert "Set-Cookie" not in dict(plain[1])
    assert (away._state["uncounted"], len(caplog.records)) == (3, 1)


def test_without_the_tracker_nothing_else_is_promised(tracker: Callable[..., Tracker], link: Link) -> None:
    tracker().close()
    Link.unscoped.filter(pk=link.pk).update(is_active=False)

    asked = [
        environ_of("/r/anna-1"),
        environ_of("/r/nobody"),
        environ_of("/t/touch", REQUEST_METHOD="POST"),
        environ_of("/r/anna-1", REQUEST_METHOD="POST"),
    ]
    assert [ask(environ)[0] for environ in asked] == ["503 Service Unavailable"] * 4


def test_a_beacon_goes_on_with_its_body(tracker: Callable[..., Tracker]) -> None:
    fake = tracker(OK)
    body = b'{"aff": "ANNA"}'
    ask(
        environ_of(
            "/t/touch",
            REQUEST_METHOD="POST",
            CONTENT_LENGTH=str(len(body)),
            CONTENT_TYPE="text/plain",
            HTTP_ORIGIN="https://shop.example",
            **{"wsgi.input": io.BytesIO(body)},
        )
    )
    head, _, content = fake.asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /t/touch HTTP/1.1\r\n")
    assert b"\r\nOrigin: https://shop.example" in head
    assert content == body


def test_a_long_body_is_refused(tracker: Callable[..., Tracker]) -> None:
    fake = tracker(OK)
    assert ask(environ_of("/t/touch", CONTENT_LENGTH=str(BODY_LIMIT + 1)))[0] == "413 Content Too Large"
    assert fake.asked == []


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/r/CODE", "", "/r/CODE"),
        ("/r/CODE", "sub1=%D0%B0&x=1+2", "/r/CODE?sub1=%D0%B0&x=1+2"),
        ("/r/КОД".encode().decode("latin-1"), "", "/r/%D0%9A%D0%9E%D0%94"),
        ("/r/a b?c#d%\r\n", "", "/r/a%20b%3Fc%23d%25%0D%0A"),
        ("/r/CODE", "to=/мёд?a[]=1".encode().decode("latin-1"), "/r/CODE?to=/%D0%BC%D1%91%D0%B4?a[]=1"),
    ],
)
def test_target_is_escaped_again(path: str, query: str, target: str) -> None:
    assert target_of(environ_of(path, QUERY_STRING=query)) == target


@pytest.mark.parametrize(
    ("is_trusted", "claimed", "address"),
    [
        (False, None, "198.51.100.7"),
        (False, "1.2.3.4", "198.51.100.7"),
        (True, "1.2.3.4, 203.0.113.9", "1.2.3.4, 203.0.113.9"),
        (True, None, "198.51.100.7"),
    ],
)
def test_the_address_is_believed_only_from_a_trusted_proxy(
    *, is_trusted: bool, claimed: str | None, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MOLVA_TRUST_PROXY", is_trusted)
    environ = environ_of(HTTP_X_FORWARDED_FOR=claimed) if claimed else environ_of()
    assert headers_of(environ)["X-Forwarded-For"] == address


def test_only_known_headers_go_on() -> None:
    environ = environ_of(
        HTTP_COOKIE="mv=a", HTTP_AUTHORIZATION="secret", HTTP_PROXY="x", HTTP_SEC_FETCH_DEST="document"
    )
    assert headers_of(environ) == {
        "Cookie": "mv=a",
        "Sec-Fetch-Dest": "document",
        "X-Forwarded-For": "198.51.100.7",
    }
