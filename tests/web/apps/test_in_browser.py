"""The whole life of the application in a real browser, from the back office of the fake shop to ours and back.

The two stand on different sites, as in life: what a cookie does on the way between them is the browser's word.
With MOLVA_TEST_SHOTS=<folder> every screen is also written there as a picture, to be looked at.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import BrowserContext, Page, expect

from molva.commissions.admission import admit_partner
from molva.demo.shop import RunningShop
from molva.integrations.models import AppInstall, Connection
from molva.integrations.polling import poll_shop
from molva.orders.models import Order
from molva.programmes.models import Programme
from molva.workspaces.models import Member
from molva.workspaces.scoping import scope
from tests.house.tree import ROOT
from tests.web.apps.conftest import APP, SECRET, run_jobs

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = (ROOT / "tests/vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("MOLVA_TEST_SHOTS", "")


@pytest.fixture
def offered(
    transactional_db: None, application: None, fake_shop: RunningShop, live_server: Any, settings: Any
) -> Iterator[RunningShop]:
    """A shop whose list of applications has ours."""
    cache.clear()
    settings.MOLVA_URL = live_server.url
    base = f"{live_server.url}/apps/insales"
    fake_shop.register(
        identifier=APP, secret=SECRET, name="Молва", install_url=f"{base}/install", entry_url=f"{base}/entry",
        uninstall_url=f"{base}/uninstall",
    )  # fmt: skip
    return fake_shop


def be(page: Page, shop: RunningShop, name: str) -> None:
    """Log in to the back office."""
    page.goto(f"{shop.url}/admin2/login")
    page.get_by_role("button", name=name).click()


def press(page: Page, shop: RunningShop, role: Any, name: str) -> None:
    """Press something on the card of the application."""
    page.goto(f"{shop.url}/admin2/applications")
    page.get_by_role(role, name=name, exact=True).click()


def test_install_enter_work_remove_and_install_again(
    page: Page, new_context: Callable[..., BrowserContext], offered: RunningShop, live_server: Any
) -> None:
    be(page, offered, "Мария Таёжная")
    press(page, offered, "button", "Установить")
    expect(page.locator(".chip")).to_have_text("установлено")
    press(page, offered, "link", "Вход")  # quicker than the check
    expect(page.get_by_role("heading", level=1)).to_have_text("Магазин подключается")
    run_jobs()
    expect(page).to_have_url(f"{live_server.url}/office/{_code()}/", timeout=15_000)  # by itself
    cookie = next(one for one in page.context.cookies(live_server.url) if one["name"] == "sid")
    assert (cookie["sameSite"], cookie["httpOnly"]) == ("Lax", True)
    page.goto(f"{live_server.url}/office/{_code()}/members/")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("owner@pogrebok.example")
    page.goto(f"{live_server.url}/p/{_code()}/")
    expect(page.get_by_role("button", name="Стать партнёром").first).to_be_visible()

    order = _order(offered, location=f"/?aff={_partner()}")
    page.goto(f"{live_server.url}/office/{_code()}/commissions/")
    expect(page.locator("tbody tr")).to_contain_text("Ожидается")
    offered.change_order(order["id"], status="delivered")
    _told(offered)
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Ждёт срока")  # the hold of the usual terms
    expect(page.locator("tbody tr")).to_contain_text("24,90")  # a tenth of what the goods cost
    page.goto(f"{offered.url}/admin2/applications")
    page.locator("details.confirm summary").click()
    page.locator("details.confirm button").click()
    expect(page.locator(".chip")).to_have_text("не установлено")
    page.goto(f"{live_server.url}/office/{_code()}/shop/")
    expect(page.get_by_text("Приложение удалено в магазине")).to_be_visible()
    expect(page.get_by_text("Партнёры, заказы и деньги сохранены")).to_be_visible()
    page.goto(f"{live_server.url}/apps/insales/entry?shop={offered.host}&insales_id={offered.account_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Приложение удалено из магазина")

    press(page, offered, "button", "Установить")
    run_jobs()
    other = new_context(viewport={"width": 390, "height": 844}).new_page()
    be(other, offered, "Мария Таёжная")
    press(other, offered, "link", "Вход")
    expect(other).to_have_url(f"{live_server.url}/office/{_code()}/")
    other.goto(f"{live_server.url}/office/{_code()}/orders/")
    expect(other.locator("tbody tr")).to_have_count(1)
    _order(offered)
    other.reload()
    expect(other.locator("tbody tr")).to_have_count(2)
    assert (Connection.unscoped.count(), Member.unscoped.count(), Programme.unscoped.count()) == (1, 1, 1)
    assert Order.unscoped.count() == 2


def test_an_unconfirmed_person_gives_a_code(
    page: Page, offered: RunningShop, live_server: Any, settings: Any
) -> None:
    settings.MOLVA_DEMO = True  # the page tells the code
    offered.install(APP)
    run_jobs()
    be(page, offered, "Пётр Новиков")
    press(page, offered, "link", "Вход")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ещё один шаг")
    expect(page.get_by_label("Почта")).to_have_value("petr@pogrebok.example")
    page.get_by_role("button", name="Получить код").click()
    code = page.locator(".bubble b").inner_text()
    page.get_by_label("Код").fill(code)
    page.get_by_role("button", name="Войти").click()
    expect(page).to_have_url(f"{live_server.url}/office/{_code()}/")


def _code() -> str:
    return Programme.unscoped.get().code


def _partner() -> str:
    """The code of a partner who has just been let in."""
    with scope(Connection.unscoped.get().workspace_id):
        return admit_partner(programme=Programme.objects.get(), name="Борис", status="active").code


def _order(shop: RunningShop, **wanted: Any) -> dict[str, Any]:
    """A purchase, told by a hook and found by polling: two ways to one order."""
    made = shop.add_order(**wanted)
    _told(shop)
    return made


def _told(shop: RunningShop) -> None:
    assert shop.hooks.wait_idle()
    run_jobs()
    connection = Connection.unscoped.get()
    with scope(connection.workspace_id):
        poll_shop(connection_id=connection.pk)


def violations(page: Page) -> list[str]:
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


@pytest.mark.parametrize(("theme", "language"), [("light", "ru"), ("dark", "en")])
def test_every_screen_is_sound(
    new_context: Callable[..., BrowserContext],
    offered: RunningShop,
    live_server: Any,
    theme: str,
    language: str,
) -> None:
    offered.install(APP)
    run_jobs()
    tab = new_context(
        viewport={"width": 1440, "height": 900}, reduced_motion="reduce", bypass_csp=True
    ).new_page()
    cookies = {"theme": theme, "django_language": language}
    tab.context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
    found: list[Any] = []

    def look(name: str, path: str) -> None:
        tab.goto(f"{live_server.url}{path}")
        for width in (390, 1440):
            tab.set_viewport_size({"width": width, "height": 900})
            over = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
            found.extend([(name, width, "scrolls sideways", over)] if over else [])
            found.extend((name, width, fault) for fault in violations(tab))
            if SHOTS:
                tab.screenshot(path=Path(SHOTS) / f"{name}-{width}-{theme}.png", full_page=True)

    for why in ("odd", "unknown", "waiting", "refused", "removed", "old", "closed", "mailless"):
        look(f"stopped-{why}", f"/apps/insales/stopped/{why}")
    be(tab, offered, "Пётр Новиков")
    press(tab, offered, "link", "Вход")
    look("confirm", "/apps/insales/confirm")
    be(tab, offered, "Мария Таёжная")
    press(tab, offered, "link", "Вход")
    helper = new_context().new_page()
    be(helper, offered, "Игорь Кедров")
    press(helper, offered, "link", "Вход")
    asking = AppInstall.objects.get()
    asking.pk, asking.external_id, asking.connection, asking.state = None, "77", None, "waiting"
    asking.name, asking.host = (
        "Тёплый свитер — вязаные вещи ручной работы",
        "tyoplyj-sviter-ruchnoj.myinsales.ru",
    )
    asking.save()
    member = Member.unscoped.exclude(role="owner").get()
    base = f"/office/{_code()}/"
    look("members", f"{base}members/")
    look("member-role", f"{base}members/{member.pk}/role/")
    look("member-remove", f"{base}members/{member.pk}/remove/")
    look("member-owner", f"{base}members/{member.pk}/owner/")
    look("installs", f"{base}shop/installs/")
    look("install-accept", f"{base}shop/installs/{asking.pk}/accept/")
    offered.uninstall(APP)
    tab.goto(f"{live_server.url}{base}members/{member.pk}/remove/")
    tab.locator("form .btn-danger").click()
    look("members-closed", f"{base}members/")
    look("shop-removed", f"{base}shop/")
    look("history", f"{base}history/")
    assert found == [], "\n".join(map(str, found))
