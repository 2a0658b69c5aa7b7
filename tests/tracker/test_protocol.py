"""Time limits of a connection, with a transport that writes into a list."""

from typing import Any

import pytest

from molva.tracker.protocol import Connection, Request

REQUEST = b"GET /r/a HTTP/1.1\r\nHost: x\r\n\r\n"
LIMITS = {"header_timeout": 10.0, "idle_timeout": 75.0}


class Wire:
    """Where the answers go."""

    def __init__(self) -> None:
        self.written = b""
        self.unread = 0
        self.state = "open"

    def get_extra_info(self, name: str) -> Any:
        return ("192.0.2.1", 5)

    def write(self, data: bytes) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.unread

    def close(self) -> None:
        self.state = "closed"

    def abort(self) -> None:
        self.state = "aborted"

    def resume_reading(self) -> None:
        """Always reads."""


class Silent:
    """An application that answers nothing by itself."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.connection_limit = 2
        self.now = 100.0
        self.requests: list[Request] = []

    def handle(self, connection: Connection, request: Request) -> None:
        self.requests.append(request)


@pytest.fixture
def application() -> Silent:
    return Silent()


def connect(application: Silent) -> tuple[Connection, Wire]:
    connection, wire = Connection(application), Wire()
    connection.connection_made(wire)  # type: ignore[arg-type]
    return connection, wire


def test_a_slow_request_and_a_silent_client_are_let_go(application: Silent) -> None:
    slow, slow_wire = connect(application)
    idle, idle_wire = connect(application)
    slow.data_received(REQUEST[:10])

    for moment in (109.0, 111.0, 174.0, 176.0):
        for connection in (slow, idle):
            connection.expire(moment, **LIMITS)
        if moment == 109.0:
            assert (slow_wire.state, idle_wire.state) == ("open", "open")
        if moment == 111.0:
            assert slow_wire.written.startswith(b"HTTP/1.1 408 ")
            assert (slow_wire.state, idle_wire.state) == ("closed", "open")
    assert idle_wire.state == "closed"


def test_who_waits_for_a_commit_is_not_let_go(application: Silent) -> None:
    connection, wire = connect(application)
    connection.data_received(REQUEST)
    connection.expire(1000.0, **LIMITS)

    assert wire.state == "open"
    connection.answer(b"HTTP/1.1 302 Found\r\n\r\n")
    assert wire.written == b"HTTP/1.1 302 Found\r\n\r\n"


def test_who_does_not_read_answers_is_dropped(application: Silent) -> None:
    connection, wire = connect(application)
    wire.unread = 1
    connection.expire(111.0, **LIMITS)

    assert wire.state == "aborted"


def test_too_many_connections_are_closed(application: Silent) -> None:
    wires = [connect(application)[1] for _ in range(3)]

    assert [wire.state for wire in wires] == ["open", "open", "closed"]


@pytest.mark.parametrize("version", [b"1.0\r\nConnection: keep-alive", b"1.1\r\nConnection: close"])
def test_a_last_request_is_answered_and_closed(application: Silent, version: bytes) -> None:
    connection, wire = connect(application)
    connection.data_received(b"GET /r/a HTTP/" + version + b"\r\n\r\n")
    connection.answer(b"HTTP/1.1 302 Found\r\n\r\n")

    assert wire.written == b"HTTP/1.1 302 Found\r\nConnection: close\r\n\r\n"
    assert wire.state == "closed"


def test_an_end_waits_for_the_answer(application: Silent) -> None:
    busy, busy_wire = connect(application)
    idle, idle_wire = connect(application)
    busy.data_received(REQUEST)

    busy.shut()
    idle.shut()
    assert (busy_wire.state, idle_wire.state) == ("open", "closed")

    busy.answer(b"HTTP/1.1 302 Found\r\n\r\n")
    assert busy_wire.state == "closed"
    assert b"Connection: close" in busy_wire.written


def test_a_lost_client_is_forgotten(application: Silent) -> None:
    connection, wire = connect(application)
    connection.data_received(REQUEST)
    connection.connection_lost(None)
    connection.answer(b"late")

    assert application.connections == set()
    assert wire.written == b""


@pytest.mark.parametrize("start", [b"GET /r/", b"GET /r/a HTTP/1.1\r\nCookie: "])
def test_an_address_or_a_header_without_end_is_refused(application: Silent, start: bytes) -> None:
    connection, wire = connect(application)
    connection.data_received(start)
    connection.data_received(b"a" * 10_000)
    assert wire.written == b""

    connection.data_received(b"a" * 10_000)
    assert wire.written.startswith(b"HTTP/1.1 431 ")
    assert wire.state == "closed"


def test_a_request_that_began_behind_another_one_has_its_time_too(application: Silent) -> None:
    connection, wire = connect(application)
    connection.data_received(REQUEST + REQUEST[:10])
    connection.answer(b"HTTP/1.1 302 Found\r\n\r\n")
    connection.expire(111.0, **LIMITS)

    assert b"HTTP/1.1 408 " in wire.written
    assert wire.state == "closed"
