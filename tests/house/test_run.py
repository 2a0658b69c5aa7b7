"""The run of the tests itself: offline, with a browser that finds the pages, on the chosen database."""

import os
import socket

import pytest
from django.db import connection
from playwright.sync_api import Page

from tests.conftest import OfflineError, is_local


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        (None, True),
        ("10.0.0.1", False),
        ("93.184.216.34", False),
        ("example.org", False),
        (b"example.org", False),
    ],
)
def test_only_this_machine_is_local(host: str | bytes | None, local: bool) -> None:
    assert is_local(host) is local


def test_a_socket_to_another_machine_is_refused() -> None:
    with socket.socket() as outward, pytest.raises(OfflineError):
        outward.connect(("93.184.216.34", 80))


def test_a_name_of_another_machine_is_unknown() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("example.org", 80)


@pytest.mark.django_db
def test_the_database_is_the_chosen_one() -> None:
    wanted = "postgresql" if os.environ.get("MOLVA_TEST_DATABASE", "").startswith("postgres") else "sqlite"
    assert connection.vendor == wanted


def test_the_browser_speaks_russian(page: Page) -> None:
    page.set_content("<p id=here>да</p>")
    assert (page.locator("#here").inner_text(), page.evaluate("navigator.language")) == ("да", "ru-RU")
