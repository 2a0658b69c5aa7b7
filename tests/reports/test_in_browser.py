"""Figures in a real browser: narrowed, sorted, opened, back again; on a desk and on a phone."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from molva.tracking import raw_clicks
from molva.workspaces.models import User, Workspace
from molva.workspaces.scoping import scope
from tests.factories import make_member, make_workspace
from tests.reports.conftest import Life, make_busy
from tests.web.cabinet.test_in_browser import faults

PERIOD = "from=2026-03-01&to=2026-03-14"


def opened(
    new_context: Callable[..., BrowserContext], url: str, user: Any, width: int, language: str
) -> Page:
    """A tab in which a person is signed in; an error in a script fails the test."""
    client = Client()
    client.force_login(user)
    context = new_context(locale=language, viewport={"width": width, "height": 900})
    cookies = {"sid": client.cookies["sid"].value, "django_language": language}
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


@pytest.fixture
def busy(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """The same two weeks where the server sees them."""
    with scope(make_workspace()):
        life = make_busy(tmp_path)
        monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
        monkeypatch.setattr(raw_clicks, "open_columns", lambda: life.columns)
        yield life


def test_narrow_sort_open_and_back_in_the_office(
    transactional_db: None, busy: Life, live_server: Any, new_context: Callable[..., BrowserContext]
) -> None:
    owner = make_member(Workspace.objects.get(pk=busy.shop.programme.workspace_id))
    page = opened(new_context, live_server.url, owner, 1440, "en")
    page.goto(f"{live_server.url}/office/friends/reports/figures/?{PERIOD}")
    expect(page.get_by_role("heading", name="Figures", level=1)).to_be_visible()
    assert faults(page) == []
    # another view
    page.get_by_text("View: By day").click()
    page.get_by_role("link", name="By link", exact=True).click()
    rows = page.locator("table.table-phone tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first.get_by_role("rowheader")).to_contain_text("vk")
    assert faults(page) == []
    # sorted by clicks, the fewest first
    page.get_by_role("link", name="Orders", exact=True).locator(
        "visible=true"
    ).last.scroll_into_view_if_needed()
    page.locator("thead").get_by_role("link", name="Clicks").click()
    page.locator("thead").get_by_role("link", name="Clicks").click()
    expect(page).to_have_url(re.compile("sort=clicks"))
    expect(rows.last.get_by_role("rowheader")).to_contain_text("vk")
    # a filter from the form
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("What", exact=True).select_option("sub1")
    page.get_by_label("Equals").fill("mail")
    page.get_by_role("button", name="Show").locator("visible=true").click()
    expect(page.get_by_role("link", name=re.compile("SubID: mail"))).to_be_visible()
    expect(rows).to_have_count(1)
    # the orders behind, and back to the same view
    here = page.url
    rows.first.locator("[data-label=Orders] a").click()
    expect(page.get_by_role("rowheader", name=re.compile("1002"))).to_be_visible()
    expect(page.locator("table.table-phone tbody tr")).to_have_count(1)
    page.go_back()
    assert page.url == here
    page.get_by_role("link", name=re.compile("SubID: mail")).click()
    expect(rows).to_have_count(4)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_statistics_fit_a_phone(
    transactional_db: None,
    busy: Life,
    live_server: Any,
    new_context: Callable[..., BrowserContext],
    language: str,
) -> None:
    user = busy.shop.boris.user
    assert isinstance(user, User)
    page = opened(new_context, live_server.url, user, 390, language)
    for by in ("day", "sub1", "hour"):
        page.goto(f"{live_server.url}/cabinet/friends/statistics/?by={by}&{PERIOD}")
        assert page.evaluate("document.documentElement.scrollWidth") == 390, by
        assert faults(page) == [], by
    page.goto(f"{live_server.url}/cabinet/friends/statistics/?by=sub1&{PERIOD}")
    rows = page.locator("table.table-phone tbody tr")
    expect(rows).to_have_count(3)
    rows.filter(has_text="vk").get_by_role("rowheader").get_by_role("link").click()
    expect(page).to_have_url(re.compile("by=day.*sub1=vk|sub1=vk.*by=day"))
    expect(page.locator("table.table-phone tbody tr")).to_have_count(14)
