"""A what-if in a real browser: the whole way by mouse and keyboard; axe objects to no screen, none scrolls sideways.

With MOLVA_TEST_SHOTS=<folder> every screen is also written there as a picture, to be looked at.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from molva.kit import clock
from molva.programmes.models import Partner, Programme, TermsVersion
from molva.whatif.jobs import work_out
from molva.whatif.models import WhatIf
from tests.house.tree import ROOT
from tests.whatif.conftest import NOW, History, Play
from tests.whatif.test_pages import RULE, Office

pytestmark = pytest.mark.django_db(transaction=True)

AXE = (ROOT / "tests/vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("MOLVA_TEST_SHOTS", "")
SCREENS = [
    (1440, "light", "ru"),
    (768, "light", "en"),
    (390, "dark", "ru"),
    (390, "light", "en"),
    (1440, "dark", "en"),
]


@pytest.fixture
def office(play: Play) -> Office:
    """A programme with orders of March and partners of all lengths of names."""
    told = History()
    for number in range(1, 13):
        partner = ("boris", "vera", "anna")[number % 3]
        told.order(
            str(1000 + number), day=number, codes=(partner,), buyer=f"b{number}", totals=(number * 54_321, 9_990),
            status="new" if number % 5 == 0 else "delivered",
        )  # fmt: skip
    programme = play(told)
    for code, name in (("boris", "Студия «Ветер и сыновья»"), ("vera", "Екатерина Преображенская")):
        Partner.objects.filter(programme=programme, code=code).update(name=name)
    return Office(programme)


def sign_in(context: BrowserContext, live_server: Any, client: Client, theme: str, language: str) -> Page:
    """A tab of the person."""
    name = settings.SESSION_COOKIE_NAME
    cookies = {"theme": theme, "django_language": language, name: client.cookies[name].value}
    context.add_cookies(
        [{"name": key, "value": value, "url": live_server.url} for key, value in cookies.items()]
    )
    return context.new_page()


@pytest.mark.parametrize(("width", "theme", "language"), SCREENS)
def test_every_screen_is_in_order(
    office: Office,
    new_context: Callable[..., BrowserContext],
    live_server: Any,
    width: int,
    theme: str,
    language: str,
):
    with clock.pretend(NOW):
        lost = {**RULE, "day_from": "2026-06-01", "based_on": 1, "try": "1"}
        office.client.force_login(office.user)
        office.post("rule_new", **lost)
        less = office.run(WhatIf.objects.latest("pk"))
        ready = office.run(office.try_terms())
        running, draft = office.try_terms(), office.try_terms()
        office.post("whatif_start", running.pk, period="own", first="2026-03-01", last="2026-03-31")
        WhatIf.objects.filter(pk=running.pk).update(
            state="running", done=5, orders=12, started_at=clock.now() - timedelta(seconds=20), attempts=1
        )
    office.client.force_login(office.user)
    urls = {
        "form": office.url("terms_edit"),
        "list": office.url("whatifs"),
        "draft": office.url("whatif", draft.pk),
        "running": office.url("whatif", running.pk),
        "answer": office.url("whatif", ready.pk),
        "answer-less": office.url("whatif", less.pk),
        "answer-nobody": office.url("whatif", ready.pk) + "?only=less",
        "publish": office.url("whatif_publish", ready.pk),
    }
    context = new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", bypass_csp=True)
    tab, wrong = sign_in(context, live_server, office.client, theme, language), {}
    for screen, url in urls.items():
        tab.goto(live_server.url + url)
        if SHOTS:
            tab.screenshot(path=Path(SHOTS) / f"{screen}-{width}-{theme}-{language}.png", full_page=True)
        # there the bars at the foot cover nothing
        tab.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        tab.evaluate(AXE)
        found = tab.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
        wide = tab.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        if found or wide:
            wrong[screen] = [violation["id"] for violation in found] + ["wide"] * wide
    assert wrong == {}


def test_from_the_form_to_the_published_terms(
    office: Office, new_context: Callable[..., BrowserContext], live_server: Any
):
    programme: Programme = office.programme
    tab = sign_in(
        new_context(viewport={"width": 1280, "height": 900}), live_server, office.client, "light", "en"
    )
    tab.goto(live_server.url + office.url("terms_edit"))
    tab.get_by_label("Level 1: who brought the client").fill("20")
    tab.get_by_role("button", name="Try on past orders").click()
    tab.get_by_label("days of one's own").check()
    tab.get_by_label("From day").fill("2026-03-01")
    tab.get_by_label("Until day, inclusive").fill("2026-03-31")
    tab.get_by_role("button", name="Try", exact=True).press("Enter")
    expect(tab.get_by_text("0 of 12 orders")).to_be_visible()

    work_out()
    expect(tab.get_by_text("Nobody gets less")).to_be_visible()  # the page has taken the answer by itself
    expect(tab.get_by_role("row", name="Студия «Ветер и сыновья»")).to_be_visible()

    tab.get_by_role("link", name="Back to the form").click()
    expect(tab.get_by_label("Level 1: who brought the client")).to_have_value("20")
    tab.go_back()
    tab.get_by_role("link", name="Publish…").press("Enter")
    tab.get_by_role("dialog").get_by_role("button", name="Publish").press("Enter")
    tab.wait_for_url("**/terms/")
    assert TermsVersion.objects.filter(programme=programme).latest("number").rules[0]["reward"]["1"] == {
        "percent": "20"
    }
