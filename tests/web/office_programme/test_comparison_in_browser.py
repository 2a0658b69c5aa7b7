"""Past orders and the comparison in a real browser: nothing that axe objects to, no sideways scroll, at two widths.

With MOLVA_TEST_SHOTS=<folder> every screen is also written there as a picture, to be looked at.
"""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext

from molva.commissions.admission import admit_partner
from molva.integrations.models import ComparisonRun, Connection, Finding, ImportRun
from molva.kit import clock
from molva.programmes.services import create_programme
from molva.workspaces.scoping import scope
from tests.factories import make_member, make_workspace
from tests.house.tree import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

AXE = (ROOT / "tests/vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("MOLVA_TEST_SHOTS", "")
SUMS = {
    "ours": {"total_minor": 249_000, "lines": {"718717957": ["2", 249_000]}},
    "theirs": {"total_minor": 124_500, "lines": {"718717957": ["1", 124_500]}},
}
FOUND: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("sum", "10482", SUMS),
    (
        "status",
        "10483",
        {"ours": "new", "ours_title": "Новый", "theirs": "vozvrat", "theirs_title": "Возврат"},
    ),
    ("missing", "10484", {"total_minor": 99_000, "status": "delivered", "status_title": "Доставлен"}),
    ("gone", "10485", {"total_minor": 45_000, "ours": "delivered", "ours_title": "Доставлен"}),
    ("marks", "10486", {"marks": ["/?aff=kate"]}),
    ("code", "VESNA26", {"code": "VESNA26"}),
)


@pytest.fixture
def screens(transactional_db: None) -> Iterator[tuple[Client, dict[str, str]]]:
    """The owner's browser, and the addresses of a shop in the middle of everything."""
    workspace = make_workspace(name="Лесная лавка")
    with scope(workspace):
        programme = create_programme(name="Друзья лавки", code="lavka", shop_url="https://shop.example")
        admit_partner(programme=programme, name="Катя Лебедева", email="kate@example.org", code="kate")
        shops = [
            Connection.objects.create(
                programme=programme, kind="insales", name=name, external_id=name, host="a.example"
            )
            for name in ("Лесная лавка", "Второй магазин")
        ]
        now = clock.now()
        run = ImportRun(
            connection=shops[0], period="year", since=now, read=3140, estimate=9800, spent_ms=400_000
        )
        run.recorded, run.refused = 3120, 2
        run.save()
        ComparisonRun.objects.create(
            connection=shops[0], since=now, state="done", read=412, finished_at=now - timedelta(hours=5)
        )
        ComparisonRun.objects.create(connection=shops[1], since=now, read=40, estimate=900, spent_ms=9_000)
        rows = {
            kind: Finding.objects.create(connection=shops[0], kind=kind, key=label, label=label, facts=facts)
            for kind, label, facts in FOUND
        }
        client = Client()
        client.force_login(make_member(workspace))

        def url(name: str, *args: Any) -> str:
            return reverse(f"office:{name}", args=[programme.code, *args])

        yield (
            client,
            {
                "past-progress": url("past", shops[0].pk),
                "past-choose": url("past", shops[1].pk),
                "comparison": url("comparison"),
                "comparison-empty": url("comparison") + "?state=fixed",
                "comparison-fix": url("comparison_fix"),
                **{f"finding-{kind}": url("finding", rows[kind].pk) for kind in ("sum", "code")},
                "shop": url("shop"),
            },
        )


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_every_screen_is_in_order(
    screens: tuple[Client, dict[str, str]],
    new_context: Callable[..., BrowserContext],
    live_server: Any,
    width: int,
    theme: str,
):
    client, urls = screens
    context = new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", bypass_csp=True)
    name = settings.SESSION_COOKIE_NAME
    cookies = {"theme": theme, "django_language": "ru", name: client.cookies[name].value}
    context.add_cookies(
        [{"name": key, "value": value, "url": live_server.url} for key, value in cookies.items()]
    )
    tab, wrong = context.new_page(), {}
    for screen, url in urls.items():
        tab.goto(live_server.url + url)
        if SHOTS:
            tab.screenshot(path=Path(SHOTS) / f"{screen}-{width}-{theme}.png", full_page=True)
        tab.evaluate(AXE)
        found = tab.evaluate("rules => axe.run({runOnly: rules})", RULES)["violations"]
        wide = tab.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        if found or wide:
            wrong[screen] = [violation["id"] for violation in found] + ["wide"] * wide
    assert wrong == {}
