"""The guarded client: which addresses are refused, and that time and size have an end."""

import _socket
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from molva.kit.http import BlockedAddressError, GuardedClient, HttpError, is_public

BAD_ADDRESSES = [
    "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
    "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::",
    "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1",
]  # fmt: skip
GOOD_ADDRESSES = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
    "192.0.1.1", "192.167.255.255", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:4860::8888",
    "2a00:1450:4010::1", "2606:4700::1111",
]  # fmt: skip
# What people write when they mean this machine or this network.
BAD_URLS = [
    "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://127。0。0。1/",
    "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://localhost/",
    "https://0/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://100.100.100.200/",
    "https://[fd00:ec2::254]/", "https://127.0.0.1:8443/", "https://[::]/",
]  # fmt: skip
REFUSED_URLS = [
    "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "https://example.com:22/",
    "https://user:password@example.com/", "//example.com/", "example.com", "https:///path", "", "https://0177.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_is_public_refuses(address: str) -> None:
    assert is_public(address) is False


@pytest.mark.parametrize("address", GOOD_ADDRESSES)
def test_is_public_accepts(address: str) -> None:
    assert is_public(address) is True


def read_numbers(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
    """The system's own reading of odd numbers, past the guard that keeps tests offline; asks no server."""
    flags = 0 if host == "localhost" else socket.AI_NUMERICHOST
    return _socket.getaddrinfo(host, port, socket.AF_UNSPEC, socket.SOCK_STREAM, 0, flags)


@pytest.mark.parametrize("url", BAD_URLS)
def test_addresses_of_our_own_network_are_not_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", read_numbers)
    with GuardedClient() as client, pytest.raises(BlockedAddressError):
        client.request("GET", url)


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_other_addresses_are_refused_before_any_connection(url: str) -> None:
    with GuardedClient() as client, pytest.raises(HttpError):
        client.request("GET", url)


def answers(monkeypatch: pytest.MonkeyPatch, *replies: list[str]) -> list[str]:
    """Make the resolver answer so, call by call; the names asked for."""
    asked: list[str] = []
    queue = list(replies)

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in queue.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_one_bad_address_spoils_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ["93.184.216.34", "10.0.0.5"])
    with GuardedClient() as client, pytest.raises(BlockedAddressError):
        client.request("GET", "https://mixed.example/")


def test_a_name_that_changes_its_mind_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[Any] = []

    def create_connection(address: Any, *args: Any, **kwargs: Any) -> socket.socket:
        connected.append(address)
        raise OSError("far away")

    asked = answers(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    monkeypatch.setattr(socket, "create_connection", create_connection)
    with GuardedClient() as client, pytest.raises(HttpError):
        client.request("GET", "https://flip.example/")
    assert asked == ["flip.example"]
    assert connected == [("93.184.216.34", 443)]


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Starts a server of one answer on this machine; its «host:port»."""
    listeners: list[socket.socket] = []

    def start(behave: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def run() -> None:
            peer, _ = listener.accept()
            with peer:
                behave(peer)

        threading.Thread(target=run, daemon=True).start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.close()


def say(*parts: bytes) -> Callable[[socket.socket], None]:
    def behave(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(b"".join(parts))

    return behave


def test_an_allowed_pair_is_asked(serve: Any) -> None:
    place = serve(say(b"HTTP/1.1 201 Created\r\nX-Limit: 3/500\r\nContent-Length: 2\r\n\r\nok"))
    with GuardedClient(allow=[place]) as client:
        answer = client.request("POST", f"http://{place}/admin", params={"page": 1}, content=b"{}")
    assert (answer.status, answer.headers["x-limit"], answer.body) == (201, "3/500", b"ok")


def test_only_the_allowed_port_is_asked(serve: Any) -> None:
    place = serve(say(b""))
    with GuardedClient(allow=["127.0.0.1:1"]) as client, pytest.raises(HttpError):
        client.request("GET", f"http://{place}/")


def test_a_redirect_is_an_answer_not_a_way(serve: Any) -> None:
    place = serve(say(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"))
    with GuardedClient(allow=[place]) as client:
        assert client.request("GET", f"http://{place}/").status == 302


def test_proxies_of_the_environment_are_not_used(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    place = serve(say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    with GuardedClient(allow=[place]) as client:
        assert client.request("GET", f"http://{place}/").status == 200


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"SSH-2.0-OpenSSH\r\n",
        b"",
    ],
    ids=["too long", "compressed", "cut off", "not HTTP", "nothing"],
)
def test_bad_answers_are_errors(serve: Any, answer: bytes) -> None:
    place = serve(say(answer))
    with GuardedClient(allow=[place], max_bytes=1000) as client, pytest.raises(HttpError):
        client.request("GET", f"http://{place}/")


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"], ids=["head", "body"]
)
def test_a_dripping_answer_ends_in_time(serve: Any, head: bytes) -> None:
    def drip(peer: socket.socket) -> None:
        peer.recv(65536)
        try:
            peer.sendall(head)
            for _ in range(100):
                peer.sendall(b"H" if not head else b"x")
                time.sleep(0.05)
        except OSError:
            return

    place = serve(drip)
    started = time.monotonic()
    with GuardedClient(allow=[place], total_seconds=0.4) as client, pytest.raises(HttpError):
        client.request("GET", f"http://{place}/")
    assert time.monotonic() - started < 2
