"""A promo code's whole life in real browsers, and its pages: nothing that axe objects to, no sideways scroll.

With MOLVA_TEST_SHOTS=<folder> every screen is also written there as a picture, to be looked at.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from playwright.sync_api import BrowserContext, Page, expect

from molva.integrations.code_checks import check_codes
from molva.integrations.polling import poll_shop
from molva.jobs.worker import Worker
from molva.orders.models import Order
from molva.tracking.codes import request_codes
from molva.tracking.models import PromoCode
from molva.workspaces.models import User
from molva.workspaces.scoping import scope
from tests.house.tree import ROOT
from tests.web.office_codes.conftest import Firm, MakeCode

pytestmark = pytest.mark.django_db(transaction=True)

AXE = (ROOT / "tests/vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
SHOTS = os.environ.get("MOLVA_TEST_SHOTS", "")
Tab = Callable[..., Page]


@pytest.fixture
def tab(new_context: Callable[..., BrowserContext], live_server: Any, firm: Firm) -> Tab:
    """A window in which somebody is signed in."""

    def show(user: User | None, width: int = 1440, theme: str = "light", language: str = "ru") -> Page:
        context = new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce", bypass_csp=True
        )
        name = configured.SESSION_COOKIE_NAME
        cookies = {
            "theme": theme,
            "django_language": language,
            name: firm.browser(user).cookies[name].value,
        }
        context.add_cookies([{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()])
        return context.new_page()

    return show


def work() -> None:
    """What the worker would do now."""
    Worker(scope=scope).run_until_empty()


def buy(page: Page, firm: Firm, code: str, number: int) -> None:
    """A new buyer puts something into the cart and types a code."""
    page.goto(f"{firm.shop.url}/product/ivan-chay")
    page.get_by_role("button", name="В корзину").click()
    page.get_by_label("Промокод").fill(code)
    page.get_by_role("button", name="Пересчитать").click()


def test_a_code_is_made_used_in_a_clean_browser_attributed_and_made_void(
    firm: Firm, tab: Tab, live_server: Any, new_context: Callable[..., BrowserContext]
):
    office = tab(firm.people["owner"])
    office.goto(live_server.url + firm.url("codes"))
    office.get_by_role("link", name="Сделать промокоды").first.click()
    office.get_by_text("Выбранным партнёрам").click()
    office.get_by_label("Коды партнёров").fill("anna")
    office.get_by_label("Как пишутся коды").fill("{name}15")
    office.locator("#id_discount").fill("15")
    office.get_by_role("button", name="Показать, что получится").click()
    expect(office.locator("#preview")).to_contain_text("ANNA15")
    office.get_by_role("button", name="Сделать 1 промокод").click()
    expect(office.locator("#progress")).to_contain_text("0 из 1 промокодов")
    work()
    expect(office.locator("#progress")).to_contain_text("1 из 1 промокодов")  # the page asks by itself

    buyer = new_context(locale="ru-RU").new_page()
    buy(buyer, firm, "anna15", 1)
    expect(buyer.locator(".less")).to_contain_text("−37,35")
    buyer.get_by_role("link", name="Оформить заказ").click()
    buyer.get_by_label("Имя").fill("Пётр Иванов")
    buyer.get_by_label("Телефон").fill("+7 900 111-22-33")
    buyer.get_by_label("Согласие").check()
    buyer.get_by_role("button", name="Оформить заказ").click()
    expect(buyer.get_by_role("heading", level=1)).to_contain_text("Спасибо, заказ")
    poll_shop(connection_id=firm.connection.pk)
    order = Order.objects.get()
    assert (order.partner, order.reason) == (firm.anna, "code")
    office.goto(live_server.url + firm.url("order", order.pk))
    expect(office.locator("#signs")).to_contain_text("Промокод ANNA15")
    expect(office.locator("#signs")).to_contain_text("Решено")

    promo = PromoCode.objects.get()
    office.goto(live_server.url + firm.url("code", promo.pk))
    expect(office.locator(".tiles")).to_contain_text("1")
    office.get_by_role("link", name="Аннулировать…").click()
    office.get_by_label("Почему").fill("Опубликован на сайте купонов")
    office.get_by_role("button", name="Аннулировать").click()
    expect(office.locator("main")).to_contain_text("Опубликован на сайте купонов")
    work()
    another = new_context(locale="ru-RU").new_page()
    buy(another, firm, "ANNA15", 2)
    expect(another.get_by_role("alert")).to_have_text("Промокод больше не действует")
    cabinet = tab(firm.anna.user)
    cabinet.goto(live_server.url + firm.cabinet("codes"))
    expect(cabinet.locator("main")).to_contain_text("Опубликован на сайте купонов")


@pytest.fixture
def busy(firm: Firm, make_code: MakeCode) -> dict[str, str]:
    """Codes in every state; names and addresses of the screens. Every second one is looked at in each size."""
    make_code("ANNA10", limit="client", min_order="1000", is_private="on")
    changed = make_code("BORIS10", partner="boris", batch="b" * 16)
    gone = make_code("BORIS-SECOND-LONG-SPELLING", partner="boris", batch="c" * 16)
    firm.shop.add_row("code", code="VESNA", discount="5", type_id=1)
    refused = make_code("VESNA", batch="d" * 16)
    firm.shop.add_row("code", code="LETO", discount="5", type_id=1)
    firm.order(5, promo_code="ANNA10", referer="https://coupons.example/a", first_location="/?aff=boris")
    order = firm.order(6, promo_code="LETO", email="b@example.org", location="/?yclid=7")
    void = make_code("ANNA-OLD", batch="e" * 16)
    firm.owner.post(firm.url("code_void", void.pk), {"reason": "Опубликован на сайте купонов"})
    row = firm.in_shop("BORIS10")
    assert row is not None
    row["discount"] = "15.0"
    del firm.shop.store.tables["code"][firm.in_shop(gone.code)["id"]]  # type: ignore[index]
    firm.bring()
    check_codes(programme_id=firm.programme.pk)
    asked = request_codes(partner=firm.boris, wanted=20, note="Карточки на ярмарку")
    ids = {"changed": changed.pk, "gone": gone.pk, "refused": refused.pk, "void": void.pk}
    private = PromoCode.objects.get(code="ANNA10")
    return {
        "codes": firm.url("codes"),
        **{f"code-{name}": firm.url("code", pk) for name, pk in ids.items()},
        "code-private": firm.url("code", private.pk),
        "edit": firm.url("code_edit", private.pk),
        "void": firm.url("code_void", private.pk),
        "make": f"{firm.url('codes_make')}?request={asked.pk}",
        "progress": firm.url("codes_progress", "d" * 16),
        "nobodys": firm.url("codes_nobodys"),
        "give": firm.url("code_give") + "?code=LETO",
        "requests": firm.url("code_requests"),
        "decline": firm.url("code_decline", asked.pk),
        "automatic": firm.url("codes_auto"),
        "order": firm.url("order", order.pk),
        "partner": firm.url("partner", firm.boris.pk),
        "settings": firm.url("settings"),
        "cabinet": firm.cabinet("codes"),
        "card": firm.cabinet("code_card", private.pk),
    }


@pytest.mark.parametrize(("width", "theme", "language"), [(1440, "light", "ru"), (390, "dark", "en")])
def test_the_pages_are_fit_for_everybody(
    busy: dict[str, str], firm: Firm, tab: Tab, live_server: Any, width: int, theme: str, language: str
):
    pages = {
        False: tab(firm.people["owner"], width, theme, language),
        True: tab(firm.anna.user, width, theme, language),
    }
    wrong: dict[str, Any] = {}
    screens = list(busy.items())
    for name, address in screens if SHOTS else screens[width == 390 :: 2]:  # all of them for a person
        page = pages[address.startswith("/cabinet")]
        page.goto(live_server.url + address)
        page.add_script_tag(content=AXE)
        found = page.evaluate(
            "rules => axe.run(document, {runOnly: rules}).then(all => all.violations.map(one => one.id + ': ' + "
            "one.nodes.map(node => node.target.join(' ')).slice(0, 3).join(', ')))",
            RULES,
        )
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if SHOTS:
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}-{theme}.png"), full_page=True)
        if found or wide > 0:
            wrong[name] = (found, wide)
    assert wrong == {}
