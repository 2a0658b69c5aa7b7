"""The whole way in a real browser: from the merchant's page to one's own cabinet, in both languages."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import BrowserContext, Page, expect

from tests.commissions.conftest import Shop
from tests.house.tree import ROOT

AXE = (ROOT / "tests/vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WORDS = {
    "ru": {
        "ref": "Вас приглашает Anna",
        "cabinet": "Открыть кабинет",
        "hello": "Здравствуйте, Катя",
        "in": "Войти",
    },
    "en": {"ref": "Anna invites you", "cabinet": "Open the cabinet", "hello": "Hello, Катя", "in": "Sign in"},
}


def faults(page: Page) -> list[str]:
    """What axe objects to on the page."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE})
    page.wait_for_load_state("networkidle")
    found: list[str] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(all => all.violations.map("
        "one => one.id + ': ' + one.nodes.map(node => node.target.join(' ')).slice(0, 3).join(', ')))",
        RULES,
    )
    return found


@pytest.mark.parametrize("language", ["ru", "en"])
def test_from_the_landing_to_the_cabinet_and_back_by_code(
    transactional_db: None,
    shop: Shop,
    live_server: Any,
    new_context: Callable[..., BrowserContext],
    settings: Any,
    language: str,
) -> None:
    settings.MOLVA_URL = settings.MOLVA_TRACKER_URL = live_server.url
    programme = shop.programme
    programme.documents = {"privacy": "https://shop.example/privacy", "news": "https://shop.example/news"}
    programme.save()
    words = WORDS[language]
    size = {"width": 390, "height": 844} if language == "ru" else {"width": 1440, "height": 900}
    page = new_context(locale=language, viewport=size).new_page()
    wrong: list[str] = []
    # the browser itself speaks of the form that was sent without a consent
    page.on(
        "console",
        lambda said: wrong.append(said.text) if said.type == "error" and "422" not in said.text else None,
    )

    page.goto(f"{live_server.url}/p/friends/?ref=anna")
    expect(page.get_by_text(words["ref"])).to_be_visible()
    assert faults(page) == []
    page.locator("#orders").fill("10")
    expect(page.locator("#receipt .l-sum")).to_contain_text("2 400" if language == "ru" else "2,400")

    page.locator("#id_name").fill("Катя")
    page.locator("#id_email").fill("kate@example.org")
    page.wait_for_timeout(1100)
    page.locator(".l-form button").click()
    assert page.locator("#id_agree_privacy").get_attribute("aria-invalid") == "true"
    page.locator("#id_agree_privacy").check()
    page.locator(".l-form button").click()
    page.wait_for_url("**/thanks/")
    assert faults(page) == []
    link = page.locator(".link-card .link-text").get_attribute("data-text")
    assert link is not None
    assert re.fullmatch(rf"{live_server.url}/r/\w+", link)

    page.get_by_role("link", name=words["cabinet"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words["hello"])
    assert page.locator("#my-link").get_attribute("data-text") == link
    for place in ("", "links/", "orders/", "money/", "money/paper/", "team/", "profile/", "terms/"):
        page.goto(f"{live_server.url}/cabinet/friends/{place}")
        assert faults(page) == [], place
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], place

    page.context.clear_cookies()
    page.goto(f"{live_server.url}/cabinet/friends/money/")
    page.locator("#id_email").fill("kate@example.org")
    assert faults(page) == []
    page.locator("main form button").click()
    page.wait_for_url("**/login/code/**")
    assert faults(page) == []
    page.locator("#id_code").fill(re.findall(r"\d{6}", mail.outbox[-1].body)[0])
    page.get_by_role("button", name=words["in"], exact=True).click()
    page.wait_for_url("**/cabinet/friends/money/")
    assert wrong == []
