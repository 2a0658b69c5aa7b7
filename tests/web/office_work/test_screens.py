"""The everyday pages in a real browser: nothing that axe objects to, no sideways scroll, lists work by mouse.

With MOLVA_TEST_SHOTS=<folder> every screen is also written there as a picture, to be looked at.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page

from molva.commissions.models import Commission
from molva.orders.models import Order
from molva.reports.exports import ask_export
from molva.tracking.content import ContentWish, add_content
from molva.workspaces.scoping import scope
from tests.factories import make_workspace
from tests.house.tree import ROOT
from tests.web.office_work.conftest import LONG, World, live, make_world

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = (ROOT / "tests/vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("MOLVA_TEST_SHOTS", "")
MARCH = "from=2026-03-01&to=2026-03-31"


@pytest.fixture
def lived(transactional_db: None) -> Iterator[World]:
    """The programme of the other tests, seen by the server, too."""
    workspace = make_workspace(name="Лесная лавка")
    with scope(workspace):
        made = make_world(workspace)
        live(made)
        yield made


@pytest.fixture
def tab(new_context: Callable[..., BrowserContext], live_server: Any, lived: World) -> Callable[..., Page]:
    """A window in which the owner is signed in."""

    def show(width: int, theme: str = "light", language: str = "ru") -> Page:
        context = new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", bypass_csp=True
        )
        name = settings.SESSION_COOKIE_NAME
        session = lived.client().cookies[name].value
        cookies = {"theme": theme, "django_language": language, name: session}
        context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
        return context.new_page()

    return show


def screens(world: World) -> dict[str, str]:
    """Name of each screen, and its address."""
    order = Order.objects.get(number="10482")
    held = Commission.objects.get(order=order, level=1)
    lost = Commission.objects.get(order__number="10401", level=1)
    assert world.paid is not None
    wish = ContentWish(
        title=LONG, url=f"https://video.example/{'x' * 90}", tags="чай, травы", erid="2VtzqwXYZ"
    )
    item = add_content(partner=world.long, wish=wish, actor=world.long)
    export = ask_export(
        programme=world.shop.programme, person=world.owner, name="orders", query="", form="xlsx", language="ru",
        rows=124_000,
    )  # fmt: skip
    return {
        "content": "content/",
        "content-item": f"content/{item.pk}/",
        "exports": "exports/",
        "export": f"exports/{export.pk}/",
        "partners": "partners/",
        "partner": f"partners/{world.shop.anna.pk}/",
        "partner-add": "partners/add/",
        "partner-edit": f"partners/{world.long.pk}/edit/",
        "adjust": f"partners/{world.shop.anna.pk}/adjust/",
        "customers": "customers/",
        "customer": f"customers/{order.customer_id}/",
        "orders": "orders/",
        "order": f"orders/{order.pk}/",
        "commissions": "commissions/",
        "commission": f"commissions/{held.pk}/",
        "commission-lost": f"commissions/{lost.pk}/",
        "payouts": "payouts/",
        "payout": f"payouts/{world.paid.pk}/",
        "prepare": "payouts/prepare/",
        "print": f"payouts/{world.paid.pk}/print/",
        "accruals": f"reports/accruals/?{MARCH}",
        "sales": f"reports/sales/?{MARCH}&by=product",
        "history": "history/",
        "search": "search/?q=104",
        "empty": "orders/?q=nothing",
    }


def violations(page: Page) -> Any:
    """What axe objects to: rule and the first marks of each element."""
    page.evaluate(AXE)
    return page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(all => all.violations.map("
        "one => [one.id, one.nodes.map(node => node.html.slice(0, 160))]))",
        RULES,
    )


def faults(page: Page, name: str) -> list[Any]:
    """What is wrong with the screen at each width."""
    found = []
    for width in (390, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over:
            found.append((name, width, "scrolls sideways", over))
        if width != 768:
            found += [(name, width, fault) for fault in violations(page)]
    return found


@pytest.mark.parametrize(("theme", "language"), [("light", "ru"), ("dark", "en")])
def test_every_screen_is_sound(
    tab: Callable[..., Page], lived: World, live_server: Any, theme: str, language: str
) -> None:
    page, found = tab(1440, theme, language), []
    for name, tail in screens(lived).items():
        page.goto(f"{live_server.url}{lived.url(tail)}")
        found += faults(page, name)
        if SHOTS:
            for width in (390, 768, 1440):
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{theme}.png", full_page=True)
    assert found == [], "\n".join(map(str, found))
