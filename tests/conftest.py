"""What every test has: no network but loopback, a chosen database, a real browser on request.

`page` gives a tab of Chromium (the test gets the mark `browser` by itself); `live_server` is pytest-django's.
"""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.conf import settings
from django.db import connection, transaction
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.append_only import flushable_tables  # noqa: F401 (a fixture for every test)
from tests.databases import migrated_memory, migrated_template

T = TypeVar("T")
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_serialized_rollback", "django_db_reset_sequences"}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
LOCAL_NAMES = {"localhost", "testserver", socket.gethostname()}


class OfflineError(RuntimeError):
    """A test wanted to leave the machine."""


def find_chromium() -> str | None:
    """Path of a Chromium to drive: MOLVA_TEST_CHROMIUM, else the first one on PATH."""
    return os.environ.get("MOLVA_TEST_CHROMIUM") or next(
        filter(None, map(shutil.which, CHROMIUM_NAMES)), None
    )


def is_local(host: Any) -> bool:
    """Whether a host given to a socket stays on this machine."""
    if host is None or host in LOCAL_NAMES:
        return True
    try:
        address = ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard_connect(original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_local(address[0]):
            raise OfflineError(f"tests stay offline, but something connects to {address}")
        return original(self, address)

    return connect


def _guard_lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_local(host):
            # The same error as with the cable unplugged, so that code under test behaves as it would then.
            raise socket.gaierror(socket.EAI_NONAME, f"tests stay offline, but something looks up {host!r}")
        return original(host, *args, **kwargs)

    return getaddrinfo


def pytest_configure(config: pytest.Config) -> None:
    """Close the network before the first import of a test."""
    socket.socket.connect = _guard_connect(socket.socket.connect)  # type: ignore[method-assign]
    socket.socket.connect_ex = _guard_connect(socket.socket.connect_ex)  # type: ignore[method-assign]
    socket.getaddrinfo = _guard_lookup(socket.getaddrinfo)


# Faces and files that ask a database nothing of their own: what they stand on runs on both.
ON_SQLITE_ALONE = (
    "web/apps", "web/office_codes", "web/office_programme", "web/public", "web/ui", "web/widget", "tracking/columns",
)  # fmt: skip


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark what touches the database or a browser, before -m chooses; then set the order of the files."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        place = item.path.relative_to(Path(__file__).parent).as_posix()
        asks = used & DATABASE_FIXTURES or item.get_closest_marker("django_db")
        if asks and not place.startswith(ON_SQLITE_ALONE):
            item.add_marker(pytest.mark.database)
        if "browser" in used:
            item.add_marker(pytest.mark.browser)
    yield
    # A worker takes whole files in this order. The long ones come first, so that none waits for the other at the end;
    # those that commit come last, as pytest-django wants it: the flush after them takes what migrations have written.
    committing = {item.path for item in items if _commits(item)}
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path in committing, item.path not in slow))


def _commits(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    used = set(getattr(item, "fixturenames", ()))
    return bool(used & {"transactional_db", "live_server"} or (mark and mark.kwargs.get("transaction")))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say loudly when the browser part did not run."""
    if not find_chromium():
        terminalreporter.write_sep(
            "!", "no Chromium found: the browser tests were SKIPPED", yellow=True, bold=True
        )


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """The database of the run begins as a copy; what Django's own `migrate` still has to do is nothing."""
    if server := os.environ.get("MOLVA_TEST_DATABASE"):
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = migrated_template(server)
        yield
        return
    with migrated_memory(connection.creation._get_test_db_name()):
        yield


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[[Callable[[], T]], T]]:
    """Makes rows that all tests of a module find: each test rolls back to them, the module takes them away.

    Not for tests with `transaction=True`. What the maker returns is one for all; give each test a deep copy of it.
    """
    around = transaction.atomic()
    around._from_testcase = True  # as Django's own around a class of tests: no test is inside for it

    def make(build: Callable[[], T]) -> T:
        with django_db_blocker.unblock():
            return build()

    make(around.__enter__)
    yield make
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run; skipped without one, an error in CI."""
    path = find_chromium()
    if not path:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium: apt install chromium")
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts (locale, viewport, colour scheme, …) and closes them after the test."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"locale": "ru-RU", "timezone_id": "Europe/Moscow", **options})
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A Russian desktop tab; an exception in a page's script fails the test."""
    tab = new_context(viewport={"width": 1440, "height": 900}).new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    assert errors == []
