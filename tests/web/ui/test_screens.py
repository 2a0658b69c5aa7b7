"""The gallery in a real browser: nothing that axe objects to, no sideways scroll, everything by keyboard.

With MOLVA_TEST_SHOTS=<folder> every screen is also written there as a picture, to be looked at.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.house.tree import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.urls("tests.web.ui.urls"),
    pytest.mark.django_db(transaction=True),
]

AXE = (ROOT / "tests/vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
FRAMES = ["office", "charts", "cabinet", "plain", "fault"]
LANDINGS = ["letter", "counter", "studio"]
SHOTS = os.environ.get("MOLVA_TEST_SHOTS", "")


@pytest.fixture(autouse=True)
def _gallery(settings: Any) -> None:
    settings.MOLVA_UI_GALLERY = True


@pytest.fixture
def tab(new_context: Callable[..., BrowserContext], live_server: Any) -> Callable[..., Page]:
    """Opens a page of the gallery in a window of this width, theme and language."""

    def show(frame: str, width: int, theme: str = "light", language: str = "ru", **options: Any) -> Page:
        context = new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", bypass_csp=True, **options
        )
        cookies = {"theme": theme, "django_language": language}
        context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
        page = context.new_page()
        page.goto(f"{live_server.url}/ui/?page={frame}")
        return page

    return show


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def violations(page: Page) -> Any:
    """What axe objects to: rule and the first marks of each element."""
    page.evaluate(AXE)
    return page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(all => all.violations.map("
        "one => [one.id, one.nodes.map(node => node.html.slice(0, 160))]))",
        RULES,
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(tab: Callable[..., Page], theme: str) -> None:
    for frame in [*FRAMES, *(LANDINGS if theme == "light" else [])]:
        page = tab(frame, 1440, theme)
        assert violations(page) == [], frame
        page.set_viewport_size({"width": 390, "height": 900})
        assert violations(page) == [], f"{frame} on a phone"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_nothing_scrolls_sideways(tab: Callable[..., Page], language: str) -> None:
    for frame in [*FRAMES, *LANDINGS]:
        page = tab(frame, 1440, "light", language)
        # 720 is a 1440 window at 200 %; 320 is what WCAG calls reflow.
        for width in (320, 390, 720, 768, 1024, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            assert sideways(page) == 0, (frame, width)
            if SHOTS and width in (390, 768, 1440):
                page.screenshot(path=Path(SHOTS) / f"{frame}-{width}-{language}.png", full_page=True)


def test_the_theme_changes_without_a_new_page(tab: Callable[..., Page]) -> None:
    page = tab("office", 1440)
    page.locator(".top-end summary").click()
    page.get_by_role("button", name="Тёмная").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_drawings_of_the_server_follow_the_theme(tab: Callable[..., Page]) -> None:
    page = tab("charts", 1440)
    fill = "name => getComputedStyle(document.querySelector(name)).fill"
    parts = (".heat-5", ".bar .part-1")
    assert [page.evaluate(fill, one) for one in parts] == ["rgb(15, 90, 74)"] * 2
    page.locator(".top-end summary").click()
    page.get_by_role("button", name="Тёмная").click()
    for one in parts:  # every change takes a millisecond with reduced motion
        page.wait_for_function(f"({fill})('{one}') === 'rgb(77, 182, 151)'")


def test_keys_open_and_close(tab: Callable[..., Page]) -> None:
    page = tab("office", 1440)
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.name") == "q"
    page.locator("[data-dialog]").focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog#stop")
    assert dialog.is_visible()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()


def test_copying_says_so(tab: Callable[..., Page], live_server: Any) -> None:
    page = tab("office", 1440)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.locator("[data-copy='#my-link']").click()
    page.locator(".toast").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "https://lavka.example/?aff=kate"


def test_unsaved_changes_are_guarded(tab: Callable[..., Page]) -> None:
    page = tab("office", 1440)
    page.locator("[name=hold]").fill("30")
    assert page.locator("[data-save-text]").inner_text() == "На странице есть несохранённые изменения"
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.reload()
    assert asked == ["beforeunload"]


def test_ticked_rows_bring_the_bar(tab: Callable[..., Page]) -> None:
    page = tab("office", 1440)
    bar = page.locator("[data-bulk]")
    assert not bar.is_visible()
    page.locator("thead input[type=checkbox]").check()
    assert page.locator("[data-bulk-count]").inner_text() == "3"
    page.locator("[data-bulk-clear]").click()
    assert not bar.is_visible()


def test_the_chart_is_drawn_and_its_table_folded(tab: Callable[..., Page]) -> None:
    page = tab("office", 1440)
    page.locator(".chart.drawn canvas").wait_for()
    assert page.locator(".chart details").get_attribute("open") is None


def test_without_scripts_the_page_says_the_same(tab: Callable[..., Page]) -> None:
    page = tab("office", 390, java_script_enabled=False)
    assert page.locator(".chart table").is_visible()
    assert page.locator("noscript input").get_attribute("value") == "https://lavka.example/?aff=kate"
    page.locator(".bottom-bar summary").click()
    assert page.locator(".sheet-body").get_by_text("Условия").is_visible()


def test_the_policy_of_the_pages_refuses_nothing(page: Page, live_server: Any) -> None:
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text) if line.type == "error" else None)
    page.goto(f"{live_server.url}/ui/?page=office")
    page.locator(".chart.drawn").wait_for()
    assert refused == []
